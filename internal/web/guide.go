package web

import (
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// guide is what a person does in an assistant to connect it: words, and values to paste.
type guide struct {
	Add   string // how the server is added, one sentence or two
	Paste func(url, id string) []kit.Copy
	Then  string // how the assistant leads to the authorization page
}

// guides are by the key of the library's card.
var guides = map[string]guide{
	"claude": {
		Add:   "In Claude, open Customize, Connectors, choose +, then Add custom connector. Paste the address; under Advanced, paste the client ID and the secret.",
		Paste: urlAndID, Then: "Choose Connect at the new connector. Claude opens the authorization page of this server.",
	},
	"chatgpt": {
		Add: "In ChatGPT, switch on developer mode under Settings, Apps, Advanced, and create an app with the address. Choose OAuth, then paste the client ID and the secret. " +
			"ChatGPT shows a redirect URL of its own there: add it to the redirect URLs of this client.",
		Paste: urlAndID, Then: "Choose Connect. ChatGPT opens the authorization page of this server.",
	},
	"claude-code": {
		Add: "Run this command on each person's machine.",
		Paste: func(url, id string) []kit.Copy {
			return []kit.Copy{{ID: "command", Label: "Command", Value: "claude mcp add --transport http --client-id " + id + " mandorla " + url}}
		},
		Then: "Run /mcp in Claude Code and choose mandorla, then Authenticate. The browser opens the authorization page of this server.",
	},
	"cursor": {
		Add: "Put this into ~/.cursor/mcp.json, or into .cursor/mcp.json of a project.",
		Paste: func(url, id string) []kit.Copy {
			return []kit.Copy{{ID: "config", Label: "mcp.json", Value: `{"mcpServers":{"mandorla":{"url":"` + url + `","auth":{"CLIENT_ID":"` + id + `"}}}}`}}
		},
		Then: "In Cursor's settings, under MCP, choose Connect at mandorla. The browser opens the authorization page of this server.",
	},
	"vscode": {
		Add: "Put this into .vscode/mcp.json of a project, or run “MCP: Add Server”. VS Code asks for the client ID when it connects.",
		Paste: func(url, id string) []kit.Copy {
			return []kit.Copy{
				{ID: "config", Label: "mcp.json", Value: `{"servers":{"mandorla":{"type":"http","url":"` + url + `"}}}`},
				{ID: "client-id", Label: "Client ID", Value: id},
			}
		},
		Then: "Start the server in VS Code. The browser opens the authorization page of this server.",
	},
	"inspector": {
		Add:   "Start it with npx @modelcontextprotocol/inspector, choose Streamable HTTP, paste the address, and under Authentication the client ID.",
		Paste: urlAndID, Then: "Choose Connect. The browser opens the authorization page of this server.",
	},
	"other": {
		Add:   "Give your app the address of the server and its credentials. It finds all other addresses by itself (RFC 9728, RFC 8414).",
		Paste: urlAndID, Then: "Let the app ask for authorization: the authorization page of this server opens in a browser.",
	},
}

func urlAndID(url, id string) []kit.Copy {
	return []kit.Copy{{ID: "mcp-url", Label: "MCP server URL", Value: url}, {ID: "client-id", Label: "Client ID", Value: id}}
}

// problemWords says what went wrong at the last try, and what to do about it.
func problemWords(c oauth.Client, origin string) (title, text string) {
	p := c.Problem
	switch p.Code {
	case oauth.ProblemRedirect:
		if p.Detail == "" {
			return "The app did not say where to answer", "Its authorization request has no redirect_uri, or an empty one. That is for the maker of the app to mend."
		}
		return "A redirect URL is missing", "The app asked to be answered at " + p.Detail + ", which is not among this client's redirect URLs. If that is the app's own address, add it, exactly as it stands here."
	case oauth.ProblemScope:
		return "The app asked for a scope that does not exist", "It asked for “" + p.Detail + "”. Leave the scopes empty in the app's settings, or use “inclusive”."
	case oauth.ProblemResource:
		return "The app was given another address", "It asked for access to “" + p.Detail + "”. The address to paste is " + origin + oauth.PathMCP + "."
	case oauth.ProblemRequest:
		return "The app's request cannot be granted", "It was refused with “" + p.Detail + "”. Most often the app does not use PKCE with S256, which this server always asks for."
	case oauth.ProblemOverlap:
		return p.Detail + " would get nothing", "What this client may do and what " + p.Detail + "'s roles allow have nothing in common. Widen the client's permissions, or the role."
	case oauth.ProblemConnect:
		return p.Detail + " may not connect apps", "None of " + p.Detail + "'s roles has the switch “Connect apps and AI assistants”. Turn it on in a role."
	case oauth.ProblemSecret:
		if !c.SecretChangedAt.IsZero() && c.SecretChangedAt.After(c.Steps.ExchangeFirst) && !c.Steps.ExchangeFirst.IsZero() {
			return "The app still uses a secret that was replaced", "Paste the new secret into the app. If it is lost, generate another one under General."
		}
		return "The secret in the app is not right", "Paste it again, without spaces around it. If it is lost, generate a new one under General."
	case oauth.ProblemExchange:
		return "The app could not fetch its tokens", "The person agreed, but then " + p.Detail + ". Let the person connect again; if it happens each time, it is for the maker of the app to mend."
	}
	return "", ""
}
