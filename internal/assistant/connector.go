package assistant

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"mandorla/internal/fault"
)

// Options is what a Connector needs. All are required but Login, Files, Visit and Trace.
type Options struct {
	Server string // origin of a server, or the address of its MCP endpoint
	Client Client
	Login  string      // keeps the tokens of several people on one machine apart
	Files  *TokenFiles // nil: tokens live in memory only
	HTTP   *http.Client
	Now    func() time.Time
	Random io.Reader
	Visit  Visit // may be set later, with OnVisit
	Trace  Trace
}

// Connector keeps one person connected to one MCP server through one OAuth client: it finds the authorization server, asks for
// authorization when there is none, and renews tokens. Safe for concurrent use, also by several processes on the same files.
type Connector struct {
	opts     Options
	endpoint string
	key      string

	mu      sync.Mutex
	current *Saved
	open    bool // the server wants no token
	asked   bool // a person has authorized in the life of this connector
}

// New makes a connector; nothing is asked yet. Errors are fault.Invalid.
func New(o Options) (*Connector, error) {
	endpoint, err := Endpoint(o.Server)
	if err != nil {
		return nil, err
	}
	c := &Connector{opts: o, endpoint: endpoint}
	c.key = TokenFiles{}.Key(endpoint, o.Client.ID, o.Login)
	return c, nil
}

// OnVisit says how the person gets to the authorization page; call it before Connect.
func (c *Connector) OnVisit(v Visit) { c.opts.Visit = v }

// Endpoint gives the address of the MCP server.
func (c *Connector) Endpoint() string { return c.endpoint }

// token gives an access token that is still good, "" where the server wants none. stale is one that the server refused.
func (c *Connector) token(ctx context.Context, stale string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open && stale == "" {
		return "", nil
	}
	if c.good(c.current, stale) {
		return c.current.Access, nil
	}
	if err := c.renew(ctx, stale); err != nil {
		return "", err
	}
	if c.open {
		return "", nil
	}
	return c.current.Access, nil
}

func (c *Connector) good(s *Saved, stale string) bool {
	return s != nil && s.Access != stale && !expired(s.Expires, c.opts.Now())
}

// renew takes what another process has got meanwhile, else refreshes, else asks the person. It holds the file's lock all the
// while: a refresh token works once, and only one of several commands may ask the person.
func (c *Connector) renew(ctx context.Context, stale string) error {
	unlock := func() {}
	if c.opts.Files != nil {
		var err error
		if unlock, err = c.opts.Files.Lock(ctx, c.key); err != nil {
			return err
		}
	}
	defer unlock()
	saved, err := c.load()
	if err != nil {
		return err
	}
	if c.good(saved, stale) {
		c.opts.Trace.printf("tokens of an earlier run are used")
		c.current = saved
		return nil
	}
	if saved != nil && saved.Refresh != "" {
		next, err := c.refresh(ctx, saved)
		if err == nil {
			return c.keep(next)
		}
		if !fault.Is(err, fault.Unauthenticated) {
			return err // the server is away: the tokens may still be good
		}
		c.opts.Trace.printf("the tokens cannot be renewed: %v", err)
	}
	if err := c.forget(); err != nil {
		return err
	}
	return c.authorize(ctx)
}

func (c *Connector) load() (*Saved, error) {
	if c.opts.Files == nil {
		return c.current, nil
	}
	s, err := c.opts.Files.Load(c.key)
	if err != nil || s == nil || s.Server != c.endpoint || s.ClientID != c.opts.Client.ID || !secureAddress(s.Token) {
		return nil, err
	}
	return s, nil
}

func (c *Connector) keep(s *Saved) error {
	c.current = s
	if c.opts.Files == nil {
		return nil
	}
	return c.opts.Files.Save(c.key, s)
}

func (c *Connector) forget() error {
	c.current = nil
	if c.opts.Files == nil {
		return nil
	}
	return c.opts.Files.Delete(c.key)
}

