package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// lockedBuffer is written by one goroutine and read by another.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// startDemo runs the demo until the test ends, and gives its address.
func startDemo(t *testing.T) (address string) {
	t.Helper()
	data := t.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	out, done := &lockedBuffer{}, make(chan int, 1)
	env := &environment{
		Ctx: ctx, Stdin: strings.NewReader(""), Stdout: out, Stderr: out, Getenv: func(string) string { return "" },
		HTTP: http.DefaultClient, Now: time.Now, Rand: rand.Reader,
	}
	go func() { done <- run([]string{"demo", "--addr", "127.0.0.1:0", "--data", data}, env) }()
	t.Cleanup(func() {
		stop()
		if code := <-done; code != 0 {
			t.Errorf("the demo ended with %d:\n%s", code, out)
		}
	})
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 3000 {
		select {
		case code := <-done:
			done <- code
			t.Fatalf("the demo ended with %d:\n%s", code, out)
		case <-tick.C:
		}
		if strings.Contains(out.String(), "ready\n") {
			return regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(out.String())
		}
	}
	t.Fatalf("the demo is not ready after a minute:\n%s", out)
	return ""
}

// asker runs ask with a configuration folder of its own.
type asker struct {
	config  string
	browser func(url string) error
	stdin   io.Reader
}

func (a asker) ask(args ...string) (stdout, stderr string, code int) {
	var out, problems bytes.Buffer
	stdin := a.stdin
	if stdin == nil {
		stdin = strings.NewReader("")
	}
	code = run(append([]string{"ask"}, args...), &environment{
		Ctx: context.Background(), Stdin: stdin, Stdout: &out, Stderr: &problems, Getenv: func(string) string { return "" }, ConfigDir: a.config,
		HTTP: &http.Client{Timeout: time.Minute}, Now: time.Now, Rand: rand.Reader, OpenBrowser: a.browser,
	})
	return out.String(), problems.String(), code
}

// secretFile writes a file for a flag.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestAsk(t *testing.T) {
	address := startDemo(t)
	a := asker{config: t.TempDir()}

	t.Run("the first question", func(t *testing.T) {
		out, problems, code := a.ask("--server", address, "-v", "List the Companies where Carly is the Owner")
		if code != 0 || !strings.Contains(out, " companies where owner is Carly ") {
			t.Fatalf("exit %d\n%s%s", code, out, problems)
		}
		for _, step := range []string{"→ 401, WWW-Authenticate: Bearer", "sign-in page", "approved", "grant_type=authorization_code", "tools/call list_records"} {
			if !strings.Contains(problems, step) {
				t.Errorf("the steps lack %q:\n%s", step, problems)
			}
		}
	})
	t.Run("exactly hers", func(t *testing.T) {
		out, problems, code := a.ask("--server", address, "--json", "companies owned by Carly")
		if code != 0 || problems != "" {
			t.Fatalf("exit %d\n%s", code, problems)
		}
		var got struct {
			Question, Answer string
			Plan             []struct {
				Tool      string
				Arguments map[string]any
			}
			Columns []string
			Rows    []map[string]any
			Total   int
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		if got.Total == 0 || got.Total != len(got.Rows) || len(got.Plan) != 2 || got.Columns[0] != "name" || got.Question != "companies owned by Carly" {
			t.Errorf("total %d, %d rows, plan %+v, columns %q", got.Total, len(got.Rows), got.Plan, got.Columns)
		}
		for _, row := range got.Rows {
			if owner, _ := row["owner"].(map[string]any); !strings.HasPrefix(owner["name"].(string), "Carly ") {
				t.Errorf("%v is owned by %v", row["name"], row["owner"])
			}
		}
	})
	t.Run("several at once", func(t *testing.T) {
		var wg sync.WaitGroup
		fresh := asker{config: t.TempDir()}
		for range 4 {
			wg.Go(func() {
				if out, problems, code := fresh.ask("--server", address, "count companies"); code != 0 || !strings.HasPrefix(out, "There are ") {
					t.Errorf("exit %d\n%s%s", code, out, problems)
				}
			})
		}
		wg.Wait()
	})
	t.Run("every kind of question", func(t *testing.T) {
		for question, want := range map[string]string{
			"who am i":                           "You are Carly ",
			"how many tasks are open":            " tasks where status is neither done nor ignored.",
			"top 3 companies by arr":             "sorted by ARR (highest first).",
			"show Carly":                         "User Carly ",
			"my companies limit 2":               "2 of ",
			"overdue tasks":                      "end time is before ",
			"list the name of companies limit 1": "1 of ",
			"companies with renewal in the next 90 days sorted by renewal date": "where renewal date is from ",
		} {
			if out, problems, code := a.ask("--server", address, question); code != 0 || !strings.Contains(out, want) {
				t.Errorf("%s: exit %d, want %q in\n%s%s", question, code, want, out, problems)
			}
		}
	})
	t.Run("what cannot be answered", func(t *testing.T) { refusedQuestions(t, a, address) })
	t.Run("credentials", func(t *testing.T) { credentials(t, address) })
}

