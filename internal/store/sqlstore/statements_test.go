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
