package pg

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func open(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func count(t *testing.T, conn *pgx.Conn, query string, args ...any) int {
	t.Helper()
	var n int
	if err := conn.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDatabasesAreEmptyAndApart(t *testing.T) {
	t.Parallel()
	a, b := open(t, DSN(t)), open(t, DSN(t))
	if _, err := a.Exec(t.Context(), "CREATE TABLE only_in_a (x int)"); err != nil {
		t.Fatal(err)
	}
	const tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
	if n := count(t, a, tables); n != 1 {
		t.Errorf("tables in the first database: %d, want 1", n)
	}
	if n := count(t, b, tables); n != 0 {
		t.Errorf("tables in the second database: %d, want 0", n)
	}
}

func TestFilledIsFilledOnceAndCopied(t *testing.T) {
	t.Parallel()
	fills := 0
	f := &Filled[string]{Fill: func(dsn string) (string, error) {
		fills++
		return "made", run(dsn, "CREATE TABLE kept AS SELECT 7 AS n")
	}}
	for range 2 {
		dsn, made := f.DSN(t)
		conn := open(t, dsn)
		if n := count(t, conn, "SELECT count(*) FROM kept"); n != 1 || made != "made" {
			t.Errorf("%d rows, %q", n, made)
		}
		if _, err := conn.Exec(t.Context(), "DELETE FROM kept"); err != nil { // in this copy alone
			t.Fatal(err)
		}
	}
	c, err := server()
	if err != nil {
		t.Fatal(err)
	}
	if want := map[bool]int{true: 1, false: 2}[c.private]; fills != want {
		t.Errorf("filled %d times on a server that is the tests' own: %v", fills, c.private)
	}
	if !c.private {
		return
	}
	broken := &Filled[string]{Fill: func(string) (string, error) { return "", os.ErrInvalid }}
	if err := broken.fill(c); err != os.ErrInvalid {
		t.Errorf("a fill that fails gives %v", err)
	}
}

func TestDatabaseIsDroppedThoughConnected(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("use", func(t *testing.T) {
		dsn := DSN(t)
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		name = conn.Config().Database // left open on purpose
	})
	admin, err := server()
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, open(t, admin.dsn), "SELECT count(*) FROM pg_database WHERE datname = $1", name); n != 0 {
		t.Errorf("database %s still exists", name)
	}
}

// Unicode case folding is what "contains" needs of the server.
func TestServerKnowsUnicode(t *testing.T) {
	t.Parallel()
	var lower string
	if err := open(t, DSN(t)).QueryRow(t.Context(), "SELECT lower('ÅÉЖ')").Scan(&lower); err != nil {
		t.Fatal(err)
	}
	if lower != "åéж" {
		t.Errorf("lower = %q", lower)
	}
}

// childEnv makes this test binary start a cluster, print its address and die.
const childEnv = "MANDORLA_PG_CHILD"

func TestClusterEndsWithItsProcess(t *testing.T) {
	if how := os.Getenv(childEnv); how != "" {
		die(t, how)
	}
	for _, how := range []string{"panic", "kill"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestClusterEndsWithItsProcess$")
			cmd.Env = append(os.Environ(), childEnv+"="+how, Env+"=")
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatal("the child ended well")
			}
			dsn := address(string(out))
			if dsn == "" {
				t.Fatalf("the child printed no address:\n%s", out)
			}
			waitUntilGone(t, dsn)
		})
	}
}

func die(t *testing.T, how string) {
	dsn, err := withDatabase(DSN(t), "postgres") // which nobody drops, so that only the server decides
	if err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stdout.WriteString("ADDRESS " + dsn + "\n")
	if how == "panic" {
		panic("on purpose")
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	_ = self.Kill()
	select {} // until the kill arrives
}

func address(out string) string {
	for line := range strings.Lines(out) {
		if dsn, ok := strings.CutPrefix(line, "ADDRESS "); ok {
			return strings.TrimSpace(dsn)
		}
	}
	return ""
}

func waitUntilGone(t *testing.T, dsn string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for {
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			return
		}
		_ = conn.Close(t.Context())
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("the cluster outlived its process by a minute")
		}
	}
}

func TestWithDatabase(t *testing.T) {
	got, err := withDatabase("postgres://u:p@h:5/postgres?sslmode=disable", "x")
	if want := "postgres://u:p@h:5/x?sslmode=disable"; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	for _, bad := range []string{"host=h dbname=d", "http://h/d", "postgres://h:port/secret"} {
		if got, err := withDatabase(bad, "x"); err == nil {
			t.Errorf("%q became %q, want an error", bad, got)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error repeats the address: %v", err)
		}
	}
}
