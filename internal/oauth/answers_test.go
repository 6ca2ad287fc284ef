package oauth_test

import (
	"strings"
	"testing"
	"time"

	"mandorla/internal/oauth"
)

const (
	formType = "Content-Type: application/x-www-form-urlencoded"
	server   = "/.well-known/oauth-authorization-server"
)

// TestAnswers holds status, error and headers of what programs are answered.
func TestAnswers(t *testing.T) {
	w := newWorld(t, openStore(t, "sqlite"), withSite)
	w.first()
	w.allow(true, true)
	body := func(n int) string {
		return "client_id=" + w.c1.ID + "&x=" + strings.Repeat("x", n-len("client_id=&x=")-len(w.c1.ID))
	}
	at, _ := w.connect()
	for _, c := range []struct {
		what    string
		got     answer
		status  int
		code    string
		headers string // "name=value" lines that are there; "name=" where there is none
	}{
		{"no token", w.do("POST", oauth.PathMCP, ""), 401, "invalid_token",
			"WWW-Authenticate=Bearer resource_metadata=\"https://as.test/.well-known/oauth-protected-resource/v1/mcp\", scope=\"inclusive\"\nCache-Control=no-store\nAccess-Control-Expose-Headers=WWW-Authenticate"},
		{"another address", w.do("POST", oauth.PathMCPAlias, "", "Authorization: Bearer at_x"), 401, "invalid_token",
			"WWW-Authenticate=Bearer error=\"invalid_token\", error_description=\"The access token is not valid (any more). Connect again.\", resource_metadata=\"https://as.test/.well-known/oauth-protected-resource/mcp\", scope=\"inclusive\""},
		{"a good token", w.do("POST", oauth.PathMCP, "", "Authorization: bearer "+at), 200, "", "WWW-Authenticate="},
		{"a token in the address", w.do("POST", oauth.PathMCP+"?access_token=x", "", "Authorization: Bearer "+at), 401, "invalid_token", ""},
		{"two tokens", w.do("POST", oauth.PathMCP, "", "Authorization: Bearer "+at, "Authorization: Bearer "+at), 401, "invalid_token", ""},
		{"no scheme", w.do("POST", oauth.PathMCP, "", "Authorization: "+at), 401, "invalid_token", ""},
		{"another scheme", w.do("POST", oauth.PathMCP, "", "Authorization: Basic "+at), 401, "invalid_token", ""},
		{"two spaces", w.do("POST", oauth.PathMCP, "", "Authorization: Bearer  "+at), 401, "invalid_token", ""},

		{"preflight", w.do("OPTIONS", oauth.PathToken, ""), 204, "",
			"Access-Control-Allow-Origin=*\nAccess-Control-Allow-Methods=POST\nAccess-Control-Allow-Headers=Authorization, Content-Type, MCP-Protocol-Version\nAccess-Control-Max-Age=86400\nAllow="},
		{"preflight of a document", w.do("OPTIONS", server, ""), 204, "", "Access-Control-Allow-Methods=GET"},
		{"GET of a token", w.do("GET", oauth.PathToken, ""), 405, "invalid_request", "Allow=POST, OPTIONS\nCache-Control=no-store\nX-Content-Type-Options=nosniff\nContent-Type=application/json"},
		{"HEAD of a token", w.do("HEAD", oauth.PathToken, ""), 405, "invalid_request", "Allow=POST, OPTIONS"},
		{"HEAD of a document", w.do("HEAD", server, ""), 200, "", "Access-Control-Allow-Origin=*"},
		{"POST of a document", w.do("POST", server, ""), 405, "invalid_request", "Allow=GET, OPTIONS"},
		{"below registration", w.do("GET", oauth.PathRegister+"/dc_x", ""), 401, "invalid_token", "WWW-Authenticate=Bearer error=\"invalid_token\"\nCache-Control=no-store"},

		{"an address with a query", w.do("POST", oauth.PathToken+"?x=1", body(100)), 400, "invalid_request", ""},
		{"an address with a question mark", w.do("POST", oauth.PathToken+"?", body(100)), 400, "invalid_request", ""},
		{"JSON", w.do("POST", oauth.PathToken, "{}", "Content-Type: application/json"), 415, "invalid_request", ""},
		{"no type", w.do("POST", oauth.PathToken, "x=1", "Content-Type: "), 415, "invalid_request", ""},
		{"a charset", w.do("POST", oauth.PathToken, body(100), formType+"; charset=utf-8"), 400, "invalid_request", ""},
		{"compressed", w.do("POST", oauth.PathToken, body(100), "Content-Encoding: gzip"), 415, "invalid_request", ""},
		{"not compressed", w.do("POST", oauth.PathToken, body(100), "Content-Encoding: Identity"), 400, "invalid_request", ""},
		{"a full body", w.do("POST", oauth.PathToken, body(64<<10)), 400, "invalid_request", ""},
		{"a body too large", w.do("POST", oauth.PathToken, body(64<<10+1)), 413, "invalid_request", ""},

		{"a wrong secret in the body", w.exchange(w.k1, "ac_x", "client_secret=x"), 401, "invalid_client", "WWW-Authenticate="},
		{"a wrong secret in the header", w.asK1("ac_x", nil, basic(w.k1.ID, "x")), 401, "invalid_client", "WWW-Authenticate=Basic realm=\"oauth\", charset=\"UTF-8\""},
		{"a header that cannot be read", w.asK1("ac_x", nil, "Authorization: Basic !"), 401, "invalid_client", "WWW-Authenticate=Basic realm=\"oauth\", charset=\"UTF-8\""},
		{"two ways", w.asK1("ac_x", []string{"client_secret=x"}, basic(w.k1.ID, w.secret)), 400, "invalid_request", ""},
		{"two ids", w.asK1("ac_x", []string{"client_id=" + w.c1.ID}, basic(w.k1.ID, w.secret)), 401, "invalid_client", "WWW-Authenticate=Basic realm=\"oauth\", charset=\"UTF-8\""},
		{"an assertion", w.exchange(w.k1, "ac_x", "client_secret="+w.secret, "client_assertion=x"), 401, "invalid_client", ""},
		{"a type of assertion", w.exchange(w.k1, "ac_x", "client_secret="+w.secret, "client_assertion_type=x"), 401, "invalid_client", ""},
		{"two headers", w.asK1("ac_x", nil, basic(w.k1.ID, w.secret), basic(w.k1.ID, w.secret)), 401, "invalid_client", ""},
		{"nobody", w.post(oauth.PathToken, "grant_type=authorization_code", "code=ac_x"), 401, "invalid_client", ""},
		{"a secret in the header", w.asK1("ac_x", []string{"client_id=" + w.k1.ID}, basic(w.k1.ID, w.secret)), 400, "invalid_grant", ""},
		{"a public client with a header", w.asK1("ac_x", nil, basic(w.c1.ID, "")), 401, "invalid_client", ""},
		{"no grant type", w.post(oauth.PathToken, "client_id="+w.c1.ID), 400, "invalid_request", "Retry-After=\nWWW-Authenticate="},
		{"no code", w.post(oauth.PathToken, "client_id="+w.c1.ID, "grant_type=authorization_code"), 400, "invalid_request", ""},
		{"no refresh token", w.post(oauth.PathToken, "client_id="+w.c1.ID, "grant_type=refresh_token"), 400, "invalid_request", ""},
		{"a pair", w.exchange(w.c1, w.code(w.c1)), 200, "", "Pragma=no-cache\nCache-Control=no-store"},
		{"nothing to revoke", w.post(oauth.PathRevoke, "client_id="+w.c1.ID), 400, "invalid_request", ""},
		{"nobody revokes", w.post(oauth.PathRevoke, "client_id=pk_x", "token=x"), 401, "invalid_client", ""},
		{"nothing to introspect", w.post(oauth.PathIntrospect, "client_id="+w.k1.ID, "client_secret="+w.secret), 400, "invalid_request", ""},
		{"a public client introspects", w.post(oauth.PathIntrospect, "client_id="+w.c1.ID, "token=x"), 403, "unauthorized_client", ""},
		{"nobody introspects", w.post(oauth.PathIntrospect, "client_id=pk_x", "token=x"), 401, "invalid_client", ""},
	} {
		if p, ok := oauth.PrincipalFrom(t.Context()); ok || p.Person != "" {
			t.Errorf("outside of a request somebody is %+v", p)
		}
		if c.got.Code != c.status || c.got.str("error") != c.code || (c.got.str("error_description") == "") != (c.code == "") {
			t.Errorf("%s: %d %s, want %d %q", c.what, c.got.Code, c.got.Body, c.status, c.code)
		}
		for line := range strings.Lines(c.headers) {
			name, want, _ := strings.Cut(strings.TrimSpace(line), "=")
			if got := c.got.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", c.what, name, got, want)
			}
		}
	}
	for says, got := range map[string]answer{
		"assertions are not supported":   w.exchange(w.k1, "ac_x", "client_secret="+w.secret, "client_assertion=x"),
		"more than one Authorization":    w.asK1("ac_x", nil, basic(w.k1.ID, w.secret), basic(w.k1.ID, w.secret)),
		"client_id is missing":           w.post(oauth.PathToken, "grant_type=authorization_code"),
		"header cannot be read":          w.asK1("ac_x", nil, "Authorization: Basic !"),
		"name different clients":         w.asK1("ac_x", []string{"client_id=" + w.c1.ID}, basic(w.k1.ID, w.secret)),
		"body, not into the address":     w.do("POST", oauth.PathToken+"?x=1", "x=1"),
		"same parameter twice":           w.post(oauth.PathToken, "x=1", "x=1"),
		"or its secret is not right":     w.exchange(w.k1, "ac_x", "client_secret=x"),
		"resource must be the one":       w.exchange(w.c1, w.code(w.c1), "resource=x"),
		"Use authorization_code or refr": w.post(oauth.PathToken, "client_id="+w.c1.ID, "grant_type=x"),
	} {
		if text := got.str("error_description"); !strings.Contains(text, says) {
			t.Errorf("%q does not say that %q", text, says)
		}
	}
}

