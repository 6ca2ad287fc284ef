package oauth

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

// RedirectError is an authorization request that the client is told about: answer 303 to URL.
type RedirectError struct {
	URL  string // the client's redirect address with error, state and iss
	Code string // such as "invalid_scope"
}

// Error gives the code.
func (e *RedirectError) Error() string { return "authorization request refused: " + e.Code }

// AuthorizeRequest is one opening of GET /oauth/authorize.
type AuthorizeRequest struct {
	RawQuery string
	Browser  string // value of the binding cookie, see NewBinding
	IP       string
	Session  *identity.Session // nil: nobody is signed in
}

// Begun is a stored request.
type Begun struct {
	Pending string // id for Show; belongs into the address of the page, works in this browser only
	SignIn  bool   // a sign-in comes first
}

// NewBinding gives the value of the cookie that ties an authorization request to the browser that opened it. Set it as
// __Host-authorize (Secure, HttpOnly, SameSite=Lax, Path=/) where a browser comes to /oauth/authorize without one.
func (s *Service) NewBinding() (string, error) { return s.random("br_", 32) }

const (
	bindingBytes = len("br_") + 43
	maxQuery     = 16 << 10
	maxState     = 4096
)

// BeginAuthorize checks an authorization request and keeps it for ten minutes. The error is a *PageError or a *RedirectError
// where the request is to blame; an unknown client or redirect address never redirects.
func (s *Service) BeginAuthorize(ctx context.Context, r AuthorizeRequest) (Begun, error) {
	if wait := s.requests.Take(identity.IPPrefix(r.IP)); wait > 0 {
		return Begun{}, pageError(PageTooManyRequests).because("%w", identity.TooMany(wait))
	}
	q, err := parseForm(r.RawQuery, maxQuery)
	if err != nil {
		return Begun{}, pageError(PageDamagedLink, err)
	}
	origin, ok := originOf(q.get("client_id"))
	if !ok {
		return Begun{}, pageError(PageUnknownClient)
	}
	if origin != Made {
		return s.beginApp(ctx, origin, q, r)
	}
	client, err := s.madeClient(ctx, q.get("client_id"))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Begun{}, fmt.Errorf("read client: %w", err)
	}
	if err != nil {
		s.noteSign(SignStranger, "")
	}
	if err != nil || !client.Working() {
		return Begun{}, unusable(client, r)
	}
	redirect := q.get("redirect_uri")
	if !matchRedirect(client.RedirectURIs, redirect) {
		s.noteProblem(ctx, client.ID, ProblemRedirect, redirect)
		return Begun{}, errRedirect(client.ID, redirect)
	}
	p, err := s.newPending(q, client.ID, r)
	if err != nil {
		return Begun{}, err
	}
	if code := s.checkAuthorize(q, &p, r.Session != nil); code != "" {
		if problem, detail := requestProblem(code, q); problem != "" {
			s.noteProblem(ctx, client.ID, problem, detail)
		}
		if r.Session == nil && client.Unverified {
			return Begun{}, pageError(PageNotGrantable, code)
		}
		return Begun{}, &RedirectError{URL: s.answer(p, url.Values{"error": {code}}), Code: code}
	}
	return s.keepPending(ctx, p, r)
}

// newPending is a request as it came, of which client and redirect address are checked.
func (s *Service) newPending(q form, client string, r AuthorizeRequest) (PendingRecord, error) {
	state := q.get("state")
	if len(state) > maxState {
		return PendingRecord{}, pageError(PageDamagedLink, "it is too long")
	}
	return PendingRecord{
		Browser: hash(r.Browser), Client: client, RedirectURI: q.get("redirect_uri"),
		State: url.QueryEscape(state), Challenge: q.get("code_challenge"), CreatedAt: s.Now(),
	}, nil
}

// unusable is the answer about a client that is not there or switched off. Only people of its tenant are told which.
func unusable(client ClientRecord, r AuthorizeRequest) *PageError {
	if r.Session != nil && slices.ContainsFunc(r.Session.Tenants, func(t identity.TenantRef) bool { return t.ID == client.Tenant }) {
		return pageError(PageDisabledClient)
	}
	return pageError(PageUnknownClient)
}

func (s *Service) keepPending(ctx context.Context, p PendingRecord, r AuthorizeRequest) (Begun, error) {
	if len(r.Browser) != bindingBytes {
		return Begun{}, pageError(PageCookiesOff)
	}
	id, err := s.random("au_", 32)
	if err != nil {
		return Begun{}, err
	}
	p.Hash = hash(id)
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.InsertPending(ctx, p); err != nil {
			return fmt.Errorf("keep request: %w", err)
		}
		return s.Store.MarkStep(ctx, p.Client, StepAuthorize, s.Now())
	})
	if err != nil {
		return Begun{}, err
	}
	return Begun{Pending: id, SignIn: r.Session == nil || p.Fresh}, nil
}

// checkAuthorize reads everything after client and redirect address; code is the OAuth error, "" for none.
func (s *Service) checkAuthorize(q form, p *PendingRecord, signedIn bool) (code string) {
	switch {
	case q.has("request"):
		return "request_not_supported"
	case q.has("request_uri"):
		return "request_uri_not_supported"
	case !q.has("response_type"):
		return "invalid_request"
	case q.get("response_type") != "code":
		return "unsupported_response_type"
	case q.has("response_mode") && q.get("response_mode") != "query":
		return "invalid_request"
	case q.get("code_challenge_method") != "S256" || !hashForm(p.Challenge):
		return "invalid_request"
	}
	var ok bool
	if p.Scope, ok = parseScope(s.Registry, q.get("scope")); !ok {
		return "invalid_scope"
	}
	if p.Resource, ok = s.askedResource(q); !ok {
		return "invalid_target"
	}
	return checkPrompt(q, p, signedIn)
}

// askedResource gives the resource in its stored form, the kind of resource it names.
func (s *Service) askedResource(q form) (string, bool) {
	if !q.has("resource") && s.MissingResource {
		return string(MCP), true
	}
	r, ok := s.resource(q.get("resource"))
	return string(r), ok && !q.repeated
}

// checkPrompt: the page is always shown, so "consent" and "select_account" ask for nothing more, and "none" can never be met.
func checkPrompt(q form, p *PendingRecord, signedIn bool) (code string) {
	if !q.has("prompt") {
		return ""
	}
	prompts := strings.Split(q.get("prompt"), " ")
	for _, one := range prompts {
		switch one {
		case "none":
			if len(prompts) > 1 {
				return "invalid_request"
			}
			if !signedIn {
				return "login_required"
			}
			return "interaction_required"
		case "login":
			p.Fresh = true
		case "consent", "select_account":
		default:
			return "invalid_request"
		}
	}
	return ""
}

// hashForm: a hash here, and an S256 challenge (RFC 7636 section 4.2), is 32 bytes in base64url without padding.
func hashForm(hash string) bool { return len(hash) == 43 && madeOf(hash, alphanumeric+"-_") }

// answer is the client's redirect address with the parameters, state and iss (RFC 9207).
func (s *Service) answer(p PendingRecord, params url.Values) string {
	if state, err := url.QueryUnescape(p.State); err == nil && state != "" {
		params.Set("state", state)
	}
	params.Set("iss", s.Origin)
	return withParams(p.RedirectURI, params)
}
