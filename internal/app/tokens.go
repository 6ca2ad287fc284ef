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
func toolsOf(mcp *mcpserver.Server) func(context.Context, access.Principal) (web.Toolbox, error) {
	return func(ctx context.Context, p access.Principal) (web.Toolbox, error) {
		tools, err := mcp.Tools(ctx, p)
		if err != nil {
			return web.Toolbox{}, err
		}
		who, err := mcp.WhoAmI(ctx, p)
		if err != nil {
			return web.Toolbox{}, err
		}
		out := web.Toolbox{WhoAmI: who}
		for _, t := range tools {
			out.Tools = append(out.Tools, web.Tool{Name: t.Name, Title: t.Title, Doc: t.Description, ReadOnly: t.ReadOnly, Schema: t.InputSchema})
		}
		return out, nil
	}
}
