package oauth

import (
	"context"
	"net/http"
)

const (
	pathServer    = "/.well-known/oauth-authorization-server"
	pathProtected = "/.well-known/oauth-protected-resource"
)

// serverMetadata is the document of RFC 8414. It says what this package does and nothing else: a test compares the two.
func (s *Service) serverMetadata(ctx context.Context) (map[string]any, error) {
	allowed, err := s.Allowed(ctx)
	if err != nil {
		return nil, err
	}
	methods := []string{"client_secret_post", "client_secret_basic", "none"}
	doc := map[string]any{
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
		"client_id_metadata_document_supported":          allowed.Documents,
		"protected_resources":                            []string{s.Origin + PathMCP, s.Origin + PathMCPAlias, s.Origin + PathREST},
	}
	if allowed.Registration {
		doc["registration_endpoint"] = s.Origin + PathRegister
	}
	return doc, nil
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
	routes := []Route{{pathServer, s.document(s.serverMetadata)}, {pathProtected, s.resourceDocument(PathMCP)}}
	for _, path := range []string{PathMCP, PathMCPAlias, PathREST} {
		routes = append(routes, Route{pathProtected + path, s.resourceDocument(path)})
	}
	return routes
}

func (s *Service) resourceDocument(path string) http.Handler {
	doc := s.resourceMetadata(path)
	return s.document(func(context.Context) (map[string]any, error) { return doc, nil })
}

func (s *Service) document(doc func(context.Context) (map[string]any, error)) http.Handler {
	return s.program(http.MethodGet, func(w http.ResponseWriter, r *http.Request) error {
		s.noteSign(SignMetadata, r.UserAgent())
		doc, err := doc(r.Context())
		if err != nil {
			return err
		}
		writeJSON(w, http.StatusOK, doc)
		return nil
	})
}
