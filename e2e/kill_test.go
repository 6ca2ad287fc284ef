package e2e

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/app"
	"mandorla/internal/record"
)

// TestKill writes through the product's own process, kills it with SIGKILL at different moments, and opens the folder again: every
// write that was acknowledged before the kill is there, and the database is whole.
func TestKill(t *testing.T) {
	if dir := os.Getenv("MANDORLA_KILL_CHILD"); dir != "" {
		writeForever(t, dir)
		return
	}
	dir := t.TempDir()
	acknowledged := map[string]bool{}
	for round := range 5 {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestKill$")
		cmd.Env = append(os.Environ(), "MANDORLA_KILL_CHILD="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines, stopAfter := bufio.NewScanner(out), 15+37*round
		for n := 0; n < stopAfter && lines.Scan(); n++ {
			if id, ok := strings.CutPrefix(lines.Text(), "written "); ok {
				acknowledged[id] = true
			}
		}
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // what it still said before it died was acknowledged too
			if id, ok := strings.CutPrefix(lines.Text(), "written "); ok && len(id) == 24 {
				acknowledged[id] = true
			}
		}
		_ = cmd.Wait() // killed
		if missing := missing(t, dir, acknowledged); len(missing) > 0 {
			t.Fatalf("round %d: %d of %d acknowledged writes are gone: %v", round, len(missing), len(acknowledged), missing[:1])
		}
	}
	if len(acknowledged) < 100 {
		t.Fatalf("only %d writes were tried", len(acknowledged))
	}
}

func openFolder(t *testing.T, dir string) (*app.App, access.Principal) {
	t.Helper()
	a, err := app.Open(t.Context(), app.Config{DataDir: dir}, app.Deps{Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	tenants, err := a.Store.Tenants(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(tenants) == 0 {
		id := a.NewID()
		if err := a.Store.CreateTenant(t.Context(), id, "Kill", "kill"); err != nil {
			t.Fatal(err)
		}
		return a, access.Operator(id, a.Schema.Base(), 0)
	}
	return a, access.Operator(tenants[0].ID, a.Schema.Base(), 0)
}

// writeForever creates companies and says each one's id after the gate has acknowledged it.
func writeForever(t *testing.T, dir string) {
	a, p := openFolder(t, dir)
	for i := 0; ; i++ {
		res, err := a.Gate.Create(context.Background(), p, record.Write{Model: "Company", Values: map[string]any{"name": fmt.Sprintf("Company %d", i)}})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("written " + res.ID)
	}
}

func missing(t *testing.T, dir string, ids map[string]bool) []string {
	t.Helper()
	a, p := openFolder(t, dir)
	defer a.Close()
	found := map[string]bool{}
	page, err := a.Gate.List(t.Context(), p, record.ListRequest{Model: "Company", Limit: record.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range page.Rows {
		found[row.ID] = true
		h, err := a.Gate.History(t.Context(), p, "Company", row.ID)
		if err != nil || len(h) != 1 {
			t.Fatalf("%s was written without its log entry: %v, %v", row.ID, h, err)
		}
	}
	var out []string
	for id := range ids {
		if !found[id] {
			out = append(out, id)
		}
	}
	return out
}
