package oauth

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

// Protect lets only requests with a valid access token for the resource at path through; the handler finds who it is with
// PrincipalFrom. path is one of PathMCP, PathMCPAlias and PathREST: the address under which the server is being asked.
// Cookies, query and body are never looked at for a token.
func (s *Service) Protect(path string, surface access.Surface, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, err := BearerToken(r)
		if err != nil {
			s.refuse(w, r, path, err)
			return
		}
		p, err := s.Authenticate(r.Context(), token, resources[path], surface)
		if err != nil {
			s.refuse(w, r, path, err)
			return
		}
		if _, err := s.Pace.Take(p); err != nil {
			s.refuse(w, r, path, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(WithPrincipal(r.Context(), p)))
	})
}

// ErrNoToken says that a request carries no token at all, so that it is asked for one rather than told of a mistake (RFC 6750 section 3.1).
var ErrNoToken = fault.New(fault.Unauthenticated, "Send an access token in the Authorization header.")

// BearerToken takes the token from the one Authorization header. A token in the address is refused, not read.
func BearerToken(r *http.Request) (string, error) {
	headers := r.Header.Values("Authorization")
	switch {
	case r.URL.Query().Has("access_token"):
		return "", fault.New(fault.Unauthenticated, "An access token belongs into the Authorization header, never into the address.")
	case len(headers) == 0:
		return "", ErrNoToken
	case len(headers) > 1:
		return "", fault.New(fault.Unauthenticated, "There is more than one Authorization header.")
	}
	scheme, token, ok := strings.Cut(headers[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || !tokenForm(token) {
		return "", fault.New(fault.Unauthenticated, "The Authorization header must be: Bearer, one space, and the token.")
	}
	return token, nil
}

// tokenForm is b64token of RFC 6750 section 2.1, with a limit: letters, digits, "-._~+/", then "=" at the end.
func tokenForm(token string) bool {
	body := strings.TrimRight(token, "=")
	return body != "" && len(token) <= 256 && madeOf(body, alphanumeric+"-._~+/")
}

// Challenge is the value of WWW-Authenticate for the resource at path: where its metadata is, and the scope to ask for. code is "",
// "invalid_token" or "insufficient_scope"; desc must be plain ASCII.
func (s *Service) Challenge(path, code, desc, scope string) string {
	var b strings.Builder
	b.WriteString("Bearer ")
	if code != "" {
		b.WriteString(`error="` + code + `", `)
	}
	if desc != "" {
		b.WriteString(`error_description="` + strings.Map(headerSafe, desc) + `", `)
	}
	b.WriteString(`resource_metadata="` + s.Origin + pathProtected + path + `"`)
	if scope != "" {
		b.WriteString(`, scope="` + scope + `"`)
	}
	return b.String()
}

func headerSafe(r rune) rune {
	if r < ' ' || r > '~' || r == '"' || r == '\\' {
		return -1
	}
	return r
}

// refuse answers a request without a valid token, or one too many. A check that could not be made is 503 and tells nothing of the cause.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, path string, err error) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	msg, _ := fault.Safe(err)
	if fault.Is(err, fault.RateLimited) {
		h.Set("Retry-After", identity.RetrySeconds(identity.RetryAfter(err)))
		writeJSON(w, http.StatusTooManyRequests, map[string]string{"error": "rate_limited", "error_description": msg})
		return
	}
	if !fault.Is(err, fault.Unauthenticated) {
		s.Log.ErrorContext(r.Context(), "check access token", "err", err)
		h.Set("Retry-After", "5")
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"error": "temporarily_unavailable", "error_description": "Something went wrong on this side. Try again."})
		return
	}
	code := "invalid_token"
	if errors.Is(err, ErrNoToken) {
		h.Set("WWW-Authenticate", s.Challenge(path, "", "", ScopeInclusive))
	} else {
		h.Set("WWW-Authenticate", s.Challenge(path, code, msg, ScopeInclusive))
	}
	h.Set("Access-Control-Expose-Headers", "WWW-Authenticate")
	writeJSON(w, http.StatusUnauthorized, map[string]string{"error": code, "error_description": msg})
}

type principalKey struct{}

// WithPrincipal puts the principal of a request into its context.
func WithPrincipal(ctx context.Context, p access.Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom gives the principal that Protect found; ok is false outside of it.
func PrincipalFrom(ctx context.Context) (p access.Principal, ok bool) {
	p, ok = ctx.Value(principalKey{}).(access.Principal)
	return p, ok
}
