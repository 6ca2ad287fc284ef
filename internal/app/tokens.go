package app

import (
	"context"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/mcpserver"
	"mandorla/internal/oauth"
	"mandorla/internal/privateapp"
	"mandorla/internal/web"
)

// mcpTokens lets the MCP server check tokens without knowing who gave them: people's through a client, or a program's own.
type mcpTokens struct {
	oauth *oauth.Service
	apps  *privateapp.Service
}

func (t mcpTokens) Authenticate(ctx context.Context, token, _ string, surface access.Surface) (access.Principal, error) {
	if strings.HasPrefix(token, privateapp.TokenPrefix) {
		return t.apps.Authenticate(ctx, token, surface)
	}
	return t.oauth.Authenticate(ctx, token, oauth.MCP, surface)
}

// logCall puts a call of a tool into the call log.
func (a *App) logCall(_ context.Context, c mcpserver.CallInfo) {
	line := audit.CallOf(c.Principal, a.deps.Now())
	line.Tool, line.Model, line.Record = c.Tool, c.Model, c.Record
	line.Rows, line.Bytes, line.Duration, line.Outcome = c.Rows, c.Bytes, c.Duration, c.Outcome
	line.Agent, line.IP = c.UserAgent, c.IP
	a.Calls.Add(line)
}

// toolsOf tells the pages what a connection can do: surfaces do not know each other.
func toolsOf(mcp *mcpserver.Server) func(context.Context, access.Principal) ([]web.Tool, error) {
	return func(ctx context.Context, p access.Principal) ([]web.Tool, error) {
		tools, err := mcp.Tools(ctx, p)
		if err != nil {
			return nil, err
		}
		out := make([]web.Tool, 0, len(tools))
		for _, t := range tools {
			out = append(out, web.Tool{Name: t.Name, Title: t.Title, Doc: t.Description, ReadOnly: t.ReadOnly, Schema: string(t.InputSchema)})
		}
		return out, nil
	}
}