func (c *Connector) refresh(ctx context.Context, s *Saved) (*Saved, error) {
	t, err := tokenGrant{
		endpoint: s.Token, client: c.opts.Client, methods: s.AuthMethods,
		form: map[string][]string{"grant_type": {"refresh_token"}, "refresh_token": {s.Refresh}, "resource": {s.Resource}},
	}.send(ctx, c.opts.HTTP, c.opts.Trace)
	if err != nil {
		return nil, err
	}
	next := *s
	c.fill(&next, t)
	return &next, nil
}

// fill puts new tokens into what is kept; a server that sends no new refresh token leaves the old one in force.
func (c *Connector) fill(s *Saved, t *Token) {
	s.Access, s.Refresh, s.Scope, s.Expires = t.Access, first(t.Refresh, s.Refresh), first(t.Scope, s.Scope), time.Time{}
	if t.Life > 0 {
		s.Expires = c.opts.Now().Add(t.Life).UTC()
	}
}

// authorize goes the whole way: discovery, the person's approval, the exchange of the code.
func (c *Connector) authorize(ctx context.Context) error {
	if c.asked {
		return fault.New(fault.Unauthenticated, "The server does not accept the authorization that it has just given. Ask its operator.")
	}
	server, err := Discover(ctx, c.opts.HTTP, c.endpoint, c.opts.Trace)
	if err != nil {
		return err
	}
	if server.Open {
		c.open = true
		return nil
	}
	if c.opts.Client.ID == "" {
		return fault.New(fault.Unauthenticated, "%s asks for authorization, and there is no client ID to ask with. Make an OAuth client in its App Center and give its ID.", c.endpoint)
	}
	l, err := listen()
	if err != nil {
		return err
	}
	defer l.close()
	request, err := Begin(server, c.opts.Client, l.redirect, c.opts.Random)
	if err != nil {
		return err
	}
	c.opts.Trace.printf("authorization page %s, scope %q, answer to %s", server.Authorize, server.Scope, l.redirect)
	answer, err := l.answer(ctx, c.opts.Visit, request.URL)
	if err != nil {
		return err
	}
	t, err := request.Finish(ctx, c.opts.HTTP, answer, c.opts.Trace)
	if err != nil {
		return err
	}
	c.asked = true
	s := &Saved{
		Server: c.endpoint, ClientID: c.opts.Client.ID, Login: c.opts.Login,
		Resource: server.Resource, Issuer: server.Issuer, Token: server.Token, AuthMethods: server.AuthMethods,
	}
	c.fill(s, t)
	c.opts.Trace.printf("connected, scope %q, token good until %s", s.Scope, s.Expires.Format(time.RFC3339))
	return c.keep(s)
}

// handler is the Connector as the SDK's transport wants it.
type handler struct{ c *Connector }

// TokenSource gives nil where the server wants no token.
func (h handler) TokenSource(context.Context) (oauth2.TokenSource, error) {
	h.c.mu.Lock()
	defer h.c.mu.Unlock()
	if h.c.current == nil {
		return nil, nil
	}
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: h.c.current.Access, TokenType: "Bearer"}), nil
}

// Authorize is called on 401 and 403. The token that was refused is never used again.
func (h handler) Authorize(ctx context.Context, req *http.Request, resp *http.Response) error {
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
	h.c.opts.Trace.printf("%s %s → %d%s", req.Method, req.URL, resp.StatusCode, seen("WWW-Authenticate", resp.Header.Get("WWW-Authenticate")))
	if resp.StatusCode == http.StatusForbidden {
		return fault.New(fault.Forbidden, "The server does not allow this: %s", first(printable(message(body), 300), resp.Status))
	}
	const scheme = "Bearer "
	stale := req.Header.Get("Authorization")
	if len(stale) > len(scheme) {
		stale = stale[len(scheme):]
	}
	_, err := h.c.token(ctx, stale)
	return err
}
