package oauth

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
)

// Rule says which apps of one origin a tenant lets in.
type Rule string

// The rules. Listed is for documents only, AtOnce for registered apps only.
const (
	RuleOff    Rule = "off"    // none
	RuleListed Rule = "listed" // documents of the listed hosts at once, no others
	RuleAsk    Rule = "ask"    // documents of the listed hosts at once; any other app waits for an administrator
	RuleAtOnce Rule = "once"   // any, at once: each person decides alone
)

// Policy is which apps that register themselves a tenant lets in.
type Policy struct {
	Documents  Rule
	Hosts      []string // of metadata documents, exact
	Registered Rule
	Set        access.Set // what such an app may do at most, until an administrator gives it permissions of its own
	Version    int64      // 0: nobody has changed the defaults
	UpdatedAt  time.Time
}

// PolicyRecord is a policy as stored.
type PolicyRecord struct {
	Tenant     string
	Documents  Rule
	Hosts      []string
	Registered Rule
	SetText    string
	Version    int64
	UpdatedAt  time.Time
}

// KnownHosts are hosts of metadata documents whose assistants this server knows.
var KnownHosts = []string{"chatgpt.com", "claude.ai", "vscode.dev"}

const maxHosts = 100

// Policy gives the tenant's rules; where nobody has set any, documents of known hosts are let in, may look and may change nothing.
func (s *Service) Policy(ctx context.Context, tenant string) (Policy, error) {
	rec, err := s.Store.PolicyOf(ctx, tenant)
	if fault.Is(err, fault.NotFound) {
		return Policy{Documents: RuleListed, Hosts: slices.Clone(KnownHosts), Registered: RuleOff, Set: s.looking()}, nil
	}
	if err != nil {
		return Policy{}, fmt.Errorf("read policy: %w", err)
	}
	set, err := s.sets.Decode(rec.SetText)
	if err != nil {
		return Policy{}, fmt.Errorf("policy of tenant %s: %w", tenant, err)
	}
	return Policy{Documents: rec.Documents, Hosts: rec.Hosts, Registered: rec.Registered, Set: set, Version: rec.Version, UpdatedAt: rec.UpdatedAt}, nil
}

// looking is the first ceiling: an app that no administrator has looked at can answer questions, never change anything or take lists
// away, and never gets at what is declared sensitive.
func (s *Service) looking() access.Set {
	set := access.Of(s.Registry, access.View)
	for _, m := range s.Registry.Models() {
		p := set[m.Name]
		if slices.ContainsFunc(m.Props(), func(p *model.Property) bool { return p.Sensitive }) {
			var ids []string
			for _, prop := range m.Props() {
				if !prop.Sensitive && prop.Name != "_id" {
					ids = append(ids, prop.ID)
				}
			}
			p.View = access.Only(ids...)
			set[m.Name] = p
		}
	}
	return set.Normal()
}

// verdict says whether the tenant lets in an app that nobody decided about: LetIn, Waiting, or "" for not at all.
func (p Policy) verdict(o Origin, id string) Approval {
	rule := p.Registered
	if o == Document {
		rule = p.Documents
		if rule != RuleOff && slices.Contains(p.Hosts, hostOf(id)) {
			return LetIn
		}
	}
	switch rule {
	case RuleAsk:
		return Waiting
	case RuleAtOnce:
		return LetIn
	}
	return ""
}

func (p *Policy) check() error {
	var bad []fault.Field
	if !slices.Contains([]Rule{RuleOff, RuleListed, RuleAsk}, p.Documents) {
		bad = append(bad, fault.Field{Path: "documents", Msg: "is not one of the choices."})
	}
	if !slices.Contains([]Rule{RuleOff, RuleAsk, RuleAtOnce}, p.Registered) {
		bad = append(bad, fault.Field{Path: "registered", Msg: "is not one of the choices."})
	}
	if len(p.Hosts) > maxHosts {
		bad = append(bad, fault.Field{Path: "hosts", Msg: fmt.Sprintf("holds at most %d hosts.", maxHosts)})
	}
	for i, host := range p.Hosts {
		if problem := HostProblem(host); problem != "" {
			bad = append(bad, fault.Field{Path: fmt.Sprintf("hosts.%d", i), Msg: problem})
		}
	}
	if len(bad) > 0 {
		return fault.BadFields(bad)
	}
	hosts := slices.Clone(p.Hosts)
	slices.Sort(hosts)
	p.Hosts, p.Set = slices.Compact(hosts), access.DataOnly(p.Set).Normal()
	return nil
}

