package sqlstore

import (
	"context"
	"database/sql"

	"mandorla/internal/identity"
)

// LockTenant is part of identity.Store. Writers of SQLite queue one behind the other anyway.
func (s *Store) LockTenant(ctx context.Context, tenant string) error {
	var id string
	err := s.queryRow(ctx, `SELECT t.id FROM sys_tenant t WHERE t.id = ?`+s.d.ForEdit, tenant).Scan(&id)
	return missing(err, "There is no such tenant.")
}

// LockSupers is part of identity.Store.
func (s *Store) LockSupers(ctx context.Context) (n int, err error) {
	err = s.each(ctx, `SELECT t.id FROM sys_account t WHERE t.super <> 0 AND t.disabled = 0 ORDER BY t.id`+s.d.ForEdit, func(scan func(...any) error) error {
		var id string
		n++
		return scan(&id)
	})
	return n, err
}

// Supers is part of identity.Store.
func (s *Store) Supers(ctx context.Context) (out []identity.Account, err error) {
	err = s.each(ctx, `SELECT `+accountColumns+` FROM sys_account a WHERE a.super <> 0 ORDER BY a.email`, func(scan func(...any) error) error {
		var a accountScan
		err := scan(a.dest()...)
		out = append(out, a.account())
		return err
	})
	return out, err
}

// Administrators is part of identity.Store.
func (s *Store) Administrators(ctx context.Context, tenant string) (out []string, err error) {
	err = s.each(ctx, `SELECT DISTINCT u._id, u.inactive, u.removed FROM sys_member m
		JOIN users u ON u.tenant_id = m.tenant_id AND u._id = m.user_id
		JOIN sys_account a ON a.id = m.account_id
		JOIN sys_member_role mr ON mr.tenant_id = m.tenant_id AND mr.user_id = m.user_id
		JOIN sys_role r ON r.tenant_id = mr.tenant_id AND r.id = mr.role_id
		WHERE m.tenant_id = ? AND a.disabled = 0 AND r.admin <> 0 ORDER BY u._id`, func(scan func(...any) error) error {
		var id string
		var inactive, removed sql.NullBool
		if err := scan(&id, &inactive, &removed); err != nil {
			return err
		}
		if !inactive.Bool && !removed.Bool {
			out = append(out, id)
		}
		return nil
	}, tenant)
	return out, err
}

// MembersOf is part of identity.Store. The rows are one per person and role.
func (s *Store) MembersOf(ctx context.Context, tenant string) (out []identity.Membership, err error) {
	err = s.each(ctx, `SELECT `+memberColumns+`, `+accountColumns+`, `+roleColumns+
		` FROM sys_member m`+memberJoins+` JOIN sys_account a ON a.id = m.account_id`+roleJoins+
		` WHERE m.tenant_id = ? ORDER BY u.first_name, u.last_name, u._id, r.name, r.id`, func(scan func(...any) error) error {
		var m memberScan
		var a accountScan
		var r roleScan
		if err := scan(concat(m.dest(), a.dest(), r.dest())...); err != nil {
			return err
		}
		if n := len(out); n == 0 || out[n-1].User != m.user.String {
			one := m.membership()
			one.Account = a.account()
			out = append(out, one)
		}
		if last := &out[len(out)-1]; r.id.Valid {
			last.Roles = append(last.Roles, r.role())
		}
		return nil
	}, tenant)
	return out, err
}
