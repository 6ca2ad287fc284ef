// Package pg gives tests a real, empty PostgreSQL database. It owns one private cluster per test process, or
// uses the server that MANDORLA_TEST_POSTGRES names; it knows nothing of Mandorla's tables. Tests only.
//
// The cluster is scripts/with-postgres.sh, started on first use and held by the pipe to its standard input.
// The kernel closes that pipe when the process ends, by whatever way (a panic, a timeout, a kill -9), so the
// cluster cannot outlive its tests and no TestMain is needed.
package pg

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Env names a PostgreSQL superuser's address, as a URL. The server is used as it is: databases are created in
// it and dropped again.
const Env = "MANDORLA_TEST_POSTGRES"

// patience bounds each act of a test on the server; a cold initdb takes about two seconds.
const patience = time.Minute

// EnvPrivate says, beside Env, that the cluster goes when the tests are over, so that what they leave in it does no harm.
const EnvPrivate = "MANDORLA_TEST_POSTGRES_PRIVATE"

// cluster is a server and what keeps it running.
type cluster struct {
	dsn     string
	private bool // it ends with the tests
	// hold is the only write end of a private cluster's lifeline: kept here, or the garbage collector would close it.
	hold io.Closer
}

// server is the cluster that this process uses.
var server = sync.OnceValues(func() (cluster, error) {
	if dsn := os.Getenv(Env); dsn != "" {
		return cluster{dsn: dsn, private: os.Getenv(EnvPrivate) != ""}, nil
	}
	return startCluster()
})

// DSN returns the address of a new, empty database that nobody else uses. It is dropped when the test ends,
// with whatever connections are still open. Without a server to be had, the test fails.
func DSN(tb testing.TB) string {
	tb.Helper()
	c, err := server()
	if err != nil {
		tb.Fatalf("no PostgreSQL for the tests: %v\nscripts/tools.sh installs it or says how; %s=postgres://… names a running one", err, Env)
	}
	// template0, since nobody can be connected to it, which would refuse the copy.
	return c.create(tb, "template0 ENCODING 'UTF8'")
}

// create makes a database from a template, for one test.
func (c cluster) create(tb testing.TB, template string) string {
	tb.Helper()
	name := "mandorla_test_" + strings.ToLower(rand.Text())
	dsn, err := withDatabase(c.dsn, name)
	if err != nil {
		tb.Fatalf("%s: %v", Env, err)
	}
	if err := run(c.dsn, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		tb.Fatalf("create a test database: %v", err)
	}
	tb.Cleanup(func() {
		if err := run(c.dsn, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Errorf("drop the test database: %v", err)
		}
	})
	return dsn
}

func withDatabase(admin, name string) (string, error) {
	u, err := url.Parse(admin)
	if err != nil {
		return "", errors.New("not a URL") // the parser's own message would print the password
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", errors.New("want a URL that starts with postgres://")
	}
	u.Path = "/" + name
	return u.String(), nil
}

func run(dsn, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }() // the statement's own result is what counts
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// startCluster starts the script, which prints the address and then waits for the pipe to close.
func startCluster() (cluster, error) {
	script, err := findScript()
	if err != nil {
		return cluster{}, err
	}
	cmd := exec.Command(script, "sh", "-c", `echo "$`+Env+`"; exec cat >/dev/null`)
	hold, err := cmd.StdinPipe()
	if err != nil {
		return cluster{}, fmt.Errorf("hold the cluster: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return cluster{}, fmt.Errorf("read the cluster's address: %w", err)
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		return cluster{}, fmt.Errorf("start %s: %w", filepath.Base(script), err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = cmd.Wait() // it has failed: what it said is the news
		return cluster{}, fmt.Errorf("start a private cluster: %s", strings.TrimSpace(complaint.String()))
	}
	return cluster{dsn: strings.TrimSpace(line), private: true, hold: hold}, nil
}

// findScript looks upwards from the folder of the package under test, which is where go test starts it.
func findScript() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "scripts", "with-postgres.sh"), nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("not inside the module, so scripts/with-postgres.sh cannot be found")
		}
		dir = parent
	}
}
