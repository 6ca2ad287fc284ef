package mcpserver

import (
	"net/http"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
)

// maxToken is the longest token looked at, in bytes.
const maxToken = 4096

// authenticate finds out who is asking, or answers: 401 on every verb, so that clients that probe without a token learn that one
// is needed. A token counts only in the one Authorization header (RFC 6750 section 2.1); cookies and bodies are never looked at.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request) (access.Principal, bool) {
	token, sent := bearerToken(r)
	if token == "" {
		s.challenge(w, r.URL.Path, sent)
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
		s.log.ErrorContext(r.Context(), "check token", "error", err, "ip", remoteIP(r))
		w.Header().Set("Retry-After", "5")
		writeStatus(w, http.StatusServiceUnavailable, "temporarily_unavailable", "The token cannot be checked now; try again later.")
	default:
		s.log.ErrorContext(r.Context(), "check token", "error", err, "ip", remoteIP(r))
		writeStatus(w, http.StatusInternalServerError, "server_error", "Something went wrong on this side.")
	}
	return access.Principal{}, false
}

// bearerToken gives the token, "" where there is none or not exactly one well-formed one; sent says whether any was tried.
func bearerToken(r *http.Request) (token string, sent bool) {
	headers := r.Header.Values("Authorization")
	inQuery := r.URL.Query().Has("access_token")
	sent = len(headers) > 0 || inQuery
	if len(headers) != 1 || inQuery {
		return "", sent
	}
	scheme, token, ok := strings.Cut(headers[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || !isToken68(token) {
		return "", sent
	}
	return token, sent
}

// isToken68 checks the form of RFC 9110 section 11.2: letters, digits, "-._~+/", then "=" at the end.
func isToken68(s string) bool {
	body := strings.TrimRight(s, "=")
	if body == "" || len(s) > maxToken {
		return false
	}
	for i := range len(body) {
		c := body[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("-._~+/", rune(c)) {
			return false
		}
	}
	return true
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
