package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mandorla/internal/doctor"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

const (
	address = "https://crm.test/v1/mcp"
	client  = "pk_client"
	secret  = "sk_secret"
)

// site is an installation that answers as it should, in the smallest form; a test breaks it in one way.
type site struct {
	url, client, secret, redirect string
	addresses                     []string // of the name
	noDNS, noPort                 bool
	certName                      string
	certFrom, certTo              time.Time
	unknownCA, plain              bool
	pre                           func(w http.ResponseWriter, r *http.Request) (done bool) // stands before the server
	resource, server              map[string]any
	challenge                     string
}

func healthy() *site {
	return &site{
		url: address, client: client, secret: secret, addresses: []string{"203.0.113.7"}, certName: "crm.test",
		certFrom: now.Add(-time.Hour), certTo: now.AddDate(0, 3, 0),
		resource: map[string]any{"resource": address, "authorization_servers": []string{"https://crm.test"}},
		server: map[string]any{
			"issuer": "https://crm.test", "authorization_endpoint": "https://crm.test/oauth/authorize", "token_endpoint": "https://crm.test/oauth/token",
			"code_challenge_methods_supported": []string{"S256"}, "token_endpoint_auth_methods_supported": []string{"client_secret_post", "none"},
		},
		challenge: `Bearer resource_metadata="https://crm.test/.well-known/oauth-protected-resource/v1/mcp", scope="inclusive"`,
	}
}

func document(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", now.Format(http.TimeFormat))
	if s.pre != nil && s.pre(w, r) {
		return
	}
	switch r.URL.Path {
	case "/v1/mcp":
		w.Header().Set("WWW-Authenticate", s.challenge)
		document(w, http.StatusUnauthorized, map[string]string{"error": "unauthorized"})
	case "/.well-known/oauth-protected-resource/v1/mcp":
		document(w, http.StatusOK, s.resource)
	case "/.well-known/oauth-authorization-server":
		document(w, http.StatusOK, s.server)
	case "/oauth/authorize":
		q := r.URL.Query()
		switch {
		case q.Get("client_id") != client:
			http.Error(w, "problem <code>unknown-client</code>", http.StatusBadRequest)
		case q.Get("redirect_uri") != doctor.ClaudeRedirect:
			http.Error(w, "problem <code>redirect-not-registered</code>", http.StatusBadRequest)
		case q.Get("prompt") != "none":
			http.Error(w, "would keep a request", http.StatusInternalServerError)
		default:
			http.Redirect(w, r, doctor.ClaudeRedirect+"?error=login_required&state=doctor", http.StatusSeeOther)
		}
	case "/oauth/token":
		if r.PostFormValue("client_id") != client || r.PostFormValue("client_secret") != secret {
			document(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
			return
		}
		document(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
	default:
		http.NotFound(w, r)
	}
}

// examine serves the site behind a certificate made for it and examines it.
func (s *site) examine(t *testing.T) map[string]doctor.Result {
	t.Helper()
	srv := httptest.NewUnstartedServer(s)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	roots := x509.NewCertPool()
	if s.plain {
		srv.Start()
	} else {
		authority, leaf := certificates(t, s)
		if !s.unknownCA {
			roots.AddCert(authority)
		}
		srv.TLS = &tls.Config{Certificates: []tls.Certificate{leaf}}
		srv.StartTLS()
	}
	t.Cleanup(srv.Close)
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		if s.noPort {
			return nil, errors.New("connection refused")
		}
		return new(net.Dialer).DialContext(ctx, network, srv.Listener.Addr().String())
	}
	results := doctor.Examine(t.Context(), doctor.Options{
		URL: s.url, Client: s.client, Secret: s.secret, Redirect: s.redirect, Now: func() time.Time { return now }, Dial: dial,
		HTTP: &http.Client{Transport: &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: roots, Time: func() time.Time { return now }}}},
		Lookup: func(context.Context, string) ([]string, error) {
			if s.noDNS {
				return nil, errors.New("no such host")
			}
			return s.addresses, nil
		},
	})
	out := map[string]doctor.Result{}
	for _, r := range results {
		out[r.Check] = r
		if r.Saw == "" || r.State == doctor.Failed && (r.Cause == "" || r.Fix == "") || strings.Contains(r.Saw+r.Cause+r.Fix, secret) {
			t.Errorf("%+v is not whole, or tells the secret", r)
		}
	}
	return out
}

