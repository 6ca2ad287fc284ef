package postgres_test

import (
	"database/sql"
	"errors"
	"net/url"
	"testing"

	"mandorla/internal/model"
	"mandorla/internal/store/postgres"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/store/storetest"
	"mandorla/internal/testkit/pg"
)

func open(t testing.TB, base *model.Registry, newID func() string) *sqlstore.Store {
	s, err := postgres.Open(t.Context(), german(t), base, newID)
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

// german gives a database whose own order of texts is not that of their bytes, so that a missing collation shows.
func german(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(pg.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", u.String())
	if err != nil {
		t.Fatal(err)
	}
	name := u.Path[1:] + "_de"
	if _, err := db.Exec(`CREATE DATABASE ` + name + ` TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' LOCALE 'C.UTF-8'`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := db.Exec("DROP DATABASE " + name + " WITH (FORCE)")
		if err = errors.Join(err, db.Close()); err != nil {
			t.Error(err)
		}
	})
	u.Path = "/" + name
	return u.String()
}
