package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"mandorla/internal/demo"
	"mandorla/internal/testkit"
)

// TestMatrix holds rows of docs/threats.md about connections and about what a server says of itself. They share one server, which logs in
// both forms.
func TestMatrix(t *testing.T) {
	logs := map[string]*safeBuffer{"json": {}, "text": {}}
	options := &slog.HandlerOptions{Level: slog.LevelDebug}
	s := testkit.StartLogging(t, "sqlite", slog.New(slog.NewMultiHandler(slog.NewJSONHandler(logs["json"], options), slog.NewTextHandler(logs["text"], options))))
	for _, r := range []struct {
		name string
		run  func(t *testing.T, s *testkit.Server)
	}{
		{"077-one-request-read-as-two", oneRequestAsTwo},
		{"268-broken-off-requests", brokenOff},
		{"259-connections-that-never-finish", neverFinish},
		{"272-debugging", debugging},
		{"273-strange-text-in-the-log", func(t *testing.T, s *testkit.Server) { strangeTextInTheLog(t, s, logs) }},
		{"276-what-is-built", whatIsBuilt},
	} {
		t.Run(r.name, func(t *testing.T) { r.run(t, s) })
	}
}

// said sends raw bytes over one connection and gives all answers until the server closes it, or until it waits for more.
func said(t *testing.T, address, text string) (answers []*http.Response, closed bool) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(c)
	for {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			var waits net.Error
			return answers, !errors.As(err, &waits) || !waits.Timeout()
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		res.Body = io.NopCloser(bytes.NewReader(body))
		answers = append(answers, res)
	}
}

// oneRequestAsTwo: where a proxy in front might see another end of a request than this server, the server answers once at most, refuses or
// follows the one rule of RFC 9112 section 6.3, and takes nothing more from the connection.
func oneRequestAsTwo(t *testing.T, s *testkit.Server) {
	host := strings.TrimPrefix(s.URL, "http://")
	smuggled := "GET /healthz HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
	head := "POST /oauth/token HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for what, c := range map[string]struct {
		text   string
		status int
	}{
		"two lengths":                  {head + "Content-Length: 0\r\nContent-Length: " + fmt.Sprint(len(smuggled)) + "\r\n\r\n" + smuggled, 400},
		"two lengths in one line":      {head + "Content-Length: 0, 5\r\n\r\n" + smuggled, 400},
		"a length that is no number":   {head + "Content-Length: +0\r\n\r\n" + smuggled, 400},
		"a length and chunks":          {head + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n" + "0\r\n\r\n" + smuggled, 401},
		"chunks and a length":          {head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + "0\r\n\r\n" + smuggled, 401},
		"two encodings":                {head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + smuggled, 501},
		"an unknown encoding":          {head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled, 501},
		"a space before the colon":     {head + "Content-Length : 5\r\n\r\n" + smuggled, 400},
		"a folded encoding":            {head + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + smuggled, 401},
		"a bare line feed in a header": {head + "X-A: b\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n" + smuggled, 400},
		"a NUL in a header":            {head + "X-A: b\x00c\r\nContent-Length: 0\r\n\r\n" + smuggled, 400},
		"two hosts":                    {"GET /healthz HTTP/1.1\r\nHost: " + host + "\r\nHost: evil.test\r\n\r\n" + smuggled, 400},
		"no host":                      {"GET /healthz HTTP/1.1\r\n\r\n" + smuggled, 400},
	} {
		answers, closed := said(t, host, c.text)
		if len(answers) != 1 || answers[0].StatusCode != c.status || !closed {
			var statuses []int
			for _, a := range answers {
				statuses = append(statuses, a.StatusCode)
			}
			t.Errorf("%s: answers %v, closed %v; want one %d and the end", what, statuses, closed, c.status)
		}
	}
	// A folded line is read as RFC 9112 section 5.2 has it, as a part of the value before it: what looks like a header in it is none.
	last := "Connection: close\r\n"
	if answers, _ := said(t, host, head+last+"X-A: b\r\n Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n"); len(answers) != 1 || answers[0].StatusCode != 401 {
		t.Errorf("a folded header: %d answers", len(answers))
	}
	if answers, _ := said(t, host, smuggled+strings.Replace(smuggled, "Host", last+"Host", 1)); len(answers) != 2 {
		t.Errorf("the check above would not notice: %d answers to two requests", len(answers))
	}
}

