package web

import (
	"net/url"
	"slices"
	"strings"

	"mandorla/internal/oauth"
)

// appPreset is one card of the Apps Library: what a known assistant needs in order to connect.
type appPreset struct {
	Key, Label, Icon string
	For              string // one line: what it is for
	Name             string // offered for the client
	Description      string // read by people when they authorize
	Kind             oauth.ClientKind
	Redirects        []string
	Hosts            []string // of redirect URLs by which a client made by hand is recognised
}

// library lists the cards in the order people see them.
var library = []appPreset{
	{
		Key: "claude", Label: "Claude", Icon: "sparkles", For: "Connectors on claude.ai, in the desktop app and on the phone.",
		Name: "Claude Connector", Description: "Customer platform connector for Claude", Kind: oauth.Confidential,
		Redirects: []string{"https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"},
		Hosts:     []string{"claude.ai", "claude.com"},
	},
	{
		Key: "chatgpt", Label: "ChatGPT", Icon: "brand-openai", For: "Connectors in ChatGPT, deep research included.",
		Name: "ChatGPT Connector", Description: "Customer platform connector for ChatGPT", Kind: oauth.Confidential,
		Redirects: []string{"https://chatgpt.com/connector_platform_oauth_redirect"},
		Hosts:     []string{"chatgpt.com"},
	},
	{
		Key: "claude-code", Label: "Claude Code", Icon: "terminal-2", For: "The command line, on each person's own machine.",
		Name: "Claude Code", Description: "Customer platform tools in Claude Code", Kind: oauth.Public,
		Redirects: []string{"http://localhost/callback", "http://127.0.0.1/callback"},
	},
	{
		Key: "cursor", Label: "Cursor", Icon: "code", For: "The editor and its agents on the web.",
		Name: "Cursor", Description: "Customer platform tools in Cursor", Kind: oauth.Public,
		Redirects: []string{"http://localhost:8787/callback", "https://www.cursor.com/agents/mcp/oauth/callback"},
		Hosts:     []string{"www.cursor.com"},
	},
	{
		Key: "vscode", Label: "VS Code", Icon: "brand-vscode", For: "Agent mode in the editor.",
		Name: "VS Code", Description: "Customer platform tools in VS Code", Kind: oauth.Public,
		Redirects: []string{
			"http://127.0.0.1:33418", "http://127.0.0.1:33418/", "https://vscode.dev/redirect", "https://insiders.vscode.dev/redirect",
		},
		Hosts: []string{"vscode.dev", "insiders.vscode.dev"},
	},
	{
		Key: "inspector", Label: "MCP Inspector", Icon: "bug", For: "Looking at the tools while developing.",
		Name: "MCP Inspector", Description: "Looks at the tools of this server", Kind: oauth.Public,
		Redirects: []string{"http://localhost:6274/oauth/callback", "http://127.0.0.1:6276/oauth/callback"},
	},
	{
		Key: "other", Label: "Other OAuth client", Icon: "app-window", For: "Your own app, or any other MCP client.",
		Name: "", Kind: oauth.Confidential,
	},
}

func presetByKey(key string) (appPreset, bool) {
	for _, p := range library {
		if p.Key == key {
			return p, true
		}
	}
	return appPreset{}, false
}

// presetOf recognises what a client is for by its redirect URLs; the last card where nothing fits.
func presetOf(c oauth.Client) appPreset {
	for _, p := range library {
		for _, uri := range c.RedirectURIs {
			u, err := url.Parse(uri)
			if slices.Contains(p.Redirects, uri) || err == nil && slices.Contains(p.Hosts, strings.ToLower(u.Hostname())) {
				return p
			}
		}
	}
	return library[len(library)-1]
}
