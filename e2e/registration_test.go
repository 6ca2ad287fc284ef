package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"mandorla/internal/demo"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
	"mandorla/internal/testkit/outside"
)

const (
	selfDocument = "https://m1.test/oauth/client.json"
	selfText     = `{"client_id":"` + selfDocument + `","client_name":"M1","redirect_uris":["http://127.0.0.1/callback","http://localhost/callback"],` +
		`"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none"}`
)

// selfServer is a demo installation where apps may register themselves in both ways.
func selfServer(t *testing.T) *testkit.Server {
	t.Helper()
	s := testkit.StartOutside(t, "sqlite", outside.Documents(t, []string{"m1.test"}, map[string]string{selfDocument: selfText}))
	s.AllowRegistration(t)
	p, err := s.OAuth.Policy(t.Context(), s.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	p.Hosts, p.Registered = append(p.Hosts, "m1.test"), oauth.RuleAtOnce
	if _, err := s.OAuth.SetPolicy(t.Context(), s.Admin, p); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestTypeScriptClientRegisters: the official TypeScript client, given an address and nothing else, connects in both ways.
func TestTypeScriptClientRegisters(t *testing.T) {
	s := selfServer(t)
	out := runClient(t, s, demo.Carly, "typescript_client.mjs", s.URL+"/v1/mcp", "register")
	wants(t, out, "CLIENT dc_", "TOOLS who_am_i", "list_records", "ROWS 3 of ", "REFRESHED")
	out = runClient(t, s, demo.Carly, "typescript_client.mjs", s.URL+"/v1/mcp", "document", selfDocument)
	wants(t, out, "CLIENT "+selfDocument, "TOOLS who_am_i", "list_records", "ROWS 3 of ", "REFRESHED")
	if strings.Contains(out, "create_record") {
		t.Error("an app that nobody looked at is offered to write")
	}
}

// TestGoClientRegisters does the same with the Go SDK's client.
func TestGoClientRegisters(t *testing.T) {
	s := selfServer(t)
	for name, set := range map[string]func(*auth.AuthorizationCodeHandlerConfig){
		"register": func(c *auth.AuthorizationCodeHandlerConfig) {
			c.DynamicClientRegistrationConfig = &auth.DynamicClientRegistrationConfig{Metadata: &oauthex.ClientRegistrationMetadata{
				ClientName: "Go client", RedirectURIs: []string{"http://127.0.0.1:7777/callback"}, TokenEndpointAuthMethod: "none",
			}}
		},
		"document": func(c *auth.AuthorizationCodeHandlerConfig) {
			c.ClientIDMetadataDocumentConfig = &auth.ClientIDMetadataDocumentConfig{URL: selfDocument}
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := &auth.AuthorizationCodeHandlerConfig{
				RedirectURL: "http://127.0.0.1:7777/callback",
				AuthorizationCodeFetcher: func(_ context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
					back, err := url.Parse(s.ApproveTo(t, args.URL, demo.Carly))
					if err != nil {
						return nil, err
					}
					q := back.Query()
					return &auth.AuthorizationResult{Code: q.Get("code"), State: q.Get("state"), Iss: q.Get("iss")}, nil
				},
			}
			set(config)
			handler, err := auth.NewAuthorizationCodeHandler(config)
			if err != nil {
				t.Fatal(err)
			}
			client := mcp.NewClient(&mcp.Implementation{Name: "go-client", Version: "1"}, nil)
			session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: s.URL + "/v1/mcp", OAuthHandler: handler, HTTPClient: &http.Client{}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			got, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "list_records", Arguments: map[string]any{"model": "Company", "limit": 3}})
			if err != nil || got.IsError {
				t.Fatalf("%v %v", got, err)
			}
			if text := fmt.Sprint(got.StructuredContent); !strings.Contains(text, "records") {
				t.Errorf("answer %s", text)
			}
		})
	}
}
