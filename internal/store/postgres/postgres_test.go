package postgres_test

import (
	"testing"

	"mandorla/internal/model"
	"mandorla/internal/store/postgres"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/store/storetest"
	"mandorla/internal/testkit/pg"
)

func open(t testing.TB, base *model.Registry, newID func() string) *sqlstore.Store {
	s, err := postgres.Open(t.Context(), pg.DSN(t), base, newID)
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
