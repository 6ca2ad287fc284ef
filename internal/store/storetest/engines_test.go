package storetest_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"mandorla/internal/model"
	"mandorla/internal/store/postgres"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/store/storetest"
	"mandorla/internal/testkit/pg"
)

// TestEnginesAgree asks both engines the same random queries: rows, values, order and places must be the same.
func TestEnginesAgree(t *testing.T) {
	one := storetest.OpenWorld(t, func(t testing.TB, base *model.Registry, newID func() string) *sqlstore.Store {
		return opened(t)(sqlite.Open(t.Context(), t.TempDir(), base, newID))
	})
	other := storetest.OpenWorld(t, func(t testing.TB, base *model.Registry, newID func() string) *sqlstore.Store {
		return opened(t)(postgres.Open(t.Context(), pg.DSN(t), base, newID))
	})
	rapid.Check(t, func(rt *rapid.T) {
		q := storetest.Query(rt)
		rows, err := one.Select(context.Background(), q)
		if err != nil {
			rt.Fatal(err)
		}
		storetest.Compare(rt, other, q, rows)
	})
}

// opened closes the store at the end of the test.
func opened(t testing.TB) func(*sqlstore.Store, error) *sqlstore.Store {
	return func(s *sqlstore.Store, err error) *sqlstore.Store {
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
}