// SetPolicy changes the tenant's rules, from the version that was shown. Apps that nobody decided about follow at once: what is not let
// in any more waits, and its connections end; what waited and is let in now, works. Each app that has no permissions of its own gets
// the new ones.
func (s *Service) SetPolicy(ctx context.Context, by access.Principal, p Policy) (Policy, error) {
	if err := mayLetIn(by); err != nil {
		return Policy{}, err
	}
	if err := p.check(); err != nil {
		return Policy{}, err
	}
	text := identity.EncodeSet(p.Set)
	rec := PolicyRecord{Tenant: by.Tenant, Documents: p.Documents, Hosts: p.Hosts, Registered: p.Registered, SetText: text, Version: p.Version + 1, UpdatedAt: s.Now()}
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.SavePolicy(ctx, rec); err != nil {
			return fmt.Errorf("save policy: %w", err)
		}
		e := audit.By(by, "client.policy", s.Now())
		e.Detail = map[string]string{"documents": string(p.Documents), "hosts": strings.Join(p.Hosts, " "), "registered": string(p.Registered), "set": text}
		if err := s.Store.AppendAudit(ctx, e); err != nil {
			return err
		}
		return s.follow(ctx, by, p, text)
	})
	if err != nil {
		return Policy{}, err
	}
	p.Version, p.UpdatedAt = rec.Version, rec.UpdatedAt
	return p, nil
}

// mayLetIn: letting an app in is worth as much as making a client for it.
func mayLetIn(by access.Principal) error {
	if err := identity.May(by, access.OAuthClient, access.Create); err != nil {
		return err
	}
	return identity.May(by, access.OAuthClient, access.Update)
}

// follow brings the tenant's clients in line with new rules.
func (s *Service) follow(ctx context.Context, by access.Principal, p Policy, set string) error {
	clients, err := s.Store.ClientsOf(ctx, by.Tenant)
	if err != nil {
		return fmt.Errorf("list clients: %w", err)
	}
	for _, rec := range clients {
		next := rec
		if next.Follows {
			next.SetText = set
		}
		switch verdict := p.verdict(rec.Origin, rec.AppID); {
		case rec.Approval == LetIn && verdict != LetIn:
			next.Approval, next.Enabled = Waiting, false
		case rec.Approval == Waiting && verdict == LetIn:
			next.Approval, next.Enabled = LetIn, true
		}
		if next.SetText == rec.SetText && next.Approval == rec.Approval {
			continue
		}
		if err := s.putClient(ctx, by, rec, next, "client.follow"); err != nil {
			return err
		}
	}
	return nil
}

// putClient stores a changed client inside a transaction; its connections end where it is not enabled any more.
func (s *Service) putClient(ctx context.Context, by access.Principal, before, next ClientRecord, act string) error {
	next.Version, next.UpdatedAt = before.Version+1, s.Now()
	if err := s.Store.UpdateClient(ctx, next); err != nil {
		return fmt.Errorf("change client: %w", err)
	}
	if before.Enabled && !next.Enabled {
		if _, err := s.end(ctx, Which{Client: next.ID}, "the app is not let in any more"); err != nil {
			return err
		}
	}
	return s.noteClient(ctx, by, next, act, clientDetail(next))
}

// DecideClient lets in a client that registered itself, or refuses it, which is remembered and ends its connections.
func (s *Service) DecideClient(ctx context.Context, by access.Principal, id string, version int64, approve bool) (Client, error) {
	if err := mayLetIn(by); err != nil {
		return Client{}, err
	}
	act := "client.refuse"
	if approve {
		act = "client.approve"
	}
	return s.changeClient(ctx, by, id, version, act, func(rec *ClientRecord) error {
		if rec.Origin == Made {
			return fault.New(fault.Invalid, "Only an app that registered itself can be approved or refused.")
		}
		rec.Approval, rec.Enabled = Refused, approve
		if approve {
			rec.Approval = Approved
		}
		return nil
	})
}
