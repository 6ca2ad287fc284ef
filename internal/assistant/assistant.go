// Package assistant is the assistant's side of a connection: an MCP client that finds a server's authorization server, lets a
// person authorize it, keeps and renews the tokens, and calls tools.
//
// It reaches data in no other way than through MCP, and must not import record, store or oauth: what it knows of a server it
// learned from that server's own documents, so it works with any remote MCP server. Callers are the ask command and the
// assistant's pages.
//
// The way of a connection: discover.go (401 → RFC 9728 → RFC 8414) → authorize.go (code + PKCE, answered on loopback.go, by a
// browser or by walker.go) → token.go (exchange, refresh) → tokenfile.go (kept between runs) → session.go (tools).
// connector.go ties them together.
//
// Errors are faults whose message is safe for people: Unauthenticated and Forbidden for everything about authorization,
// Unavailable for a server that does not answer, Invalid for an address or an answer that makes no sense.
package assistant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"

	"mandorla/internal/fault"
)

// maxDocument is the longest metadata document, token answer or page that is read, in bytes.
const maxDocument = 1 << 20

// mcpPath is where a server is looked for when only its origin is given.
const mcpPath = "/v1/mcp"

// Endpoint turns what a person gives as a server into the address of its MCP endpoint: an origin gets /v1/mcp, any other
// address stays as it is without a slash at its end.
func Endpoint(server string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(server))
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.RawQuery != "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fault.New(fault.Invalid, "%q is not the address of a server. Give one such as https://crm.example.com or http://127.0.0.1:8080.", server)
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return "", fault.New(fault.Invalid, "%s is not encrypted, and passwords and tokens would travel over it. Use https://%s; http works only for servers on this machine.", server, u.Host)
	}
	if u.Path = strings.TrimRight(u.Path, "/"); u.Path == "" {
		u.Path = mcpPath
	}
	return u.String(), nil
}

// Origin gives scheme, host and port of an address, "" for one that is not absolute.
func Origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// secureAddress accepts absolute https addresses, and http ones on this machine (the rule of the MCP specification).
func secureAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && u.User == nil && u.Fragment == "" &&
		(u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
}

// Trace is told each step that is taken and what was seen, without secrets. It may be nil.
type Trace func(step string)

func (t Trace) printf(format string, args ...any) {
	if t != nil {
		t(fmt.Sprintf(format, args...))
	}
}

// direct gives the client without redirects and cookies: neither a token nor a secret may be sent where a redirect points.
func direct(c *http.Client) *http.Client {
	out := *c
	out.Jar = nil
	out.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &out
}

// unreachable is the error about a server that could not be asked.
func unreachable(address string, err error) error {
	if ctxErr := (*url.Error)(nil); errors.As(err, &ctxErr) && errors.Is(err, context.Canceled) {
		return fault.Wrap(fault.Unavailable, err, "Interrupted.")
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fault.Wrap(fault.Unavailable, err, "%s does not answer in time. Try again later.", Origin(address))
	}
	return fault.Wrap(fault.Unavailable, err, "Nothing answers at %s. Check the address, and that the server runs.", Origin(address))
}

// getJSON reads a document; found is false for 404 and its like.
func getJSON(ctx context.Context, c *http.Client, address string, into any) (found bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false, fault.Wrap(fault.Invalid, err, "%q is not an address.", address)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.Do(req)
	if err != nil {
		return false, unreachable(address, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode >= 500:
		return false, fault.New(fault.Unavailable, "%s answered %s. Try again later.", address, resp.Status)
	case resp.StatusCode != http.StatusOK:
		return false, nil
	}
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != "application/json" {
		return false, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument))
	if err != nil {
		return false, unreachable(address, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return false, fault.Wrap(fault.Invalid, err, "%s is not the document it should be.", address)
	}
	return true, nil
}
