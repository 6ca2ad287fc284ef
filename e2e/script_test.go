package e2e

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mandorla/internal/testkit/pg"
)

// binary builds the product once per run and gives its folder.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "mandorla-e2e-")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "mandorla"), "../cmd/mandorla").CombinedOutput()
	if err != nil {
		_, _ = os.Stderr.Write(out)
	}
	return dir, err
})

// TestScripts runs testdata/script/*.txtar against the built binary. Each gets an own home, a free address in $ADDR and a PostgreSQL
// database in $DSN. Commands of ours: "ready" waits until the server at $ADDR answers; "names COLUMN FILE" writes one column of the last
// the last `ask --json` one per line.
func TestScripts(t *testing.T) {
	dir, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			env.Setenv("ADDR", l.Addr().String())
			env.Setenv("PATH", dir+":"+env.Getenv("PATH"))
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "home", ".config"))
			env.Setenv("DSN", pg.DSN(t))
			return l.Close()
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"ready": ready, "names": names},
	})
}

// ready waits until /healthz answers.
func ready(ts *testscript.TestScript, neg bool, _ []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+ts.Getenv("ADDR")+"/healthz", nil)
		ts.Check(err)
		if res, err := http.DefaultClient.Do(r); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK && !neg {
				return
			}
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("the server at %s does not answer", ts.Getenv("ADDR"))
		case <-tick.C:
		}
	}
}

// names writes the sorted values of a column of the last `ask --json` to a file: names COLUMN FILE.
func names(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: names COLUMN FILE")
	}
	var answer struct{ Rows []map[string]any }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &answer))
	var out strings.Builder
	for _, row := range answer.Rows {
		v, _ := row[args[0]].(string)
		out.WriteString(v + "\n")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out.String()), 0o600))
}
