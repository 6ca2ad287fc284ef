package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/oauth"
)

// ClientByApp is part of oauth.Store.
func (s *Store) ClientByApp(ctx context.Context, tenant, app string) (oauth.ClientRecord, error) {
	var c clientScan
	err := s.queryRow(ctx, `SELECT `+clientColumns+` FROM sys_oauth_client c WHERE c.tenant_id = ? AND c.app_id = ? AND c.app_id <> ''`, tenant, app).Scan(c.dest()...)
	if err != nil {
		return oauth.ClientRecord{}, missing(err, "There is no such client.")
	}
	return c.client()
}

// AppKnown is part of oauth.Store.
func (s *Store) AppKnown(ctx context.Context, app string) (known bool, err error) {
	var n int
	err = s.queryRow(ctx, `SELECT COUNT(*) FROM sys_oauth_client WHERE app_id = ? AND app_id <> '' AND enabled = 1`, app).Scan(&n)
	return n > 0, err
}

// CountUndecided is part of oauth.Store.
func (s *Store) CountUndecided(ctx context.Context, tenant string) (n int, err error) {
	err = s.queryRow(ctx, `SELECT COUNT(*) FROM sys_oauth_client WHERE tenant_id = ? AND origin <> '' AND approval IN (?, ?)`,
		tenant, string(oauth.LetIn), string(oauth.Waiting)).Scan(&n)
	return n, err
}

// MarkRead is part of oauth.Store.
func (s *Store) MarkRead(ctx context.Context, c oauth.ClientRecord) error {
	_, err := s.exec(ctx, `UPDATE sys_oauth_client SET read_at = ?, fresh_until = ? WHERE tenant_id = ? AND id = ?`, millis(c.ReadAt), millis(c.FreshUntil), c.Tenant, c.ID)
	return err
}

// PolicyOf is part of oauth.Store.
func (s *Store) PolicyOf(ctx context.Context, tenant string) (oauth.PolicyRecord, error) {
	p := oauth.PolicyRecord{Tenant: tenant}
	var hosts string
	var updated int64
	err := s.queryRow(ctx, `SELECT documents, hosts, registered, set_json, version, updated_at FROM sys_oauth_policy WHERE tenant_id = ?`, tenant).
		Scan(&p.Documents, &hosts, &p.Registered, &p.SetText, &p.Version, &updated)
	if err != nil {
		return p, missing(err, "There is no such policy.")
	}
	p.UpdatedAt = instant(updated)
	if err := json.Unmarshal([]byte(hosts), &p.Hosts); err != nil {
		return p, fmt.Errorf("hosts of the policy of tenant %s: %w", tenant, err)
	}
	return p, nil
}

// SavePolicy is part of oauth.Store.
func (s *Store) SavePolicy(ctx context.Context, p oauth.PolicyRecord) error {
	hosts, err := redirectsText(p.Hosts)
	if err != nil {
		return err
	}
	res, err := s.exec(ctx, `INSERT INTO sys_oauth_policy (tenant_id, documents, hosts, registered, set_json, version, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant_id) DO UPDATE SET documents = excluded.documents, hosts = excluded.hosts, registered = excluded.registered,
		set_json = excluded.set_json, version = excluded.version, updated_at = excluded.updated_at
		WHERE sys_oauth_policy.tenant_id = excluded.tenant_id AND sys_oauth_policy.version = excluded.version - 1`,
		p.Tenant, string(p.Documents), hosts, string(p.Registered), p.SetText, p.Version, millis(p.UpdatedAt))
	if err == nil && affected(res) == 0 {
		return fault.New(fault.Conflict, "Somebody changed these rules meanwhile. Load the page again and repeat your change.")
	}
	return err
}

// unclaimed are the registrations that no tenant has a client for.
const unclaimed = `NOT EXISTS (SELECT 1 FROM sys_oauth_client c WHERE c.app_id = sys_oauth_registration.id AND c.app_id <> '')`

// InsertRegistration is part of oauth.Store.
func (s *Store) InsertRegistration(ctx context.Context, r oauth.App) error {
	redirects, err := redirectsText(r.RedirectURIs)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, `INSERT INTO sys_oauth_registration (id, name, redirect_uris, no_refresh, created_at) VALUES (?, ?, ?, ?, ?)`,
		r.ID, r.Name, redirects, flag(r.NoRefresh), millis(r.ReadAt))
	return err
}

// RegistrationByID is part of oauth.Store.
func (s *Store) RegistrationByID(ctx context.Context, id string) (oauth.App, error) {
	r := oauth.App{Origin: oauth.Registered}
	var redirects string
	var noRefresh int
	var created int64
	err := s.queryRow(ctx, `SELECT id, name, redirect_uris, no_refresh, created_at FROM sys_oauth_registration WHERE id = ?`, id).
		Scan(&r.ID, &r.Name, &redirects, &noRefresh, &created)
	if err != nil {
		return r, missing(err, "There is no such registration.")
	}
	r.NoRefresh, r.ReadAt = noRefresh != 0, instant(created)
	if err := json.Unmarshal([]byte(redirects), &r.RedirectURIs); err != nil {
		return r, fmt.Errorf("redirect addresses of registration %s: %w", id, err)
	}
	return r, nil
}

// TrimRegistrations is part of oauth.Store.
func (s *Store) TrimRegistrations(ctx context.Context, keep int, before time.Time) (left int, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		_, err := s.exec(ctx, `DELETE FROM sys_oauth_registration WHERE created_at < ? AND id IN (
			SELECT id FROM sys_oauth_registration WHERE `+unclaimed+` ORDER BY created_at DESC, id LIMIT 1000 OFFSET ?)`, millis(before), keep)
		if err != nil {
			return err
		}
		return s.queryRow(ctx, `SELECT COUNT(*) FROM sys_oauth_registration WHERE `+unclaimed).Scan(&left)
	})
	return left, err
}
