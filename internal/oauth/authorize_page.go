package oauth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

// Visitor is the person before the authorization page, as identity.Service.Session gave it.
type Visitor struct {
	Session   identity.Session
	Principal access.Principal
	Browser   string // value of the binding cookie
	IP        string
}

// Page is what the authorization page shows. All texts are plain; the page escapes them.
type Page struct {
	Pending   string // goes back with Approve and Deny
	FormToken string // likewise; ties the answer to who was shown what

	Client       Client // where it registered itself: its Origin, Approval and Host are shown as well
	RedirectHost string // always shown
	Loopback     bool   // the answer goes to a program on this person's machine: warn
	Scopes       string // as granted, such as "inclusive"
	Resource     Resource

	PersonName, Email string
	Tenant            identity.TenantRef
	Tenants           []identity.TenantRef // where the person may use this client; more than one: offer the choice

	Overlap       access.Set    // what the connection will get; for a dynamic client, what the person may pick from
	NoOverlap     bool          // Overlap is empty: say so, name both sides, offer Deny only
	MayNotConnect bool          // none of the person's roles has the switch that lets people connect apps; there is then no overlap
	ClientSet     access.Set    // the client's side; everything for a dynamic client
	ClientAsks    access.Set    // the client's side, narrowed by the scopes
	RoleAllows    access.Set    // the person's side: all roles together that may connect apps
	Named         access.Set    // what the scopes of single models ask for; empty: there is none
	Narrow        bool          // the request asks for Named only, not for all that both sides share
	Lanes         []access.Lane // each role that may connect apps, with the rows it reaches
	Unconnected   []access.Lane // the roles that may not
	Last          *Last         // the person's newest living connection of this client and resource; nil: none
	Picked        access.Set    // of a dynamic client: what is ticked to begin with
	Roles         []string      // names of the person's roles

	AccessLifetime, IdleLifetime time.Duration
	EndsAt                       time.Time // the connection ends then at the latest
}

// ErrSignIn says that a sign-in comes first; the pending id stays good.
var ErrSignIn = errors.New("sign in first")

// TenantError says that the client belongs to another tenant of this person: ask identity.Service.Session for that one and show again.
type TenantError struct{ Tenant identity.TenantRef }

// Error names the tenant.
func (e *TenantError) Error() string { return "the client belongs to " + e.Tenant.Name }

// Show prepares the page, and notes who sees what: only the same session in the same tenant can answer, and gets at most what was
// shown. Errors: ErrSignIn, *TenantError, *AdmissionError, *PageError, *RedirectError.
func (s *Service) Show(ctx context.Context, pending string, v Visitor) (Page, error) {
	p, client, err := s.pending(ctx, pending, v, true)
	if err != nil {
		return Page{}, err
	}
	if client.Origin != Made {
		if err := s.Store.MarkStep(ctx, client.ID, StepAuthorize, s.Now()); err != nil {
			return Page{}, fmt.Errorf("mark step: %w", err)
		}
	}
	page := Page{
		Pending: pending, FormToken: formToken(pending, v, client), Client: client.Client,
		Scopes: p.Scope, Resource: Resource(p.Resource),
		PersonName: v.Principal.PersonName, Email: v.Session.Account.Email,
		Tenant:         identity.TenantRef{ID: v.Principal.Tenant, Name: v.Principal.TenantName},
		Roles:          v.Principal.Roles,
		AccessLifetime: s.AccessLifetime, IdleLifetime: s.RefreshIdle, EndsAt: s.Now().Add(s.RefreshAbsolute),
	}
	page.RedirectHost, page.Loopback = redirectHost(p.RedirectURI)
	for _, t := range v.Session.Tenants {
		if client.Published || client.Origin != Made || t.ID == client.Tenant {
			page.Tenants = append(page.Tenants, t)
		}
	}
	if page.Client, err = s.decodeClient(client); err != nil {
		return Page{}, err
	}
	s.sides(&page, v.Principal)
	if page.Last, err = s.last(ctx, v.Principal, page.Client.ID, page.Resource); err != nil {
		return Page{}, err
	}
	if page.Client.Dynamic {
		page.Picked = page.suggestion()
	}
	page.MayNotConnect = v.Principal.Switches&access.SwitchConnect == 0
	s.noteUnable(ctx, page, v)
	p.Session, p.Account, p.Tenant, p.Person = v.Session.ID, v.Session.Account.ID, v.Principal.Tenant, v.Principal.Person
	p.Shown = identity.EncodeSet(page.Overlap)
	if err := s.Store.ShowPending(ctx, p); err != nil {
		return Page{}, fmt.Errorf("note what was shown: %w", err)
	}
	return page, nil
}

