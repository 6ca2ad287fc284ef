package sqlstore_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

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

// TestTokensGetTheirNumbers: a database of the version before keeps each authorization and each of its tokens as they are.
func TestTokensGetTheirNumbers(t *testing.T) {
	base, err := catalog.Registry()
	if err != nil {
		t.Fatal(err)
	}
	noID := func() string { return "" }
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), sqlite.FileName)
		before(t, "sqlite", path, sqlite.Dialect())
		s, err := sqlite.Open(t.Context(), path, base, noID)
		keepsTokens(t, s, err)
	})
	t.Run("postgres", func(t *testing.T) {
		dsn := pg.DSN(t)
		before(t, "pgx", dsn, postgres.Dialect())
		s, err := postgres.Open(t.Context(), dsn, base, noID)
		keepsTokens(t, s, err)
	})
}

const oldTokens = 1500 // more than are brought over at once

// before fills a database of version 15: three authorizations with two sets, tokens of two of them, and a token whose authorization is gone.
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
	for id, set := range map[string]string{"z1": "z1", "z2": "z2", "z3": "z2"} {
		exec(fmt.Sprintf(`INSERT INTO sys_oauth_authorization (tenant_id, id, person_id, account_id, account_epoch, client_id, resource, scope, set_json,
			created_at, connected_at, used_at, idle_until, expires_at, ended_at, ended_because, redirect_host)
			VALUES ('t', '%s', 'p', 'a', 7, 'pk', 'r', 's', '{"%s":1}', 1000, 2000, 3000, 4000, 5000, 0, 'because', 'host')`, id, set))
	}
	for n := range oldTokens {
		exec(fmt.Sprintf(`INSERT INTO sys_oauth_token (tenant_id, hash, authorization_id, client_id, kind, scope, created_at, expires_at, used_at, revoked_at, successor, sealed)
			VALUES ('t', 'h%d', 'z%d', 'pk', 'access', 'sc', 1000, 9000, 2000, 0, 'next', 'box')`, n, 1+n%2))
	}
	exec(`INSERT INTO sys_oauth_token (tenant_id, hash, authorization_id, client_id, kind, scope, created_at, expires_at) VALUES ('t', 'orphan', 'gone', 'pk', 'access', 's', 1, 2)`)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func keepsTokens(t *testing.T, s *sqlstore.Store, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	ctx, at := t.Context(), func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	for n := range oldTokens {
		hash := fmt.Sprint("h", n)
		got, err := s.TokenByHash(ctx, hash)
		want := oauth.TokenRecord{
			Hash: hash, Tenant: "t", Authorization: fmt.Sprint("z", 1+n%2), Client: "pk", Kind: oauth.Access, Scope: "sc",
			CreatedAt: at(1000), ExpiresAt: at(9000), UsedAt: at(2000), Successor: "next", Sealed: "box",
		}
		if err != nil || got != want {
			t.Fatalf("%v\n got %+v\nwant %+v", err, got, want)
		}
	}
	if _, err := s.TokenByHash(ctx, "orphan"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a token without an authorization: %v", err)
	}
	living, err := s.LivingTokens(ctx, "pk", at(0))
	if err != nil || living["z1"] != oldTokens/2 || living["z2"] != oldTokens/2 {
		t.Errorf("%v, %v", living, err)
	}
	if n, err := s.CountSets(ctx); err != nil || n != 2 {
		t.Errorf("%d sets, %v", n, err)
	}
	all, err := s.Authorizations(ctx, oauth.Which{Tenant: "t", ID: "z2"})
	want := oauth.AuthorizationRecord{
		ID: "z2", Tenant: "t", Person: "p", Account: "a", AccountEpoch: 7, Client: "pk", Resource: "r", Scope: "s", SetText: `{"z2":1}`, RedirectHost: "host",
		CreatedAt: at(1000), ConnectedAt: at(2000), UsedAt: at(3000), IdleUntil: at(4000), ExpiresAt: at(5000), EndedBecause: "because",
	}
	if err != nil || len(all) != 1 || all[0] != want {
		t.Errorf("%v\n got %+v\nwant %+v", err, all, want)
	}
}