// TestWaits: who tries too often is told how many seconds to wait, and is let in afterwards.
func TestWaits(t *testing.T) {
	w := newWorld(t, openStore(t, "sqlite"), withSite)
	w.first()
	w.allow(true, true)
	good := w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret).str("access_token")
	for what, c := range map[string]struct {
		free int
		try  func() answer
		then func() answer
	}{
		"secrets": {20, func() answer { return w.exchange(w.k1, "ac_x", "client_secret=x") }, func() answer {
			return w.post(oauth.PathRevoke, "client_id="+w.k1.ID, "client_secret="+w.secret, "token=x")
		}},
		"no client":     {20, func() answer { return w.post(oauth.PathToken, "client_id=x", "client_secret=x") }, func() answer { return w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token=x") }},
		"scans":         {100, func() answer { return w.asks("at_x") }, func() answer { return w.asks(good) }},
		"registrations": {20, func() answer { return w.register(goodRegistration) }, func() answer { return w.register(goodRegistration) }},
	} {
		tries := 0
		got := c.try()
		for ; got.Code != 429 && tries < 200; tries++ {
			got = c.try()
		}
		if wait := got.Header().Get("Retry-After"); tries < c.free || tries > c.free+2 || got.str("error") != "temporarily_unavailable" || wait == "" || wait == "0" {
			t.Errorf("%s: after %d tries %d %s, wait %q", what, tries, got.Code, got.Body, wait)
		}
		w.clock.Add(20 * time.Minute)
		if after := c.then(); after.Code >= 400 {
			t.Errorf("%s: after the wait %d %s", what, after.Code, after.Body)
		}
	}
}

// TestWaitsAreApart: who guesses at one client holds up nobody else, and guessing ids is no way around.
func TestWaitsAreApart(t *testing.T) {
	w := newWorld(t, openStore(t, "sqlite"))
	for range 25 {
		w.exchange(w.k1, "ac_x", "client_secret=x")
	}
	if got := w.exchange(w.k1, "ac_x", "client_secret="+w.secret); got.Code != 429 {
		t.Errorf("guesses at a client: %d", got.Code)
	}
	w.refused(w.exchange(w.c1, "ac_x"), 400, "invalid_grant")
	w.refused(w.do("POST", oauth.PathToken, encode("grant_type=authorization_code", "code=ac_x", "client_id="+w.k1.ID, "client_secret="+w.secret), "From-IP: 198.51.100.9"), 400, "invalid_grant")
	for i := range 25 {
		w.post(oauth.PathToken, "client_id=x."+strings.Repeat("x", i))
	}
	if got := w.post(oauth.PathToken, "client_id=another."); got.Code != 429 {
		t.Errorf("guesses at ids: %d", got.Code)
	}
}

// TestSwitchedOffAtTheTokenEndpoint: an app of a suspended tenant is to come again, one that is switched off is not, and neither is a problem
// that its administrators have to be told of.
func TestSwitchedOffAtTheTokenEndpoint(t *testing.T) {
	w := newWorld(t, openStore(t, "sqlite"))
	revoke := func(secret string) answer {
		return w.post(oauth.PathRevoke, "client_id="+w.k1.ID, "client_secret="+secret, "token=x")
	}
	_, err := w.store.SuspendTenant(t.Context(), w.tenant["T1"], true)
	must(t, err)
	got := revoke(w.secret)
	w.refused(got, 503, "temporarily_unavailable")
	if got.Header().Get("Retry-After") != "600" {
		t.Errorf("retry after %s", got.Header().Get("Retry-After"))
	}
	w.refused(revoke("x"), 401, "invalid_client")
	_, err = w.store.SuspendTenant(t.Context(), w.tenant["T1"], false)
	must(t, err)
	w.ok(revoke(w.secret))
	_, err = w.as.UpdateClient(t.Context(), w.operator("T1"), w.k1.ID, 1, oauth.ClientInput{Name: "K1", Set: w.full()})
	must(t, err)
	_, err = w.store.SuspendTenant(t.Context(), w.tenant["T1"], true)
	must(t, err)
	w.refused(revoke(w.secret), 401, "invalid_client")
	before := w.problem(w.k1)
	w.clock.Add(time.Minute)
	w.refused(revoke(""), 401, "invalid_client")
	if now := w.problem(w.k1); now != before {
		t.Errorf("a problem of one that is switched off: %q", now)
	}
}
