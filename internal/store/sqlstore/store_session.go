package sqlstore

import (
	"context"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

const sessionColumns = `s.id, s.tenant_id, s.created_at, s.seen_at, s.ip, s.agent, s.view_person, s.view_client, s.confirmed_at`

type sessionScan struct {
	rec                      identity.SessionRecord
	created, seen, confirmed int64
}

func (s *sessionScan) dest() []any {
	return []any{&s.rec.ID, &s.rec.Tenant, &s.created, &s.seen, &s.rec.IP, &s.rec.Agent, &s.rec.View.Person, &s.rec.View.Client, &s.confirmed}
}

func (s *sessionScan) session(a *accountScan) identity.SessionRecord {
	out := s.rec
	out.CreatedAt, out.SeenAt, out.ConfirmedAt, out.Account = instant(s.created), instant(s.seen), instant(s.confirmed), a.account()
	return out
}

// InsertSession is part of identity.Store.
func (s *Store) InsertSession(ctx context.Context, rec identity.SessionRecord, tokenHash string) error {
	_, err := s.exec(ctx, `INSERT INTO sys_session (token_hash, id, account_id, tenant_id, created_at, seen_at, ip, agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		tokenHash, rec.ID, rec.Account.ID, rec.Tenant, millis(rec.CreatedAt), millis(rec.SeenAt), rec.IP, rec.Agent)
	return err
}

// SessionByHash is part of identity.Store. The rows are one per tenant and role.
func (s *Store) SessionByHash(ctx context.Context, tokenHash string) (identity.SessionRecord, error) {
	rows, err := s.query(ctx, `SELECT `+sessionColumns+`, `+accountColumns+`, `+memberColumns+`, `+roleColumns+
		` FROM sys_session s JOIN sys_account a ON a.id = s.account_id LEFT JOIN sys_member m ON m.account_id = a.id`+memberLeft+roleJoins+
		` WHERE s.token_hash = ? ORDER BY t.name, t.id, r.id`, tokenHash)
	if err != nil {
		return identity.SessionRecord{}, err
	}
	defer rows.Close()
	var out identity.SessionRecord
	for rows.Next() {
		var sc sessionScan
		var a accountScan
		var m memberScan
		var r roleScan
		if err := rows.Scan(concat(sc.dest(), a.dest(), m.dest(), r.dest())...); err != nil {
			return out, err
		}
		if out.ID == "" {
			out = sc.session(&a)
		}
		if !m.tenant.Valid || !m.user.Valid { // no tenant, or its User record is gone
			continue
		}
		if n := len(out.Memberships); n == 0 || out.Memberships[n-1].Tenant != m.tenant.String {
			one := m.membership()
			one.Account = out.Account
			out.Memberships = append(out.Memberships, one)
		}
		if last := &out.Memberships[len(out.Memberships)-1]; r.id.Valid {
			last.Roles = append(last.Roles, r.role())
		}
	}
	if out.ID == "" && rows.Err() == nil {
		return out, fault.New(fault.NotFound, "There is no such session.")
	}
	return out, rows.Err()
}

// SessionsOf is part of identity.Store.
func (s *Store) SessionsOf(ctx context.Context, account string) (out []identity.SessionRecord, err error) {
	rows, err := s.query(ctx, `SELECT `+sessionColumns+`, `+accountColumns+
		` FROM sys_session s JOIN sys_account a ON a.id = s.account_id WHERE s.account_id = ? ORDER BY s.created_at DESC, s.id DESC`, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var sc sessionScan
		var a accountScan
		if err := rows.Scan(concat(sc.dest(), a.dest())...); err != nil {
			return nil, err
		}
		out = append(out, sc.session(&a))
	}
	return out, rows.Err()
}

// TouchSession is part of identity.Store.
func (s *Store) TouchSession(ctx context.Context, id string, seen time.Time) error {
	_, err := s.exec(ctx, `UPDATE sys_session SET seen_at = ? WHERE id = ? AND seen_at < ?`, millis(seen), id, millis(seen))
	return err
}

// ConfirmSession is part of identity.Store.
func (s *Store) ConfirmSession(ctx context.Context, id string, at time.Time) error {
	res, err := s.exec(ctx, `UPDATE sys_session SET confirmed_at = ? WHERE id = ?`, millis(at), id)
	return changed(res, err, "There is no such session.")
}

// SetSessionTenant is part of identity.Store.
func (s *Store) SetSessionTenant(ctx context.Context, id, tenant string) error {
	_, err := s.exec(ctx, `UPDATE sys_session SET tenant_id = ?, view_person = '', view_client = '' WHERE id = ?`, tenant, id)
	return err
}

// SetSessionView is part of identity.Store.
func (s *Store) SetSessionView(ctx context.Context, id, tenant string, as identity.ViewAs) (changed bool, err error) {
	res, err := s.exec(ctx, `UPDATE sys_session SET view_person = ?, view_client = ? WHERE id = ? AND tenant_id = ? AND (view_person <> ? OR view_client <> ?)`,
		as.Person, as.Client, id, tenant, as.Person, as.Client)
	if err != nil || affected(res) > 0 {
		return err == nil, err
	}
	var there int
	err = s.queryRow(ctx, `SELECT 1 FROM sys_session WHERE id = ? AND tenant_id = ?`, id, tenant).Scan(&there)
	return false, missing(err, "There is no such session.")
}

// DeleteSession is part of identity.Store.
func (s *Store) DeleteSession(ctx context.Context, account, id string) error {
	res, err := s.exec(ctx, `DELETE FROM sys_session WHERE account_id = ? AND id = ?`, account, id)
	return changed(res, err, "There is no such session.")
}

// DeleteSessions is part of identity.Store.
func (s *Store) DeleteSessions(ctx context.Context, account, except string) error {
	_, err := s.exec(ctx, `DELETE FROM sys_session WHERE account_id = ? AND id <> ?`, account, except)
	return err
}

// DeleteOldSessions is part of identity.Store.
func (s *Store) DeleteOldSessions(ctx context.Context, seenBefore, createdBefore time.Time) error {
	_, err := s.exec(ctx, `DELETE FROM sys_session WHERE seen_at <= ? OR created_at <= ?`, millis(seenBefore), millis(createdBefore))
	return err
}
