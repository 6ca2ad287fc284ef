package mcpserver

import (
	"errors"
	"net/http"

	"mandorla/internal/access"
	"mandorla/internal/fault"
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
		return p, true
	}
	switch fault.KindOf(err) {
	case fault.Unauthenticated:
		s.challenge(w, r.URL.Path, true)
	case fault.RateLimited:
		writeStatus(w, http.StatusTooManyRequests, "rate_limited", "Too many requests; try again later.")
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