func certificates(t *testing.T, s *site) (authority *x509.Certificate, leaf tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Authority"}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(9, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if authority, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	own := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{s.certName}, NotBefore: s.certFrom, NotAfter: s.certTo,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if raw, err = x509.CreateCertificate(rand.Reader, own, authority, key.Public(), key); err != nil {
		t.Fatal(err)
	}
	return authority, tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

func TestHealthy(t *testing.T) {
	results := healthy().examine(t)
	if len(results) != 13 {
		t.Errorf("%d checks", len(results))
	}
	for _, r := range results {
		if r.State != doctor.OK {
			t.Errorf("%+v", r)
		}
	}
}

// Without a client, and without its secret, less is checked and nothing fails.
func TestLessIsKnown(t *testing.T) {
	s := healthy()
	s.client, s.secret = "", ""
	if results := s.examine(t); len(results) != 11 {
		t.Errorf("%d checks without a client", len(results))
	}
	s = healthy()
	s.secret = ""
	if r := s.examine(t)["client secret"]; r.State != doctor.Note || !strings.Contains(r.Fix, "--secret-stdin") {
		t.Errorf("%+v", r)
	}
}

// status answers a path itself, as something before the server would.
func status(path string, code int, header ...string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, path) {
			return false
		}
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "<h1>Just a moment…</h1>")
		return true
	}
}

func agent(path, name string, code int) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return strings.HasPrefix(r.UserAgent(), name) && status(path, code)(w, r)
	}
}

