package postgres_test

import (
	"context"
	"database/sql"
	"net/url"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"mandorla/internal/catalog"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/store/postgres"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/store/storetest"
	"mandorla/internal/testkit/pg"
)

func noID() string { return "" }

func products(t *testing.T) *model.Registry {
	base, err := catalog.Registry()
	if err != nil {
		t.Fatal(err)
	}
	return base
}

func TestUpgrade(t *testing.T) {
	dsn := pg.DSN(t)
	storetest.Upgrade(t, func(base *model.Registry) *sqlstore.Store {
		s, err := postgres.Open(t.Context(), dsn, base, noID)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// TestOpenTogether: several copies of the program may start on an empty database at once.
func TestOpenTogether(t *testing.T) {
	dsn, base := pg.DSN(t), products(t)
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() {
			s, err := postgres.Open(context.Background(), dsn, base, noID)
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

// TestWhatAnOperatorCanMend: each failure is one sentence that names server and database, of the right kind, without the password.
func TestWhatAnOperatorCanMend(t *testing.T) {
	const password = "s3cretword"
	base, dsn := products(t), pg.DSN(t)
	with := func(change func(u *url.URL)) string {
		u, err := url.Parse(dsn)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(u.User.Username(), password)
		change(u)
		return u.String()
	}
	newer := pg.DSN(t)
	s, err := postgres.Open(t.Context(), newer, base, noID)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", newer)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec("INSERT INTO sys_version (version_id, is_applied) VALUES (9999, true)"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		dsn  string
		kind fault.Kind
		says []string
	}{
		"wrong address":    {"postgres://u:" + password + "@host:notaport/x", fault.Invalid, []string{"postgres://user:password@host"}},
		"nobody there":     {"postgres://u:" + password + "@127.0.0.1:1/x", fault.Unavailable, []string{"127.0.0.1:1"}},
		"unknown host":     {"postgres://u:" + password + "@nowhere.invalid:5432/x", fault.Unavailable, []string{"nowhere.invalid:5432"}},
		"unknown user":     {with(func(u *url.URL) { u.User = url.UserPassword("nobody_at_all", password) }), fault.Invalid, []string{"nobody_at_all"}},
		"unknown database": {with(func(u *url.URL) { u.Path = "/nothing_here"; u.User = userOf(dsn) }), fault.Invalid, []string{"nothing_here", "createdb"}},
		"newer":            {newer, fault.Conflict, []string{"9999", "versions up to", "backup"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := postgres.Open(t.Context(), c.dsn, base, noID)
			if err == nil {
				_ = s.Close()
				t.Fatal("opened")
			}
			msg, _ := fault.Safe(err)
			if fault.KindOf(err) != c.kind {
				t.Errorf("kind %v, want %v: %v", fault.KindOf(err), c.kind, err)
			}
			if strings.Contains(err.Error(), password) {
				t.Errorf("the password is in %v", err)
			}
			for _, word := range c.says {
				if !strings.Contains(msg, word) {
					t.Errorf("the message lacks %q: %s", word, msg)
				}
			}
		})
	}
}

func userOf(dsn string) *url.Userinfo {
	u, err := url.Parse(dsn)
	if err != nil {
		return nil
	}
	return u.User
}
