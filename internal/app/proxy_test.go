package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"mandorla/internal/app"
	"mandorla/internal/audit"
	"mandorla/internal/demo"
	"mandorla/internal/testkit"
)

// behindProxy serves what testkit serves once more, behind a proxy on this machine.
func behindProxy(t *testing.T) (s *testkit.Server, a *app.App, h http.Handler) {
	t.Helper()
	s = testkit.Start(t, "sqlite")
	cfg := s.Config
	cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	a, err := app.Open(t.Context(), cfg, app.Deps{Now: s.Clock.Now, Rand: s.OAuth.Rand})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	if h, err = a.Handler(); err != nil {
		t.Fatal(err)
	}
	return s, a, h
}

// Row 281: pages, authorization server and MCP server have one answer to who is at the other end, and it is the trusted proxy's.
func TestOneClientIP(t *testing.T) {
	s, a, h := behindProxy(t)
	tokens := s.Connect(t, demo.Carly)
	send := func(peer, path, body, contentType string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, s.URL+path, strings.NewReader(body))
		r.Host, r.RemoteAddr = strings.TrimPrefix(s.URL, "http://"), peer
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Accept", "application/json, text/event-stream")
		r.Header.Set("X-Forwarded-For", "203.0.113.5, 198.51.100.7")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for peer, want := range map[string]string{"127.0.0.1:4000": "198.51.100.7", "192.0.2.9:4000": "192.0.2.9"} {
		call := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"who_am_i","arguments":{}}}`
		if w := send(peer, "/v1/mcp", call, "application/json", "Authorization", "Bearer "+tokens.Access); w.Code != http.StatusOK {
			t.Fatalf("call: %d %s", w.Code, w.Body)
		}
		calls, err := a.Calls.List(t.Context(), audit.CallQuery{Tenant: s.Tenant, Limit: 1})
		if err != nil || len(calls) != 1 || calls[0].IP != want {
			t.Errorf("the call log has %+v, %v; want %s", calls, err, want)
		}
		form := url.Values{"token": {"at_nothing"}, "client_id": {s.Client.ID}, "client_secret": {s.Secret}}
		form.Set("token", s.Connect(t, demo.Carly).Access)
		if w := send(peer, "/oauth/revoke", form.Encode(), "application/x-www-form-urlencoded"); w.Code != http.StatusOK {
			t.Fatalf("revoke: %d %s", w.Code, w.Body)
		}
		entries, err := a.Store.TenantAudit(t.Context(), s.Tenant, "oauth.revoke", 1)
		if err != nil || len(entries) != 1 || entries[0].IP != want {
			t.Errorf("the log has %+v, %v; want %s", entries, err, want)
		}
	}
}

// Row 280: no link, redirect or document is built from what a request says about its address.
func TestForwardedNamesBuildNoLinks(t *testing.T) {
	s, _, h := behindProxy(t)
	for _, path := range append([]string{"/", "/signin", "/oauth/authorize?client_id=" + s.Client.ID}, programs...) {
		r := httptest.NewRequest(http.MethodGet, s.URL+path, nil)
		r.Host, r.RemoteAddr = strings.TrimPrefix(s.URL, "http://"), "127.0.0.1:4000"
		r.Header.Set("X-Forwarded-Host", "evil.test")
		r.Header.Set("X-Forwarded-Proto", "gopher")
		r.Header.Set("X-Forwarded-Prefix", "/evil.test")
		r.Header.Set("X-Original-Url", "/evil.test")
		r.Header.Set("Forwarded", "for=1.2.3.4;host=evil.test;proto=gopher")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		for name, values := range w.Header() {
			if all := strings.Join(values, " "); strings.Contains(all, "evil") || strings.Contains(all, "gopher") {
				t.Errorf("%s: %s: %s", path, name, all)
			}
		}
		if body := w.Body.String(); strings.Contains(body, "evil.test") || strings.Contains(body, "gopher") {
			t.Errorf("%s: the answer holds the forwarded name", path)
		}
	}
}
