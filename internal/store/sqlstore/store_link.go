package sqlstore

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"mandorla/internal/identity"
)

// An invitation with the names of its tenant and its person. The User record may be gone: LEFT JOIN where it is listed.
const (
	invitationColumns = `i.tenant_id, t.name, i.id, i.user_id, u.first_name, u.last_name, i.email, i.roles, i.by_user, i.by_name, i.created_at, i.expires_at, i.mail, i.mail_note, i.mail_at`
	invitationFrom    = ` FROM sys_invitation i JOIN sys_tenant t ON t.id = i.tenant_id LEFT JOIN users u ON u.tenant_id = i.tenant_id AND u._id = i.user_id`
)

type invitationScan struct {
	in          identity.Invitation
	first, last sql.NullString
	roles, mail string
	times       [3]int64
}

func (i *invitationScan) dest() []any {
	in, t := &i.in, &i.times
	return []any{&in.Tenant, &in.TenantName, &in.ID, &in.User, &i.first, &i.last, &in.Email, &i.roles, &in.By, &in.ByName, &t[0], &t[1], &i.mail, &in.Mail.Note, &t[2]}
}

func (i *invitationScan) invitation() identity.Invitation {
	out := i.in
	out.UserName, out.Roles, out.Mail.Kind = strings.TrimSpace(i.first.String+" "+i.last.String), strings.Fields(i.roles), identity.MailKind(i.mail)
	out.CreatedAt, out.ExpiresAt, out.Mail.At = instant(i.times[0]), instant(i.times[1]), instant(i.times[2])
	return out
}

// InsertInvitation is part of identity.LinkStore.
func (s *Store) InsertInvitation(ctx context.Context, i identity.Invitation, tokenHash string) error {
	_, err := s.exec(ctx, `INSERT INTO sys_invitation (tenant_id, id, user_id, email, roles, by_user, by_name, created_at, expires_at, token_hash)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		i.Tenant, i.ID, i.User, i.Email, strings.Join(i.Roles, " "), i.By, i.ByName, millis(i.CreatedAt), millis(i.ExpiresAt), tokenHash)
	return s.conflict(err, "%s is invited already. Send that invitation again, or withdraw it first.", i.Email)
}

// InvitationsOf is part of identity.LinkStore.
func (s *Store) InvitationsOf(ctx context.Context, tenant string) (out []identity.Invitation, err error) {
	err = s.each(ctx, `SELECT `+invitationColumns+invitationFrom+` WHERE i.tenant_id = ? ORDER BY i.created_at DESC, i.id DESC`, func(scan func(...any) error) error {
		var i invitationScan
		err := scan(i.dest()...)
		out = append(out, i.invitation())
		return err
	}, tenant)
	return out, err
}

// InvitationByHash is part of identity.LinkStore.
func (s *Store) InvitationByHash(ctx context.Context, tokenHash string) (identity.Invitation, error) {
	var i invitationScan
	err := s.queryRow(ctx, `SELECT `+invitationColumns+invitationFrom+` WHERE i.token_hash = ? AND t.status = 'active' AND u._id IS NOT NULL`, tokenHash).Scan(i.dest()...)
	return i.invitation(), missing(err, "There is no such invitation.")
}

// RenewInvitation is part of identity.LinkStore.
func (s *Store) RenewInvitation(ctx context.Context, tenant, id, tokenHash string, expires time.Time) error {
	res, err := s.exec(ctx, `UPDATE sys_invitation SET token_hash = ?, expires_at = ?, mail = '', mail_note = '', mail_at = 0 WHERE tenant_id = ? AND id = ?`,
		tokenHash, millis(expires), tenant, id)
	return changed(res, err, "There is no such invitation.")
}

// NoteInvitationMail is part of identity.LinkStore.
func (s *Store) NoteInvitationMail(ctx context.Context, tenant, tokenHash string, m identity.MailState) error {
	_, err := s.exec(ctx, `UPDATE sys_invitation SET mail = ?, mail_note = ?, mail_at = ? WHERE tenant_id = ? AND token_hash = ?`, string(m.Kind), m.Note, millis(m.At), tenant, tokenHash)
	return err
}

// DeleteInvitation is part of identity.LinkStore.
func (s *Store) DeleteInvitation(ctx context.Context, tenant, id string) error {
	res, err := s.exec(ctx, `DELETE FROM sys_invitation WHERE tenant_id = ? AND id = ?`, tenant, id)
	return changed(res, err, "There is no such invitation.")
}

// TakeInvitation is part of identity.LinkStore.
func (s *Store) TakeInvitation(ctx context.Context, tenant, tokenHash string) error {
	res, err := s.exec(ctx, `DELETE FROM sys_invitation WHERE tenant_id = ? AND token_hash = ?`, tenant, tokenHash)
	return changed(res, err, "There is no such invitation.")
}

// PutReset is part of identity.LinkStore.
func (s *Store) PutReset(ctx context.Context, r identity.ResetLink, tokenHash string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.exec(ctx, `DELETE FROM sys_reset WHERE expires_at <= ?`, millis(r.CreatedAt)); err != nil {
			return err
		}
		_, err := s.exec(ctx, `INSERT INTO sys_reset (account_id, token_hash, by_tenant, created_at, expires_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (account_id) DO UPDATE SET token_hash = excluded.token_hash, by_tenant = excluded.by_tenant, created_at = excluded.created_at, expires_at = excluded.expires_at`,
			r.Account, tokenHash, r.ByTenant, millis(r.CreatedAt), millis(r.ExpiresAt))
		return err
	})
}

// ResetByHash is part of identity.LinkStore.
func (s *Store) ResetByHash(ctx context.Context, tokenHash string) (identity.ResetLink, error) {
	var r identity.ResetLink
	var created, expires int64
	err := s.queryRow(ctx, `SELECT account_id, by_tenant, created_at, expires_at FROM sys_reset WHERE token_hash = ?`, tokenHash).Scan(&r.Account, &r.ByTenant, &created, &expires)
	r.CreatedAt, r.ExpiresAt = instant(created), instant(expires)
	return r, missing(err, "There is no such link.")
}

// TakeReset is part of identity.LinkStore.
func (s *Store) TakeReset(ctx context.Context, tokenHash string) error {
	res, err := s.exec(ctx, `DELETE FROM sys_reset WHERE token_hash = ?`, tokenHash)
	return changed(res, err, "There is no such link.")
}

// DeleteReset is part of identity.LinkStore.
func (s *Store) DeleteReset(ctx context.Context, account string) error {
	_, err := s.exec(ctx, `DELETE FROM sys_reset WHERE account_id = ?`, account)
	return err
}
