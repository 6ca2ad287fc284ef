package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/privateapp"
)

var _ privateapp.Store = (*Store)(nil)

const (
	privateAppBare      = `p.tenant_id, p.id, p.name, p.description, p.set_json, p.enabled, p.version, p.created_at, p.created_by, p.updated_at`
	privateAppColumns   = privateAppBare + `, COALESCE((SELECT MAX(k.used_at) FROM sys_private_app_token k WHERE k.tenant_id = p.tenant_id AND k.app_id = p.id), 0)`
	privateTokenColumns = `k.tenant_id, k.id, k.app_id, k.name, k.last4, k.created_at, k.created_by, k.expires_at, k.revoked_at, k.used_at`
)

type privateAppScan struct {
	rec     privateapp.Record
	enabled int
	times   [3]int64
}

func (p *privateAppScan) dest() []any {
	r, t := &p.rec, &p.times
	return []any{&r.Tenant, &r.ID, &r.Name, &r.Description, &r.SetText, &p.enabled, &r.Version, &t[0], &r.CreatedBy, &t[1], &t[2]}
}

func (p *privateAppScan) record() privateapp.Record {
	out, t := p.rec, p.times
	out.Enabled, out.CreatedAt, out.UpdatedAt, out.UsedAt = p.enabled != 0, instant(t[0]), instant(t[1]), instant(t[2])
	return out
}

type privateTokenScan struct {
	rec   privateapp.Token
	times [4]int64
}

func (k *privateTokenScan) dest() []any {
	r, t := &k.rec, &k.times
	return []any{&r.Tenant, &r.ID, &r.App, &r.Name, &r.Last4, &t[0], &r.CreatedBy, &t[1], &t[2], &t[3]}
}

func (k *privateTokenScan) token() privateapp.Token {
	out, t := k.rec, k.times
	out.CreatedAt, out.ExpiresAt, out.RevokedAt, out.UsedAt = instant(t[0]), instant(t[1]), instant(t[2]), instant(t[3])
	return out
}

// InsertPrivateApp is part of privateapp.Store.
func (s *Store) InsertPrivateApp(ctx context.Context, p privateapp.Record) error {
	_, err := s.exec(ctx, `INSERT INTO sys_private_app (tenant_id, id, name, description, set_json, enabled, version, created_at, created_by, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.Tenant, p.ID, p.Name, p.Description, p.SetText, flag(p.Enabled), p.Version, millis(p.CreatedAt), p.CreatedBy, millis(p.UpdatedAt))
	return s.conflict(err, "There is a private app named %s already.", p.Name)
}

// UpdatePrivateApp is part of privateapp.Store.
func (s *Store) UpdatePrivateApp(ctx context.Context, p privateapp.Record) error {
	res, err := s.exec(ctx, `UPDATE sys_private_app SET name = ?, description = ?, set_json = ?, enabled = ?, version = ?, updated_at = ?
		WHERE tenant_id = ? AND id = ? AND version = ?`,
		p.Name, p.Description, p.SetText, flag(p.Enabled), p.Version, millis(p.UpdatedAt), p.Tenant, p.ID, p.Version-1)
	if err == nil && affected(res) == 0 {
		return fault.New(fault.Conflict, "Somebody changed this private app meanwhile. Load it again and repeat your change.")
	}
	return s.conflict(err, "There is a private app named %s already.", p.Name)
}

// DeletePrivateApp is part of privateapp.Store.
func (s *Store) DeletePrivateApp(ctx context.Context, tenant, id string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.exec(ctx, `DELETE FROM sys_private_app_token WHERE tenant_id = ? AND app_id = ?`, tenant, id); err != nil {
			return err
		}
		res, err := s.exec(ctx, `DELETE FROM sys_private_app WHERE tenant_id = ? AND id = ?`, tenant, id)
		return changed(res, err, "There is no such private app.")
	})
}

// PrivateApps is part of privateapp.Store.
func (s *Store) PrivateApps(ctx context.Context, tenant string) (out []privateapp.Record, err error) {
	err = s.each(ctx, `SELECT `+privateAppColumns+` FROM sys_private_app p WHERE p.tenant_id = ? ORDER BY p.name, p.id`, func(scan func(...any) error) error {
		var p privateAppScan
		err := scan(p.dest()...)
		out = append(out, p.record())
		return err
	}, tenant)
	return out, err
}

// PrivateAppByID is part of privateapp.Store.
func (s *Store) PrivateAppByID(ctx context.Context, tenant, id string) (privateapp.Record, error) {
	var p privateAppScan
	err := s.queryRow(ctx, `SELECT `+privateAppColumns+` FROM sys_private_app p WHERE p.tenant_id = ? AND p.id = ?`, tenant, id).Scan(p.dest()...)
	return p.record(), missing(err, "There is no such private app.")
}

// InsertPrivateToken is part of privateapp.Store.
func (s *Store) InsertPrivateToken(ctx context.Context, k privateapp.Token) error {
	_, err := s.exec(ctx, `INSERT INTO sys_private_app_token (tenant_id, id, app_id, hash, name, last4, created_at, created_by, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, k.Tenant, k.ID, k.App, k.Hash, k.Name, k.Last4, millis(k.CreatedAt), k.CreatedBy, millis(k.ExpiresAt))
	return err
}

// PrivateTokens is part of privateapp.Store.
func (s *Store) PrivateTokens(ctx context.Context, tenant, app string) (out []privateapp.Token, err error) {
	err = s.each(ctx, `SELECT `+privateTokenColumns+` FROM sys_private_app_token k WHERE k.tenant_id = ? AND k.app_id = ? ORDER BY k.id DESC`,
		func(scan func(...any) error) error {
			var k privateTokenScan
			err := scan(k.dest()...)
			out = append(out, k.token())
			return err
		}, tenant, app)
	return out, err
}

// RevokePrivateToken is part of privateapp.Store.
func (s *Store) RevokePrivateToken(ctx context.Context, tenant, app, id string, at time.Time) error {
	res, err := s.exec(ctx, `UPDATE sys_private_app_token SET revoked_at = ? WHERE tenant_id = ? AND app_id = ? AND id = ? AND revoked_at = 0`,
		millis(at), tenant, app, id)
	return changed(res, err, "There is no such token, or it was revoked already.")
}

// NotePrivateUses is part of privateapp.Store.
func (s *Store) NotePrivateUses(ctx context.Context, uses []identity.Use) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		for _, u := range uses {
			_, err := s.exec(ctx, `UPDATE sys_private_app_token SET used_at = ? WHERE tenant_id = ? AND id = ? AND used_at < ?`, millis(u.At), u.Owner, u.ID, millis(u.At))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// PrivateStandingByToken is part of privateapp.Store.
func (s *Store) PrivateStandingByToken(ctx context.Context, hash string) (privateapp.Standing, error) {
	var k privateTokenScan
	var p privateAppScan
	var name, status sql.NullString
	var out privateapp.Standing
	dest := concat(k.dest(), p.dest(), []any{&name, &status, &out.RegistryVersion})
	err := s.queryRow(ctx, `SELECT `+privateTokenColumns+`, `+privateAppBare+`, 0, t.name, t.status, t.registry_version
		FROM sys_private_app_token k JOIN sys_private_app p ON p.tenant_id = k.tenant_id AND p.id = k.app_id JOIN sys_tenant t ON t.id = k.tenant_id
		WHERE k.hash = ?`, hash).Scan(dest...)
	out.Token, out.App, out.TenantName, out.TenantActive = k.token(), p.record(), name.String, status.String == "active"
	return out, missing(err, "There is no such token.")
}
