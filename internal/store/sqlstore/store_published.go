package sqlstore

import (
	"context"
	"time"

	"mandorla/internal/oauth"
)

// ForeignClients is part of oauth.Store.
func (s *Store) ForeignClients(ctx context.Context, tenant string, alive time.Time) (out []oauth.ForeignClient, err error) {
	cond, args := matching(oauth.Which{Tenant: tenant, Alive: alive}, "z.")
	err = s.each(ctx, `SELECT `+clientColumns+`, t.name FROM sys_oauth_client c JOIN sys_tenant t ON t.id = c.tenant_id
		WHERE c.tenant_id <> ? AND (c.published <> 0 OR EXISTS (SELECT 1 FROM sys_oauth_authorization z WHERE z.client_id = c.id AND `+cond+`))
		ORDER BY c.name, c.id`, func(scan func(...any) error) error {
		var c clientScan
		var name string
		err := scan(append(c.dest(), &name)...)
		out = append(out, oauth.ForeignClient{Client: c.bare().Client, TenantName: name})
		return err
	}, append([]any{tenant}, args...)...)
	return out, err
}

// ConnectionsByTenant is part of oauth.Store.
func (s *Store) ConnectionsByTenant(ctx context.Context, client string, alive time.Time) (out []oauth.Elsewhere, err error) {
	cond, args := matching(oauth.Which{Client: client, Alive: alive}, "z.")
	err = s.each(ctx, `SELECT z.tenant_id, t.name, COUNT(DISTINCT z.person_id), COUNT(*) FROM sys_oauth_authorization z
		JOIN sys_tenant t ON t.id = z.tenant_id WHERE `+cond+` AND z.connected_at <> 0 GROUP BY z.tenant_id, t.name ORDER BY t.name, z.tenant_id`,
		func(scan func(...any) error) error {
			var e oauth.Elsewhere
			err := scan(&e.Tenant, &e.TenantName, &e.People, &e.Connections)
			out = append(out, e)
			return err
		}, args...)
	return out, err
}

// ShutOuts is part of oauth.Store.
func (s *Store) ShutOuts(ctx context.Context, tenant, client string) (out []oauth.ShutOut, err error) {
	text, args := `SELECT tenant_id, client_id, at FROM sys_oauth_shut_out WHERE tenant_id = ?`, []any{tenant}
	if client != "" {
		text, args = text+` AND client_id = ?`, append(args, client)
	}
	err = s.each(ctx, text+` ORDER BY client_id`, func(scan func(...any) error) error {
		var x oauth.ShutOut
		var at int64
		err := scan(&x.Tenant, &x.Client, &at)
		x.At = instant(at)
		out = append(out, x)
		return err
	}, args...)
	return out, err
}

// SetShutOut is part of oauth.Store.
func (s *Store) SetShutOut(ctx context.Context, x oauth.ShutOut, out bool) (changed bool, err error) {
	text, args := `DELETE FROM sys_oauth_shut_out WHERE tenant_id = ? AND client_id = ?`, []any{x.Tenant, x.Client}
	if out {
		text, args = `INSERT INTO sys_oauth_shut_out (tenant_id, client_id, at) VALUES (?, ?, ?) ON CONFLICT (tenant_id, client_id) DO NOTHING`, append(args, millis(x.At))
	}
	res, err := s.exec(ctx, text, args...)
	return err == nil && affected(res) > 0, err
}
