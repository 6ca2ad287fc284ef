package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// checkAddress looks at the address as it was given.
func checkAddress(_ context.Context, e *examination) Result {
	u, err := url.Parse(e.URL)
	example := "Give it as the App Center shows it, such as https://crm.example.com/v1/mcp."
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return bad("“"+clip(e.URL)+"” is no web address.", "It needs a scheme, a name and a path.", example)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return bad("The address carries a user, a query or a fragment.", "An MCP server's address is compared as it stands.", example)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return bad("The address begins with http://.", "Assistants speak to servers on other machines through https only.", "Put a proxy with a certificate in front, and start the server with --origin https://….")
	case strings.Trim(u.Path, "/") == "":
		return bad("The address has no path.", "It names the site, not its MCP server.", "Add /v1/mcp to it.")
	case strings.HasSuffix(u.Path, "/"):
		return bad("The address ends in a slash.", "Addresses are compared as they stand, and the server's has none.", "Leave the slash out.")
	}
	e.url = u
	if port := u.Port(); u.Scheme == "https" && port != "" && port != "443" {
		return Result{State: Note, Saw: "The address names port " + port + ".", Cause: "Claude has been seen to fail on other ports than 443.", Fix: "Serve it on port 443, without a port in the address."}
	}
	return fine("The address is one of an MCP server.")
}

// checkName asks DNS.
func checkName(ctx context.Context, e *examination) Result {
	host := e.url.Hostname()
	found, err := e.Lookup(ctx, host)
	if err != nil || len(found) == 0 {
		said := "no address"
		if err != nil {
			said = cause(err)
		}
		return bad("The name "+host+" cannot be resolved: "+said+".", "There is no DNS record for it, or it is not known here yet.", "Make an A or AAAA record that names the server, or correct the address.")
	}
	inside := true
	for _, text := range found {
		a, err := netip.ParseAddr(text)
		inside = inside && err == nil && (a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast())
	}
	if inside {
		return Result{State: Note, Saw: host + " is " + strings.Join(found, ", ") + ".", Cause: "From here that is an address inside: Claude and ChatGPT call from outside and cannot reach it.", Fix: "Give the name a public address; for programs on this network all is well."}
	}
	return fine(host + " is " + strings.Join(found, ", ") + ".")
}

// checkConnection opens the port.
func checkConnection(ctx context.Context, e *examination) Result {
	port := e.url.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[e.url.Scheme]
	}
	c, err := e.Dial(ctx, "tcp", net.JoinHostPort(e.url.Hostname(), port))
	if err != nil {
		return bad("Port "+port+" does not answer: "+cause(err)+".", "The server or the proxy before it is not running, or a firewall is in between.", "Start it, and open the port; Claude calls from 160.79.104.0/21 and 2607:6bc0::/48.")
	}
	_ = c.Close()
	return fine("Port " + port + " answers.")
}

// soon is how long before its end a certificate is worth a word.
const soon = 14 * 24 * time.Hour

// checkCertificate makes the first request, and tells from how it fails what is wrong with the certificate.
func checkCertificate(ctx context.Context, e *examination) Result {
	a, err := e.initialize(ctx, ownAgent)
	if err != nil {
		return certificateProblem(e.url, err)
	}
	e.answer = a.Response
	if a.TLS == nil || len(a.TLS.PeerCertificates) == 0 {
		return fine("There is no certificate to check on this machine's own address.")
	}
	end := a.TLS.PeerCertificates[0].NotAfter
	saw := "The certificate is for " + e.url.Hostname() + ", from an authority that is known here, until " + end.UTC().Format("2 January 2006") + "."
	if end.Sub(e.Now()) < soon {
		return Result{State: Note, Saw: saw, Cause: "It runs out within two weeks.", Fix: "See why it was not renewed."}
	}
	return fine(saw)
}

func certificateProblem(u *url.URL, err error) Result {
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &name):
		return bad("The certificate is not for "+u.Hostname()+".", "The proxy answers with the certificate of another name.", "Get a certificate that lists this name, and give it to the proxy for this host.")
	case errors.As(err, &authority):
		return bad("The certificate comes from an authority that is not known here.", "It is self-signed, or the proxy does not send the certificates in between.", "Use a certificate of a public authority, and give the proxy the full chain.")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return bad("The certificate is not valid today.", "It has run out or is not valid yet: "+clip(invalid.Detail)+".", "Renew it, and look at the clocks of both machines.")
	case errors.As(err, &invalid):
		return bad("The certificate is not accepted: "+cause(err)+".", "It was not made for a web server.", "Get a certificate of a public authority for this name.")
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return bad("The port answers without TLS.", "https was asked for, and something speaks plain http there.", "Give the proxy a certificate for this port, or correct the address.")
	}
	return bad("The server does not answer: "+cause(err)+".", "The connection was made, and ended without an answer.", "Look at the log of the proxy and of the server.")
}

// checkClock compares clocks by the Date header of the first answer.
func checkClock(_ context.Context, e *examination) Result {
	said, err := http.ParseTime(e.answer.Header.Get("Date"))
	if err != nil {
		return Result{State: Note, Saw: "The server does not say what time it is.", Cause: "Its answers have no Date header.", Fix: "Let the proxy pass it on."}
	}
	off := said.Sub(e.Now()).Round(time.Second)
	if off.Abs() > 2*time.Minute {
		return bad("The server's clock is "+off.Abs().String()+" "+map[bool]string{true: "ahead of", false: "behind"}[off > 0]+" this machine's.", "One of the two clocks is wrong; codes live for a minute, certificates have dates.", "Let both machines set their clocks from the network.")
	}
	return fine("The clocks agree.")
}
