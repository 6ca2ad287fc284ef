package sqlstore

import (
	"context"
	"time"

	"mandorla/internal/oauth"
)

// InsertCode is part of oauth.Store.
func (s *Store) InsertCode(ctx context.Context, c oauth.CodeRecord) error {
	_, err := s.exec(ctx, `INSERT INTO sys_oauth_code (tenant_id, hash, authorization_id, client_id, redirect_uri, challenge, sealed, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.Tenant, c.Hash, c.Authorization, c.Client, c.RedirectURI, c.Challenge, c.Sealed, millis(c.CreatedAt), millis(c.ExpiresAt))
	return err
}

// CodeByHash is part of oauth.Store.
func (s *Store) CodeByHash(ctx context.Context, hash string) (oauth.CodeRecord, error) {
	var c oauth.CodeRecord
	var created, expires, used int64
	err := s.queryRow(ctx, `SELECT tenant_id, hash, authorization_id, client_id, redirect_uri, challenge, sealed, created_at, expires_at, used_at
		FROM sys_oauth_code WHERE hash = ?`, hash).Scan(
		&c.Tenant, &c.Hash, &c.Authorization, &c.Client, &c.RedirectURI, &c.Challenge, &c.Sealed, &created, &expires, &used)
	c.CreatedAt, c.ExpiresAt, c.UsedAt = instant(created), instant(expires), instant(used)
	return c, missing(err, "There is no such code.")
}

// UseCode is part of oauth.Store.
func (s *Store) UseCode(ctx context.Context, hash string, at time.Time) (first bool, err error) {
	res, err := s.exec(ctx, `UPDATE sys_oauth_code SET used_at = ? WHERE hash = ? AND used_at = 0`, millis(at), hash)
	return err == nil && affected(res) == 1, err
}
