package mcpserver

import (
	"errors"
	"net/http"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
)

// authenticate finds out who is asking, or answers: 401 on every verb, so that clients that probe without a token learn that one
// is needed. A token counts only in the one Authorization header (RFC 6750 section 2.1); cookies and bodies are never looked at.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request) (access.Principal, bool) {
	token, err := oauth.BearerToken(r)
	if err != nil {
		s.challenge(w, r.URL.Path, !errors.Is(err, oauth.ErrNoToken))
		return access.Principal{}, false
	}
	p, err := s.opts.Authenticator.Authenticate(r.Context(), token, s.opts.Origin+r.URL.Path, access.SurfaceMCP)
	if err == nil {
		return p, s.paced(w, r, p)
	}
	switch fault.KindOf(err) {
	case fault.Unauthenticated:
		s.challenge(w, r.URL.Path, true)
	case fault.RateLimited:
		tooOften(w, err)
	case fault.Unavailable:
		s.log.ErrorContext(r.Context(), "check token", "error", err, "ip", s.opts.ClientIP(r))
		w.Header().Set("Retry-After", "5")
		writeStatus(w, http.StatusServiceUnavailable, "temporarily_unavailable", "The token cannot be checked now; try again later.")
	default:
		s.log.ErrorContext(r.Context(), "check token", "error", err, "ip", s.opts.ClientIP(r))
		writeStatus(w, http.StatusInternalServerError, "server_error", "Something went wrong on this side.")
	}
	return access.Principal{}, false
}

// paced refuses a caller that calls too often. The first refusal of a minute stands in the call log, so that whoever looks finds out why
// an app stalls; a line for each would let the flood through to the database.
func (s *Server) paced(w http.ResponseWriter, r *http.Request, p access.Principal) bool {
	note, err := s.opts.Pace.Take(p)
	if err == nil {
		return true
	}
	if note {
		p.Call = s.callID()
		c := s.callerFor(r, p)
		s.log.WarnContext(r.Context(), "calls are refused: too many", "person", p.Person, "client", p.Client, "app", p.PrivateApp, "ip", c.ip)
		s.report(r.Context(), c, CallInfo{Outcome: fault.RateLimited.String()})
	}
	tooOften(w, err)
	return false
}

// tooOften answers 429, which clients take as: the same again, later.
func tooOften(w http.ResponseWriter, err error) {
	msg, _ := fault.Safe(err)
	w.Header().Set("Retry-After", identity.RetrySeconds(identity.RetryAfter(err)))
	writeStatus(w, http.StatusTooManyRequests, "rate_limited", msg)
}

// challenge answers 401 and says where to get a token (RFC 9728 section 5.1).
func (s *Server) challenge(w http.ResponseWriter, path string, sent bool) {
	c := `Bearer resource_metadata="` + s.metadataURL(path) + `", scope="inclusive"`
	code, description := "unauthorized", "An access token is needed."
	if sent {
		code, description = "invalid_token", "The access token is not valid here, or not any more."
		c += `, error="invalid_token", error_description="` + description + `"`
	}
	w.Header().Set("WWW-Authenticate", c)
	writeStatus(w, http.StatusUnauthorized, code, description)
}

// metadataURL is where the protected-resource document of an endpoint path lies.
func (s *Server) metadataURL(path string) string {
	return s.opts.Origin + "/.well-known/oauth-protected-resource" + path
}
