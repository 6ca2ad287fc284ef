package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	_ "modernc.org/sqlite"
)

// Many more statements than are kept, from many sides at once: each gives its own answer, and none is closed under somebody's hands.
func TestStatementsAreKeptAndGivenUp(t *testing.T) {
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	c := newStatements(db)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 2 * maxStatements {
				n := (i*7 + w) % (maxStatements + 50)
				p, err := c.get(context.Background(), fmt.Sprintf("SELECT %d + ?", n))
				if err != nil {
					t.Error(err)
					return
				}
				var got int
				if err := p.stmt.QueryRow(1).Scan(&got); err != nil || got != n+1 {
					t.Errorf("SELECT %d + 1 = %d, %v", n, got, err)
				}
				c.put(p)
			}
		})
	}
	wg.Wait()
	if n := c.used.Len(); n != maxStatements || len(c.by) != n {
		t.Errorf("%d statements are kept and %d can be found, want %d", n, len(c.by), maxStatements)
	}
	if _, err := c.get(context.Background(), "SELEC"); err == nil {
		t.Error("a statement that cannot be prepared is given")
	}
	if err := c.close(); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// What a transaction asks for is prepared for the next one, on the one connection that writes, and stays right when it is given up or the
// schema changes meanwhile; what cannot be prepared does no harm.
func TestTransactionsUseWhatIsPrepared(t *testing.T) {
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	ctx := context.Background()
	s := &Store{d: &Dialect{Retry: func(error) bool { return false }, Busy: func(error) bool { return false }}, write: db, writes: newStatements(db)}
	defer func() {
		if err := s.writes.close(); err != nil {
			t.Error(err)
		}
	}()
	one := func(texts ...string) (n int, err error) {
		err = s.InTx(ctx, func(ctx context.Context) error {
			for _, text := range texts {
				if _, err := s.exec(ctx, text); err != nil {
					return err
				}
			}
			return s.queryRow(ctx, "SELECT count(*) FROM x").Scan(&n)
		})
		return n, err
	}
	const add = "INSERT INTO x (a) VALUES (1)"
	if _, err := one("CREATE TABLE x (a)"); err != nil {
		t.Fatal(err)
	}
	for want := 1; want <= 3; want++ {
		if n, err := one(add); err != nil || n != want {
			t.Fatalf("%d rows, want %d: %v", n, want, err)
		}
	}
	if s.writes.find(add) == nil || s.writes.find("CREATE TABLE x (a)") != nil {
		t.Error("the insert is not kept, or the table is")
	}
	if n, err := one("ALTER TABLE x ADD COLUMN b", add); err != nil || n != 4 {
		t.Errorf("after the table has changed: %d rows, %v", n, err)
	}
	if _, err := one(add, "INSERT INTO nowhere VALUES (1)"); err == nil {
		t.Error("committed")
	}
	for i := range maxStatements + 10 { // pushes the insert out
		if _, err := one(fmt.Sprintf("UPDATE x SET a = %d WHERE a = -1", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := one(add); err != nil || n != 5 {
		t.Errorf("in the end: %d rows, %v", n, err)
	}
}
