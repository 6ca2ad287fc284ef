package doctor

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// resourceDocument is what is read of RFC 9728 metadata.
type resourceDocument struct {
	Resource string   `json:"resource"`
	Servers  []string `json:"authorization_servers"`
}

// serverDocument is what is read of RFC 8414 metadata.
type serverDocument struct {
	Issuer     string   `json:"issuer"`
	Authorize  string   `json:"authorization_endpoint"`
	Token      string   `json:"token_endpoint"`
	Challenges []string `json:"code_challenge_methods_supported"`
	Methods    []string `json:"token_endpoint_auth_methods_supported"`
}

// document reads JSON from an address into out; the Result is the failure.
func (e *examination) document(ctx context.Context, address string, out any) (problem Result, ok bool) {
	a, err := e.get(ctx, address)
	if err != nil {
		return bad(address+" does not answer: "+cause(err)+".", "The connection ended without an answer.", "Look at the log of the proxy."), false
	}
	kind, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	if a.StatusCode != http.StatusOK || kind != "application/json" {
		return bad(address+" answers "+a.brief()+".", "Something before the server answers for /.well-known/ itself, or blocks it.", "Let the proxy pass /.well-known/ on to this server."), false
	}
	if err := json.Unmarshal([]byte(a.text), out); err != nil {
		return bad(address+" is no JSON document.", "The answer was changed or cut short on the way.", "Let the proxy pass it on unchanged."), false
	}
	return Result{}, true
}

// checkResource holds the resource document to the very address that was asked.
func checkResource(ctx context.Context, e *examination) Result {
	if problem, ok := e.document(ctx, e.where, &e.resource); !ok {
		return problem
	}
	origin := "Start the server with --origin " + e.origin() + "."
	switch {
	case e.resource.Resource != e.url.String():
		return bad("The resource document is about "+clip(e.resource.Resource)+".", "Assistants refuse one that is not about the address they called, "+e.url.String()+".", origin)
	case len(e.resource.Servers) == 0:
		return bad("The resource document names no authorization server.", "The answer was changed on the way, or is not this server's.", "Let the proxy pass /.well-known/ on unchanged.")
	case e.resource.Servers[0] != e.origin():
		return bad("The resource document names "+clip(e.resource.Servers[0])+" as authorization server.", "Claude looks for it on the MCP server's own origin.", origin)
	}
	return fine("The resource document is about this very address.")
}

// metadataURL is where the authorization server's document is (RFC 8414 section 3).
func (e *examination) metadataURL() string {
	return e.origin() + "/.well-known/oauth-authorization-server"
}

// checkServer holds the authorization server's document to what assistants ask of it.
func checkServer(ctx context.Context, e *examination) Result {
	if problem, ok := e.document(ctx, e.metadataURL(), &e.metadata); !ok {
		return problem
	}
	m := e.metadata
	if m.Issuer != e.resource.Servers[0] {
		return bad("The issuer is "+clip(m.Issuer)+", not "+e.resource.Servers[0]+".", "The two are compared byte by byte.", "Start the server with --origin "+e.origin()+", without a slash at the end.")
	}
	if !slices.Contains(m.Challenges, "S256") {
		return bad("The server does not say that it takes PKCE with S256.", "Assistants refuse to go on without it.", "Let the proxy pass the document on unchanged, and bring the server up to date.")
	}
	for name, address := range map[string]string{"authorization": m.Authorize, "token": m.Token} {
		u, err := url.Parse(address)
		if err != nil || address == "" || u.Scheme+"://"+u.Host != e.origin() {
			return bad("The "+name+" endpoint is "+clip(address)+".", "It is not on the MCP server's own origin, where Claude looks for it.", "Start the server with --origin "+e.origin()+".")
		}
	}
	if len(m.Methods) > 0 && !slices.Contains(m.Methods, "client_secret_post") {
		return bad("The token endpoint takes "+clip(strings.Join(m.Methods, ", "))+".", "Claude sends the secret in the form (client_secret_post).", "Let the proxy pass the document on unchanged, and bring the server up to date.")
	}
	return fine("Issuer, endpoints and PKCE are as assistants want them.")
}
