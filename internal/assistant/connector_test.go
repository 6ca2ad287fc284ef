package assistant

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/testkit/clock"
)

func start() *clock.Clock { return clock.At(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)) }

// use connects and calls a tool.
func use(c *Connector) error {
	s, err := c.Connect(context.Background())
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Call(context.Background(), "list_models", map[string]any{})
	return err
}

func TestWholeWay(t *testing.T) {
	f, l, files := newFake(t), &log{}, &TokenFiles{Dir: filepath.Join(t.TempDir(), "a", "tokens")}
	if err := use(f.connector(files, start().Now, l)); err != nil {
		t.Fatalf("%v\n%s", err, l)
	}
	for _, step := range []string{
		"POST " + f.URL + "/v1/mcp → 401, WWW-Authenticate: Bearer resource_metadata=", "GET " + f.URL + "/.well-known/oauth-protected-resource/v1/mcp → resource",
		"GET " + f.URL + "/.well-known/oauth-authorization-server → issuer", "sign-in page", "approved", "POST " + f.URL + "/oauth/token, grant_type=authorization_code, client_secret_post → 200", "tools/call list_models",
	} {
		if !strings.Contains(l.String(), step) {
			t.Errorf("the steps lack %q:\n%s", step, l)
		}
	}
	if err := use(f.connector(files, start().Now, l)); err != nil || f.approvals != 1 {
		t.Errorf("the second run asked again (%d approvals) or failed: %v", f.approvals, err)
	}
	saved, err := os.ReadFile(filepath.Join(files.Dir, files.Key(f.URL+"/v1/mcp", clientID, login)+".json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{clientSecret, password, f.refresh, "code-", "access-"} {
		if strings.Contains(l.String(), secret) {
			t.Errorf("the steps tell the secret %q:\n%s", secret, l)
		}
	}
	for _, secret := range []string{clientSecret, password} {
		if strings.Contains(string(saved), secret) {
			t.Errorf("the file keeps the secret %q", secret)
		}
	}
}

func TestFileModes(t *testing.T) {
	f := newFake(t)
	files := &TokenFiles{Dir: filepath.Join(t.TempDir(), "tokens")}
	if err := os.MkdirAll(files.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := use(f.connector(files, start().Now, &log{})); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(files.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(e.Name(), ".json") && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
		if strings.HasSuffix(e.Name(), ".tmp") {
			t.Errorf("%s was left behind", e.Name())
		}
	}
	if info, err := os.Stat(files.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v, %v", info.Mode(), err)
	}
}

// Several commands at once must not lose the rotation: a refresh token that is used twice ends the authorization.
func TestRefreshRace(t *testing.T) {
	f, c, files := newFake(t), start(), &TokenFiles{Dir: t.TempDir()}
	if err := use(f.connector(files, c.Now, &log{})); err != nil {
		t.Fatal(err)
	}
	for round := range 5 {
		c.Add(time.Hour)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if err := use(f.connector(files, c.Now, &log{})); err != nil {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		wg.Wait()
	}
	if f.refreshes != 5 || f.replays != 0 || f.approvals != 1 {
		t.Errorf("%d refreshes, %d replays, %d approvals; want 5, 0, 1", f.refreshes, f.replays, f.approvals)
	}
}

// Several first commands at once ask the person once.
func TestAuthorizeOnce(t *testing.T) {
	f, files := newFake(t), &TokenFiles{Dir: t.TempDir()}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := use(f.connector(files, start().Now, &log{})); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if f.approvals != 1 {
		t.Errorf("%d approvals", f.approvals)
	}
}

func TestRenewal(t *testing.T) {
	t.Run("revoked tokens are authorized anew", func(t *testing.T) {
		f, c, files := newFake(t), start(), &TokenFiles{Dir: t.TempDir()}
		if err := use(f.connector(files, c.Now, &log{})); err != nil {
			t.Fatal(err)
		}
		f.access, f.refresh = map[string]bool{}, "gone"
		if err := use(f.connector(files, c.Now, &log{})); err != nil {
			t.Fatal(err)
		}
		if f.approvals != 2 {
			t.Errorf("%d approvals", f.approvals)
		}
	})
	t.Run("a token refused in the middle is refreshed", func(t *testing.T) {
		f, c := newFake(t), start()
		s, err := f.connector(nil, c.Now, &log{}).Connect(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		f.mu.Lock()
		f.access = map[string]bool{}
		f.mu.Unlock()
		if _, err := s.Call(context.Background(), "list_models", nil); err != nil {
			t.Fatal(err)
		}
		if f.refreshes != 1 || f.approvals != 1 {
			t.Errorf("%d refreshes, %d approvals", f.refreshes, f.approvals)
		}
	})
	t.Run("a server in trouble does not cost the authorization", func(t *testing.T) {
		f, c, files := newFake(t), start(), &TokenFiles{Dir: t.TempDir()}
		if err := use(f.connector(files, c.Now, &log{})); err != nil {
			t.Fatal(err)
		}
		c.Add(time.Hour)
		f.hook = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/oauth/token" {
				http.Error(w, "busy", http.StatusServiceUnavailable)
			}
			return r.URL.Path == "/oauth/token"
		}
		if err := use(f.connector(files, c.Now, &log{})); !fault.Is(err, fault.Unavailable) {
			t.Errorf("got %v", err)
		}
		f.hook = nil
		if err := use(f.connector(files, c.Now, &log{})); err != nil || f.approvals != 1 || f.refreshes != 1 {
			t.Errorf("%v, %d approvals, %d refreshes", err, f.approvals, f.refreshes)
		}
	})
	t.Run("half a file is replaced", func(t *testing.T) {
		f, files := newFake(t), &TokenFiles{Dir: t.TempDir()}
		name := filepath.Join(files.Dir, files.Key(f.URL+"/v1/mcp", clientID, login)+".json")
		if err := os.WriteFile(name, []byte(`{"access_token":`), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := use(f.connector(files, start().Now, &log{})); err != nil {
			t.Error(err)
		}
	})
	t.Run("a server that never takes its own tokens is asked once", func(t *testing.T) {
		f := newFake(t)
		f.hook = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/v1/mcp" {
				return false
			}
			w.Header().Set("WWW-Authenticate", "Bearer resource_metadata=\""+f.URL+"/.well-known/oauth-protected-resource/v1/mcp\"")
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		err := use(f.connector(nil, start().Now, &log{}))
		if !fault.Is(err, fault.Unauthenticated) || f.approvals != 1 {
			t.Errorf("got %v after %d approvals", err, f.approvals)
		}
	})
	t.Run("an unusable folder is said", func(t *testing.T) {
		f := newFake(t)
		dir := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(dir, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := use(f.connector(&TokenFiles{Dir: dir}, start().Now, &log{})); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("got %v", err)
		}
	})
}

// What discovery and the answers must look like. Each row spoils one thing of a server that otherwise works.
func TestRefused(t *testing.T) {
	set := func(doc, key string, value any) func(*fake) {
		return func(f *fake) {
			f.edit = func(path string, d map[string]any) {
				if strings.Contains(path, doc) {
					d[key] = value
				}
			}
		}
	}
	status := func(path string, code int, header, value string) func(*fake) {
		return func(f *fake) {
			f.hook = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != path {
					return false
				}
				w.Header().Set(header, value)
				w.WriteHeader(code)
				return true
			}
		}
	}
	for _, row := range []struct {
		name  string
		spoil func(*fake)
		kind  fault.Kind
		says  string
	}{
		{"issuer of another server", set("authorization-server", "issuer", "https://evil.test"), fault.Unauthenticated, "names the issuer"},
		{"issuer with a slash", func(f *fake) { set("authorization-server", "issuer", f.URL+"/")(f) }, fault.Unauthenticated, "names the issuer"},
		{"no PKCE", set("authorization-server", "code_challenge_methods_supported", nil), fault.Unauthenticated, "PKCE"},
		{"PKCE plain only", set("authorization-server", "code_challenge_methods_supported", []string{"plain"}), fault.Unauthenticated, "PKCE"},
		{"authorization in the clear", set("authorization-server", "authorization_endpoint", "http://evil.test/a"), fault.Unauthenticated, "no safe addresses"},
		{"javascript as authorization page", set("authorization-server", "authorization_endpoint", "javascript:alert(1)"), fault.Unauthenticated, "no safe addresses"},
		{"no code flow", set("authorization-server", "response_types_supported", []string{"token"}), fault.Unauthenticated, "code flow"},
		{"another resource", set("protected-resource", "resource", "https://other.test/v1/mcp"), fault.Invalid, "describes the resource"},
		{"no authorization server", set("protected-resource", "authorization_servers", []string{}), fault.Invalid, "names no authorization server"},
		{"unsafe authorization server", set("protected-resource", "authorization_servers", []string{"http://evil.test"}), fault.Invalid, "not a safe address"},
		{"no resource document", status("/.well-known/oauth-protected-resource/v1/mcp", 404, "X", ""), fault.Invalid, "does not say where"},
		{"no server document", status("/.well-known/oauth-authorization-server", 404, "X", ""), fault.Invalid, "does not describe itself"},
		{"moved", status("/v1/mcp", 308, "Location", "https://new.test/v1/mcp"), fault.Invalid, "https://new.test/v1/mcp"},
		{"not an MCP server", status("/v1/mcp", 404, "Content-Type", "text/html"), fault.Invalid, "There is no MCP server at"},
		{"a web page", status("/v1/mcp", 200, "Content-Type", "text/html"), fault.Invalid, "There is no MCP server at"},
		{"out of order", status("/v1/mcp", 503, "X", ""), fault.Unavailable, "503"},
		{"metadata in a fault", status("/.well-known/oauth-authorization-server", 500, "X", ""), fault.Unavailable, "500"},
		{"answer of another issuer", func(f *fake) { f.iss = "https://evil.test" }, fault.Unauthenticated, `the issuer "https://evil.test"`},
		{"answer without issuer", func(f *fake) { f.iss = "-" }, fault.Unauthenticated, `the issuer ""`},
		{"access denied", func(f *fake) { f.fail = "access_denied" }, fault.Unauthenticated, "was not approved"},
		{"unknown error", func(f *fake) { f.fail = "weird" }, fault.Unauthenticated, "(weird)"},
		{"token endpoint redirects", status("/oauth/token", 307, "Location", "https://evil.test/token"), fault.Unauthenticated, "redirect"},
		{"token endpoint in a fault", status("/oauth/token", 502, "X", ""), fault.Unavailable, "502"},
		{"token without type", func(f *fake) {
			f.hook = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/oauth/token" {
					_, _ = w.Write([]byte(`{"access_token":"x","token_type":"DPoP"}`))
				}
				return r.URL.Path == "/oauth/token"
			}
		}, fault.Unauthenticated, "without a bearer token"},
		{"only private_key_jwt", set("authorization-server", "token_endpoint_auth_methods_supported", []string{"private_key_jwt"}), fault.Unauthenticated, "no client secret"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, l := newFake(t), &log{}
			row.spoil(f)
			err := use(f.connector(nil, start().Now, l))
			if !fault.Is(err, row.kind) || !strings.Contains(err.Error(), row.says) {
				t.Errorf("got %v (%v), want %v saying %q\n%s", err, fault.KindOf(err), row.kind, row.says, l)
			}
			if msg, _ := fault.Safe(err); !strings.HasSuffix(msg, ".") && !strings.HasSuffix(msg, "described") && row.name != "unknown error" {
				t.Errorf("%q is no sentence", msg)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	s := &Server{Issuer: "https://as.test", Authorize: "https://as.test/a?x=1", AnswersIss: true, Resource: "https://as.test/v1/mcp"}
	a, err := Begin(s, Client{ID: "c"}, "http://127.0.0.1:1/callback", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if q, _ := url.Parse(a.URL); q.Query().Get("x") != "1" || q.Query().Has("scope") {
		t.Errorf("address %s", a.URL)
	}
	good := url.Values{"state": {a.State}, "iss": {s.Issuer}, "code": {"c"}}
	if code, err := a.Check(good); err != nil || code != "c" {
		t.Fatalf("got %q, %v", code, err)
	}
	for name, change := range map[string]func(url.Values){
		"no state":          func(v url.Values) { v.Del("state") },
		"another state":     func(v url.Values) { v.Set("state", "x") },
		"no issuer":         func(v url.Values) { v.Del("iss") },
		"another issuer":    func(v url.Values) { v.Set("iss", "https://as.test/") },
		"no code":           func(v url.Values) { v.Del("code") },
		"two codes":         func(v url.Values) { v.Add("code", "d") },
		"two states":        func(v url.Values) { v.Add("state", a.State) },
		"an error and code": func(v url.Values) { v.Set("error", "access_denied") },
	} {
		v := url.Values{}
		for k, list := range good {
			v[k] = append([]string{}, list...)
		}
		change(v)
		if code, err := a.Check(v); err == nil {
			t.Errorf("%s: taken, code %q", name, code)
		}
	}
	s.AnswersIss = false
	if _, err := a.Check(url.Values{"state": {a.State}, "code": {"c"}}); err != nil {
		t.Errorf("a server that promises no iss: %v", err)
	}
}

func TestWrongClient(t *testing.T) {
	f := newFake(t)
	for _, row := range []struct {
		client Client
		says   string
	}{
		{Client{"nobody", "x"}, "refuses the client nobody. It says: This cannot be done. The app that sent you here is not known. Give a client"},
		{Client{clientID, "wrong"}, "does not accept the secret"},
		{Client{clientID, ""}, "without a secret"},
		{Client{"", ""}, "there is no client ID"},
	} {
		c := f.connector(nil, start().Now, &log{})
		c.opts.Client = row.client
		if err := use(c); !fault.Is(err, fault.Unauthenticated) || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%+v: got %v, want %q", row.client, err, row.says)
		}
	}
}

func TestOpenServer(t *testing.T) {
	f := newFake(t)
	f.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/v1/mcp" {
			f.mcp.ServeHTTP(w, r)
			return true
		}
		return false
	}
	if err := use(f.connector(nil, start().Now, &log{})); err != nil || f.approvals != 0 {
		t.Errorf("%v, %d approvals", err, f.approvals)
	}
}

