package assistant

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"mandorla/internal/fault"
)

// Server is what discovery found out about an MCP server and the authorization server that stands before it.
type Server struct {
	Endpoint string // of the MCP server
	Open     bool   // it answers without a token; the rest is empty then

	Resource    string // what tokens are asked for (RFC 8707); equals Endpoint
	Scope       string // to ask for, from the challenge or the protected-resource document
	Issuer      string
	Authorize   string // authorization endpoint
	Token       string // token endpoint
	AuthMethods []string
	AnswersIss  bool // authorization answers carry iss (RFC 9207)
}

// Discover asks an MCP endpoint without a token and follows what it says: 401 → resource_metadata → RFC 9728 → RFC 8414.
// It refuses documents that do not name the very address they were asked for, and servers without PKCE S256.
func Discover(ctx context.Context, c *http.Client, endpoint string, trace Trace) (*Server, error) {
	c = direct(c)
	challenges, open, err := probe(ctx, c, endpoint, trace)
	if err != nil || open {
		return &Server{Endpoint: endpoint, Open: open}, err
	}
	s := &Server{Endpoint: endpoint, Scope: challenged(challenges, "scope")}
	resource, err := protectedResource(ctx, c, endpoint, challenged(challenges, "resource_metadata"), trace)
	if err != nil {
		return nil, err
	}
	s.Resource = resource.Resource
	if s.Scope == "" {
		s.Scope = strings.Join(resource.ScopesSupported, " ")
	}
	meta, err := authorizationServer(ctx, c, resource.AuthorizationServers[0], trace)
	if err != nil {
		return nil, err
	}
	s.Issuer, s.Authorize, s.Token = meta.Issuer, meta.AuthorizationEndpoint, meta.TokenEndpoint
	s.AuthMethods, s.AnswersIss = meta.TokenEndpointAuthMethodsSupported, meta.AuthorizationResponseIssParameterSupported
	if slices.Contains(meta.ScopesSupported, "offline_access") && !slices.Contains(strings.Fields(s.Scope), "offline_access") {
		s.Scope = strings.TrimSpace(s.Scope + " offline_access")
	}
	return s, nil
}

