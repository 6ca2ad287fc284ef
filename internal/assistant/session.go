package assistant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"mandorla/internal/fault"
)

// Session is an open MCP session. It is a planner.Caller. Safe for concurrent use; close it.
type Session struct {
	connector *Connector
	session   *mcp.ClientSession
}

// Connect opens a session, authorizing first where that is needed. The SDK speaks the protocol version that the server knows.
func (c *Connector) Connect(ctx context.Context) (*Session, error) {
	if _, err := c.token(ctx, ""); err != nil {
		return nil, err
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "mandorla", Title: "Mandorla", Version: "1"}, &mcp.ClientOptions{Capabilities: &mcp.ClientCapabilities{}})
	session, err := client.Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint: c.endpoint, HTTPClient: direct(c.opts.HTTP), OAuthHandler: handler{c}, DisableStandaloneSSE: true, MaxRetries: -1,
	}, nil)
	if err != nil {
		return nil, c.problem("connect", err)
	}
	if r := session.InitializeResult(); r != nil && r.ServerInfo != nil {
		c.opts.Trace.printf("connected to %s %s, protocol %s", printable(r.ServerInfo.Name, 60), printable(r.ServerInfo.Version, 30), r.ProtocolVersion)
	}
	return &Session{connector: c, session: session}, nil
}

// Close ends the session.
func (s *Session) Close() error { return s.session.Close() }

// Tools lists the tools that this connection may use.
func (s *Session) Tools(ctx context.Context) ([]*mcp.Tool, error) {
	var out []*mcp.Tool
	for t, err := range s.session.Tools(ctx, nil) {
		if err != nil {
			return nil, s.connector.problem("tools/list", err)
		}
		out = append(out, t)
	}
	return out, nil
}

// Call calls a tool and gives its structured result. A result that is an error becomes a fault with the tool's own words.
func (s *Session) Call(ctx context.Context, tool string, arguments map[string]any) (json.RawMessage, error) {
	start := s.connector.opts.Now()
	result, err := s.session.CallTool(ctx, &mcp.CallToolParams{Name: tool, Arguments: arguments})
	took := s.connector.opts.Now().Sub(start).Round(time.Millisecond)
	args, _ := json.Marshal(arguments) // made of JSON values
	if err != nil {
		s.connector.opts.Trace.printf("tools/call %s %s failed after %v", tool, args, took)
		return nil, s.connector.problem("tools/call "+tool, err)
	}
	if result.IsError {
		s.connector.opts.Trace.printf("tools/call %s %s → an error, %v", tool, args, took)
		return nil, toolError(tool, result)
	}
	raw, err := structured(result)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The tool %s gave an answer that cannot be read as data.", tool)
	}
	s.connector.opts.Trace.printf("tools/call %s %s → %d bytes, %v", tool, args, len(raw), took)
	return raw, nil
}

// toolError reads the kind and the words of {"error": {"kind", "message"}}, or takes the text as it is.
func toolError(tool string, r *mcp.CallToolResult) error {
	var body struct {
		Error struct {
			Kind    string `json:"kind"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if raw, err := structured(r); err != nil || json.Unmarshal(raw, &body) != nil || body.Error.Message == "" {
		return fault.New(fault.Invalid, "The tool %s answered: %s", tool, first(printable(toolText(r), 600), "an error without words."))
	}
	kind := fault.Invalid
	for k := fault.Invalid; k <= fault.Unavailable; k++ {
		if k.String() == body.Error.Kind && k != fault.Unauthenticated {
			kind = k
		}
	}
	return fault.New(kind, "%s", printable(body.Error.Message, 600))
}

// structured gives the structured content, or the text of servers that send only text.
func structured(r *mcp.CallToolResult) (json.RawMessage, error) {
	if r.StructuredContent != nil {
		return json.Marshal(r.StructuredContent)
	}
	raw := json.RawMessage(toolText(r))
	if !json.Valid(raw) {
		return nil, errors.New("neither structured content nor JSON text")
	}
	return raw, nil
}

func toolText(r *mcp.CallToolResult) string {
	var parts []string
	for _, c := range r.Content {
		if t, ok := c.(*mcp.TextContent); ok {
			parts = append(parts, t.Text)
		}
	}
	return strings.Join(parts, "\n")
}

// message gives the words of an error body.
func message(body []byte) string {
	var e struct {
		Message     string `json:"message"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &e) != nil {
		return string(body)
	}
	return first(e.Message, e.Description)
}

// problem puts an error of the SDK into a sentence; faults of ours pass through.
func (c *Connector) problem(act string, err error) error {
	var ours *fault.Error
	var wire *jsonrpc.Error
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.Is(err, context.Canceled):
		return fault.Wrap(fault.Unavailable, err, "Interrupted.")
	case errors.As(err, &wire):
		return fault.Wrap(fault.Invalid, err, "The server refused %s: %s", act, printable(wire.Message, 300))
	case strings.Contains(err.Error(), http.StatusText(http.StatusUnauthorized)): // the SDK keeps only the words of the status
		return fault.Wrap(fault.Unauthenticated, fmt.Errorf("%s: %w", act, err), "%s does not accept the tokens that it has just given. Ask its operator.", c.endpoint)
	default:
		return fault.Wrap(fault.Unavailable, fmt.Errorf("%s: %w", act, err), "The conversation with %s broke off (%s). Try again.", c.endpoint, printable(err.Error(), 200))
	}
}
