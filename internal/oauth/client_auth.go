package oauth

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mandorla/internal/fault"
)

// credentials are what a request says about its client.
type credentials struct {
	id, secret string
	basic      bool
}

// readClientForm reads the form that a program sent, and checks which client it is.
func (s *Service) readClientForm(w http.ResponseWriter, r *http.Request) (form, ClientRecord, error) {
	f, err := readForm(w, r)
	if err != nil {
		return form{}, ClientRecord{}, err
	}
	c, err := s.authenticateClient(r, f)
	return f, c, err
}

// authenticateClient checks who calls the token or revocation endpoint: client_secret_post or client_secret_basic for a confidential
// client, never both at once; the id alone for a public one. Unknown, disabled and wrong are one answer.
func (s *Service) authenticateClient(r *http.Request, f form) (ClientRecord, error) {
	cred, err := readCredentials(r, f)
	if err != nil {
		return ClientRecord{}, err
	}
	refused := &tokenError{status: http.StatusUnauthorized, code: "invalid_client", desc: "The client is not known, or its secret is not right.", basic: cred.basic}
	key := "? " + s.prefix(r)
	if _, known := originOf(cred.id); known {
		key = hash(cred.id) + " " + s.prefix(r)
	}
	if wait := s.secrets.Wait(key); wait > 0 {
		return ClientRecord{}, &tokenError{status: http.StatusTooManyRequests, code: "temporarily_unavailable", desc: "Too many attempts. Try again later.", retry: wait}
	}
	c, err := s.calling(r.Context(), cred.id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return ClientRecord{}, fmt.Errorf("read client: %w", err)
	}
	right := c.Kind == Public && cred.secret == "" && !cred.basic || c.Kind == Confidential && c.secretFits(cred.secret, s.Now())
	if right && c.Enabled && c.Suspended {
		return ClientRecord{}, errSuspended
	}
	if !right || !c.Enabled {
		s.secrets.Take(key)
		if c.Enabled {
			s.noteProblem(r.Context(), c.ID, c.secretProblem(cred.secret), "")
		}
		return ClientRecord{}, refused
	}
	return c, nil
}

// errSuspended is no refusal for good: what an app holds works again when the tenant is resumed, so it must not throw it away.
var errSuspended = &tokenError{
	status: http.StatusServiceUnavailable, code: "temporarily_unavailable", desc: "The organisation is suspended. Try again later.", retry: 10 * time.Minute,
}

// secretProblem tells what is wrong with a secret that did not fit.
func (c ClientRecord) secretProblem(secret string) ProblemCode {
	switch {
	case c.Kind == Public:
		return ProblemPublic
	case secret == "":
		return ProblemNoSecret
	case c.secretReplaced(secret):
		return ProblemReplaced
	}
	return ProblemSecret
}

// calling is the client that a program says it is. An app that registered itself is one client to itself, and has one in each tenant
// that lets it in: which of them is meant is told by the code or token that it presents.
func (s *Service) calling(ctx context.Context, id string) (ClientRecord, error) {
	origin, ok := originOf(id)
	if !ok {
		return ClientRecord{}, errNoClient
	}
	if origin == Made {
		return s.madeClient(ctx, id)
	}
	known, err := s.Store.AppKnown(ctx, id)
	return ClientRecord{Client: Client{AppID: id, Origin: origin, Kind: Public, Enabled: known}}, err
}

// has reports whether a stored client is the one that calls.
func (c ClientRecord) has(stored ClientRecord) bool {
	if c.AppID != "" {
		return c.AppID == stored.AppID
	}
	return c.ID != "" && c.ID == stored.ID
}

func readCredentials(r *http.Request, f form) (credentials, error) {
	refuse := func(desc string) (credentials, error) {
		return credentials{}, &tokenError{status: http.StatusUnauthorized, code: "invalid_client", desc: desc}
	}
	if f.has("client_assertion") || f.has("client_assertion_type") {
		return refuse("Client assertions are not supported.")
	}
	headers := r.Header.Values("Authorization")
	switch {
	case len(headers) > 1:
		return refuse("There is more than one Authorization header.")
	case len(headers) == 0 && !f.has("client_id"):
		return refuse("Say which client you are: client_id is missing.")
	case len(headers) == 0:
		return credentials{id: f.get("client_id"), secret: f.get("client_secret")}, nil
	}
	id, secret, ok := parseBasic(headers[0])
	if !ok {
		return credentials{}, &tokenError{status: http.StatusUnauthorized, code: "invalid_client", desc: "The Authorization header cannot be read.", basic: true}
	}
	if f.has("client_secret") {
		return credentials{}, badRequest("Use one way of client authentication, not two.")
	}
	if f.has("client_id") && f.get("client_id") != id {
		return credentials{}, &tokenError{status: http.StatusUnauthorized, code: "invalid_client", desc: "client_id and the Authorization header name different clients.", basic: true}
	}
	return credentials{id: id, secret: secret, basic: true}, nil
}

// parseBasic reads HTTP Basic as RFC 6749 section 2.3.1 has it: both halves are form-encoded before they are joined.
func parseBasic(header string) (id, secret string, ok bool) {
	scheme, rest, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Basic") {
		return "", "", false
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(rest)
	if err != nil {
		return "", "", false
	}
	rawID, rawSecret, ok := strings.Cut(string(raw), ":")
	if !ok {
		return "", "", false
	}
	id, _ = url.QueryUnescape(rawID) // "" where it cannot be read
	if secret, err = url.QueryUnescape(rawSecret); err != nil {
		return "", "", false
	}
	return id, secret, id != ""
}
