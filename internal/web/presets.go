package web

import (
	"net/url"
	"slices"
	"strings"

	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
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
	Documents        []string // metadata documents by which it identifies itself; what follows may vary where it ends in "*"
	Guide            guide
}

// guide is what a person does in an assistant to connect it: words, and values to paste.
type guide struct {
	Add     string                          // how the server is added, one sentence or two
	Paste   func(url, id string) []kit.Copy // what is pasted then; nil: the address of the server
	Connect string                          // how the assistant leads to the authorization page
	ID      bool                            // the client ID, and the secret where there is one, are pasted to connect
	Hosted  bool                            // it runs at its maker's and calls this server over the internet
	From    string                          // where its calls come from, for whoever keeps a firewall; "" where that is not known
	Own     string                          // a redirect URL that only the app knows: what it is called; "" for none
}

// library lists the cards in the order people see them.
var library = []appPreset{
	{
		Key: "claude", Label: "Claude", Icon: "sparkles", For: "Connectors on claude.ai, in the desktop app and on the phone.",
		Name: "Claude Connector", Description: "Customer platform connector for Claude", Kind: oauth.Confidential,
		Redirects: []string{"https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"},
		Hosts:     []string{"claude.ai", "claude.com"},
		Documents: []string{"https://claude.ai/oauth/mcp-oauth-client-metadata"},
		Guide: guide{
			Add:     "In Claude, open Customize, Connectors, choose +, then Add custom connector. Give it a name and paste this as the remote MCP server URL.",
			Connect: "In the same form, paste the client ID and the secret, and choose Add. Then choose Connect at the new connector: Claude opens the authorization page of this server.",
			ID:      true, Hosted: true, From: "Claude calls from 160.79.104.0/21 and 2607:6bc0::/48.",
		},
	},
	{
		Key: "chatgpt", Label: "ChatGPT", Icon: "brand-openai", For: "Connectors in ChatGPT, deep research included.",
		Name: "ChatGPT Connector", Description: "Customer platform connector for ChatGPT", Kind: oauth.Confidential,
		Redirects: []string{"https://chatgpt.com/connector_platform_oauth_redirect"},
		Hosts:     []string{"chatgpt.com"},
		Documents: []string{"https://chatgpt.com/oauth/*"},
		Guide: guide{
			Add:     "In ChatGPT, switch on developer mode under Settings, Apps, Advanced, and create an app with this address.",
			Connect: "Choose OAuth, paste the client ID and the secret, and create the app. Then choose Connect: ChatGPT opens the authorization page of this server.",
			ID:      true, Hosted: true, Own: "Redirect URL that ChatGPT shows",
		},
	},
	{
		Key: "claude-code", Label: "Claude Code", Icon: "terminal-2", For: "The command line, on each person's own machine.",
		Name: "Claude Code", Description: "Customer platform tools in Claude Code", Kind: oauth.Public,
		Redirects: []string{"http://localhost/callback", "http://127.0.0.1/callback"},
		Documents: []string{"https://claude.ai/oauth/claude-code-client-metadata"},
		Guide: guide{
			Add: "Run this command on each person's machine.",
			Paste: func(url, id string) []kit.Copy {
				return []kit.Copy{{ID: "command", Label: "Command", Value: "claude mcp add --transport http --client-id " + id + " mandorla " + url}}
			},
			Connect: "Run /mcp in Claude Code and choose mandorla, then Authenticate. The browser opens the authorization page of this server.",
		},
	},
	{
		Key: "cursor", Label: "Cursor", Icon: "code", For: "The editor and its agents on the web.",
		Name: "Cursor", Description: "Customer platform tools in Cursor", Kind: oauth.Public,
		Redirects: []string{"http://localhost:8787/callback", "https://www.cursor.com/agents/mcp/oauth/callback"},
		Hosts:     []string{"www.cursor.com"},
		Guide: guide{
			Add: "Put this into ~/.cursor/mcp.json, or into .cursor/mcp.json of a project.",
			Paste: func(url, id string) []kit.Copy {
				return []kit.Copy{{ID: "config", Label: "mcp.json", Value: `{"mcpServers":{"mandorla":{"url":"` + url + `","auth":{"CLIENT_ID":"` + id + `"}}}}`}}
			},
			Connect: "In Cursor's settings, under MCP, choose Connect at mandorla. The browser opens the authorization page of this server.",
		},
	},
	{
		Key: "vscode", Label: "VS Code", Icon: "brand-vscode", For: "Agent mode in the editor.",
		Name: "VS Code", Description: "Customer platform tools in VS Code", Kind: oauth.Public,
		Redirects: []string{
			"http://127.0.0.1:33418", "http://127.0.0.1:33418/", "https://vscode.dev/redirect", "https://insiders.vscode.dev/redirect",
		},
		Hosts:     []string{"vscode.dev", "insiders.vscode.dev"},
		Documents: []string{"https://vscode.dev/oauth/client-metadata.json"},
		Guide: guide{
			Add: "Put this into .vscode/mcp.json of a project, or run “MCP: Open User Configuration” and put it there.",
			Paste: func(url, id string) []kit.Copy {
				return []kit.Copy{{ID: "config", Label: "mcp.json", Value: `{"servers":{"mandorla":{"type":"http","url":"` + url + `","oauth":{"clientId":"` + id + `"}}}}`}}
			},
			Connect: "Start the server in VS Code. The browser opens the authorization page of this server. An older VS Code asks for the client ID: " +
				"it is in the text above, behind clientId.",
		},
	},
	{
		Key: "inspector", Label: "MCP Inspector", Icon: "bug", For: "Looking at the tools while developing.",
		Name: "MCP Inspector", Description: "Looks at the tools of this server", Kind: oauth.Public,
		Redirects: []string{"http://localhost:6274/oauth/callback", "http://127.0.0.1:6276/oauth/callback"},
		Guide: guide{
			Add:     "Start it with npx @modelcontextprotocol/inspector, choose Streamable HTTP, and paste this address.",
			Connect: "Under Authentication, paste the client ID, then choose Connect. The browser opens the authorization page of this server.", ID: true,
		},
	},
	{
		Key: "mcp-remote", Label: "mcp-remote", Icon: "terminal-2", For: "A bridge, for programs that start MCP servers only on their own machine.",
		Name: "mcp-remote", Description: "Customer platform tools through mcp-remote", Kind: oauth.Public,
		Redirects: []string{"http://localhost/oauth/callback", "http://127.0.0.1/oauth/callback"},
		Guide: guide{
			Add: "Give the program this command for its MCP server.",
			Paste: func(url, id string) []kit.Copy {
				return []kit.Copy{{ID: "command", Label: "Command", Value: `npx mcp-remote ` + url + ` --static-oauth-client-info '{"client_id":"` + id + `"}'`}}
			},
			Connect: "Start the program. The browser opens the authorization page of this server.",
		},
	},
	{
		Key: "other", Label: "Other OAuth client", Icon: "app-window", For: "Your own app, or any other MCP client.",
		Name: "", Kind: oauth.Confidential,
		Guide: guide{
			Add:     "Give your app the address of the server. It finds all other addresses by itself (RFC 9728, RFC 8414).",
			Connect: "Give it its credentials, and let it ask for authorization: the authorization page of this server opens in a browser.", ID: true,
		},
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

// presetOf recognises what a client is for by its redirect URLs, and an app that registered itself by its document only, since it can
// say anything about itself; the last card where nothing fits.
func presetOf(c oauth.Client) appPreset {
	if c.Origin != oauth.Made {
		return presetOfDocument(c.AppID)
	}
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

func presetOfDocument(id string) appPreset {
	for _, p := range library {
		for _, doc := range p.Documents {
			start, any := strings.CutSuffix(doc, "*")
			if id == doc || any && strings.HasPrefix(id, start) {
				return p
			}
		}
	}
	return library[len(library)-1]
}
