package oauth

import "strings"

// Paths of the protected resources. /mcp is the same server as /v1/mcp under a second address, so a token for one works at the other;
// a token for the MCP server never works at the REST base, and the other way round.
const (
	PathMCP      = "/v1/mcp"
	PathMCPAlias = "/mcp"
	PathREST     = "/api"
)

// Resource is one protected resource, whatever address a client knows it by.
type Resource string

// The resources.
const (
	MCP  Resource = "mcp"
	REST Resource = "rest"
)

var resources = map[string]Resource{PathMCP: MCP, PathMCPAlias: MCP, PathREST: REST}

// resource reads the resource parameter (RFC 8707): an address of this server, exactly, but for one trailing slash.
func (s *Service) resource(param string) (Resource, bool) {
	path, ok := strings.CutPrefix(param, s.Origin)
	if !ok {
		return "", false
	}
	r, ok := resources[strings.TrimSuffix(path, "/")]
	return r, ok
}