// noteUnable tells the client's administrators of a person who gets nothing; people of other tenants are not named to them.
func (s *Service) noteUnable(ctx context.Context, page Page, v Visitor) {
	who := "Somebody"
	if page.Client.Tenant == v.Principal.Tenant {
		who = v.Principal.Called()
	}
	switch {
	case page.MayNotConnect:
		s.noteProblem(ctx, page.Client.ID, ProblemConnect, who)
	case page.NoOverlap:
		s.noteProblem(ctx, page.Client.ID, ProblemOverlap, who)
	}
}

// pending finds a request that this browser may answer, and its client as it is now; read: a metadata document may be fetched.
func (s *Service) pending(ctx context.Context, id string, v Visitor, read bool) (PendingRecord, ClientRecord, error) {
	if err := v.Principal.MayChange(); err != nil {
		return PendingRecord{}, ClientRecord{}, err
	}
	p, err := s.Store.PendingByHash(ctx, hash(id))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return p, ClientRecord{}, fmt.Errorf("read request: %w", err)
	}
	switch {
	case err != nil || s.Now().Sub(p.CreatedAt) >= pendingLifetime:
		return p, ClientRecord{}, pageError(PageExpired)
	case !equal(hash(v.Browser), p.Browser):
		return p, ClientRecord{}, pageError(PageOtherBrowser)
	case !p.AnsweredAt.IsZero():
		return p, ClientRecord{}, pageError(PageAnswered)
	case v.Session.ID == "" || p.Fresh && v.Session.CreatedAt.Before(p.CreatedAt):
		return p, ClientRecord{}, ErrSignIn
	}
	client, err := s.asking(ctx, id, p, v, read)
	switch {
	case fault.Is(err, fault.NotFound):
		return p, client, pageError(PageClientChanged)
	case err != nil:
		return p, client, err
	case !client.Working() || !matchRedirect(client.RedirectURIs, p.RedirectURI):
		return p, client, pageError(PageClientChanged)
	}
	if p.Refusal != "" {
		return p, client, &RedirectError{URL: s.answer(p, url.Values{"error": {p.Refusal}}), Code: p.Refusal}
	}
	return p, client, s.rightTenant(ctx, client, v)
}

// asking is the client of a request: the one with its id, or the visitor's tenant's own for an app that registered itself.
func (s *Service) asking(ctx context.Context, id string, p PendingRecord, v Visitor, read bool) (ClientRecord, error) {
	if origin, _ := originOf(p.Client); origin != Made {
		return s.admit(ctx, p, v, id, read)
	}
	return s.madeClient(ctx, p.Client)
}

func (s *Service) rightTenant(ctx context.Context, client ClientRecord, v Visitor) error {
	if v.Principal.Tenant != "" && (client.Published || client.Tenant == v.Principal.Tenant) {
		out, err := s.shutOutOf(ctx, client, v.Principal.Tenant)
		if out && err == nil {
			err = pageError(PageShutOut, v.Principal.TenantName)
		}
		return err
	}
	for _, t := range v.Session.Tenants {
		if t.ID == client.Tenant {
			return &TenantError{Tenant: t}
		}
	}
	return pageError(PageNotMember)
}

// overlap gives both sides and what they share.
func (s *Service) overlap(c Client, scope string, p access.Principal) (asks, allows, both access.Set) {
	lanes := connecting(p)
	allows = access.Union(lanes)
	asks = narrow(s.Registry, s.ceiling(c), scope)
	return asks, allows, access.Union(access.ThroughClient(lanes, asks, asks))
}

// ceiling is the client's side: what it may ask for at all.
func (s *Service) ceiling(c Client) access.Set {
	if c.Dynamic {
		return access.Full(s.Registry)
	}
	return c.Set
}

// connecting are the lanes that a person may give to apps.
func connecting(p access.Principal) []access.Lane {
	if p.Sides == nil || !p.Direct() {
		return nil
	}
	lanes := access.ConnectingLanes(p.Sides.Roles)
	for i := range lanes {
		lanes[i].Set = access.DataOnly(lanes[i].Set)
	}
	return lanes
}

// Approve stores the authorization and gives the address to send the browser to, with a code. Answer the form post with 200 and a
// page that moves on, not with a redirect. choice is what the person picked for a dynamic client; it is ignored for any other.
// Errors are as in Show; a second answer to the same request is a *PageError.
func (s *Service) Approve(ctx context.Context, pending, form string, choice access.Set, v Visitor) (redirectURL string, err error) {
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		p, client, err := s.answering(ctx, pending, form, v)
		if err != nil {
			return err
		}
		set, err := s.agreed(client, p, choice, v)
		if err != nil {
			return err
		}
		redirectURL, err = s.authorize(ctx, p, client, set, v)
		return err
	})
	if err != nil {
		return "", err
	}
	return redirectURL, nil
}

