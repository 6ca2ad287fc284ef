package oauth

import "net/http"

const (
	pathServer    = "/.well-known/oauth-authorization-server"
	pathProtected = "/.well-known/oauth-protected-resource"
)

// serverMetadata is the document of RFC 8414. It says what this package does and nothing else: a test compares the two.
func (s *Service) serverMetadata() map[string]any {
	methods := []string{"client_secret_post", "client_secret_basic", "none"}
	return map[string]any{
		"issuer":                                         s.Origin,
		"authorization_endpoint":                         s.Origin + PathAuthorize,
		"token_endpoint":                                 s.Origin + PathToken,
		"revocation_endpoint":                            s.Origin + PathRevoke,
		"introspection_endpoint":                         s.Origin + PathIntrospect,
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          []string{"authorization_code", "refresh_token"},
		"token_endpoint_auth_methods_supported":          methods,
		"revocation_endpoint_auth_methods_supported":     methods,
		"introspection_endpoint_auth_methods_supported":  methods[:2], // not without a secret
		"code_challenge_methods_supported":               []string{"S256"},
		"scopes_supported":                               []string{ScopeInclusive, ScopeOffline},
		"authorization_response_iss_parameter_supported": true,
		"protected_resources":                            []string{s.Origin + PathMCP, s.Origin + PathMCPAlias, s.Origin + PathREST},
	}
}

// resourceMetadata is the document of RFC 9728 for the resource at the path; it answers with the very address that was asked for.
func (s *Service) resourceMetadata(path string) map[string]any {
	name := "Mandorla MCP server"
	if path == PathREST {
		name = "Mandorla REST API"
	}
	return map[string]any{
		"resource":                 s.Origin + path,
		"resource_name":            name,
		"authorization_servers":    []string{s.Origin},
		"bearer_methods_supported": []string{"header"},
		"scopes_supported":         []string{ScopeInclusive},
	}
}

// metadataRoutes: the address without a resource's path is what clients try last; it describes the MCP server under the address that
// people are shown.
func (s *Service) metadataRoutes() []Route {
	routes := []Route{{pathServer, s.document(s.serverMetadata())}, {pathProtected, s.document(s.resourceMetadata(PathMCP))}}
	for _, path := range []string{PathMCP, PathMCPAlias, PathREST} {
		routes = append(routes, Route{pathProtected + path, s.document(s.resourceMetadata(path))})
	}
	return routes
}

func (s *Service) document(doc map[string]any) http.Handler {
	return s.program(http.MethodGet, func(w http.ResponseWriter, r *http.Request) error {
		s.noteSign(SignMetadata, r.UserAgent())
		writeJSON(w, http.StatusOK, doc)
		return nil
	})
}
