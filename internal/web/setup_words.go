package web

import (
	"net/netip"
	"net/url"
	"strings"
	"time"

	"mandorla/internal/audit"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// How long nothing may happen before the guide says why that may be.
const (
	quietBeforeRead = 5 * time.Minute
	quietBeforeCall = 2 * time.Minute
	strangerLasts   = 10 * time.Minute // and what is said of calls that came too fast
)

// setupProblem is why the last try failed, unless something worked since; or why nothing happens at all.
func (s *Server) setupProblem(c oauth.Client, seen map[oauth.SignKind]oauth.Sign) *kit.Notice {
	if own := selfNotice(c); own != nil && c.Approval != oauth.LetIn {
		return own
	}
	if !c.Enabled {
		return &kit.Notice{Tone: kit.Warn, Title: "This client is disabled", Text: "Nobody can authorize it. Enable it under General."}
	}
	if c.Problem != (oauth.Problem{}) && !c.Problem.At.Before(c.Steps.CallLast) {
		title, text := problemWords(c, s.Origin)
		return &kit.Notice{Tone: kit.Bad, Title: title, Text: text}
	}
	if !c.Steps.CallFirst.IsZero() {
		return nil
	}
	if c.Steps.AuthorizeFirst.IsZero() {
		return s.beforePage(c, seen)
	}
	if last := c.Steps.ExchangeLast; !last.IsZero() && s.Now().Sub(last) >= quietBeforeCall {
		return &kit.Notice{Tone: kit.Warn, Title: "Connected, but no call has come", Text: noCallWords(c)}
	}
	return nil
}

// tooFast says that calls through a client were refused lately, since too many came at a time; nil where none were.
func (s *Server) tooFast(v *visit, c oauth.Client) (*kit.Notice, error) {
	calls, err := s.Calls.List(v.ctx(), audit.CallQuery{Tenant: v.who.Tenant, Client: c.ID, Outcome: "failed", Limit: 1})
	if err != nil || len(calls) == 0 || calls[0].Outcome != fault.RateLimited.String() || s.Now().Sub(calls[0].At) >= strangerLasts {
		return nil, err
	}
	return &kit.Notice{
		Tone: kit.Warn, Title: "Calls of " + calls[0].PersonName + " came too fast", Action: &kit.Button{Label: "Look at the calls", Href: "/apps/" + c.ID + "/activity?outcome=failed", Small: true},
		Text: setupName(c) + " was told to wait and to try again, and works on after that. Nobody else is slowed down. Whoever runs this installation sets the limit (option --call-limit).",
	}, nil
}

// beforePage says what may keep an app from the authorization page.
func (s *Server) beforePage(c oauth.Client, seen map[oauth.SignKind]oauth.Sign) *kit.Notice {
	g, app := presetOf(c).Guide, setupName(c)
	_, read := seen[oauth.SignMetadata]
	stranger, asked := seen[oauth.SignStranger]
	switch {
	case g.Hosted && !read && notPublic(s.origin) != "":
		return &kit.Notice{Tone: kit.Warn, Title: app + " cannot reach this server",
			Text: app + " calls it over the internet, and " + s.Origin + " " + notPublic(s.origin) +
				". Whoever runs this installation can serve it under a public https address (option --origin); an assistant on your own machine, such as Claude Code, works as it is."}
	case asked && s.Now().Sub(stranger.At) < strangerLasts:
		return &kit.Notice{Tone: kit.Warn, Title: "An app came with a client ID that this server does not know",
			Text: "If that was " + app + ": its client ID was copied wrongly, or from a client that was made on another server, such as a demo. Paste the one from below."}
	case !read && s.Now().Sub(c.CreatedAt) >= quietBeforeRead:
		text := "An assistant reads this server's metadata first, and nothing has since this client was made. If you have added the server already: " +
			"the URL in " + app + " is not exactly " + s.Origin + oauth.PathMCP + ", or a firewall or a bot filter in front of this server keeps the calls out."
		if g.From != "" {
			text += " " + g.From
		}
		return &kit.Notice{Tone: kit.Info, Title: "Nothing has come from " + app + " yet", Text: text}
	}
	return nil
}

func noCallWords(c oauth.Client) string {
	text := "The app has its tokens. If you have not asked it anything yet, do so now. If it says that it cannot connect, something in front of this server stops its calls"
	if presetOf(c).Key == "claude" {
		return text + ": most often a bot filter, such as Cloudflare's “Block AI bots”, which lets python-httpx fetch the tokens and then blocks Claude-User. " +
			"Allow Claude-User, or everything on " + oauth.PathMCP + ". " + presetOf(c).Guide.From
	}
	return text + ", such as a firewall or a bot filter. Everything on " + oauth.PathMCP + " has to come through."
}

// notPublic says why an address cannot be called over the internet, "" where nothing speaks against it. It looks no name up.
func notPublic(origin *url.URL) string {
	host := strings.ToLower(origin.Hostname())
	ip, err := netip.ParseAddr(host)
	dotless := err != nil && !strings.Contains(host, ".")
	switch {
	case loopback(host):
		return "leads to this machine only"
	case err == nil && (ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()), dotless, inside(host):
		return "is an address of your own network"
	case origin.Scheme != "https":
		return "begins with http, where https is needed"
	}
	return ""
}

// inside reports a name that no public directory has.
func inside(host string) bool {
	for _, end := range []string{".local", ".localhost", ".internal", ".lan", ".home", ".home.arpa", ".corp", ".test", ".intranet"} {
		if strings.HasSuffix(host, end) {
			return true
		}
	}
	return false
}

// readers are programs by how they call themselves.
var readers = []struct{ prefix, words string }{
	{"python-httpx", "Claude's servers call themselves so, and other programs in Python as well"},
	{"Claude-User", "Claude"}, {"claude-code", "Claude Code"}, {"openai", "ChatGPT"}, {"ChatGPT", "ChatGPT"},
	{"Visual-Studio-Code", "VS Code"}, {"vscode", "VS Code"}, {"Cursor", "Cursor"},
	{"node", "a program in Node, such as MCP Inspector"}, {"undici", "a program in Node, such as MCP Inspector"},
	{"Go-http-client", "a program in Go"}, {"curl", "somebody at a command line"}, {"Wget", "somebody at a command line"},
}

// readerWords names a program that read the metadata, by its own word for itself.
func readerWords(agent string) string {
	if agent == "" {
		return "a program that does not say its name"
	}
	for _, r := range readers {
		if len(agent) >= len(r.prefix) && strings.EqualFold(agent[:len(r.prefix)], r.prefix) {
			return "“" + agent + "” (" + r.words + ")"
		}
	}
	return "“" + agent + "”"
}
