package sqlstore_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"mandorla/internal/catalog"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/store/postgres"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/testkit/pg"
)

// TestConnectionsComeAlong: a database of an earlier version keeps each authorization as it is, and of its tokens the refresh token that works.
func TestConnectionsComeAlong(t *testing.T) {
	base, err := catalog.Registry()
	if err != nil {
		t.Fatal(err)
	}
	noID := func() string { return "" }
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), sqlite.FileName)
		before(t, "sqlite", path, sqlite.Dialect())
		s, err := sqlite.Open(t.Context(), path, base, noID)
		keepsConnections(t, s, err)
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := pg.DSN(t)
		before(t, "pgx", dsn, postgres.Dialect())
		s, err := postgres.Open(t.Context(), dsn, base, noID)
		keepsConnections(t, s, err)
	})
}

const oldConnections = 1500 // more than are brought over at once

// before fills a database of version 15: authorizations with two sets, each with tokens that were used, revoked or work, one without any, and a token
// whose authorization is gone.
func before(t *testing.T, driver, dsn string, d *sqlstore.Dialect) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := sqlstore.MigrateTo(t.Context(), db, d, 15); err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	exec := func(text string, args ...any) {
		t.Helper()
		if _, err := tx.Exec(text, args...); err != nil {
			t.Fatal(err)
		}
	}
	token := func(hash, authorization, kind string, used, revoked int) {
		t.Helper()
		exec(fmt.Sprintf(`INSERT INTO sys_oauth_token (tenant_id, hash, authorization_id, client_id, kind, scope, created_at, expires_at, used_at, revoked_at, successor, sealed)
			VALUES ('t', '%s', '%s', 'pk', '%s', 'sc', 1000, 9000, %d, %d, 'next', 'box')`, hash, authorization, kind, used, revoked))
	}
	for n := range oldConnections {
		id := fmt.Sprintf("z%d", n)
		exec(fmt.Sprintf(`INSERT INTO sys_oauth_authorization (tenant_id, id, person_id, account_id, account_epoch, client_id, resource, scope, set_json,
			created_at, connected_at, used_at, idle_until, expires_at, ended_at, ended_because, redirect_host)
			VALUES ('t', '%s', 'p', 'a', 7, 'pk', 'r', 's', '{"%d":1}', 1000, 2000, 3000, 4000, 5000, 0, 'because', 'host')`, id, n%2))
		if n == 1 {
			continue
		}
		token("at of "+id, id, "access", 0, 0)
		token("zz, spent, of "+id, id, "refresh", 2000, 0)
		token("zz, revoked, of "+id, id, "refresh", 0, 2000)
		token("rt of "+id, id, "refresh", 0, 0)
	}
	token("orphan", "gone", "refresh", 0, 0)
	exec(`INSERT INTO sys_oauth_code (tenant_id, hash, authorization_id, client_id, redirect_uri, challenge, created_at, expires_at) VALUES ('t', 'code', 'z1', 'pk', '', '', 1, 2)`)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func keepsConnections(t *testing.T, s *sqlstore.Store, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	ctx, at := t.Context(), func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	for n := range oldConnections {
		id := fmt.Sprint("z", n)
		want := oauth.AuthorizationRecord{
			ID: id, Tenant: "t", Person: "p", Account: "a", AccountEpoch: 7, Client: "pk", Resource: "r", Scope: "s", SetText: fmt.Sprintf(`{"%d":1}`, n%2), RedirectHost: "host",
			Family: "rt of " + id, CreatedAt: at(1000), ConnectedAt: at(2000), UsedAt: at(3000), IdleUntil: at(4000), ExpiresAt: at(5000), EndedBecause: "because",
		}
		tokens := oauth.Tokens{Refresh: "rt of " + id}
		if n == 1 {
			want.Family, tokens.Refresh = "none of "+id, ""
		}
		got, has, err := s.TokensByFamily(ctx, want.Family)
		if diff := cmp.Diff(want, got) + cmp.Diff(tokens, has); err != nil || diff != "" {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
	}
	for _, family := range []string{"at of z0", "zz, spent, of z0", "orphan"} {
		if _, _, err := s.TokensByFamily(ctx, family); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", family, err)
		}
	}
	if list, err := s.Authorizations(ctx, oauth.Which{Tenant: "t"}); err != nil || len(list) != oldConnections {
		t.Errorf("%d authorizations, %v", len(list), err)
	}
	if n, err := s.CountSets(ctx); err != nil || n != 2 {
		t.Errorf("%d sets, %v", n, err)
	}
}
