package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// checkMCP looks at the answer to the first request, which carried no token.
func checkMCP(_ context.Context, e *examination) Result {
	a := answer{Response: e.answer}
	saw := "Without a token, the MCP address answers " + a.brief() + "."
	switch code := a.StatusCode; {
	case code == http.StatusUnauthorized:
		return fine("Without a token, the MCP address answers 401, as it should.")
	case code >= 300 && code < 400:
		return bad(saw, "Something redirects it. Assistants do not follow redirects there, or lose the token on the way.", "Use the address it leads to, or let the proxy pass the MCP address on without a redirect.")
	case code == http.StatusNotFound || code == http.StatusMethodNotAllowed:
		return bad(saw, "There is no MCP server at this path.", "Use the address that the App Center shows; it ends in /v1/mcp.")
	case code == http.StatusMisdirectedRequest:
		return bad(saw, "The server answers under another name than "+e.url.Host+".", "Start it with --origin "+e.origin()+", and let the proxy pass the Host header on unchanged.")
	case code == http.StatusForbidden || code == http.StatusTooManyRequests:
		return bad(saw, "A firewall or bot protection before the server refuses the request.", "Except the MCP address, /oauth/token and /.well-known/ from it.")
	case code >= 500:
		return bad(saw, "The proxy does not reach the server, or the server fails.", "Look at the log of both.")
	case code < 300:
		return bad(saw, "Whatever answers there asks for no token: it is not this MCP server, or the proxy answers in its place.", "Compare the address with the one that the App Center shows.")
	}
	return bad(saw, "An MCP server answers 401 there.", "Compare the address with the one that the App Center shows.")
}

var metadataParam = regexp.MustCompile(`(?i)\bresource_metadata="([^"]*)"`)

// checkChallenge reads where the 401 says that tokens come from (RFC 9728 section 5.1).
func checkChallenge(_ context.Context, e *examination) Result {
	all := strings.Join(e.answer.Header.Values("WWW-Authenticate"), ", ")
	dropped := "Let the proxy pass the header on, and replace no 401 answers by pages of its own."
	if all == "" {
		return bad("The 401 has no WWW-Authenticate header.", "Something before the server drops it; without it assistants do not find out where to sign in.", dropped)
	}
	m := metadataParam.FindStringSubmatch(all)
	if !strings.HasPrefix(strings.ToLower(all), "bearer") || m == nil {
		return bad("WWW-Authenticate is “"+clip(all)+"”.", "It names no resource_metadata: it is not the MCP server's own.", dropped)
	}
	u, err := url.Parse(m[1])
	if err != nil || u.Scheme+"://"+u.Host != e.origin() {
		return bad("The 401 leads to "+clip(m[1])+".", "The server believes that its address is another one.", "Start it with --origin "+e.origin()+".")
	}
	e.where = m[1]
	return fine("The 401 says where its metadata is.")
}

// checkAgents compares what the names under which Claude calls are answered with what a browser is.
func checkAgents(ctx context.Context, e *examination) Result {
	for _, c := range []struct {
		what, agent string
		ask         func(agent string) (answer, error)
	}{
		{"the MCP address", claudeUser, func(agent string) (answer, error) { return e.initialize(ctx, agent) }},
		{"the server document", pythonHTTPX, func(agent string) (answer, error) {
			return e.ask(ctx, question{method: http.MethodGet, url: e.metadataURL(), agent: agent, accept: "application/json"})
		}},
		{"the token endpoint", pythonHTTPX, func(agent string) (answer, error) {
			return e.post(ctx, e.metadata.Token, agent, url.Values{"grant_type": {"authorization_code"}})
		}},
	} {
		plain, err := c.ask(ownAgent)
		if err != nil {
			return bad("A second request to "+c.what+" failed: "+cause(err)+".", "Something limits or breaks connections.", "Look at the log of the proxy.")
		}
		named, err := c.ask(c.agent)
		saw := fmt.Sprintf("As %s, %s ", c.agent, c.what)
		blocked := "A firewall or bot protection goes by the User-Agent."
		fix := "Except the MCP address, /oauth/token and /.well-known/ from it; at Cloudflare that is “Block AI bots” and “Bot fight mode”."
		if err != nil {
			return bad(saw+"does not answer: "+cause(err)+".", blocked, fix)
		}
		if named.StatusCode != plain.StatusCode {
			return bad(saw+fmt.Sprintf("answers %s; as a browser %s.", named.brief(), plain.brief()), blocked, fix)
		}
	}
	return fine("Claude-User and python-httpx, the names that Claude calls under, are answered like everybody.")
}
