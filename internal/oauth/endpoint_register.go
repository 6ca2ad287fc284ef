package oauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// PathRegister is the registration endpoint, while the installation allows registration. Below it there is nothing: a registration
// can be neither read nor changed (RFC 7592 is not offered).
const PathRegister = "/oauth/register"

// Limits of dynamic registration.
const (
	maxRegistration  = 16 << 10
	unclaimedFor     = 24 * time.Hour   // a registration that no tenant has a client for is removed then
	unclaimedKept    = 1000             // at most, however many come
	unclaimedAtLeast = 10 * time.Minute // nobody's is removed to make room before that
)

// serveRegister is POST /oauth/register (RFC 7591). Anybody may register a public client; it is nothing to any tenant until one of its
// people opens the authorization page, and then that tenant's rules decide.
func (s *Service) serveRegister(w http.ResponseWriter, r *http.Request) error {
	allowed, err := s.Allowed(r.Context())
	if err != nil {
		return err
	}
	if !allowed.Registration {
		return &tokenError{status: http.StatusNotFound, code: "invalid_request", desc: "Apps cannot register themselves here. Ask an administrator for a client ID."}
	}
	if wait := s.registrations.Take(s.prefix(r)); wait > 0 {
		return &tokenError{status: http.StatusTooManyRequests, code: "temporarily_unavailable", desc: "Too many registrations came from your network. Try again later.", retry: wait}
	}
	a, kind, err := readRegistration(r)
	var bad *badMetadata
	if errors.As(err, &bad) {
		return &tokenError{code: bad.code, desc: bad.desc}
	}
	if err != nil {
		return err
	}
	if a.ID, err = s.random(registeredPrefix, 16); err != nil {
		return err
	}
	a.Origin, a.ReadAt = Registered, s.Now()
	left, err := s.Store.TrimRegistrations(r.Context(), unclaimedKept-1, s.Now().Add(-unclaimedAtLeast))
	if err != nil {
		return fmt.Errorf("make room for a registration: %w", err)
	}
	if left >= unclaimedKept {
		return &tokenError{status: http.StatusTooManyRequests, code: "temporarily_unavailable", desc: "Too many apps register at the moment. Try again later.", retry: unclaimedAtLeast}
	}
	if err := s.Store.InsertRegistration(r.Context(), a); err != nil {
		return fmt.Errorf("keep registration: %w", err)
	}
	writeJSON(w, http.StatusCreated, registrationAnswer(a, kind))
	return nil
}

func registrationAnswer(a App, kind string) map[string]any {
	grants := []string{"authorization_code", "refresh_token"}
	if a.NoRefresh {
		grants = grants[:1]
	}
	return map[string]any{
		"client_id": a.ID, "client_id_issued_at": a.ReadAt.Unix(), "client_name": a.Name, "redirect_uris": a.RedirectURIs,
		"grant_types": grants, "response_types": []string{"code"}, "token_endpoint_auth_method": "none", "application_type": kind, "scope": ScopeInclusive,
	}
}

// readRegistration reads the request; every error about it is a *badMetadata. kind is the application_type.
func readRegistration(r *http.Request) (a App, kind string, err error) {
	fields, err := readJSON(r)
	if err != nil {
		return a, "", err
	}
	if a, err = readSelf(fields); err != nil {
		return a, "", err
	}
	if a.Name == "" {
		a.Name = "App without a name"
	}
	method, err := text(fields, "token_endpoint_auth_method")
	if err != nil {
		return a, "", err
	}
	if method != "" && method != "none" {
		return a, "", metadataError("token_endpoint_auth_method must be none: an app that registers itself gets no secret.")
	}
	kind, err = readKind(fields, a.RedirectURIs)
	return a, kind, err
}

// readKind checks application_type against the redirect addresses: only a native app is answered on the person's own machine.
func readKind(fields map[string]json.RawMessage, redirects []string) (string, error) {
	kind, err := text(fields, "application_type")
	if err != nil {
		return "", err
	}
	local := false
	for _, uri := range redirects {
		local = local || strings.HasPrefix(uri, "http://")
	}
	switch {
	case kind == "" && local:
		return "native", nil
	case kind == "":
		return "web", nil
	case kind != "web" && kind != "native":
		return "", metadataError("application_type must be web or native.")
	case kind == "web" && local:
		return "", &badMetadata{"invalid_redirect_uri", "An app on a person's own machine (http) must say application_type native."}
	}
	return kind, nil
}

func readJSON(r *http.Request) (map[string]json.RawMessage, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return nil, metadataError("Send application/json.")
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, metadataError("Send the body without compression.")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRegistration+1))
	if err != nil || len(body) > maxRegistration {
		return nil, metadataError("The body must be complete, and at most %d bytes long.", maxRegistration)
	}
	fields, err := strictObject(body)
	if err != nil {
		return nil, metadataError("The body cannot be read: %s.", err)
	}
	return fields, nil
}

// serveNoRegistration answers below the registration endpoint: the same whatever is asked for, since no token for it was ever given.
func (s *Service) serveNoRegistration(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token", "error_description": "Registrations can be neither read nor changed."})
}
