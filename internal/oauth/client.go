package oauth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
)

// ClientKind says whether a client can keep a secret.
type ClientKind string

// The kinds.
const (
	Confidential ClientKind = "confidential" // has a secret: client_secret_post or client_secret_basic
	Public       ClientKind = "public"       // has none, such as an app on a person's machine
)

// Client is an app that people authorize; its permission set is a ceiling.
type Client struct {
	ID              string // pk_…
	Tenant          string
	Name            string
	Description     string
	LogoHash        string // of its logo, see ClientLogo; "" for none
	Kind            ClientKind
	SecretLast4     string // last four characters of the secret; "" for a public client
	SecretChangedAt time.Time
	OldSecretUntil  time.Time // until then the secret before works as well; zero: it does not
	RedirectURIs    []string
	Set             access.Set
	Dynamic         bool // has no set of its own: the person picks on the authorization page
	Published       bool // works for people of any tenant
	Unverified      bool // not made by an administrator
	Origin          Origin
	AppID           string    // client_id that an app that registered itself sends; "" for any other
	Approval        Approval  // of an app that registered itself
	Follows         bool      // its Set is the one of the tenant's Policy
	NoRefresh       bool      // gets no refresh tokens
	ReadAt          time.Time // when the app's own description was read last
	FreshUntil      time.Time // it is read again after that
	Enabled         bool
	Suspended       bool // its tenant is: nobody may use it, see Working
	Version         int64
	CreatedAt       time.Time
	CreatedBy       string // id of the User record
	UpdatedAt       time.Time
	Steps           Steps
	Problem         Problem
}

// Step is one of the marks on the way to a working connection.
type Step string

// The steps that can be told by client; reading the metadata cannot.
const (
	StepAuthorize Step = "authorize" // the authorization page was opened
	StepExchange  Step = "exchange"  // a code was exchanged for tokens
	StepCall      Step = "call"      // a token was used
)

// Steps are the first and last time of each step; zero where it never happened.
type Steps struct{ AuthorizeFirst, AuthorizeLast, ExchangeFirst, ExchangeLast, CallFirst, CallLast time.Time }

// ClientInput is what an administrator may say about a client.
type ClientInput struct {
	Name         string
	Description  string
	Kind         ClientKind // cannot change later
	RedirectURIs []string
	Set          access.Set
	Enabled      bool // UpdateClient only; a new client is enabled
}

// CreateClient makes a client in the principal's tenant. The secret is given here and never again; "" for a public client.
func (s *Service) CreateClient(ctx context.Context, by access.Principal, in ClientInput) (c Client, secret string, err error) {
	if err := identity.May(by, access.OAuthClient, access.Create); err != nil {
		return Client{}, "", err
	}
	if err := in.check(); err != nil {
		return Client{}, "", err
	}
	now := s.Now()
	rec := ClientRecord{Client: Client{
		Tenant: by.Tenant, Name: in.Name, Description: in.Description, Kind: in.Kind, RedirectURIs: in.RedirectURIs,
		Enabled: true, Version: 1, CreatedAt: now, UpdatedAt: now, CreatedBy: by.Person,
	}}
	if rec.ID, err = s.random("pk_", 16); err != nil {
		return Client{}, "", err
	}
	rec.SetText = identity.EncodeSet(access.DataOnly(in.Set))
	if in.Kind == Confidential {
		if secret, err = s.newSecret(&rec); err != nil {
			return Client{}, "", err
		}
	}
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.InsertClient(ctx, rec); err != nil {
			return fmt.Errorf("add client: %w", err)
		}
		return s.noteClient(ctx, by, rec, "client.create", clientDetail(rec))
	})
	if err != nil {
		return Client{}, "", err
	}
	c, err = s.decodeClient(rec)
	return c, secret, err
}

// Client reads one client of the tenant, fault.NotFound for another tenant's.
func (s *Service) Client(ctx context.Context, tenant, id string) (Client, error) {
	rec, err := s.clientOf(ctx, tenant, id)
	if err != nil {
		return Client{}, err
	}
	return s.decodeClient(rec)
}

func (s *Service) clientOf(ctx context.Context, tenant, id string) (ClientRecord, error) {
	rec, err := s.clientByID(ctx, id)
	if err == nil && rec.Tenant != tenant {
		err = errNoClient
	}
	return rec, err
}

var errNoClient = fault.New(fault.NotFound, "There is no such client.")

// clientByID also keeps malformed ids away from the store.
func (s *Service) clientByID(ctx context.Context, id string) (ClientRecord, error) {
	if !clientIDForm(id) {
		return ClientRecord{}, errNoClient
	}
	return s.Store.ClientByID(ctx, id)
}

// madeClient is clientByID for a client_id that an app sent: a client of an app that registered itself is never meant by its own id.
func (s *Service) madeClient(ctx context.Context, id string) (ClientRecord, error) {
	rec, err := s.clientByID(ctx, id)
	if err == nil && rec.Origin != Made {
		return ClientRecord{}, errNoClient
	}
	return rec, err
}