// hello is what an MCP client of any era could say first.
const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"mandorla","version":"1"}}}`

func probe(ctx context.Context, c *http.Client, endpoint string, trace Trace) (_ []oauthex.Challenge, open bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader([]byte(hello)))
	if err != nil {
		return nil, false, fault.Wrap(fault.Invalid, err, "%q is not an address.", endpoint)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := c.Do(req)
	if err != nil {
		trace.printf("POST %s failed: %v", endpoint, err)
		return nil, false, unreachable(endpoint, err)
	}
	defer resp.Body.Close()
	header := resp.Header.Values("WWW-Authenticate")
	trace.printf("POST %s → %d%s", endpoint, resp.StatusCode, seen("WWW-Authenticate", strings.Join(header, ", ")))
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxDocument))
	switch {
	case resp.StatusCode == http.StatusUnauthorized:
		challenges, err := oauthex.ParseWWWAuthenticate(header)
		if err != nil {
			return nil, false, fault.Wrap(fault.Invalid, err, "%s asks for authorization in a way that cannot be read. Ask its operator.", endpoint)
		}
		return challenges, false, nil
	case resp.StatusCode == http.StatusOK && (media == "application/json" || media == "text/event-stream") && bytes.Contains(body, []byte(`"jsonrpc"`)):
		return nil, true, nil
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return nil, false, fault.New(fault.Invalid, "%s has moved to %s. Use that address.", endpoint, resp.Header.Get("Location"))
	case resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests:
		return nil, false, fault.New(fault.Unavailable, "%s answered %s. Try again later.", endpoint, resp.Status)
	default:
		return nil, false, fault.New(fault.Invalid, "There is no MCP server at %s: it answered %s. Give the origin of a Mandorla server, such as https://crm.example.com, or the whole address of another MCP server.", endpoint, resp.Status)
	}
}

func seen(name, value string) string {
	if value == "" {
		return ", no " + name
	}
	return ", " + name + ": " + value
}

// challenged gives a parameter of the Bearer challenge, "" where there is none.
func challenged(challenges []oauthex.Challenge, param string) string {
	for _, c := range challenges {
		if c.Scheme == "bearer" && c.Params[param] != "" {
			return c.Params[param]
		}
	}
	return ""
}

// protectedResource finds the document of RFC 9728: where the challenge says, else below the well-known path, else at the root.
func protectedResource(ctx context.Context, c *http.Client, endpoint, said string, trace Trace) (*oauthex.ProtectedResourceMetadata, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "%q is not an address.", endpoint)
	}
	origin := u.Scheme + "://" + u.Host
	addresses := []string{said}
	if said == "" {
		addresses = []string{origin + "/.well-known/oauth-protected-resource" + u.EscapedPath(), origin + "/.well-known/oauth-protected-resource"}
	}
	for _, address := range addresses {
		if !secureAddress(address) {
			return nil, fault.New(fault.Invalid, "%s points to %q for its authorization, which is not a safe address. Ask its operator.", endpoint, address)
		}
		doc := &oauthex.ProtectedResourceMetadata{}
		found, err := getJSON(ctx, c, address, doc)
		if err != nil {
			return nil, err
		}
		trace.printf("GET %s → resource %q, authorization servers %q, scopes %q", address, doc.Resource, doc.AuthorizationServers, doc.ScopesSupported)
		switch {
		case !found:
			continue
		case doc.Resource != endpoint:
			return nil, fault.New(fault.Invalid, "%s describes the resource %q, not %s. Use the address it names, if it is the one you mean.", address, doc.Resource, endpoint)
		case len(doc.AuthorizationServers) == 0:
			return nil, fault.New(fault.Invalid, "%s names no authorization server. Ask its operator.", address)
		case !secureAddress(doc.AuthorizationServers[0]):
			return nil, fault.New(fault.Invalid, "%s names the authorization server %q, which is not a safe address. Ask its operator.", address, doc.AuthorizationServers[0])
		}
		return doc, nil
	}
	return nil, fault.New(fault.Invalid, "%s asks for authorization but does not say where to get it. Check that it is an MCP server with OAuth.", endpoint)
}

// authorizationServer finds the document of RFC 8414, or its OpenID Connect twin.
func authorizationServer(ctx context.Context, c *http.Client, issuer string, trace Trace) (*oauthex.AuthServerMeta, error) {
	u, err := url.Parse(issuer)
	if err != nil || u.RawQuery != "" {
		return nil, fault.New(fault.Invalid, "The authorization server %q has no address that can be used. Ask its operator.", issuer)
	}
	origin, path := u.Scheme+"://"+u.Host, strings.TrimRight(u.EscapedPath(), "/")
	addresses := []string{origin + "/.well-known/oauth-authorization-server" + path, origin + "/.well-known/openid-configuration" + path}
	if path != "" {
		addresses = append(addresses, origin+path+"/.well-known/openid-configuration")
	}
	for _, address := range addresses {
		meta := &oauthex.AuthServerMeta{}
		found, err := getJSON(ctx, c, address, meta)
		if err != nil {
			return nil, err
		}
		if !found {
			trace.printf("GET %s → nothing", address)
			continue
		}
		trace.printf("GET %s → issuer %q, PKCE %q, client authentication %q", address, meta.Issuer, meta.CodeChallengeMethodsSupported, meta.TokenEndpointAuthMethodsSupported)
		return meta, checkAuthorizationServer(address, issuer, meta)
	}
	return nil, fault.New(fault.Invalid, "The authorization server %s does not describe itself (RFC 8414). Ask its operator.", issuer)
}

func checkAuthorizationServer(address, issuer string, meta *oauthex.AuthServerMeta) error {
	switch {
	case meta.Issuer != issuer: // byte for byte: anything else is how mix-ups begin
		return fault.New(fault.Unauthenticated, "%s names the issuer %q instead of %q, so its answers cannot be trusted. Ask its operator.", address, meta.Issuer, issuer)
	case !slices.Contains(meta.CodeChallengeMethodsSupported, "S256"):
		return fault.New(fault.Unauthenticated, "%s does not offer PKCE with S256, without which an authorization could be stolen. Ask its operator.", issuer)
	case !secureAddress(meta.AuthorizationEndpoint) || !secureAddress(meta.TokenEndpoint):
		return fault.New(fault.Unauthenticated, "%s has no safe addresses for authorization and tokens. Ask its operator.", issuer)
	case len(meta.ResponseTypesSupported) > 0 && !slices.Contains(meta.ResponseTypesSupported, "code"):
		return fault.New(fault.Unauthenticated, "%s does not offer the authorization code flow. Ask its operator.", issuer)
	}
	return nil
}
