package oauth

import (
	"context"
	"sync"
	"time"

	"mandorla/internal/model"
)

// ProblemCode says why a try to connect failed.
type ProblemCode string

// The codes. Detail is what stands behind each.
const (
	ProblemRedirect ProblemCode = "redirect" // an address that is not registered was asked for: the address
	ProblemScope    ProblemCode = "scope"    // an unknown scope: the scope
	ProblemResource ProblemCode = "resource" // not an address of this server: the resource
	ProblemRequest  ProblemCode = "request"  // an authorization request that cannot be granted, such as one without PKCE: the OAuth error
	ProblemOverlap  ProblemCode = "overlap"  // nothing is shared by the client and the roles: the person's name
	ProblemConnect  ProblemCode = "connect"  // none of the person's roles may connect apps: the person's name
	ProblemSecret   ProblemCode = "secret"   // the secret is not right: nothing
	ProblemReplaced ProblemCode = "replaced" // the secret is the one before, whose time is over: nothing
	ProblemNoSecret ProblemCode = "nosecret" // a confidential client sent no secret: nothing
	ProblemPublic   ProblemCode = "public"   // a secret came from a client that has none: nothing
	ProblemExchange ProblemCode = "exchange" // the code was not taken: why
)

// Problem is why the last try to connect through a client failed; the zero value is none. A code that is exchanged clears it.
type Problem struct {
	Code   ProblemCode
	Detail string // partly what a stranger sent: plain, at most 300 characters
	At     time.Time
}

const (
	problemEvery  = 10 * time.Second // in which at most problemBurst problems of a client are written, and none twice in a row
	problemBurst  = 20
	problemDetail = 300
	problemsKept  = 10_000
)

// problems remembers what was written lately, so that a flood of bad requests does not become a flood of writes.
type problems struct {
	mu     sync.Mutex
	lately map[string]problemsLately // by client
}

type problemsLately struct {
	since time.Time
	n     int
	last  string
}

func (p *problems) due(client, what string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lately[client]
	if now.Sub(l.since) >= problemEvery {
		l = problemsLately{since: now}
	}
	if l.last == what || l.n >= problemBurst {
		return false
	}
	if p.lately == nil || len(p.lately) >= problemsKept {
		p.lately = map[string]problemsLately{}
	}
	l.n, l.last = l.n+1, what
	p.lately[client] = l
	return true
}

// noteProblem keeps for a client's administrators why a try failed. It never makes a request fail that was to be answered otherwise.
func (s *Service) noteProblem(ctx context.Context, client string, code ProblemCode, detail string) {
	if client == "" { // an app that registered itself, and no tenant's client that it is known to be
		return
	}
	detail = model.PlainName(detail)
	if runes := []rune(detail); len(runes) > problemDetail {
		detail = string(runes[:problemDetail-1]) + "…"
	}
	if !s.problems.due(client, string(code)+" "+detail, s.Now()) {
		return
	}
	if err := s.Store.NoteProblem(ctx, client, Problem{Code: code, Detail: detail, At: s.Now()}); err != nil {
		s.Log.ErrorContext(ctx, "note why a client failed", "client", client, "err", err)
	}
}

// requestProblem tells the OAuth errors of an authorization request apart; "" for one that only says that a person is needed, as
// prompt=none asks to be told.
func requestProblem(code string, q form) (ProblemCode, string) {
	switch code {
	case "login_required", "interaction_required":
		return "", ""
	case "invalid_scope":
		return ProblemScope, q.get("scope")
	case "invalid_target":
		return ProblemResource, q.get("resource")
	}
	return ProblemRequest, code
}
