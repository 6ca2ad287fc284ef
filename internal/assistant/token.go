package assistant

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mandorla/internal/fault"
)

// Token is an answer of a token endpoint.
type Token struct {
	Access  string        `json:"access_token"`
	Refresh string        `json:"refresh_token"`
	Type    string        `json:"token_type"`
	Scope   string        `json:"scope"`
	Life    time.Duration `json:"-"` // 0: the server did not say
	Seconds float64       `json:"expires_in"`
}

// tokenGrant is one request to a token endpoint.
type tokenGrant struct {
	endpoint string
	client   Client
	methods  []string // client authentication that the server offers
	form     url.Values
}

// send makes the request. The client must not follow redirects: the body holds secrets.
func (g tokenGrant) send(ctx context.Context, c *http.Client, trace Trace) (*Token, error) {
	method, err := authMethod(g.client, g.methods)
	if err != nil {
		return nil, err
	}
	if method != "client_secret_basic" {
		g.form.Set("client_id", g.client.ID)
	}
	if method == "client_secret_post" {
		g.form.Set("client_secret", g.client.Secret)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.endpoint, strings.NewReader(g.form.Encode()))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%q is not an address.", g.endpoint)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if method == "client_secret_basic" {
		req.SetBasicAuth(url.QueryEscape(g.client.ID), url.QueryEscape(g.client.Secret))
	}
	resp, err := direct(c).Do(req)
	if err != nil {
		return nil, unreachable(g.endpoint, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument))
	if err != nil {
		return nil, unreachable(g.endpoint, err)
	}
	trace.printf("POST %s, grant_type=%s, %s → %d", g.endpoint, g.form.Get("grant_type"), method, resp.StatusCode)
	if resp.StatusCode != http.StatusOK {
		return nil, g.refused(resp, body)
	}
	t := &Token{}
	if err := json.Unmarshal(body, t); err != nil || t.Access == "" || !strings.EqualFold(t.Type, "Bearer") {
		return nil, fault.New(fault.Unauthenticated, "%s answered without a bearer token. Ask its operator.", g.endpoint)
	}
	t.Life = time.Duration(min(max(t.Seconds, 0), 1e9)) * time.Second
	return t, nil
}

func (g tokenGrant) refused(resp *http.Response, body []byte) error {
	var e struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	_ = json.Unmarshal(body, &e) // a body that is no JSON leaves both empty
	says := ""
	if d := printable(e.Description, 300); d != "" {
		says = " It says: " + d
	}
	switch {
	case e.Code == "invalid_client" && g.client.Secret == "":
		return fault.New(fault.Unauthenticated, "The server does not accept the client %s without a secret. Give its secret, as it was shown in the App Center.", g.client.ID)
	case e.Code == "invalid_client":
		return fault.New(fault.Unauthenticated, "The server does not accept the secret of the client %s. Check it; a new one can be made in the App Center.", g.client.ID)
	case e.Code == "invalid_grant":
		return fault.New(fault.Unauthenticated, "The authorization is not valid any more. Authorize again.%s", says)
	case e.Code == "invalid_target":
		return fault.New(fault.Unauthenticated, "The authorization server gives no tokens for this MCP server. Check the address.%s", says)
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests:
		return fault.New(fault.Unavailable, "%s answered %s. Try again later.%s", g.endpoint, resp.Status, says)
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return fault.New(fault.Unauthenticated, "%s answered with a redirect, which a request with secrets does not follow. Ask its operator.", g.endpoint)
	default:
		return fault.New(fault.Unauthenticated, "%s refused to give a token: %s.%s", g.endpoint, first(printable(e.Code, 60), resp.Status), says)
	}
}

// expired reports whether a token should not be used any more; half a minute is left for the way.
func expired(expires, now time.Time) bool {
	return !expires.IsZero() && !now.Before(expires.Add(-30*time.Second))
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
