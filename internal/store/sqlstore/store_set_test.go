package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"mandorla/internal/catalog"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/store/postgres"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/testkit/pg"
)

// eachEngine opens an empty database of each engine; dsn is where the second one is, "" for SQLite.
func eachEngine(t *testing.T, test func(t *testing.T, s *sqlstore.Store, dsn string)) {
	base, err := catalog.Registry()
	if err != nil {
		t.Fatal(err)
	}
	run := func(t *testing.T, dsn string, s *sqlstore.Store, err error) {
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		test(t, s, dsn)
	}
	noID := func() string { return "" }
	t.Run("sqlite", func(t *testing.T) {
		s, err := sqlite.Open(t.Context(), t.TempDir(), base, noID)
		run(t, "", s, err)
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := pg.DSN(t)
		s, err := postgres.Open(t.Context(), dsn, base, noID)
		run(t, dsn, s, err)
	})
}

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func authorizationOf(tenant, id, set string, at time.Time) oauth.AuthorizationRecord {
	return oauth.AuthorizationRecord{
		ID: id, Tenant: tenant, Person: "p", Account: "a", Client: "pk", Resource: "r", Scope: "s", SetText: set, Family: "family of " + tenant + id,
		CreatedAt: at, IdleUntil: noon.Add(10 * time.Hour), ExpiresAt: noon.Add(20 * time.Hour),
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestEachSetIsStoredOnce: however many authorizations of a tenant have a permission set, it is stored once, for as long as one of them is there.
func TestEachSetIsStoredOnce(t *testing.T) {
	eachEngine(t, func(t *testing.T, s *sqlstore.Store, _ string) {
		ctx := t.Context()
		sets := func(what string, want int) {
			t.Helper()
			if n, err := s.CountSets(ctx); err != nil || n != want {
				t.Errorf("%s: %d sets, %v; want %d", what, n, err, want)
			}
		}
		sweep := func(before time.Time) {
			t.Helper()
			_, err := s.DeleteStale(ctx, oauth.Stale{Authorities: before}, 10)
			must(t, err)
		}
		text := func(id, want string) {
			t.Helper()
			list, err := s.Authorizations(ctx, oauth.Which{ID: id})
			if err != nil || len(list) != 1 || list[0].SetText != want {
				t.Errorf("%s: %+v, %v; want the set %s", id, list, err, want)
			}
		}
		const wide, narrow = `{"w":1}`, `{"n":1}`
		for _, id := range []string{"z1", "z2", "z3"} {
			must(t, s.InsertAuthorization(ctx, authorizationOf("t", id, wide, noon), oauth.Tokens{}))
		}
		must(t, s.InsertAuthorization(ctx, authorizationOf("u", "z4", wide, noon), oauth.Tokens{}))
		sets("three of one tenant and one of another", 2)
		sweep(noon.Add(time.Hour))
		sets("after a sweep while all are alive", 2)

		must(t, s.SetAuthorizationSet(ctx, "t", "z1", narrow, noon.Add(time.Hour)))
		if err := s.SetAuthorizationSet(ctx, "u", "z2", narrow, noon); !fault.Is(err, fault.NotFound) {
			t.Errorf("another tenant's authorization: %v", err)
		}
		sets("one narrowed", 3)
		text("z1", narrow)
		text("z2", wide)
		must(t, s.SetAuthorizationSet(ctx, "t", "z1", wide, noon.Add(2*time.Hour)))
		sweep(noon.Add(time.Hour))
		sets("the narrow one nobody has any more, but it was asked for since", 3)
		sweep(noon.Add(time.Hour + time.Millisecond))
		sets("nobody asked for it since", 2)

		_, err := s.EndAuthorizations(ctx, oauth.Which{Tenant: "t"}, "test", noon.Add(2*time.Hour))
		must(t, err)
		sweep(noon.Add(2*time.Hour + time.Millisecond))
		sets("all of a tenant are gone", 1)
		text("z4", wide)
	})
}

// TestASweepLeavesWhatIsBeingAuthorized: a set that nothing refers to is asked for by an authorization that is not yet committed while a
// sweep is about to remove it.
func TestASweepLeavesWhatIsBeingAuthorized(t *testing.T) {
	eachEngine(t, func(t *testing.T, s *sqlstore.Store, dsn string) {
		ctx, old := t.Context(), noon.Add(-time.Hour)
		const set = `{"w":1}`
		must(t, s.InsertAuthorization(ctx, authorizationOf("t", "z1", set, old), oauth.Tokens{}))
		must(t, s.SetAuthorizationSet(ctx, "t", "z1", "{}", old))
		swept := make(chan error, 1)
		must(t, s.InTx(ctx, func(in context.Context) error {
			err := s.InsertAuthorization(in, authorizationOf("t", "z2", set, noon), oauth.Tokens{})
			go func() { swept <- s.DeleteSets(ctx, noon, set) }()
			if dsn != "" && err == nil {
				waitsForLock(t, dsn)
			}
			return err
		}))
		must(t, <-swept)
		if list, err := s.Authorizations(ctx, oauth.Which{ID: "z2"}); err != nil || len(list) != 1 || list[0].SetText != set {
			t.Errorf("the authorization is %+v, %v", list, err)
		}
	})
}

// waitsForLock returns when somebody waits for a lock in the database.
func waitsForLock(t *testing.T, dsn string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	must(t, err)
	defer func() { _ = db.Close() }()
	for n, end := 0, time.Now().Add(10*time.Second); n == 0; {
		if time.Now().After(end) {
			t.Error("the sweep does not wait")
			return
		}
		must(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n))
	}
}

// TestASetThatIsGone: an authorization whose set is not there opens nothing.
func TestASetThatIsGone(t *testing.T) {
	eachEngine(t, func(t *testing.T, s *sqlstore.Store, _ string) {
		ctx := t.Context()
		must(t, s.CreateTenant(ctx, "t", "T", "t"))
		must(t, s.InsertClient(ctx, oauth.ClientRecord{SetText: "{}", Client: oauth.Client{ID: "pk", Tenant: "t", Name: "C", Kind: oauth.Public, Version: 1}}))
		must(t, s.InsertAccount(ctx, identity.Account{ID: "a", Email: "a@t.example", Epoch: 1, CreatedAt: noon}, "no password"))
		for _, gone := range []bool{false, true} {
			id, set := fmt.Sprint("z", gone), fmt.Sprintf(`{"gone":%t}`, gone)
			a := authorizationOf("t", id, set, noon)
			must(t, s.InsertAuthorization(ctx, a, oauth.Tokens{}))
			if gone {
				must(t, s.LoseSet(ctx, set))
			}
			st, err := s.BearerByFamily(ctx, a.Family)
			if gone && (err == nil || fault.KindOf(err) != fault.Internal || st.Authorization.ID != "") || !gone && (err != nil || st.Authorization.SetText != set) {
				t.Errorf("gone %t: %+v, %v", gone, st.Authorization, err)
			}
		}
	})
}
