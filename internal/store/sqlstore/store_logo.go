package sqlstore

import (
	"context"

	"mandorla/internal/oauth"
)

// SetClientLogo is part of oauth.Store.
func (s *Store) SetClientLogo(ctx context.Context, tenant, client string, l oauth.Logo) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		res, err := s.exec(ctx, `UPDATE sys_oauth_client SET logo_hash = ? WHERE tenant_id = ? AND id = ?`, l.Hash, tenant, client)
		if err := changed(res, err, "There is no such client."); err != nil {
			return err
		}
		if _, err := s.exec(ctx, `DELETE FROM sys_oauth_logo WHERE tenant_id = ? AND client_id = ?`, tenant, client); err != nil || l.Hash == "" {
			return err
		}
		_, err = s.exec(ctx, `INSERT INTO sys_oauth_logo (tenant_id, client_id, hash, png) VALUES (?, ?, ?, ?)`, tenant, client, l.Hash, l.PNG)
		return err
	})
}

// ClientLogo is part of oauth.Store.
func (s *Store) ClientLogo(ctx context.Context, client, hash string) (png []byte, err error) {
	err = s.queryRow(ctx, `SELECT png FROM sys_oauth_logo WHERE client_id = ? AND hash = ?`, client, hash).Scan(&png)
	return png, missing(err, "There is no such logo.")
}

// NoteSign is part of oauth.Store.
func (s *Store) NoteSign(ctx context.Context, one oauth.Sign) error {
	_, err := s.exec(ctx, `INSERT INTO sys_oauth_sign (what, agent, at) VALUES (?, ?, ?)
		ON CONFLICT (what) DO UPDATE SET agent = excluded.agent, at = excluded.at WHERE sys_oauth_sign.at < excluded.at`,
		string(one.Kind), one.Agent, millis(one.At))
	return err
}

// Signs is part of oauth.Store.
func (s *Store) Signs(ctx context.Context) (out []oauth.Sign, err error) {
	err = s.each(ctx, `SELECT what, agent, at FROM sys_oauth_sign ORDER BY what`, func(scan func(...any) error) error {
		var one oauth.Sign
		var at int64
		err := scan(&one.Kind, &one.Agent, &at)
		one.At = instant(at)
		out = append(out, one)
		return err
	})
	return out, err
}
