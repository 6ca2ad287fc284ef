package oauth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

// maxUndecided is how many apps that nobody decided about a tenant has at most.
const maxUndecided = 200

// AdmissionError says that the tenant does not let the app in: a page of ours says why, and nobody is redirected.
type AdmissionError struct {
	Reason  Admission
	Client  string // id of the tenant's client, to approve it; "" where there is none
	App     string // the app's name, or the host of its document
	Host    string // of its document; "" for a registered app
	Pending string // the request, which can be shown again
	Tenant  identity.TenantRef
	Tenants []identity.TenantRef // of the person: another one may let it in
}

// Error gives the reason.
func (e *AdmissionError) Error() string { return "the app is not let in: " + string(e.Reason) }

// Problem is what the person is told, and who can change it.
func (e *AdmissionError) Problem() PageProblem {
	code := map[Admission]string{NotLetIn: PageAppNotLetIn, AwaitsChoice: PageAppWaits, WasRefused: PageAppRefused, TooManyWait: PageAppsFull}[e.Reason]
	return pageError(code, e.Tenant.Name).PageProblem
}

// Admission is why an app is not let in.
type Admission string

// The reasons.
const (
	NotLetIn     Admission = "rule"    // the tenant's rules let no such app in
	AwaitsChoice Admission = "waiting" // an administrator has to approve it
	WasRefused   Admission = "refused" // an administrator refused it
	TooManyWait  Admission = "full"    // so many wait already that no more are kept
)

// errRedirect is the page about an address that is not registered; what was asked for is for the log.
func errRedirect(client, asked string) *PageError {
	return pageError(PageRedirect).because("client %s asked for %.300q", client, asked)
}

// beginApp checks what can be checked of the request of an app that registered itself before anybody has signed in. Nothing is
// fetched, and nobody is redirected: an error of the request waits with it.
func (s *Service) beginApp(ctx context.Context, origin Origin, q form, r AuthorizeRequest) (Begun, error) {
	allowed, err := s.Allowed(ctx)
	if err != nil {
		return Begun{}, err
	}
	id, redirect := q.get("client_id"), q.get("redirect_uri")
	if !allowed.allows(origin) {
		return Begun{}, pageError(PageUnknownClient)
	}
	if origin == Registered {
		switch a, err := s.Store.RegistrationByID(ctx, id); {
		case fault.Is(err, fault.NotFound):
			return Begun{}, pageError(PageUnknownClient)
		case err != nil:
			return Begun{}, fmt.Errorf("read registration: %w", err)
		case !matchRedirect(a.RedirectURIs, redirect):
			return Begun{}, errRedirect(id, redirect)
		}
	}
	if RedirectProblem(redirect) != "" {
		return Begun{}, errRedirect(id, redirect)
	}
	p, err := s.newPending(q, id, r)
	if err != nil {
		return Begun{}, err
	}
	if p.Refusal = s.checkAuthorize(q, &p, r.Session != nil); p.Refusal != "" {
		p.Challenge = "" // a stranger's, unchecked
	}
	return s.keepPending(ctx, p, r)
}

// admit gives the tenant's client for the app of a request, made now where the tenant lets the app in and has none. Only with read is
// a document fetched; without, the client is the one that was shown.
func (s *Service) admit(ctx context.Context, p PendingRecord, v Visitor, id string, read bool) (ClientRecord, error) {
	origin, _ := originOf(p.Client)
	allowed, err := s.Allowed(ctx)
	if err != nil {
		return ClientRecord{}, err
	}
	if !allowed.allows(origin) {
		return ClientRecord{}, pageError(PageUnknownClient)
	}
	if v.Principal.Tenant == "" {
		return ClientRecord{}, pageError(PageNoTenant)
	}
	rec, err := s.Store.ClientByApp(ctx, v.Principal.Tenant, p.Client)
	known := err == nil
	if err != nil && !fault.Is(err, fault.NotFound) {
		return ClientRecord{}, fmt.Errorf("read client: %w", err)
	}
	refused := &AdmissionError{
		Client: rec.ID, App: rec.Name, Host: Client{Origin: origin, AppID: p.Client}.Host(), Pending: id,
		Tenant: identity.TenantRef{ID: v.Principal.Tenant, Name: v.Principal.TenantName}, Tenants: v.Session.Tenants,
	}
	switch {
	case known && rec.Approval == Refused:
		refused.Reason = WasRefused
		return rec, refused
	case known && rec.Approval == Waiting:
		return rec, s.waits(ctx, rec, refused)
	case known && !rec.Working() || !known && !read:
		return rec, pageError(PageUnknownClient)
	case known && (!read || rec.current(p.RedirectURI, s.Now())):
	default:
		if rec, err = s.meet(ctx, p, v, rec, refused); err != nil {
			return rec, err
		}
	}
	if read && !matchRedirect(rec.RedirectURIs, p.RedirectURI) {
		s.noteProblem(ctx, rec.ID, ProblemRedirect, p.RedirectURI)
		return rec, errRedirect(p.Client, p.RedirectURI)
	}
	return rec, nil
}

// current tells whether what a tenant keeps of an app still counts: it is read again when its document is stale, or lacks the redirect URL.
func (c ClientRecord) current(redirect string, now time.Time) bool {
	return c.FreshUntil.IsZero() || now.Before(c.FreshUntil) && !wantsAgain(c.RedirectURIs, redirect, c.ReadAt, now)
}

func (s *Service) waits(ctx context.Context, rec ClientRecord, refused *AdmissionError) error {
	refused.Reason = AwaitsChoice
	if err := s.Store.MarkStep(ctx, rec.ID, StepAuthorize, s.Now()); err != nil { // it is still wanted: the sweep leaves it
		return fmt.Errorf("mark step: %w", err)
	}
	return refused
}

