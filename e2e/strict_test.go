package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"mandorla/internal/demo"
	"mandorla/internal/testkit"
)

// TestOpenIDClient connects the strictest OAuth client that can be had.
func TestOpenIDClient(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	out := runClient(t, s, demo.Carly, "openid_client.mjs", s.URL, s.URL+"/v1/mcp", s.Client.ID, s.Secret)
	wants(t, out, "TOKEN bearer true", "REFRESHED", "REVOKED invalid_grant")
}

// TestStrictClientsNotice holds that these clients really look: where the metadata offer no S256, none asks for an authorization, and where
// the answer comes from another issuer, none takes the code.
func TestStrictClientsNotice(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	plain := strangeDoor(t, s, func(text string) string { return strings.Replace(text, `["S256"]`, `["plain"]`, 1) })
	moved := strangeDoor(t, s, func(text string) string { return text })
	for name, run := range map[string]func(door string) (string, bool, error){
		"openid-client": func(door string) (string, bool, error) {
			return tryClient(t, s, demo.Carly, home(door, s.URL), "openid_client.mjs", door, door+"/v1/mcp", s.Client.ID, s.Secret)
		},
		"TypeScript": func(door string) (string, bool, error) {
			return tryClient(t, s, demo.Carly, home(door, s.URL), "typescript_client.mjs", door+"/v1/mcp", s.Client.ID, s.Secret)
		},
		"Go": func(door string) (string, bool, error) { return tryGoClient(t, s, door) },
	} {
		// The Go client (1.8) always sends S256 and does not look whether it is offered.
		if out, asked, err := run(plain); name != "Go" && (err == nil || asked || !strings.Contains(out+fmt.Sprint(err), "S256")) {
			t.Errorf("%s, without S256: asked %v, %v\n%s", name, asked, err, tail(out, 1500))
		}
		if out, asked, err := run(moved); err == nil || !asked || !strings.Contains(strings.ToLower(out+fmt.Sprint(err)), "iss") || strings.Contains(out, "TOKEN") {
			t.Errorf("%s, another issuer: asked %v, %v\n%s", name, asked, err, tail(out, 1500))
		}
	}
	// The suite's look at the metadata tells the two apart; its second scenario is TestAuthorizationConformance's.
	for door, mark := range map[string]string{plain: "✗", moved: "✓"} {
		out, _, _ := tryClient(t, s, demo.Carly, home(door, s.URL), "node_modules/@modelcontextprotocol/conformance/dist/index.js", "authorization",
			"--url", door, "--client-id", s.Client.ID, "--resource", door+"/v1/mcp", "--port", freePort(t))
		wants(t, out, mark+" authorization-server-metadata-endpoint")
	}
}

// home translates an address of a door into the server's own.
func home(door, own string) func(string) string {
	return func(address string) string {
		return strings.ReplaceAll(strings.ReplaceAll(address, door, own), url.QueryEscape(door), url.QueryEscape(own))
	}
}

// strangeDoor serves what the server says about itself under another address, with a change.
func strangeDoor(t *testing.T, s *testkit.Server, change func(string) string) string {
	t.Helper()
	h, err := s.Handler()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	door := "http://" + l.Addr().String()
	srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Host = strings.TrimPrefix(s.URL, "http://")
		r.Body = io.NopCloser(strings.NewReader(home(door, s.URL)(string(body))))
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		for name, values := range rec.Header() {
			for _, v := range values {
				w.Header().Add(name, strings.ReplaceAll(v, s.URL, door))
			}
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(rec.Code)
		_, _ = io.Copy(w, bytes.NewBufferString(change(strings.ReplaceAll(rec.Body.String(), s.URL, door))))
	})}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return door
}

// TestGoClient connects the official Go client with OAuth, lists the tools and calls one.
func TestGoClient(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	out, asked, err := tryGoClient(t, s, s.URL)
	if err != nil || !asked {
		t.Fatalf("asked %v: %v", asked, err)
	}
	wants(t, out, "who_am_i", "list_records", "Carly")
}

func tryGoClient(t *testing.T, s *testkit.Server, server string) (out string, asked bool, err error) {
	t.Helper()
	var landed url.Values
	callback := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { landed = r.URL.Query() }))
	defer callback.Close()
	handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		PreregisteredClient: &oauthex.ClientCredentials{ClientID: s.Client.ID, ClientSecretAuth: &oauthex.ClientSecretAuth{ClientSecret: s.Secret}},
		RedirectURL:         callback.URL + "/callback",
		AuthorizationCodeFetcher: func(_ context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			asked = true
			s.Approve(t, home(server, s.URL)(args.URL), demo.Carly)
			return &auth.AuthorizationResult{Code: landed.Get("code"), State: landed.Get("state"), Iss: landed.Get("iss")}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "mandorla-e2e", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: server + "/v1/mcp", OAuthHandler: handler}, nil)
	if err != nil {
		return "", asked, err
	}
	defer session.Close()
	tools, err := session.ListTools(t.Context(), nil)
	if err != nil {
		return "", asked, err
	}
	for _, tool := range tools.Tools {
		out += tool.Name + " "
	}
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "who_am_i"})
	if err != nil {
		return out, asked, err
	}
	for _, c := range res.Content {
		if text, ok := c.(*mcp.TextContent); ok {
			out += text.Text
		}
	}
	return out, asked, nil
}
