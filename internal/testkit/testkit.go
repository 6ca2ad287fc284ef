// Package testkit starts the real product for tests and benchmarks: the demo tenant on either engine, served on a loopback port,
// under a clock that the test moves. Only tests may import it.
package testkit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/app"
	"mandorla/internal/demo"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/query"
	"mandorla/internal/record"
	"mandorla/internal/testkit/clock"
)

// Callback is a redirect address that the test client has registered.
const Callback = "https://claude.ai/api/mcp/auth_callback"

// Server is a running demo installation.
type Server struct {
	*app.App
	URL    string // "http://127.0.0.1:port": origin, issuer and base
	Clock  *clock.Clock
	Tenant string
	Admin  access.Principal
	Client oauth.Client // "Claude Connector" with everything on Company and view on the rest
	Secret string
	Config app.Config // where its database is
}

// Engines runs a test on both storage engines.
func Engines(t *testing.T, run func(t *testing.T, engine string)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) { run(t, engine) })
	}
}

// Start serves the demo tenant on an engine until the test ends.
func Start(tb testing.TB, engine string) *Server {
	tb.Helper()
	return StartLogging(tb, engine, slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
}

// StartLogging is Start with a log of the test's own.
func StartLogging(tb testing.TB, engine string, log *slog.Logger) *Server {
	tb.Helper()
	return StartWith(tb, engine, log, app.Config{})
}

// StartWith is StartLogging with more of what an operator chooses.
func StartWith(tb testing.TB, engine string, log *slog.Logger, cfg app.Config) *Server {
	tb.Helper()
	return open(tb, engine, log, cfg, nil)
}

// StartOutside is Start where the addresses that strangers give are asked with this client; see package outside.
func StartOutside(tb testing.TB, engine string, outbound *http.Client) *Server {
	tb.Helper()
	return open(tb, engine, slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})), app.Config{}, outbound)
}

// start is when every test begins.
var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func open(tb testing.TB, engine string, log *slog.Logger, cfg app.Config, outbound *http.Client) *Server {
	tb.Helper()
	l, err := app.Listen("127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{URL: "http://" + l.Addr().String(), Clock: clock.At(start)}
	cfg.Origin, cfg.DataDir = s.URL, tb.TempDir()
	in := begin(tb, engine, &cfg)
	s.Config = cfg
	if s.App, err = app.Open(tb.Context(), cfg, app.Deps{Now: s.Clock.Now, Rand: rand.Reader, Log: log, Outbound: outbound}); err != nil {
		tb.Fatal(err)
	}
	s.take(tb, in)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	tb.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			tb.Errorf("serve: %v", err)
		}
		if err := s.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return s
}

// take reads what the test is given of the installation: its own, since another test may have the same one at the same time.
func (s *Server) take(tb testing.TB, in installation) {
	tb.Helper()
	s.Tenant, s.Secret = in.tenant, in.secret
	var err error
	if s.Admin, err = s.Identity.PrincipalFor(tb.Context(), in.tenant, in.admin, access.SurfaceCommand); err != nil {
		tb.Fatal(err)
	}
	if s.Client, err = s.OAuth.Client(tb.Context(), in.tenant, in.client); err != nil {
		tb.Fatal(err)
	}
}

