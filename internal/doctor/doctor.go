// Package doctor examines an installation from outside, as an assistant that connects would: the name, the certificate, the MCP
// address, the metadata documents, the token endpoint. It says of each what was seen, why, and what to do about it.
//
// It knows the installation by its addresses only, signs in nowhere and leaves nothing behind: no request for authorization, no tick
// in a set-up guide. The command line calls it; the network and the clock are handed to it.
package doctor

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Options say what is examined and with what. URL, HTTP, Lookup, Dial and Now are required.
type Options struct {
	URL      string // of the MCP server: "https://crm.example.com/v1/mcp"
	Client   string // OAuth client id; "": what needs one is left out
	Secret   string // "": a public client, or not to be checked
	Redirect string // where the assistant wants to be answered; "": Claude's

	HTTP   *http.Client // redirects are never followed, whatever it says
	Lookup func(ctx context.Context, host string) (addresses []string, err error)
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Now    func() time.Time
}

// ClaudeRedirect is where Claude wants to be answered.
const ClaudeRedirect = "https://claude.ai/api/mcp/auth_callback"

// State is how a check ended.
type State string

// The states. Only Failed makes an examination fail.
const (
	OK      State = "ok"
	Note    State = "note" // works, with something to know
	Failed  State = "failed"
	Skipped State = "skipped" // what it builds on failed
)

// Result is one check.
type Result struct {
	Check string `json:"check"` // its name, "certificate"
	State State  `json:"state"`
	Saw   string `json:"saw"`             // what was seen, a sentence
	Cause string `json:"cause,omitempty"` // where something is wrong: why
	Fix   string `json:"fix,omitempty"`   // and what to do
}

// Healthy reports whether nothing failed.
func Healthy(results []Result) bool {
	return !slices.ContainsFunc(results, func(r Result) bool { return r.State == Failed })
}

// examination is one run; later checks use what earlier ones found.
type examination struct {
	Options
	client   *http.Client
	url      *url.URL
	answer   *http.Response // of the MCP server without a token; its body is read
	resource resourceDocument
	metadata serverDocument
	where    string // address of the resource document
}

// patience is how long one question may take.
const patience = 20 * time.Second

// step is a check with those it builds on.
type step struct {
	name  string
	needs []string
	run   func(context.Context, *examination) Result
}

var steps = []step{
	{"address", nil, checkAddress},
	{"name", []string{"address"}, checkName},
	{"connection", []string{"name"}, checkConnection},
	{"certificate", []string{"connection"}, checkCertificate},
	{"MCP server", []string{"certificate"}, checkMCP},
	{"challenge", []string{"MCP server"}, checkChallenge},
	{"resource document", []string{"challenge"}, checkResource},
	{"server document", []string{"resource document"}, checkServer},
	{"user agents", []string{"server document"}, checkAgents},
	{"clock", []string{"certificate"}, checkClock},
	{"authorization", []string{"server document"}, checkAuthorize},
	{"token endpoint", []string{"server document"}, checkToken},
	{"client secret", []string{"token endpoint"}, checkSecret},
}

// Examine makes every check, in order. Those that need a client are left out where none is named.
func Examine(ctx context.Context, o Options) []Result {
	if o.Redirect == "" {
		o.Redirect = ClaudeRedirect
	}
	client := *o.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar = nil
	e := &examination{Options: o, client: &client}
	var out []Result
	failed := map[string]bool{}
	for _, s := range steps {
		if o.Client == "" && (s.name == "authorization" || s.name == "client secret") {
			continue
		}
		r := Result{State: Skipped}
		if i := slices.IndexFunc(s.needs, func(n string) bool { return failed[n] }); i >= 0 {
			r.Saw = "Not looked at: the check of the " + s.needs[i] + " comes first."
		} else {
			limited, cancel := context.WithTimeout(ctx, patience)
			r = s.run(limited, e)
			cancel()
		}
		r.Check = s.name
		failed[s.name] = r.State == Failed || r.State == Skipped
		out = append(out, r)
	}
	return out
}

func fine(saw string) Result { return Result{State: OK, Saw: saw} }

func bad(saw, cause, fix string) Result {
	return Result{State: Failed, Saw: saw, Cause: cause, Fix: fix}
}

// origin is scheme and host of the examined address.
func (e *examination) origin() string { return e.url.Scheme + "://" + e.url.Host }

// loopback reports an address that only this machine has.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
