package sqlstore

import (
	"context"
	"hash/fnv"
	"time"

	"mandorla/internal/oauth"
)

// InsertCode is part of oauth.Store.
func (s *Store) InsertCode(ctx context.Context, c oauth.CodeRecord) error {
	_, err := s.exec(ctx, `INSERT INTO sys_oauth_code (tenant_id, hash, authorization_id, client_id, redirect_uri, challenge, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		c.Tenant, c.Hash, c.Authorization, c.Client, c.RedirectURI, c.Challenge, millis(c.CreatedAt), millis(c.ExpiresAt))
	return err
}

// CodeByHash is part of oauth.Store.
func (s *Store) CodeByHash(ctx context.Context, hash string) (oauth.CodeRecord, error) {
	var c oauth.CodeRecord
	var created, expires, used int64
	err := s.queryRow(ctx, `SELECT tenant_id, hash, authorization_id, client_id, redirect_uri, challenge, created_at, expires_at, used_at
		FROM sys_oauth_code WHERE hash = ?`, hash).Scan(
		&c.Tenant, &c.Hash, &c.Authorization, &c.Client, &c.RedirectURI, &c.Challenge, &created, &expires, &used)
	c.CreatedAt, c.ExpiresAt, c.UsedAt = instant(created), instant(expires), instant(used)
	return c, missing(err, "There is no such code.")
}

// UseCode is part of oauth.Store.
func (s *Store) UseCode(ctx context.Context, hash string, at time.Time) (first bool, err error) {
	res, err := s.exec(ctx, `UPDATE sys_oauth_code SET used_at = ? WHERE hash = ? AND used_at = 0`, millis(at), hash)
	return err == nil && affected(res) == 1, err
}

// tokenNumber is the key of the token with this hash: by a number a row is found on one page. Two hashes may have one number, though a
// million of them have it about once in ten million years; the hash is compared as well, and the second of them cannot be stored.
func tokenNumber(hash string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(hash)) // cannot fail
	return int64(h.Sum64() >> 1)
}

// tokenAuthorization joins a token with its authorization, whose number no other one ever gets.
const tokenAuthorization = "sys_oauth_token k JOIN sys_oauth_authorization z ON z.number = k.authorization_number"

const tokenColumns = `k.hash, z.tenant_id, z.id, z.client_id, k.kind, k.scope, k.created_at, k.expires_at, k.used_at, k.revoked_at,
	k.successor, k.sealed`

type tokenScan struct {
	rec   oauth.TokenRecord
	times [4]int64
}

func (k *tokenScan) dest() []any {
	r, t := &k.rec, &k.times
	return []any{&r.Hash, &r.Tenant, &r.Authorization, &r.Client, &r.Kind, &r.Scope, &t[0], &t[1], &t[2], &t[3], &r.Successor, &r.Sealed}
}

func (k *tokenScan) token() oauth.TokenRecord {
	out, t := k.rec, k.times
	out.CreatedAt, out.ExpiresAt, out.UsedAt, out.RevokedAt = instant(t[0]), instant(t[1]), instant(t[2]), instant(t[3])
	return out
}

// InsertToken is part of oauth.Store.
func (s *Store) InsertToken(ctx context.Context, t oauth.TokenRecord) error {
	res, err := s.exec(ctx, `INSERT INTO sys_oauth_token (number, hash, authorization_number, kind, scope, created_at, expires_at)
		SELECT CAST(? AS BIGINT), CAST(? AS TEXT), z.number, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT)
		FROM sys_oauth_authorization z WHERE z.tenant_id = ? AND z.id = ?`,
		tokenNumber(t.Hash), t.Hash, string(t.Kind), t.Scope, millis(t.CreatedAt), millis(t.ExpiresAt), t.Tenant, t.Authorization)
	return changed(res, err, "There is no such connection.")
}

// TokenByHash is part of oauth.Store.
func (s *Store) TokenByHash(ctx context.Context, hash string) (oauth.TokenRecord, error) {
	var k tokenScan
	err := s.queryRow(ctx, `SELECT `+tokenColumns+` FROM `+tokenAuthorization+` WHERE k.number = ? AND k.hash = ?`, tokenNumber(hash), hash).Scan(k.dest()...)
	return k.token(), missing(err, "There is no such token.")
}

// UseRefresh is part of oauth.Store.
func (s *Store) UseRefresh(ctx context.Context, hash string, at time.Time, successor, sealed string) (first bool, err error) {
	res, err := s.exec(ctx, `UPDATE sys_oauth_token SET used_at = ?, successor = ?, sealed = ? WHERE number = ? AND hash = ? AND used_at = 0`,
		millis(at), successor, sealed, tokenNumber(hash), hash)
	return err == nil && affected(res) == 1, err
}

// RevokeToken is part of oauth.Store.
func (s *Store) RevokeToken(ctx context.Context, hash string, at time.Time) error {
	_, err := s.exec(ctx, `UPDATE sys_oauth_token SET revoked_at = ? WHERE number = ? AND hash = ? AND revoked_at = 0`, millis(at), tokenNumber(hash), hash)
	return err
}
