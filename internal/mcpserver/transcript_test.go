package mcpserver_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// The transcripts are conversations: each "request" section is a request as it goes over the wire (without Host), the "response"
// section behind it what must come back. -update rewrites the responses. {acme} stands for that record's id.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("no transcripts")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runTranscript(t, file) })
	}
}

func runTranscript(t *testing.T, file string) {
	w := newWorld(t)
	ar, err := txtar.ParseFile(file)
	must(t, err)
	out := &txtar.Archive{Comment: ar.Comment}
	for i, f := range ar.Files {
		if !strings.HasPrefix(f.Name, "request") {
			continue
		}
		name := strings.Replace(f.Name, "request", "response", 1)
		got := w.converse(string(f.Data))
		out.Files = append(out.Files, f, txtar.File{Name: name, Data: []byte(got)})
		if *update {
			continue
		}
		if i+1 >= len(ar.Files) || ar.Files[i+1].Name != name {
			t.Fatalf("%s has no %s", f.Name, name)
		}
		if d := cmp.Diff(string(ar.Files[i+1].Data), got); d != "" {
			t.Errorf("%s (-update rewrites it):\n%s", name, d)
		}
	}
	if *update {
		must(t, os.WriteFile(file, txtar.Format(out), 0o600))
	}
}

// converse sends a request as written and gives the response the way transcripts show it.
func (w *world) converse(raw string) string {
	w.Helper()
	for name, id := range w.id {
		raw = strings.ReplaceAll(raw, "{"+name+"}", id)
	}
	head, body, _ := strings.Cut(raw, "\n\n")
	line, headers, _ := strings.Cut(head, "\n")
	method, path, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, origin+path, strings.NewReader(strings.TrimSpace(body)))
	scan := bufio.NewScanner(strings.NewReader(headers))
	for scan.Scan() {
		name, value, ok := strings.Cut(scan.Text(), ": ")
		if !ok {
			w.Fatalf("header %q", scan.Text())
		}
		r.Header.Add(name, value)
	}
	rec := w.send(r)
	var out strings.Builder
	fmt.Fprintf(&out, "%d %s\n", rec.Code, http.StatusText(rec.Code))
	for _, name := range []string{"WWW-Authenticate", "Allow", "Content-Type", "Mcp-Session-Id"} {
		if v := rec.Header().Get(name); v != "" {
			fmt.Fprintf(&out, "%s: %s\n", name, v)
		}
	}
	if rec.Body.Len() > 0 {
		out.WriteString("\n" + indent(w.T, rec.Body.Bytes()))
	}
	return out.String()
}

func indent(t testing.TB, raw []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, bytes.TrimSpace(raw), "", "  "); err != nil {
		return string(raw) + "\n"
	}
	return b.String() + "\n"
}