func TestNobodyThere(t *testing.T) {
	f := newFake(t)
	c := f.connector(nil, start().Now, &log{})
	f.Close()
	if err := use(c); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "Nothing answers at "+f.URL) {
		t.Errorf("got %v", err)
	}
}

func TestToolErrors(t *testing.T) {
	f := newFake(t)
	s, err := f.connector(nil, start().Now, &log{}).Connect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if tools, err := s.Tools(context.Background()); err != nil || len(tools) != 3 {
		t.Errorf("tools %v, %v", tools, err)
	}
	if _, err := s.Call(context.Background(), "refuse", nil); err == nil || !strings.Contains(err.Error(), "did you mean y?") {
		t.Errorf("got %v", err)
	}
	if _, err := s.Call(context.Background(), "forbid", nil); !fault.Is(err, fault.Forbidden) || err.Error() != "Your role may not." {
		t.Errorf("got %v", err)
	}
	if _, err := s.Call(context.Background(), "missing", nil); err == nil {
		t.Error("an unknown tool gave no error")
	}
}

func TestBrowser(t *testing.T) {
	f := newFake(t)
	c := f.connector(nil, start().Now, &log{})
	c.OnVisit(func(ctx context.Context, address, redirect string) error {
		if err := Preflight(ctx, f.Client(), address); err != nil {
			return err
		}
		if err := Preflight(ctx, f.Client(), strings.Replace(address, clientID, "nobody", 1)); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("preflight of an unknown client: %v", err)
		}
		u, _ := url.Parse(address)
		go func() {
			resp, err := http.Post(redirect, "application/x-www-form-urlencoded", strings.NewReader("a=b"))
			if err != nil || resp.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("a POST to the redirect address: %v, %v", resp, err)
			}
			if resp, err = http.Get(f.answer(u.Query())); err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("the answer: %v, %v", resp, err)
			}
		}()
		return nil
	})
	if err := use(c); err != nil {
		t.Error(err)
	}
}

func TestInterrupted(t *testing.T) {
	f := newFake(t)
	c := f.connector(nil, start().Now, &log{})
	ctx, cancel := context.WithCancel(context.Background())
	c.OnVisit(func(context.Context, string, string) error { cancel(); return nil })
	if _, err := c.Connect(ctx); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "Interrupted") {
		t.Errorf("got %v", err)
	}
}

func TestEndpoint(t *testing.T) {
	for in, want := range map[string]string{
		"http://127.0.0.1:8080": "http://127.0.0.1:8080/v1/mcp", "https://crm.example.com/": "https://crm.example.com/v1/mcp",
		"https://crm.example.com/mcp/": "https://crm.example.com/mcp", " https://x.test/v1/mcp ": "https://x.test/v1/mcp", "http://localhost:1": "http://localhost:1/v1/mcp", "http://[::1]:9": "http://[::1]:9/v1/mcp",
		"": "", "crm.example.com": "", "ftp://x.test": "", "http://crm.example.com": "", "https://u:p@x.test": "", "https://x.test/?a=b": "", "https://": "", "http://127.0.0.1.evil.test": "", "::": "",
	} {
		got, err := Endpoint(in)
		if got != want || (err == nil) != (want != "") || err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("Endpoint(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}