// Deny tells the client that the person refused; nothing is remembered.
func (s *Service) Deny(ctx context.Context, pending, form string, v Visitor) (redirectURL string, err error) {
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		p, client, err := s.answering(ctx, pending, form, v)
		if err != nil {
			return err
		}
		redirectURL = s.answer(p, url.Values{"error": {"access_denied"}})
		return s.note(ctx, v, client, "", "oauth.deny", nil)
	})
	if err != nil {
		return "", err
	}
	return redirectURL, nil
}

// answering takes the one answer that a request can have, from the session and tenant that saw it last.
func (s *Service) answering(ctx context.Context, pending, form string, v Visitor) (PendingRecord, ClientRecord, error) {
	p, client, err := s.pending(ctx, pending, v, false)
	if err != nil {
		return p, client, err
	}
	if !equal(form, formToken(pending, v, client)) || p.Session != v.Session.ID || p.Account != v.Session.Account.ID ||
		p.Tenant != v.Principal.Tenant || p.Person != v.Principal.Person {
		return p, client, pageError(PagePersonChanged)
	}
	first, err := s.Store.AnswerPending(ctx, p.Hash, s.Now())
	if err != nil {
		return p, client, fmt.Errorf("answer request: %w", err)
	}
	if !first {
		return p, client, pageError(PageAnswered)
	}
	return p, client, nil
}

// agreed is what was shown, less what client or roles have lost since.
func (s *Service) agreed(client ClientRecord, p PendingRecord, choice access.Set, v Visitor) (access.Set, error) {
	c, err := s.decodeClient(client)
	if err != nil {
		return nil, err
	}
	shown, err := s.sets.Decode(p.Shown)
	if err != nil {
		return nil, err
	}
	_, _, now := s.overlap(c, p.Scope, v.Principal)
	set := shown.Intersect(now)
	if len(set) == 0 {
		return nil, pageError(PageNoOverlap)
	}
	if !c.Dynamic {
		return set, nil
	}
	if set = set.Intersect(choice); len(set) == 0 {
		return nil, pageError(PageNothingChosen)
	}
	return set, nil
}

func (s *Service) authorize(ctx context.Context, p PendingRecord, client ClientRecord, set access.Set, v Visitor) (string, error) {
	now, text := s.Now(), identity.EncodeSet(set)
	host, _ := redirectHost(p.RedirectURI)
	family, err := s.random("", 32)
	if err != nil {
		return "", err
	}
	name := familyName(family)
	code, err := s.random(codePrefix+name, 32)
	if err != nil {
		return "", err
	}
	t := Tokens{Code: Code{Hash: hash(code), RedirectURI: p.RedirectURI, Challenge: p.Challenge}}
	if t.Code.Sealed, err = s.seal(code, family); err != nil {
		return "", err
	}
	a := AuthorizationRecord{
		ID: s.NewID(), Tenant: p.Tenant, Person: p.Person, Account: p.Account, AccountEpoch: v.Session.Account.Epoch,
		Client: client.ID, Resource: p.Resource, Scope: p.Scope, SetText: text, Family: name, RedirectHost: host,
		CreatedAt: now, IdleUntil: now.Add(codeLifetime), ExpiresAt: now.Add(s.RefreshAbsolute),
	}
	if err := s.Store.InsertAuthorization(ctx, a, t); err != nil {
		return "", fmt.Errorf("store authorization: %w", err)
	}
	if err := s.endOldest(ctx, a); err != nil {
		return "", err
	}
	detail := map[string]string{"resource": a.Resource, "scope": a.Scope, "set": text, "redirect": p.RedirectURI}
	return s.answer(p, url.Values{"code": {code}}), s.note(ctx, v, client, a.ID, "oauth.authorize", detail)
}

// formToken ties an answer to the request, the session and the tenant in which it was shown, and to the app under the name it had.
func formToken(pending string, v Visitor, c ClientRecord) string {
	mac := hmac.New(sha256.New, []byte(v.Session.CSRF))
	fmt.Fprintf(mac, "authorize\x00%s\x00%s\x00%s\x00%s\x00%s", pending, v.Principal.Tenant, v.Principal.Person, c.ID, c.Name)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Service) note(ctx context.Context, v Visitor, c ClientRecord, authorization, act string, detail map[string]string) error {
	e := audit.By(v.Principal, act, s.Now())
	e.Client, e.ClientName, e.Authorization, e.IP, e.Detail = c.ID, c.Name, authorization, v.IP, detail
	return s.Store.AppendAudit(ctx, e)
}
