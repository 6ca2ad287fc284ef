package e2e

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"mandorla/internal/access"
	"mandorla/internal/demo"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
)

const goCallback = "http://127.0.0.1:41999/callback" // nobody listens: the client reads the address itself

// goClient is the official Go client: it asks for the narrow scope first, then for what a challenge names beside.
type goClient struct {
	t     *testing.T
	s     *testkit.Server
	mu    sync.Mutex
	asked []string // scopes of each authorization request, sorted: the client puts them in any order
}

func (c *goClient) connect(narrow string) *mcp.ClientSession {
	c.t.Helper()
	first := true
	handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		PreregisteredClient: &oauthex.ClientCredentials{ClientID: c.s.Client.ID, ClientSecretAuth: &oauthex.ClientSecretAuth{ClientSecret: c.s.Secret}},
		RedirectURL:         goCallback, AuthorizationCodeFetcher: c.authorize,
		ScopeFilter: func(discovered []string) []string {
			if first {
				first = false
				return strings.Fields(narrow)
			}
			return discovered
		},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "mandorla-e2e", Version: "1"}, nil).
		Connect(c.t.Context(), &mcp.StreamableClientTransport{Endpoint: c.s.URL + "/v1/mcp", OAuthHandler: handler, MaxRetries: -1}, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = session.Close() })
	return session
}

// authorize is the person at the browser.
func (c *goClient) authorize(_ context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
	asked, err := url.Parse(args.URL)
	if err != nil {
		return nil, err
	}
	scopes := slices.Sorted(slices.Values(strings.Fields(asked.Query().Get("scope"))))
	c.mu.Lock()
	c.asked = append(c.asked, strings.Join(scopes, " "))
	c.mu.Unlock()
	to, err := url.Parse(c.s.ApproveTo(c.t, args.URL, demo.Carly))
	if err != nil {
		return nil, err
	}
	q := to.Query()
	return &auth.AuthorizationResult{Code: q.Get("code"), State: q.Get("state"), Iss: q.Get("iss")}, nil
}

func ownCompany(t *testing.T, s *testkit.Server) string {
	t.Helper()
	page, err := s.Gate.List(t.Context(), s.Person(t, demo.Carly), record.ListRequest{Model: "Company", Limit: 1})
	if err != nil || len(page.Rows) != 1 {
		t.Fatal(page, err)
	}
	return page.Rows[0].ID
}

func phaseOf(t *testing.T, s *testkit.Server, id string) string {
	t.Helper()
	page, err := s.Gate.Get(t.Context(), s.Admin, "Company", id, []string{"phase"})
	if err != nil {
		t.Fatal(err)
	}
	phase, _ := page.Value(0, "phase").(string)
	return phase
}

// TestStepUpGo connects the official Go client for viewing companies only. Its write is refused without effect; the client asks its
// person for the scopes of the challenge beside those it has, and the same call goes through.
func TestStepUpGo(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		id := ownCompany(t, s)
		before := phaseOf(t, s, id)
		c := &goClient{t: t, s: s}
		session := c.connect("companies:view")
		tools, err := session.ListTools(t.Context(), nil)
		if err != nil || slices.ContainsFunc(tools.Tools, func(tool *mcp.Tool) bool { return tool.Name == "update_record" }) {
			t.Fatalf("a connection for viewing has tools for writing, or none: %v", err)
		}
		if phaseOf(t, s, id) != before {
			t.Fatal("the phase changed")
		}
		res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "update_record", Arguments: map[string]any{
			"model": "Company", "id": id, "values": map[string]any{"phase": "Stepped up"},
		}})
		if err != nil || res.IsError {
			t.Fatalf("%v %+v", err, res)
		}
		if phaseOf(t, s, id) != "Stepped up" {
			t.Error("nothing was written")
		}
		if want := []string{"companies:view", "companies:update companies:view"}; !slices.Equal(c.asked, want) {
			t.Errorf("asked for %q, want %q", c.asked, want)
		}
		// What the role does not have is no reason to ask anybody: the tool says so.
		res, err = session.CallTool(t.Context(), &mcp.CallToolParams{Name: "delete_record", Arguments: map[string]any{"model": "Company", "id": id}})
		if err != nil || !res.IsError || len(c.asked) != 2 {
			t.Errorf("%v %+v after %d requests", err, res, len(c.asked))
		}
	})
}

// TestStepUpAfterWidening: a connection that has all that the client had is asked once more after the client was widened, and the answer
// does not cost it the rest.
func TestStepUpAfterWidening(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	full := s.Client.Set
	narrow := access.Set{"Company": {Actions: access.View, View: access.AllProperties}, "End User": full["End User"]}
	s.Client = updateClient(t, s, s.Client, narrow)
	c := &goClient{t: t, s: s}
	session := c.connect("inclusive")
	call := func(tool string, arguments map[string]any) {
		t.Helper()
		res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
		if err != nil || res.IsError {
			t.Fatalf("%s: %v %+v", tool, err, res)
		}
	}
	call("list_records", map[string]any{"model": "End User"})
	s.Client = updateClient(t, s, s.Client, full)
	call("list_records", map[string]any{"model": "Task"})
	call("list_records", map[string]any{"model": "End User"})
	if want := []string{"inclusive", "inclusive tasks:view"}; !slices.Equal(c.asked, want) {
		t.Errorf("asked for %q, want %q", c.asked, want)
	}
}

// TestStepUpTypeScript does the same with the official TypeScript client.
func TestStepUpTypeScript(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	id := ownCompany(t, s)
	out := runClient(t, s, demo.Carly, "step_up_client.mjs", s.URL+"/v1/mcp", s.Client.ID, s.Secret, id)
	wants(t, out, "scope=companies%3Aview&", "NARROW who_am_i", "scope=companies%3Aview+companies%3Aupdate", "STEPPED UP")
	if strings.Contains(out, "NARROW who_am_i list_models describe_model list_records get_record update_record") {
		t.Errorf("a connection for viewing has tools for writing:\n%s", out)
	}
	if phaseOf(t, s, id) != "Stepped up" {
		t.Error("nothing was written")
	}
}
