package assistant

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"mandorla/internal/fault"
)

// Client is the OAuth client that the assistant is registered as. Without a secret it is a public one.
type Client struct {
	ID     string
	Secret string
}

// Authorization is one request for authorization that waits for its answer. It holds secrets: keep it on this side.
type Authorization struct {
	URL      string // where the person is sent
	Redirect string
	State    string

	server   *Server
	client   Client
	verifier string
}

// Begin prepares a request for authorization: authorization code with PKCE S256, bound to the resource.
func Begin(s *Server, c Client, redirect string, random io.Reader) (*Authorization, error) {
	state, err := secret(random)
	if err != nil {
		return nil, err
	}
	verifier, err := secret(random)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(verifier))
	u, err := url.Parse(s.Authorize)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%q is not an address.", s.Authorize)
	}
	q := u.Query()
	for name, value := range map[string]string{
		"response_type": "code", "client_id": c.ID, "redirect_uri": redirect, "state": state, "resource": s.Resource,
		"code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method": "S256",
	} {
		q.Set(name, value)
	}
	if s.Scope != "" {
		q.Set("scope", s.Scope)
	}
	u.RawQuery = q.Encode()
	return &Authorization{URL: u.String(), Redirect: redirect, State: state, server: s, client: c, verifier: verifier}, nil
}

func secret(random io.Reader) (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// Check reads the parameters of the answer and gives the code. State and issuer are checked before anything else is believed.
func (a *Authorization) Check(answer url.Values) (code string, err error) {
	for _, name := range []string{"code", "state", "iss", "error"} {
		if len(answer[name]) > 1 {
			return "", fault.New(fault.Unauthenticated, "The answer of %s has %s twice, so it is not believed. Start again.", a.server.Issuer, name)
		}
	}
	iss := answer.Get("iss")
	switch {
	case subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(a.State)) != 1:
		return "", fault.New(fault.Unauthenticated, "The answer does not belong to this request (its state differs), so it is not believed. Start again.")
	case iss != "" && iss != a.server.Issuer, iss == "" && a.server.AnswersIss:
		return "", fault.New(fault.Unauthenticated, "The answer comes from the issuer %q instead of %q, so it is not believed. Start again; if it happens again, ask the operator.", iss, a.server.Issuer)
	case answer.Has("error"):
		return "", refusal(answer.Get("error"), answer.Get("error_description"))
	case answer.Get("code") == "":
		return "", fault.New(fault.Unauthenticated, "The answer of %s has no code. Start again.", a.server.Issuer)
	}
	return answer.Get("code"), nil
}

// refusals puts the errors of RFC 6749 section 4.1.2.1 into words.
var refusals = map[string]string{
	"access_denied":             "The access was not approved. Ask again and choose Authorize, or ask an administrator which access your role allows.",
	"invalid_scope":             "The client may not ask for this access. An administrator can widen its permissions in the App Center.",
	"unauthorized_client":       "The client may not be used in this way. An administrator can look at it in the App Center.",
	"invalid_target":            "The authorization server does not know this MCP server. Check the address.",
	"unsupported_response_type": "The authorization server does not offer the authorization code flow.",
	"server_error":              "The authorization server had a fault. Try again later.",
	"temporarily_unavailable":   "The authorization server is busy. Try again later.",
}

func refusal(code, description string) error {
	msg, ok := refusals[code]
	if !ok {
		msg = fmt.Sprintf("The authorization server refused the request (%s).", printable(code, 60))
	}
	if description = printable(description, 300); description != "" {
		msg += " It says: " + description
	}
	return fault.New(fault.Unauthenticated, "%s", msg)
}

// Finish checks the answer and exchanges its code for tokens.
func (a *Authorization) Finish(ctx context.Context, c *http.Client, answer url.Values, trace Trace) (*Token, error) {
	code, err := a.Check(answer)
	if err != nil {
		return nil, err
	}
	trace.printf("answer on %s → a code, state and issuer as they should be", a.Redirect)
	grant := tokenGrant{
		endpoint: a.server.Token, client: a.client, methods: a.server.AuthMethods,
		form: url.Values{
			"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.Redirect},
			"code_verifier": {a.verifier}, "resource": {a.server.Resource},
		},
	}
	return grant.send(ctx, c, trace)
}

// printable makes text from elsewhere fit for a terminal: one line, no control characters, at most n characters.
func printable(s string, n int) string {
	s = Plain(s)
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// authMethod chooses how the client proves itself: a public one not at all, a confidential one in the body, else in the header.
func authMethod(c Client, offered []string) (string, error) {
	if c.Secret == "" {
		return "none", nil
	}
	for _, method := range []string{"client_secret_post", "client_secret_basic"} {
		if len(offered) == 0 || slices.Contains(offered, method) {
			return method, nil
		}
	}
	return "", fault.New(fault.Unauthenticated, "The authorization server takes no client secret; it offers %s. Leave the secret out.", strings.Join(offered, ", "))
}
