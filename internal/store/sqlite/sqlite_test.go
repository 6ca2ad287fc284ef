package sqlite_test

import (
	"testing"

	"mandorla/internal/model"
	"mandorla/internal/store"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/store/storetest"
)

var _ store.Store = (*sqlstore.Store)(nil)

func open(t testing.TB, base *model.Registry, newID func() string) *sqlstore.Store {
	s, err := sqlite.Open(t.Context(), t.TempDir(), base, newID)
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

func TestStore(t *testing.T) { storetest.Run(t, open) }
