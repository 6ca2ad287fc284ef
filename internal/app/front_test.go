package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"mandorla/internal/app"
	"mandorla/internal/testkit"
)

// frontOf serves a second time what testkit serves, as a demo does.
func frontOf(t *testing.T) (h http.Handler, origin string) {
	t.Helper()
	s := testkit.Start(t, "sqlite")
	cfg := app.Config{DataDir: t.TempDir(), Origin: s.URL, DemoClient: &app.DemoClient{Demo: true, Secret: "sk_demo"}}
	a, err := app.Open(t.Context(), cfg, app.Deps{Now: s.Clock.Now, Rand: s.OAuth.Rand})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	if h, err = a.Handler(); err != nil {
		t.Fatal(err)
	}
	return h, s.URL
}

func ask(h http.Handler, method, target, host string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://placeholder/", nil)
	r.URL.Path, r.URL.RawPath = target, ""
	r.Host, r.RemoteAddr = host, "127.0.0.1:40000"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var programs = []string{
	"/oauth/token", "/oauth/revoke", "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource",
	"/.well-known/oauth-protected-resource/v1/mcp", "/v1/mcp", "/mcp", "/demo.json",
}

// A name that a stranger points at this machine (DNS rebinding) gets nothing, above all not the demo's secret: a browser that believes
// to be at the same origin sends neither Origin nor, over plain http, Sec-Fetch-Site.
func TestForeignHost(t *testing.T) {
	h, origin := frontOf(t)
	own := strings.TrimPrefix(origin, "http://")
	if w := ask(h, "GET", "/demo.json", own); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "sk_demo") {
		t.Fatalf("under the own name: %d %s", w.Code, w.Body)
	}
	_, port, _ := strings.Cut(own, ":")
	for _, path := range append([]string{"/", "/signin", "//demo.json", "/x/../demo.json"}, programs...) {
		for _, host := range []string{"evil.test", "evil.test:" + port, "127.0.0.1.evil.test:" + port, "localhost:1", "", "127.0.0.1:" + port + "@evil.test"} {
			w := ask(h, "GET", path, host)
			if w.Code < 400 || strings.Contains(w.Body.String(), "sk_demo") || strings.Contains(w.Header().Get("Location"), "evil") {
				t.Errorf("%s under %q: %d %s", path, host, w.Code, w.Header())
			}
		}
	}
	if w := ask(h, "GET", "/demo.json", "localhost:"+port); w.Code != http.StatusOK {
		t.Errorf("under the machine's other name: %d", w.Code)
	}
}

// Every answer carries the headers, whoever gives it, and no address in another form goes around the policy of the plain one.
func TestHeadersEverywhere(t *testing.T) {
	h, origin := frontOf(t)
	own := strings.TrimPrefix(origin, "http://")
	paths := append([]string{
		"/", "/signin", "/nothing", "/healthz", "/assets/nothing", "//oauth/token", "/oauth/../oauth/token", "/oauth/token/", "/v1/mcp/",
		"//v1/mcp", "//evil.test/x", "/.well-known/nothing", "/debug/pprof/", "/metrics", "/.git/config",
	}, programs...)
	for _, path := range paths {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE"} {
			w := ask(h, method, path, own)
			for name, want := range map[string]string{
				"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
				"Cross-Origin-Opener-Policy": "same-origin", "Referrer-Policy": "",
			} {
				if got := w.Header().Get(name); got == "" || !strings.Contains(got, want) {
					t.Errorf("%s %s: %d: %s is %q", method, path, w.Code, name, got)
				}
			}
			if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "no-store") {
				t.Errorf("%s %s: %d: Cache-Control is %q", method, path, w.Code, got)
			}
			if w.Header().Get("Server") != "" {
				t.Errorf("%s %s says what server it is", method, path)
			}
			if method == "POST" && w.Code >= 300 && w.Code < 400 {
				t.Errorf("POST %s is redirected with %d to %s", path, w.Code, w.Header().Get("Location"))
			}
			if w.Code == http.StatusInternalServerError {
				t.Errorf("%s %s: 500", method, path)
			}
		}
	}
}
