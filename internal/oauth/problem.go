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
	ProblemExchange ProblemCode = "exchange" // the code was not taken: why
)

// Problem is why the last try to connect through a client failed; the zero value is none. A code that is exchanged clears it.
type Problem struct {
	Code   ProblemCode
	Detail string // partly what a stranger sent: plain, at most 300 characters
	At     time.Time
}

const (
	problemEvery  = 10 * time.Second // the same problem of a client is not written more often
	problemDetail = 300
	problemsKept  = 10_000
)

// problems remembers what was written lately, so that a flood of bad requests does not become a flood of writes.
type problems struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (p *problems) due(key string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, ok := p.last[key]; ok && now.Sub(at) < problemEvery {
		return false
	}
	if p.last == nil || len(p.last) >= problemsKept {
		p.last = map[string]time.Time{}
	}
	p.last[key] = now
	return true
}

// noteProblem keeps for a client's administrators why a try failed. It never makes a request fail that was to be answered otherwise.
func (s *Service) noteProblem(ctx context.Context, client string, code ProblemCode, detail string) {
	detail = model.PlainName(detail)
	if runes := []rune(detail); len(runes) > problemDetail {
		detail = string(runes[:problemDetail-1]) + "…"
	}
	if !s.problems.due(client+" "+string(code)+" "+detail, s.Now()) {
		return
	}
	if err := s.Store.NoteProblem(ctx, client, Problem{Code: code, Detail: detail, At: s.Now()}); err != nil {
		s.Log.ErrorContext(ctx, "note why a client failed", "client", client, "err", err)
	}
}

// requestProblem tells the OAuth errors of an authorization request apart.
func requestProblem(code string, q form) (ProblemCode, string) {
	switch code {
	case "invalid_scope":
		return ProblemScope, q.get("scope")
	case "invalid_target":
		return ProblemResource, q.get("resource")
	}
	return ProblemRequest, code
}
