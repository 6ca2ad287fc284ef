package mcpserver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"mandorla/internal/access"
	"mandorla/internal/mcpserver"
)

// A client library that nobody here wrote connects over a real socket, with both addresses.
func TestClientLibrary(t *testing.T) {
	srv := httptest.NewUnstartedServer(nil)
	at := "http://" + srv.Listener.Addr().String()
	w := newWorld(t, func(o *mcpserver.Options) {
		o.Origin, o.Authenticator = at, elsewhere{o.Authenticator, at}
	})
	srv.Config.Handler = w.server.Handler()
	srv.Start()
	defer srv.Close()
	for _, path := range []string{mcpserver.Path, mcpserver.PathAlias} {
		client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
		session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: at + path, HTTPClient: &http.Client{Transport: bearer("mine")}}, nil)
		must(t, err)
		tools, err := session.ListTools(t.Context(), nil)
		must(t, err)
		if len(tools.Tools) != 8 || tools.Tools[0].Name != "who_am_i" {
			t.Errorf("%s: %d tools", path, len(tools.Tools))
		}
		res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "list_records", Arguments: m{"model": "Company"}})
		must(t, err)
		if got := res.StructuredContent.(m)["total"]; res.IsError || got != 2.0 {
			t.Errorf("%s: total %v", path, got)
		}
		if _, err = session.CallTool(t.Context(), &mcp.CallToolParams{Name: "nothing"}); err == nil {
			t.Errorf("%s: an unknown tool was answered", path)
		}
		must(t, session.Close())
	}
}

type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}

// elsewhere lets the world's tokens count at another address.
type elsewhere struct {
	mcpserver.Authenticator
	at string
}

func (e elsewhere) Authenticate(ctx context.Context, token, resource string, surface access.Surface) (access.Principal, error) {
	return e.Authenticator.Authenticate(ctx, token, origin+resource[len(e.at):], surface)
}