// Clients lists a tenant's clients by name.
func (s *Service) Clients(ctx context.Context, tenant string) ([]Client, error) {
	recs, err := s.Store.ClientsOf(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("list clients: %w", err)
	}
	out := make([]Client, 0, len(recs))
	for _, rec := range recs {
		c, err := s.decodeClient(rec)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// UpdateClient changes a client made from this version; fault.Conflict where somebody was faster. Less permission works at the next
// call, more waits for a new authorization. Disabling ends every connection. What an app that registered itself says about itself stays;
// with another Set than the tenant's Policy gives, it has permissions of its own from then on.
func (s *Service) UpdateClient(ctx context.Context, by access.Principal, id string, version int64, in ClientInput) (Client, error) {
	return s.changeClient(ctx, by, id, version, "client.update", func(rec *ClientRecord) error {
		in.Kind = rec.Kind
		if rec.Origin != Made {
			in.Name, in.RedirectURIs = rec.Name, rec.RedirectURIs
			if in.Enabled && (rec.Approval == Waiting || rec.Approval == Refused) {
				return fault.New(fault.Invalid, "Nobody has let this app in yet. Approve it first.")
			}
		}
		if err := in.check(); err != nil {
			return err
		}
		rec.Name, rec.Description, rec.RedirectURIs, rec.Enabled = in.Name, in.Description, in.RedirectURIs, in.Enabled
		text := identity.EncodeSet(access.DataOnly(in.Set))
		rec.Follows = rec.Follows && text == rec.SetText
		rec.SetText = text
		return nil
	})
}

func (s *Service) changeClient(ctx context.Context, by access.Principal, id string, version int64, act string, change func(*ClientRecord) error) (Client, error) {
	if err := identity.May(by, access.OAuthClient, access.Update); err != nil {
		return Client{}, err
	}
	var rec ClientRecord
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		var err error
		if rec, err = s.clientOf(ctx, by.Tenant, id); err != nil {
			return err
		}
		wasEnabled := rec.Enabled
		if err := change(&rec); err != nil {
			return err
		}
		rec.Version, rec.UpdatedAt = version+1, s.Now()
		if err := s.Store.UpdateClient(ctx, rec); err != nil {
			return fmt.Errorf("change client: %w", err)
		}
		if wasEnabled && !rec.Enabled {
			if err := s.noteElsewhere(ctx, rec, "client.disable"); err != nil {
				return err
			}
			if _, err := s.end(ctx, Which{Client: id}, "the client was disabled"); err != nil {
				return err
			}
		}
		return s.noteClient(ctx, by, rec, act, clientDetail(rec))
	})
	if err != nil {
		return Client{}, err
	}
	return s.decodeClient(rec)
}

// DeleteClient removes a client; its connections, codes and tokens go with it in the same transaction.
func (s *Service) DeleteClient(ctx context.Context, by access.Principal, id string) error {
	if err := identity.May(by, access.OAuthClient, access.Remove); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		rec, err := s.clientOf(ctx, by.Tenant, id)
		if err != nil {
			return err
		}
		if err := s.noteElsewhere(ctx, rec, "client.delete"); err != nil {
			return err
		}
		if err := s.Store.DeleteClient(ctx, by.Tenant, id); err != nil {
			return fmt.Errorf("delete client: %w", err)
		}
		return s.noteClient(ctx, by, rec, "client.delete", clientDetail(rec))
	})
}

func (s *Service) decodeClient(rec ClientRecord) (Client, error) {
	set, err := s.sets.Decode(rec.SetText)
	if err != nil {
		return Client{}, fmt.Errorf("client %s: %w", rec.ID, err)
	}
	c := rec.Client
	c.Set = set
	return c, nil
}

// Limits of what a client may say about itself.
const (
	maxClientName  = 80
	maxDescription = 500
	maxRedirects   = 20
)

func (in *ClientInput) check() error {
	in.Name, in.Description = model.PlainName(in.Name), model.PlainName(in.Description)
	var bad []fault.Field
	add := func(path, format string, args ...any) {
		bad = append(bad, fault.Field{Path: path, Msg: fmt.Sprintf(format, args...)})
	}
	if n := len([]rune(in.Name)); n < 1 || n > maxClientName {
		add("name", "needs 1 to %d characters.", maxClientName)
	}
	if len([]rune(in.Description)) > maxDescription {
		add("description", "has at most %d characters.", maxDescription)
	}
	if in.Kind != Confidential && in.Kind != Public {
		add("kind", "is one of %q and %q.", Confidential, Public)
	}
	for i, problem := range RedirectProblems(in.RedirectURIs) {
		if problem != "" {
			add(fmt.Sprintf("redirectUris.%d", i), "%s", problem)
		}
	}
	if len(bad) > 0 {
		return fault.BadFields(bad)
	}
	return nil
}

func clientIDForm(id string) bool { return strings.HasPrefix(id, "pk_") && plainID(id) }

func clientDetail(c ClientRecord) map[string]string {
	out := map[string]string{
		"kind": string(c.Kind), "redirects": strings.Join(c.RedirectURIs, " "), "set": c.SetText, "version": fmt.Sprint(c.Version),
		"enabled": fmt.Sprint(c.Enabled), "dynamic": fmt.Sprint(c.Dynamic), "published": fmt.Sprint(c.Published),
	}
	if c.Origin != Made {
		out["origin"], out["app"], out["approval"] = string(c.Origin), c.AppID, string(c.Approval)
	}
	return out
}

func (s *Service) noteClient(ctx context.Context, by access.Principal, c ClientRecord, act string, detail map[string]string) error {
	e := audit.By(by, act, s.Now())
	e.Tenant, e.Client, e.ClientName, e.Detail = c.Tenant, c.ID, c.Name, detail
	return s.Store.AppendAudit(ctx, e)
}