// meet reads what the app says about itself and keeps it in the tenant's client. The rules are asked first: no document is fetched
// for a tenant that lets no such app in.
func (s *Service) meet(ctx context.Context, p PendingRecord, v Visitor, rec ClientRecord, refused *AdmissionError) (ClientRecord, error) {
	origin, _ := originOf(p.Client)
	policy, err := s.Policy(ctx, v.Principal.Tenant)
	if err != nil {
		return rec, err
	}
	verdict := policy.verdict(origin, p.Client)
	if rec.ID == "" && verdict == "" {
		refused.App, refused.Reason = "", NotLetIn
		return rec, refused
	}
	app, err := s.describe(ctx, origin, p, v)
	if err != nil {
		return rec, err
	}
	switch {
	case rec.ID != "" && app.ReadAt.Before(rec.ReadAt): // another copy of the server has read it since
		return rec, nil
	case rec.ID != "":
		return s.renew(ctx, v, rec, app)
	}
	if !matchRedirect(app.RedirectURIs, p.RedirectURI) { // nothing to keep: its first request is not even its own
		return rec, errRedirect(p.Client, p.RedirectURI)
	}
	rec, err = s.welcome(ctx, v, app, policy, verdict)
	if errors.Is(err, errFull) {
		refused.App, refused.Reason = app.Name, TooManyWait
		return rec, refused
	}
	if err == nil && rec.Approval == Waiting {
		refused.Client, refused.App = rec.ID, rec.Name
		return rec, s.waits(ctx, rec, refused)
	}
	return rec, err
}

// describe gives what the app says about itself now. A person is told one and the same about every document that cannot be used.
func (s *Service) describe(ctx context.Context, origin Origin, p PendingRecord, v Visitor) (App, error) {
	id := p.Client
	if origin == Registered {
		return s.Store.RegistrationByID(ctx, id)
	}
	a, err := s.documents.get(ctx, id, p.RedirectURI, v.Session.Account.ID, v.IP)
	var often *tooMany
	switch {
	case errors.As(err, &often):
		return a, pageError(PageTooManyApps).because("%w", err)
	case errors.Is(err, errDocument):
		s.Log.WarnContext(ctx, "read the metadata document of an app", "client_id", id, "err", err)
		return a, pageError(PageBadDocument, hostOf(id)).because("%w", err)
	}
	return a, err
}

var errFull = errors.New("too many apps that nobody decided about")

// welcome makes the tenant's client for an app that nobody there has used before.
func (s *Service) welcome(ctx context.Context, v Visitor, app App, policy Policy, verdict Approval) (ClientRecord, error) {
	now := s.Now()
	rec := ClientRecord{Client: Client{
		Tenant: v.Principal.Tenant, Name: app.Name, Kind: Public, RedirectURIs: app.RedirectURIs, Unverified: true, Version: 1,
		CreatedAt: now, UpdatedAt: now, CreatedBy: v.Principal.Person, Enabled: verdict == LetIn,
		Origin: app.Origin, AppID: app.ID, Approval: verdict, Follows: true, NoRefresh: app.NoRefresh, ReadAt: app.ReadAt, FreshUntil: app.FreshUntil,
	}}
	var err error
	if rec.ID, err = s.random("pk_", 16); err != nil {
		return rec, err
	}
	rec.SetText = identity.EncodeSet(policy.Set)
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		n, err := s.Store.CountUndecided(ctx, rec.Tenant)
		if err != nil {
			return fmt.Errorf("count apps: %w", err)
		}
		if n >= maxUndecided {
			return errFull
		}
		if err := s.Store.InsertClient(ctx, rec); err != nil {
			return err
		}
		return s.noteClient(ctx, v.Principal, rec, "client.register", clientDetail(rec))
	})
	if fault.Is(err, fault.Conflict) { // somebody else opened it at the same moment
		rec, err = s.Store.ClientByApp(ctx, rec.Tenant, app.ID)
	}
	if err != nil {
		return rec, fmt.Errorf("add client: %w", err)
	}
	return rec, nil
}

// renew keeps what a document says now. What changed is written down; people see it when they authorize the next time.
func (s *Service) renew(ctx context.Context, v Visitor, rec ClientRecord, app App) (ClientRecord, error) {
	next := rec
	next.Name, next.RedirectURIs, next.NoRefresh, next.ReadAt, next.FreshUntil = app.Name, app.RedirectURIs, app.NoRefresh, app.ReadAt, app.FreshUntil
	if next.Name == rec.Name && slices.Equal(next.RedirectURIs, rec.RedirectURIs) && next.NoRefresh == rec.NoRefresh {
		return next, s.Store.MarkRead(ctx, next)
	}
	next.Version, next.UpdatedAt = rec.Version+1, s.Now()
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.UpdateClient(ctx, next); err != nil {
			return err
		}
		detail := clientDetail(next)
		detail["name_before"], detail["redirects_before"] = rec.Name, strings.Join(rec.RedirectURIs, " ")
		return s.noteClient(ctx, v.Principal, next, "client.document", detail)
	})
	if fault.Is(err, fault.Conflict) { // somebody else was faster: what they stored is as fresh
		next, err = s.Store.ClientByApp(ctx, rec.Tenant, app.ID)
	}
	if err != nil {
		return rec, fmt.Errorf("keep the document: %w", err)
	}
	return next, nil
}

// undecidedFor is how long an app that nobody decided about, and that never got a token, stays after it was last asked for.
const undecidedFor = 7 * 24 * time.Hour
