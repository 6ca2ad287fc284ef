package oauth

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"mandorla/internal/identity"
)

// Route is one address that this package answers. None of them reads a cookie.
type Route struct {
	Path    string // exact
	Handler http.Handler
}

// Routes lists the endpoints for programs. The authorization page is not among them: package web serves it.
func (s *Service) Routes() []Route {
	return append([]Route{
		{PathToken, s.program(http.MethodPost, s.serveToken)},
		{PathRevoke, s.program(http.MethodPost, s.serveRevoke)},
		{PathIntrospect, s.program(http.MethodPost, s.serveIntrospect)},
		{PathRegister, s.program(http.MethodPost, s.serveRegister)},
		{PathRegister + "/", http.HandlerFunc(s.serveNoRegistration)},
	}, s.metadataRoutes()...)
}

// Paths of the endpoints, below the origin. PathAuthorize is served by package web.
const (
	PathAuthorize  = "/oauth/authorize"
	PathToken      = "/oauth/token"
	PathRevoke     = "/oauth/revoke"
	PathIntrospect = "/oauth/introspect"
)

const maxBody = 64 << 10

// program wraps an endpoint for programs: one method, CORS without credentials, nothing cached.
func (s *Service) program(method string, serve func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		allowed := r.Method == method || method == http.MethodGet && r.Method == http.MethodHead
		switch {
		case r.Method == http.MethodOptions:
			h.Set("Access-Control-Allow-Methods", method)
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, MCP-Protocol-Version")
			h.Set("Access-Control-Max-Age", "86400")
			w.WriteHeader(http.StatusNoContent)
		case !allowed:
			h.Set("Allow", method+", OPTIONS")
			s.writeError(w, r, &tokenError{status: http.StatusMethodNotAllowed, code: "invalid_request", desc: "Use " + method + "."})
		default:
			if err := serve(w, r); err != nil {
				s.writeError(w, r, err)
			}
		}
	})
}

// tokenError is an error response of RFC 6749 section 5.2.
type tokenError struct {
	status int // 0: 400
	code   string
	desc   string
	basic  bool // the client tried HTTP Basic
	retry  time.Duration
}

// Error gives code and description.
func (e *tokenError) Error() string { return e.code + ": " + e.desc }

// One description for whatever is wrong with a code or a refresh token, so that nothing can be found out by trying.
var errGrant = &tokenError{code: "invalid_grant", desc: "The code or refresh token is not valid (any more). Authorize again."}

var errTarget = &tokenError{code: "invalid_target", desc: "The resource must be the one that was authorized."}

func badRequest(desc string) *tokenError { return &tokenError{code: "invalid_request", desc: desc} }

func (s *Service) writeError(w http.ResponseWriter, r *http.Request, err error) {
	var e *tokenError
	if !errors.As(err, &e) {
		s.Log.ErrorContext(r.Context(), "oauth endpoint", "path", r.URL.Path, "err", err)
		e = &tokenError{status: http.StatusServiceUnavailable, code: "temporarily_unavailable", desc: "Something went wrong on this side. Try again."}
	}
	if e.basic {
		w.Header().Set("WWW-Authenticate", `Basic realm="oauth", charset="UTF-8"`)
	}
	if e.retry > 0 {
		w.Header().Set("Retry-After", identity.RetrySeconds(e.retry))
	}
	status := e.status
	if status == 0 {
		status = http.StatusBadRequest
	}
	writeJSON(w, status, map[string]string{"error": e.code, "error_description": e.desc})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the connection is gone: nobody is left to be told
}

// readForm takes the body of a form post; parameters in the address are refused rather than mixed in.
func readForm(w http.ResponseWriter, r *http.Request) (form, error) {
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		return form{}, badRequest("Parameters belong into the body, not into the address.")
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" || len(r.Header.Values("Content-Type")) != 1 {
		return form{}, &tokenError{status: http.StatusUnsupportedMediaType, code: "invalid_request", desc: "Send application/x-www-form-urlencoded."}
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return form{}, &tokenError{status: http.StatusUnsupportedMediaType, code: "invalid_request", desc: "Send the body without compression."}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return form{}, &tokenError{status: http.StatusRequestEntityTooLarge, code: "invalid_request", desc: "The body is too large."}
		}
		return form{}, badRequest("The body could not be read.")
	}
	f, err := parseForm(string(body), maxBody)
	if err != nil {
		return form{}, badRequest("The body cannot be read: " + err.Error() + ".")
	}
	return f, nil
}

func (s *Service) prefix(r *http.Request) string { return identity.IPPrefix(s.ClientIP(r)) }