// Each way in which an installation can be broken is one check's, which says what is wrong; those that build on it are skipped.
func TestBroken(t *testing.T) {
	for _, c := range []struct {
		name, check, says string
		state             doctor.State
		broken            func(*site)
	}{
		{"no scheme", "address", "no web address", doctor.Failed, func(s *site) { s.url = "crm.test/v1/mcp" }},
		{"plain http", "address", "http://", doctor.Failed, func(s *site) { s.url = "http://crm.test/v1/mcp" }},
		{"no path", "address", "Add /v1/mcp", doctor.Failed, func(s *site) { s.url = "https://crm.test" }},
		{"slash", "address", "slash", doctor.Failed, func(s *site) { s.url = address + "/" }},
		{"query", "address", "query", doctor.Failed, func(s *site) { s.url = address + "?key=1" }},
		{"port", "address", "port 443", doctor.Note, func(s *site) { s.url = "https://crm.test:8443/v1/mcp" }},
		{"no DNS", "name", "no such host", doctor.Failed, func(s *site) { s.noDNS = true }},
		{"private address", "name", "cannot reach it", doctor.Note, func(s *site) { s.addresses = []string{"10.0.0.4", "fd00::4"} }},
		{"no port", "connection", "connection refused", doctor.Failed, func(s *site) { s.noPort = true }},
		{"other name", "certificate", "is not for crm.test", doctor.Failed, func(s *site) { s.certName = "www.test" }},
		{"expired", "certificate", "not valid today", doctor.Failed, func(s *site) { s.certTo = now.Add(-time.Minute) }},
		{"not valid yet", "certificate", "not valid today", doctor.Failed, func(s *site) { s.certFrom = now.Add(time.Hour) }},
		{"unknown authority", "certificate", "full chain", doctor.Failed, func(s *site) { s.unknownCA = true }},
		{"no TLS", "certificate", "without TLS", doctor.Failed, func(s *site) { s.plain = true }},
		{"runs out soon", "certificate", "within two weeks", doctor.Note, func(s *site) { s.certTo = now.AddDate(0, 0, 3) }},
		{"hangs up", "certificate", "ended without an answer", doctor.Failed, func(s *site) {
			s.pre = func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }
		}},
		{"redirect", "MCP server", "redirect", doctor.Failed, func(s *site) { s.pre = status("/v1/mcp", 301, "Location", "https://www.crm.test/v1/mcp") }},
		{"not there", "MCP server", "no MCP server at this path", doctor.Failed, func(s *site) { s.pre = status("/v1/mcp", 404) }},
		{"other host", "MCP server", "--origin https://crm.test", doctor.Failed, func(s *site) { s.pre = status("/v1/mcp", 421) }},
		{"firewall", "MCP server", "firewall", doctor.Failed, func(s *site) { s.pre = status("/v1/mcp", 403) }},
		{"bad gateway", "MCP server", "does not reach the server", doctor.Failed, func(s *site) { s.pre = status("/v1/mcp", 502) }},
		{"open", "MCP server", "asks for no token", doctor.Failed, func(s *site) { s.pre = status("/v1/mcp", 200) }},
		{"teapot", "MCP server", "answers 401 there", doctor.Failed, func(s *site) { s.pre = status("/v1/mcp", 418) }},
		{"no challenge", "challenge", "drops it", doctor.Failed, func(s *site) { s.challenge = "" }},
		{"other challenge", "challenge", "names no resource_metadata", doctor.Failed, func(s *site) { s.challenge = `Basic realm="proxy"` }},
		{"challenge leads away", "challenge", "--origin https://crm.test", doctor.Failed, func(s *site) {
			s.challenge = `Bearer resource_metadata="http://127.0.0.1:8080/.well-known/oauth-protected-resource/v1/mcp"`
		}},
		{"well-known is taken", "resource document", "/.well-known/", doctor.Failed, func(s *site) { s.pre = status("/.well-known/oauth-protected", 404) }},
		{"well-known is HTML", "resource document", "text/html", doctor.Failed, func(s *site) {
			s.pre = status("/.well-known/oauth-protected", 200, "Content-Type", "text/html")
		}},
		{"well-known is cut short", "resource document", "no JSON document", doctor.Failed, func(s *site) {
			s.pre = status("/.well-known/oauth-protected", 200, "Content-Type", "application/json")
		}},
		{"other resource", "resource document", "about https://crm.test/mcp", doctor.Failed, func(s *site) { s.resource["resource"] = "https://crm.test/mcp" }},
		{"slash in the resource", "resource document", "--origin", doctor.Failed, func(s *site) { s.resource["resource"] = address + "/" }},
		{"no server", "resource document", "names no authorization server", doctor.Failed, func(s *site) { delete(s.resource, "authorization_servers") }},
		{"other server", "resource document", "own origin", doctor.Failed, func(s *site) { s.resource["authorization_servers"] = []string{"https://login.test"} }},
		{"issuer with a slash", "server document", "byte by byte", doctor.Failed, func(s *site) { s.server["issuer"] = "https://crm.test/" }},
		{"no S256", "server document", "S256", doctor.Failed, func(s *site) { s.server["code_challenge_methods_supported"] = []string{"plain"} }},
		{"endpoint elsewhere", "server document", "own origin", doctor.Failed, func(s *site) { s.server["token_endpoint"] = "http://crm.test/oauth/token" }},
		{"endpoint missing", "server document", "own origin", doctor.Failed, func(s *site) { delete(s.server, "authorization_endpoint") }},
		{"basic only", "server document", "client_secret_post", doctor.Failed, func(s *site) {
			s.server["token_endpoint_auth_methods_supported"] = []string{"client_secret_basic"}
		}},
		{"Claude-User is blocked", "user agents", "As Claude-User, the MCP address answers 403", doctor.Failed, func(s *site) { s.pre = agent("/v1/mcp", "Claude-User", 403) }},
		{"httpx is blocked at the metadata", "user agents", "As python-httpx", doctor.Failed, func(s *site) { s.pre = agent("/.well-known", "python-httpx", 403) }},
		{"httpx is blocked at the tokens", "user agents", "the token endpoint", doctor.Failed, func(s *site) { s.pre = agent("/oauth/token", "python-httpx", 503) }},
		{"Claude-User is hung up on", "user agents", "does not answer", doctor.Failed, func(s *site) {
			s.pre = func(_ http.ResponseWriter, r *http.Request) bool {
				if r.UserAgent() == "Claude-User" {
					panic(http.ErrAbortHandler)
				}
				return false
			}
		}},
		{"clock ahead", "clock", "ahead of", doctor.Failed, func(s *site) {
			s.pre = func(w http.ResponseWriter, _ *http.Request) bool {
				w.Header().Set("Date", now.Add(5*time.Minute).Format(http.TimeFormat))
				return false
			}
		}},
		{"no clock", "clock", "no Date header", doctor.Note, func(s *site) {
			s.pre = func(w http.ResponseWriter, _ *http.Request) bool { w.Header()["Date"] = nil; return false }
		}},
		{"unknown client", "authorization", "does not know the client", doctor.Failed, func(s *site) { s.client = "pk_other" }},
		{"redirect not registered", "authorization", "not among its redirect URLs", doctor.Failed, func(s *site) { s.redirect = "https://claude.com/api/mcp/auth_callback" }},
		{"resource refused", "authorization", "--origin", doctor.Failed, func(s *site) {
			s.pre = status("/oauth/authorize", 303, "Location", doctor.ClaudeRedirect+"?error=invalid_target")
		}},
		{"request refused", "authorization", "invalid_scope", doctor.Failed, func(s *site) {
			s.pre = status("/oauth/authorize", 303, "Location", doctor.ClaudeRedirect+"?error=invalid_scope")
		}},
		{"authorization is throttled", "authorization", "429", doctor.Failed, func(s *site) { s.pre = status("/oauth/authorize", 429) }},
		{"authorization is elsewhere", "authorization", "none of the answers", doctor.Failed, func(s *site) { s.pre = status("/oauth/authorize", 200) }},
		{"challenge page for tokens", "token endpoint", "a page of its own", doctor.Failed, func(s *site) { s.pre = status("/oauth/token", 200) }},
		{"tokens are throttled", "token endpoint", "429", doctor.Failed, func(s *site) { s.pre = status("/oauth/token", 429) }},
		{"form is lost", "token endpoint", "400 invalid_request", doctor.Failed, func(s *site) {
			s.pre = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/oauth/token" {
					return false
				}
				document(w, 400, map[string]string{"error": "invalid_request"})
				return true
			}
		}},
		{"tokens for anybody", "token endpoint", "not this server", doctor.Failed, func(s *site) {
			s.pre = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/oauth/token" {
					return false
				}
				document(w, 200, map[string]string{"access_token": "at_x"})
				return true
			}
		}},
		{"wrong secret", "client secret", "do not belong together", doctor.Failed, func(s *site) { s.secret = "sk_other" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := healthy()
			c.broken(s)
			results := s.examine(t)
			r := results[c.check]
			if r.State != c.state || !strings.Contains(r.Saw+" "+r.Cause+" "+r.Fix, c.says) {
				t.Errorf("%+v", r)
			}
			for name, other := range results {
				if name != c.check && other.State == doctor.Failed && !alsoFails[c.name+": "+name] {
					t.Errorf("also %s failed: %+v", name, other)
				}
			}
		})
	}
}

// alsoFails are further checks that one defect breaks.
var alsoFails = map[string]bool{"unknown client: client secret": true, "port: challenge": true}

// What a stranger's server answers is said on one short line, without control characters.
func TestAnswersAreKeptShort(t *testing.T) {
	s := healthy()
	s.resource["resource"] = "https://crm.test/\x1b[31m\nred" + strings.Repeat("x", 5000)
	if r := s.examine(t)["resource document"]; len(r.Saw) > 400 || strings.ContainsAny(r.Saw, "\x1b\n") {
		t.Errorf("%q", r.Saw)
	}
}