// Person gives the principal of a demo login, as the pages would.
func (s *Server) Person(tb testing.TB, login demo.Login) access.Principal {
	tb.Helper()
	page, err := s.Gate.List(tb.Context(), s.Admin, record.ListRequest{Model: "User", Filter: query.Where("email", model.Eq, login.Email)})
	if err != nil || len(page.Rows) != 1 {
		tb.Fatalf("%s: %v", login.Email, err)
	}
	p, err := s.Identity.PrincipalFor(tb.Context(), s.Tenant, page.Rows[0].ID, access.SurfaceWeb)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// SuperLogin is a super admin who is in no tenant; Super makes the account.
var SuperLogin = demo.Login{First: "Sam", Last: "Operator", Email: "sam@operator.example", Password: "operates the whole installation"}

// Super makes SuperLogin where it is not there yet, and gives the super admin at work.
func (s *Server) Super(tb testing.TB) identity.Super {
	tb.Helper()
	ctx := tb.Context()
	a, err := s.Identity.AccountByEmail(ctx, SuperLogin.Email)
	if err != nil {
		if a, err = s.Identity.CreateAccount(ctx, identity.NewAccount{Email: SuperLogin.Email, Password: SuperLogin.Password}); err == nil {
			err = s.Identity.AppointSuper(ctx, a.ID, true)
		}
	}
	if err != nil {
		tb.Fatal(err)
	}
	token, err := s.Identity.SignIn(ctx, SuperLogin.Email, SuperLogin.Password, identity.From{IP: "127.0.0.1"})
	if err != nil {
		tb.Fatal(err)
	}
	by, err := s.Identity.Super(ctx, token, "127.0.0.1")
	if err != nil {
		tb.Fatal(err)
	}
	return by
}

// AllowRegistration lets apps register themselves in both ways, as a super admin does.
func (s *Server) AllowRegistration(tb testing.TB) {
	tb.Helper()
	const email, password = "root@example.com", "four unrelated plain words"
	ctx := tb.Context()
	if _, err := s.Identity.CreateAccount(ctx, identity.NewAccount{Email: email, Password: password, Super: true, Operator: true}); err != nil {
		tb.Fatal(err)
	}
	token, err := s.Identity.SignIn(ctx, email, password, identity.From{IP: "127.0.0.1"})
	if err != nil {
		tb.Fatal(err)
	}
	root, err := s.Identity.Super(ctx, token, "127.0.0.1")
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.OAuth.SetAllowed(ctx, root, oauth.Allowed{Documents: true, Registration: true}); err != nil {
		tb.Fatal(err)
	}
}

// Tokens is what the token endpoint gave.
type Tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// Connect authorizes the demo client as a person (sign in, approve, exchange the code) and gives its tokens.
func (s *Server) Connect(tb testing.TB, login demo.Login) Tokens {
	tb.Helper()
	t, err := Authorize(tb.Context(), s.App, s.URL, s.Client.ID, s.Secret, login.Email, login.Password)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// Authorize goes through a client's whole authorization with the services behind the pages, and exchanges the code at the token endpoint's handler.
func Authorize(ctx context.Context, a *app.App, origin, clientID, secret, email, password string) (Tokens, error) {
	v, err := Visit(ctx, a, email, password)
	if err != nil {
		return Tokens{}, err
	}
	code, err := Code(ctx, a, origin, clientID, v)
	if err != nil {
		return Tokens{}, err
	}
	return exchange(a, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {Callback}, "client_id": {clientID},
		"client_secret": {secret}, "code_verifier": {Verifier}, "resource": {origin + "/v1/mcp"},
	})
}

// Visit signs a person in, in a browser of their own.
func Visit(ctx context.Context, a *app.App, email, password string) (v oauth.Visitor, err error) {
	v.IP = "127.0.0.1"
	session, err := a.Identity.SignIn(ctx, email, password, identity.From{IP: v.IP})
	if err != nil {
		return v, fmt.Errorf("sign in: %w", err)
	}
	if v.Session, v.Principal, err = a.Identity.Session(ctx, session, ""); err != nil {
		return v, fmt.Errorf("session: %w", err)
	}
	v.Browser, err = a.OAuth.NewBinding()
	return v, err
}

// Verifier is the PKCE verifier of every Code.
var Verifier = strings.Repeat("verifier-", 6)

// Code goes through a client's authorization as a person who is signed in, and gives the code for Callback.
func Code(ctx context.Context, a *app.App, origin, clientID string, v oauth.Visitor) (string, error) {
	sum := sha256.Sum256([]byte(Verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {Callback}, "state": {"s"}, "resource": {origin + "/v1/mcp"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	begun, err := a.OAuth.BeginAuthorize(ctx, oauth.AuthorizeRequest{RawQuery: q.Encode(), Browser: v.Browser, IP: v.IP, Session: &v.Session})
	if err != nil {
		return "", fmt.Errorf("authorize: %w", err)
	}
	page, err := a.OAuth.Show(ctx, begun.Pending, v)
	if err != nil {
		return "", fmt.Errorf("authorization page: %w", err)
	}
	back, err := a.OAuth.Approve(ctx, begun.Pending, page.FormToken, nil, v)
	if err != nil {
		return "", fmt.Errorf("approve: %w", err)
	}
	landed, err := url.Parse(back)
	if err != nil {
		return "", err
	}
	return landed.Query().Get("code"), nil
}

func exchange(a *app.App, form url.Values) (Tokens, error) {
	var token http.Handler
	for _, route := range a.OAuth.Routes() {
		if route.Path == oauth.PathToken {
			token = route.Handler
		}
	}
	status, body := post(token, form)
	var t Tokens
	if status != http.StatusOK {
		return t, fmt.Errorf("token endpoint: %d %s", status, body)
	}
	return t, json.Unmarshal(body, &t)
}
