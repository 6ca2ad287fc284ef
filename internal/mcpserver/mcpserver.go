// Package mcpserver is the MCP surface: one Streamable HTTP endpoint that serves the stateless protocol (2026-07-28) and the
// initialize era (2025-11-25 and older) alike, with a small fixed set of tools over the gate.
//
// It translates and never decides: who is asking comes from an Authenticator, what they may do from package record. Listing
// only the tools and models that a connection reaches is courtesy; the gate is the law. It must not import a store or another
// surface. The composition root mounts Handler at /v1/mcp and /mcp.
//
// The way of a request: guard.go (host, origin, size) → bearer.go (who) → envelope.go (one strict JSON-RPC message) →
// tolerance.go (mixed protocol versions) → scope.go (403 with the missing scopes) → the SDK → tools.go (filter, dispatch, log).
package mcpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/identity"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Path is the endpoint as people are shown it; PathAlias is the same server for clients that insist on it.
const (
	Path      = "/v1/mcp"
	PathAlias = "/mcp"
)

// Options is what a Server needs.
type Options struct {
	Gate          Gate
	Authenticator Authenticator
	Origin        string           // "https://crm.example.com": no path, no trailing slash
	Hosts         []string         // further values of Host that are answered, such as the name a proxy uses
	Origins       []string         // further values of Origin that are answered; browsers only
	Now           func() time.Time // for durations and for what who_am_i says
	NewID         func() string    // of calls, for the call log; nil: calls have none
	Logger        *slog.Logger     // nil: no log
	Version       string           // the product's version, told to clients
	// TolerateAgents are the beginnings of the User-Agents whose protocol versions are repaired; nil: Claude-User.
	TolerateAgents []string
	CallTimeout    time.Duration                         // of one tool call; 0: one minute
	OnCall         func(ctx context.Context, c CallInfo) // told of every tools/call when it ends; may be nil
	Pace           *identity.Pace                        // of each caller; nil: no limit
	// ClientIP gives the address of the caller as the trusted proxies tell it; nil: the address of the connection.
	ClientIP func(*http.Request) string
}

// CallInfo is one tools/call, for the activity log. It holds no arguments and no data.
type CallInfo struct {
	Principal access.Principal
	Tool      string // as asked, at most 64 characters
	Model     string // the model's name, where the call reached one
	Record    string // the record's id, for calls about one
	Rows      int    // records in the answer
	Bytes     int    // length of the answer
	Duration  time.Duration
	Outcome   string // "ok", a fault kind such as "forbidden", or "unknown_tool"
	UserAgent string // at most 200 bytes
	IP        string
}

// Server is the MCP surface. Safe for concurrent use; it keeps no state between requests.
type Server struct {
	opts    Options
	origin  *url.URL
	tools   []*tool
	byName  map[string]*tool
	sdk     http.Handler
	repairs repairCounts
	log     *slog.Logger
}

// New makes the server. Gate, Authenticator, Origin and Now are required.
func New(o Options) (*Server, error) {
	if o.Gate == nil || o.Authenticator == nil || o.Now == nil {
		return nil, errors.New("mcpserver: Gate, Authenticator and Now are required")
	}
	origin, err := url.Parse(o.Origin)
	if err != nil || origin.Host == "" || origin.String() != origin.Scheme+"://"+origin.Host {
		return nil, fmt.Errorf("mcpserver: the origin %q is not scheme://host[:port]", o.Origin)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.TolerateAgents == nil {
		o.TolerateAgents = []string{"Claude-User"}
	}
	if o.ClientIP == nil {
		o.ClientIP = remoteIP
	}
	if o.CallTimeout == 0 {
		o.CallTimeout = time.Minute
	}
	s := &Server{opts: o, origin: origin, tools: allTools(), byName: map[string]*tool{}, log: o.Logger}
	for _, t := range s.tools {
		s.byName[t.name] = t
	}
	s.sdk = mcp.NewStreamableHTTPHandler(s.sdkServer(), &mcp.StreamableHTTPOptions{
		Stateless:                    true,
		JSONResponse:                 true, // no tool reports progress
		DisableLocalhostProtection:   true, // guard.go checks every Host, not only on loopback
		MaxRequestBodyBytes:          MaxBody,
		PropagateRequestCancellation: true,
	})
	return s, nil
}

// methods are the requests that are served. Prompts and resources there are none: their lists are empty, for clients that ask without
// looking at the capabilities first. The SDK knows more, such as subscriptions/listen, whose stream would outlive the token it was opened with.
var methods = []string{
	"initialize", "ping", "server/discover", "tools/list", "tools/call", "logging/setLevel",
	"resources/list", "resources/templates/list", "resources/read", "prompts/list", "prompts/get",
}

const instructions = "Customer data, as far as both the connected person and this app may reach it. " +
	"list_models names the kinds of records; describe_model gives a model's properties and how to filter on them. " +
	"References can be followed in filters, sorts and selections with a dot, as in owner.name. " +
	"Lists are paged: has_more and next_cursor say whether there is more. Every write can be tried first with dry_run."

// sdkServer makes the one SDK server that all requests share; what differs per principal is done in its middleware.
func (s *Server) sdkServer() func(*http.Request) *mcp.Server {
	server := mcp.NewServer(
		&mcp.Implementation{Name: "mandorla", Title: "Mandorla", Version: s.opts.Version, WebsiteURL: s.opts.Origin},
		&mcp.ServerOptions{
			Instructions: instructions,
			Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{}},
			// The tools and their schemas depend on who asks, and permissions may shrink at any time.
			SetCacheable: func(_ context.Context, _ mcp.Request, c *mcp.Cacheable) { c.CacheScope, c.TTLMs = "private", 0 },
		})
	for _, t := range s.tools {
		server.AddTool(t.describe(nil), s.handle(t))
	}
	server.AddReceivingMiddleware(s.middleware)
	return func(*http.Request) *mcp.Server { return server }
}

// Handler answers requests for Path and PathAlias; any other path is 404.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	w = secured(w)
	if r.URL.Path != Path && r.URL.Path != PathAlias {
		writeStatus(w, http.StatusNotFound, "not_found", "There is no MCP server at this address.")
		return
	}
	if !s.guard(w, r) {
		return
	}
	principal, ok := s.authenticate(w, r)
	if !ok {
		return
	}
	env, ok := s.read(w, r)
	if !ok {
		return
	}
	s.logRequest(r, env)
	s.tolerate(r, env)
	if env.isCall() && !slices.Contains(methods, env.method) {
		status := http.StatusOK // to the older era, 404 means that the session is gone
		if env.version == versionModern {
			status = http.StatusNotFound
		}
		env.writeError(w, status, codeMethodNotFound, fmt.Sprintf("Method %q is not offered here.", clip(env.method, 64)))
		return
	}
	if env.method == "tools/call" {
		principal.Call = s.callID()
	}
	c := s.callerFor(r, principal)
	ctx := context.WithValue(r.Context(), callerKey{}, c)
	if s.refuseScope(ctx, w, r, c, env) {
		return
	}
	s.sdk.ServeHTTP(w, env.restore(r.WithContext(ctx)))
}

func (s *Server) logRequest(r *http.Request, env *envelope) {
	s.log.InfoContext(r.Context(), "mcp request",
		"method", clip(env.method, 64), "user_agent", clip(r.UserAgent(), 200), "body_version", clip(env.version, 32),
		"protocol_version", clip(r.Header.Get(headerVersion), 64), "mcp_method", clip(r.Header.Get(headerMethod), 64),
		"mcp_name", clip(r.Header.Get(headerName), 64))
}