func refusedQuestions(t *testing.T, a asker, address string) {
	for question, want := range map[string]string{
		"what is the weather":                     "Try for example:\n  list the companies where status is ",
		"companies owned by Nobody":               "No user that you may see is named “Nobody”.",
		"show company " + strings.Repeat("0", 24): "There is no Company",
	} {
		if out, problems, code := a.ask("--server", address, question); code != 1 || out != "" || !strings.Contains(problems, want) {
			t.Errorf("%s: exit %d, want %q in\n%s%s", question, code, want, out, problems)
		}
	}
}

// demoClient reads the client of the demo, as its owner can.
func demoClient(t *testing.T, address string) (id, secret, login, password string) {
	t.Helper()
	resp, err := http.Get(address + "/demo.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var d map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&d); err != nil {
		t.Fatal(err)
	}
	return d["client_id"].(string), d["client_secret"].(string), d["login"].(string), d["password"].(string)
}

func credentials(t *testing.T, address string) {
	id, secret, login, password := demoClient(t, address)
	good, wrong, pass := secretFile(t, secret+"\n"), secretFile(t, "wrong"), secretFile(t, password)
	for _, row := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"flags for everything", []string{"--client-id", id, "--client-secret-file", good, "--login", login, "--password-file", pass}, 0, ""},
		{"the demo's client, another login", []string{"--login", login, "--password-file", pass}, 0, ""},
		{"an unknown client", []string{"--client-id", "nope"}, 3, "refuses the client nope"},
		{"a wrong secret", []string{"--client-id", id, "--client-secret-file", wrong, "--login", login, "--password-file", pass}, 3, "does not accept the secret of the client " + id},
		{"no secret", []string{"--client-id", id, "--login", login, "--password-file", pass}, 3, "without a secret"},
		{"a wrong password", []string{"--login", login, "--password-file", wrong}, 3, "could not sign in"},
		{"a login without a password", []string{"--login", login}, 2, "--login needs --password-file"},
		{"a password without a login", []string{"--password-file", pass}, 2, "--password-file needs --login"},
		{"a secret without a client", []string{"--client-secret-file", good}, 2, "--client-secret-file needs --client-id"},
		{"a missing file", []string{"--client-id", id, "--client-secret-file", filepath.Join(t.TempDir(), "none")}, 2, "cannot be read"},
		{"an empty file", []string{"--client-id", id, "--client-secret-file", secretFile(t, "\n")}, 2, "has nothing in its first line"},
	} {
		out, problems, code := asker{config: t.TempDir()}.ask(append(append([]string{"--server", address}, row.args...), "count companies")...)
		if code != row.code || !strings.Contains(problems, row.says) || (code == 0) != strings.HasPrefix(out, "There are ") {
			t.Errorf("%s: exit %d, want %d saying %q\n%s%s", row.name, code, row.code, row.says, out, problems)
		}
		for _, s := range []string{secret, password} {
			if strings.Contains(out+problems, s) {
				t.Errorf("%s: a secret is printed", row.name)
			}
		}
	}
	stdin := asker{config: t.TempDir(), stdin: strings.NewReader(password + "\n")}
	if out, problems, code := stdin.ask("--server", address, "--login", login, "--password-file", "-", "count companies"); code != 0 {
		t.Errorf("the password on standard input: exit %d\n%s%s", code, out, problems)
	}
	unknown := asker{config: t.TempDir(), browser: func(string) error { return errors.New("none") }}
	if _, problems, code := unknown.ask("--server", address, "--client-id", "nope", "count companies"); code != 3 || strings.Contains(problems, "authorize in your browser") {
		t.Errorf("a browser is opened for an unknown client: exit %d\n%s", code, problems)
	}
}

// The demo's client means nothing to a server that is not that demo.
func TestAskOtherServers(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/", http.NotFound)
	ts := httptest.NewServer(mux)
	defer ts.Close()
	server := ts.URL
	for _, row := range []struct {
		server string
		args   []string
		code   int
		says   string
	}{
		{server, nil, 2, "is not a demo on this machine"},
		{server, []string{"--client-id", "x"}, 1, "There is no MCP server at " + server + "/v1/mcp"},
		{"http://crm.example.com", nil, 2, "not encrypted"},
		{"nonsense", nil, 2, "is not the address of a server"},
	} {
		out, problems, code := asker{config: t.TempDir()}.ask(append(append([]string{"--server", row.server}, row.args...), "count companies")...)
		if code != row.code || out != "" || !strings.Contains(problems, row.says) {
			t.Errorf("%s %q: exit %d, want %d saying %q\n%s%s", row.server, row.args, code, row.code, row.says, out, problems)
		}
	}
	if _, problems, code := (asker{config: t.TempDir()}).ask("--server", "http://127.0.0.1:1", "count companies"); code != 1 || !strings.Contains(problems, "Nothing answers at http://127.0.0.1:1") {
		t.Errorf("exit %d\n%s", code, problems)
	}
	if _, problems, code := (asker{config: t.TempDir()}).ask(); code != 2 || !strings.Contains(problems, "question") {
		t.Errorf("no question: exit %d\n%s", code, problems)
	}
}
