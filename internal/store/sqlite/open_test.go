package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"mandorla/internal/catalog"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/store/storetest"
)

func products(t *testing.T) *model.Registry {
	base, err := catalog.Registry()
	if err != nil {
		t.Fatal(err)
	}
	return base
}

func noID() string { return "" }

func TestUpgrade(t *testing.T) {
	dir := t.TempDir()
	storetest.Upgrade(t, func(base *model.Registry) *sqlstore.Store {
		s, err := sqlite.Open(t.Context(), dir, base, noID)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// raw runs a statement past the store.
func raw(t *testing.T, path, text string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
	return db
}

// TestWhatAnOperatorCanMend: each failure is one sentence that names the file, of the right kind.
func TestWhatAnOperatorCanMend(t *testing.T) {
	dir, base := t.TempDir(), products(t)
	path := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range map[string]string{"file": "x", "other.db": strings.Repeat("not a database ", 100)} {
		if err := os.WriteFile(path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"newer.db", "locked.db"} {
		s, err := sqlite.Open(t.Context(), path(name), base, noID)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	raw(t, path("newer.db"), "INSERT INTO sys_version (version_id, is_applied) VALUES (9999, 1)")
	raw(t, path("locked.db"), "DROP INDEX companies_name_order") // so that opening has something to write
	locking := raw(t, path("locked.db"), "SELECT 1")
	locking.SetMaxOpenConns(1)
	if _, err := locking.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		kind fault.Kind
		says []string
	}{
		{"file/sub", fault.Invalid, []string{"file/sub", "another data folder"}},
		{"other.db", fault.Invalid, []string{"other.db", "not a database"}},
		{"newer.db", fault.Conflict, []string{"newer.db", "9999", "versions up to", "backup"}},
		{"locked.db", fault.Unavailable, []string{"locked.db", "another process"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := sqlite.Open(t.Context(), path(c.name), base, noID)
			if err == nil {
				_ = s.Close()
				t.Fatal("opened")
			}
			msg, _ := fault.Safe(err)
			if fault.KindOf(err) != c.kind {
				t.Errorf("kind %v, want %v: %v", fault.KindOf(err), c.kind, err)
			}
			for _, word := range c.says {
				if !strings.Contains(msg, word) {
					t.Errorf("the message lacks %q: %s", word, msg)
				}
			}
		})
	}
}

// TestOpenTogether: a command may run beside the server, also while both bring the database up to date.
func TestOpenTogether(t *testing.T) {
	dir, base := t.TempDir(), products(t)
	errs := make(chan error, 3)
	for range cap(errs) {
		go func() {
			s, err := sqlite.Open(context.Background(), dir, base, noID)
			if err == nil {
				err = s.Close()
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// TestFileIsPrivate: customer data is nobody else's to read.
func TestFileIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s, err := sqlite.Open(t.Context(), dir, products(t), noID)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 || files[0].Name() != sqlite.FileName {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

// TestOddPaths: a path may hold what has a meaning in addresses.
func TestOddPaths(t *testing.T) {
	for _, name := range []string{"a b.db", "a?b#c.db", "100%25.db", "ä.db"} {
		dir := t.TempDir()
		s, err := sqlite.Open(t.Context(), filepath.Join(dir, name), products(t), noID)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	var stores []*sqlstore.Store
	for range 2 {
		s, err := sqlite.Open(t.Context(), dir, storetest.Base(), noID)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		stores = append(stores, s)
	}
	storetest.TwoStores(t, stores[0], stores[1])
}
