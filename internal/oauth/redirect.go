package oauth

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const maxRedirectURI = 2000

// RedirectProblem says what is wrong with a redirect address, "" for nothing: it must be absolute, https (http on the own machine only: 127.0.0.1,
// [::1], localhost), in its plain form, without user information and fragment. It is asked at registration and at every use.
func RedirectProblem(uri string) string {
	if uri == "" || len(uri) > maxRedirectURI {
		return "must be an address of at most 2000 characters."
	}
	if !printable(uri, "\\\"<>^`{|}*") {
		return "may not contain spaces, wildcards, or characters outside plain ASCII."
	}
	if strings.Contains(uri, "#") {
		return "may not have a fragment (#)."
	}
	https, loopback := strings.HasPrefix(uri, "https://"), strings.HasPrefix(uri, "http://")
	if !https && !loopback {
		return "must begin with https://, or http:// on 127.0.0.1, [::1] or localhost."
	}
	u, err := url.Parse(uri)
	if err != nil || u.Opaque != "" || u.Hostname() == "" {
		return "is not a complete address."
	}
	if u.User != nil || strings.Contains(u.Host, "@") {
		return "may not have a user name."
	}
	host, port := u.Hostname(), u.Port()
	if loopback && !loopbackHost(host) {
		return "must be https, unless the host is 127.0.0.1, [::1] or localhost."
	}
	if strings.HasSuffix(u.Host, ":") || port != "" && !plainPort(port) {
		return "has a port that is not a number from 1 to 65535."
	}
	if !plainHost(host) {
		return "has a host name that is not in its plain lower-case form."
	}
	if dotSegment(u.EscapedPath()) {
		return "may not contain . or .. as a part of the path."
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "has a query that cannot be read."
	}
	for _, name := range []string{"code", "state", "iss", "error", "error_description"} {
		if query.Has(name) {
			return "may not have " + name + " in its query."
		}
	}
	return ""
}

// RedirectProblems says what is wrong with each address of a client's list, in order, "" for nothing.
func RedirectProblems(uris []string) []string {
	out := make([]string, len(uris))
	seen := map[string]bool{}
	for i, uri := range uris {
		out[i] = RedirectProblem(uri)
		switch {
		case out[i] != "":
		case seen[uri]:
			out[i] = "is there twice."
		case i >= maxRedirects:
			out[i] = fmt.Sprintf("is one too many: a client has at most %d redirect URLs.", maxRedirects)
		}
		seen[uri] = true
	}
	return out
}

// RedirectLoopback reports whether an acceptable address leads to the own machine, where any port fits.
func RedirectLoopback(uri string) bool { return strings.HasPrefix(uri, "http://") }

// matchRedirect reports whether the address asked for is registered: the same string, or, on the own machine, the same but for the
// port (RFC 8252 section 7.3). A registered address that is not acceptable any more matches nothing.
func matchRedirect(registered []string, asked string) bool {
	if RedirectProblem(asked) != "" {
		return false
	}
	asked = withoutPort(asked)
	return slices.ContainsFunc(registered, func(r string) bool { return RedirectProblem(r) == "" && withoutPort(r) == asked })
}

var loopbackPort = regexp.MustCompile(`^(http://(?:\[::1\]|[a-z0-9.]+)):[0-9]+`)

// withoutPort is an acceptable address, byte for byte, but for the port where it leads to the own machine.
func withoutPort(uri string) string { return loopbackPort.ReplaceAllString(uri, "$1") }

func loopbackHost(host string) bool {
	return host == "127.0.0.1" || host == "::1" || host == "localhost"
}

func plainPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return err == nil && port[0] != '0'
}

func plainHost(host string) bool {
	if host == "::1" {
		return true
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || !madeOf(label, lower+digits+"-") {
			return false
		}
	}
	return len(host) <= 253
}

func dotSegment(path string) bool {
	lower := strings.ReplaceAll(strings.ToLower(path), "%2e", ".")
	for part := range strings.SplitSeq(lower, "/") {
		if part == "." || part == ".." {
			return true
		}
	}
	return strings.Contains(lower, "%5c") || strings.Contains(lower, "%2f") || strings.Contains(lower, "%00")
}

// withParams adds parameters to a checked redirect address, after those it has.
func withParams(uri string, params url.Values) string {
	glue := "?"
	if strings.Contains(uri, "?") {
		glue = "&"
	}
	return uri + glue + params.Encode()
}

// redirectHost is what the authorization page shows.
func redirectHost(uri string) (host string, loopback bool) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", false
	}
	return u.Host, loopbackHost(u.Hostname())
}