// neverFinish: while hundreds of connections send their request byte by byte or nothing at all, others are answered; and they are cut off.
func neverFinish(t *testing.T, s *testkit.Server) {
	host := strings.TrimPrefix(s.URL, "http://")
	var open []net.Conn
	for i := range 300 {
		c, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		open = append(open, c)
		for _, part := range []string{"", "POST /oauth/token HTTP/1.1\r\nHost: " + host + "\r\nX-", "POST /v1/mcp HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 100\r\n\r\nslow"}[i%3] {
			if _, err := fmt.Fprintf(c, "%c", part); err != nil {
				t.Fatal(err)
			}
		}
	}
	start := time.Now()
	for range 20 {
		res, err := http.Get(s.URL + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close(); res.StatusCode != http.StatusOK {
			t.Errorf("beside them: %d", res.StatusCode)
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("20 requests beside them took %s", took)
	}
	half := open[1] // headers that never end
	if err := half.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(half); err != nil {
		t.Errorf("a request whose headers never end is not cut off: %v", err)
	}
}

// brokenOff: a thousand requests that their senders gave up leave no goroutine and no connection behind.
func brokenOff(t *testing.T, s *testkit.Server) {
	host := strings.TrimPrefix(s.URL, "http://")
	token := s.Connect(t, demo.Carly).Access
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_records","arguments":{"model":"Company"}}}`
	give := func(part string) {
		c, err := net.Dial("tcp", host)
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(c, part)
		_ = c.Close()
	}
	full := fmt.Sprintf("POST /v1/mcp HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: %d\r\n\r\n%s", host, token, len(body), body)
	give(full)
	http.DefaultClient.CloseIdleConnections()
	before := runtime.NumGoroutine()
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 250 {
				give(full[:len(full)-(i*7+worker)%len(full)])
			}
		})
	}
	wg.Wait()
	settle(t, s, before+10)
	if s.Call(t, token, "who_am_i", map[string]any{}); t.Failed() {
		return
	}
	http.DefaultClient.CloseIdleConnections()
}

// settle waits until the server has at most so many goroutines beside those of its idle self; each health check gives it time.
func settle(t *testing.T, s *testkit.Server, most int) {
	t.Helper()
	n := 0
	for range 2000 {
		res, err := http.Get(s.URL + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		http.DefaultClient.CloseIdleConnections()
		if n = runtime.NumGoroutine(); n <= most {
			return
		}
	}
	t.Errorf("%d goroutines are left, want at most %d", n, most)
}

// safeBuffer is a log that several goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// discard is an answer that nobody reads.
type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func debugging(t *testing.T, s *testkit.Server) {
	h, err := s.Handler()
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(s.URL, "http://")
	unknown := ask(h, "GET", "/nothing-of-this-name", host)
	for _, path := range []string{
		"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/vars", "/metrics", "/.git/config", "/.git/HEAD", "/.env", "/mandorla.db", "/server-status",
		"/actuator/env", "/config", "/backup.zip", "/assets/", "/static/", "/demo.json", "/swagger", "/trace", "/internal", "/admin",
	} {
		if w := ask(h, "GET", path, host); w.Code != unknown.Code || w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, an unknown address is %d", path, w.Code, unknown.Code)
		}
	}
}

// strangeTextInTheLog: whoever writes line breaks or escapes into what is logged makes no line of their own.
func strangeTextInTheLog(t *testing.T, s *testkit.Server, logs map[string]*safeBuffer) {
	const evil = "x\r\nlevel=ERROR msg=\"somebody else signed in\"\n\x1b[2J\x1b]0;title\a\u202e%s%n"
	token := s.Connect(t, demo.Carly).Access
	h, err := s.Handler()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/mcp", "/oauth/token", "/oauth/authorize", "/data/" + evil, "/signin", "/" + evil} {
		body := evil
		if path == "/v1/mcp" {
			raw, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{"name": evil, "arguments": map[string]any{"model": evil}}})
			if err != nil {
				t.Fatal(err)
			}
			body = string(raw)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Path, r.RemoteAddr = path, "127.0.0.1:4000"
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		r.Header.Set("Authorization", "Bearer "+token)
		for _, name := range []string{"User-Agent", "Referer", "X-Request-Id", "X-Forwarded-For"} {
			r.Header[name] = []string{evil}
		}
		h.ServeHTTP(discard{http.Header{}}, r)
	}
	for form, out := range logs {
		lines := 0
		for line := range strings.Lines(out.String()) {
			lines++
			ok := strings.HasPrefix(line, "time=")
			if form == "json" {
				ok = json.Unmarshal([]byte(line), &map[string]any{}) == nil
			}
			if !ok || strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\r\x1b\a") {
				t.Errorf("%s: a line of somebody else: %q", form, line)
			}
		}
		if lines < 2 || !strings.Contains(out.String(), "somebody else signed in") {
			t.Errorf("%s: %d lines, and none has the strange text", form, lines)
		}
	}
}

// whatIsBuilt: the program that people get has nothing in it that is for tests.
func whatIsBuilt(t *testing.T, _ *testkit.Server) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "list", "-deps", "-f", "{{.ImportPath}} {{range .EmbedFiles}}{{.}} {{end}}", "mandorla/cmd/mandorla").Output()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		switch name := fields[0]; {
		case name == "mandorla/internal/app":
			found = true
		case name == "testing", strings.HasPrefix(name, "testing/"), name == "net/http/httptest", name == "net/http/pprof", name == "expvar",
			strings.HasPrefix(name, "mandorla/internal/testkit"), strings.HasPrefix(name, "mandorla/internal/store/storetest"), strings.HasPrefix(name, "pgregory.net"):
			t.Errorf("%s is built in", name)
		}
		for _, file := range fields[1:] {
			for _, ending := range []string{".map", ".pem", ".key", ".crt", ".env", ".db", "_test.go"} {
				if strings.HasPrefix(fields[0], "mandorla/") && strings.HasSuffix(file, ending) {
					t.Errorf("%s embeds %s", fields[0], file)
				}
			}
		}
	}
	if !found {
		t.Error("the list of packages was not read")
	}
}
