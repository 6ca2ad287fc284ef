package sqlstore

import (
	"context"
	"time"

	"mandorla/internal/audit"
	"mandorla/internal/console"
	"mandorla/internal/oauth"
)

var _ console.Store = (*Store)(nil)

// TenantFigures is part of console.Store.
func (s *Store) TenantFigures(ctx context.Context, id string, alive time.Time) (out []console.Tenant, err error) {
	cond, args := matching(oauth.Which{Alive: alive}, "z.")
	text := `SELECT t.id, t.name, t.slug, t.created_at, t.status,
		(SELECT COUNT(*) FROM sys_member m WHERE m.tenant_id = t.id), (SELECT COUNT(*) FROM sys_oauth_client c WHERE c.tenant_id = t.id),
		(SELECT COUNT(*) FROM sys_oauth_authorization z WHERE z.tenant_id = t.id AND ` + cond + ` AND z.connected_at <> 0) FROM sys_tenant t`
	if id != "" {
		text, args = text+` WHERE t.id = ?`, append(args, id)
	}
	err = s.each(ctx, text+` ORDER BY t.name, t.id`, func(scan func(...any) error) error {
		var t console.Tenant
		var at int64
		var status string
		err := scan(&t.ID, &t.Name, &t.Slug, &at, &status, &t.People, &t.Clients, &t.Connections)
		t.CreatedAt, t.Suspended = instant(at), status != "active"
		out = append(out, t)
		return err
	}, args...)
	return out, err
}

// RenameTenant is part of console.Store.
func (s *Store) RenameTenant(ctx context.Context, id, name string) error {
	res, err := s.exec(ctx, `UPDATE sys_tenant SET name = ? WHERE id = ?`, name, id)
	return changed(res, err, "There is no such tenant.")
}

// SuspendTenant is part of console.Store.
func (s *Store) SuspendTenant(ctx context.Context, id string, suspended bool) (changed bool, err error) {
	was, is := "suspended", "active"
	if suspended {
		was, is = is, was
	}
	res, err := s.exec(ctx, `UPDATE sys_tenant SET status = ? WHERE id = ? AND status = ?`, is, id, was)
	return err == nil && affected(res) > 0, err
}

// AuditPage is part of console.Store.
func (s *Store) AuditPage(ctx context.Context, tenant, prefix, before string, limit int) ([]audit.Entry, error) {
	text := "SELECT " + auditColumns + " FROM sys_audit WHERE tenant_id = ? AND substr(act, 1, ?) = ?"
	args := []any{tenant, len([]rune(prefix)), prefix}
	if before != "" {
		text, args = text+" AND id < ?", append(args, before)
	}
	return s.auditEntries(ctx, text+" ORDER BY id DESC LIMIT ?", append(args, limit)...)
}
