package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"mandorla/internal/demo"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
)

// node22 gives the Node 22 that scripts/tools.sh puts beside the clients.
func node22(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("clients/node_modules/node*/bin/node")
	if err != nil || len(found) == 0 {
		t.Fatal("Node 22 is not there; run scripts/tools.sh, which installs it")
	}
	abs, err := filepath.Abs(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// runNode runs a program of the clients folder under Node 22 and gives what it printed; a failure fails the test.
func runNode(t *testing.T, script string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	node := node22(t)
	cmd := exec.CommandContext(ctx, node, append([]string{script}, args...)...)
	cmd.Dir = "clients"
	home := t.TempDir()
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(node)+":"+os.Getenv("PATH"), "HOME="+home, "NO_COLOR=1", "BROWSER=none")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", script, strings.Join(args, " "), err, tail(out.String(), 6000))
	}
	return out.String()
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// openDoor serves the same handler on another port with a token already in the request: the conformance suite cannot send one.
// Foreign values of Host and Origin pass through as they are.
func openDoor(t *testing.T, s *testkit.Server, token string) string {
	t.Helper()
	h, err := s.Handler()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	door := l.Addr().String()
	srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == door {
			r.Host = strings.TrimPrefix(s.URL, "http://")
		}
		if r.Header.Get("Origin") == "http://"+door {
			r.Header.Set("Origin", s.URL)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		h.ServeHTTP(w, r)
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
	return "http://" + door
}

// TestConformance runs the official suite's required scenarios of both protocol eras. The files in testdata list the scenarios that
// need fixtures the product does not have; an unexpected failure fails, and so does a listed scenario that passes.
func TestConformance(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	door := openDoor(t, s, s.Connect(t, demo.People[0]).Access)
	for _, version := range []string{"2025-11-25", "2026-07-28"} {
		t.Run(version, func(t *testing.T) {
			runNode(t, "node_modules/@modelcontextprotocol/conformance/dist/index.js", "server", "--url", door+"/mcp",
				"--requirements", version, "--expected-failures", "../testdata/conformance-"+version+".yml")
		})
	}
}

var authorizeAddress = regexp.MustCompile(`https?://[^\s"'<>\x1b]+/oauth/authorize\?[^\s"'<>\x1b]+`)

// runClient runs a client that prints authorization addresses, approves each as a person in a browser, and gives all it printed.
func runClient(t *testing.T, s *testkit.Server, login demo.Login, script string, args ...string) string {
	t.Helper()
	out, approved, err := tryClient(t, s, login, func(address string) string { return address }, script, args...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, tail(out, 6000))
	}
	if !approved {
		t.Fatalf("%s never asked for authorization:\n%s", script, out)
	}
	return out
}

// tryClient is runClient for one that may fail; at gives the address to open for the one that was printed.
func tryClient(t *testing.T, s *testkit.Server, login demo.Login, at func(string) string, script string, args ...string) (printed string, approved bool, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	node := node22(t)
	cmd := exec.CommandContext(ctx, node, append([]string{script}, args...)...)
	cmd.Dir = "clients"
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(node)+":"+os.Getenv("PATH"), "HOME="+t.TempDir(), "NO_COLOR=1", "BROWSER=none",
		"MCP_AUTO_OPEN_ENABLED=true", "MCP_INSPECTOR_SECRET_STORE=memory") // for MCP Inspector: there is no terminal
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = in.CloseWithError(cmd.Wait()) }()
	var all strings.Builder
	lines := bufio.NewScanner(out)
	seen := map[string]bool{}
	for lines.Scan() {
		all.WriteString(lines.Text() + "\n")
		if address := authorizeAddress.FindString(lines.Text()); address != "" && !seen[address] {
			seen[address], approved = true, true
			if status := s.Approve(t, at(address), login); status >= 400 {
				t.Fatalf("the client's redirect address answered %d\n%s", status, all.String())
			}
		}
	}
	return all.String(), approved, lines.Err()
}

func wants(t *testing.T, out string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in:\n%s", part, out)
		}
	}
}

// TestTypeScriptClient connects the official TypeScript client with OAuth, lists the tools, calls one and refreshes.
func TestTypeScriptClient(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	out := runClient(t, s, demo.Carly, "typescript_client.mjs", s.URL+"/v1/mcp", s.Client.ID, s.Secret)
	wants(t, out, "TOOLS who_am_i", "list_records", "ROWS 3 of ", "REFRESHED")
}

// TestInspector connects MCP Inspector's command line with OAuth and lists the tools.
func TestInspector(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	out := runClient(t, s, demo.Carly, "node_modules/.bin/mcp-inspector", "--cli", s.URL+"/v1/mcp", "--transport", "http",
		"--client-id", s.Client.ID, "--client-secret", s.Secret, "--method", "tools/list", "--format", "json")
	wants(t, out, "list_records", "who_am_i", "readOnlyHint")
}

// TestAuthorizationConformance runs the suite's two scenarios about authorization servers, as a public client: where an
// authorization server offers "none", the suite uses it whether it was given a secret or not.
func TestAuthorizationConformance(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	client, _, err := s.OAuth.CreateClient(t.Context(), s.Admin, oauth.ClientInput{
		Name: "Conformance", Kind: oauth.Public, RedirectURIs: []string{"http://127.0.0.1/callback"}, Set: s.Client.Set,
	})
	if err != nil {
		t.Fatal(err)
	}
	out := runClient(t, s, demo.Carly, "node_modules/@modelcontextprotocol/conformance/dist/index.js", "authorization", "--url", s.URL,
		"--client-id", client.ID, "--resource", s.URL+"/v1/mcp", "--port", freePort(t))
	wants(t, out, "authorization-code-grant", "0 failed")
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
