package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

// Columns and joins that make an identity.Membership of a row of sys_member named m. One row per role, or one without any.
const (
	memberColumns = `t.id, t.name, t.status, t.registry_version, t.people_version, u._id, u.first_name, u.last_name, u.inactive, u.teams`
	memberJoins   = ` JOIN sys_tenant t ON t.id = m.tenant_id JOIN users u ON u.tenant_id = m.tenant_id AND u._id = m.user_id`
	memberLeft    = ` LEFT JOIN sys_tenant t ON t.id = m.tenant_id LEFT JOIN users u ON u.tenant_id = m.tenant_id AND u._id = m.user_id`
	roleColumns   = `r.id, r.name, r.doc, r.portfolio, r.portfolio_filter, r.set_json, r.switches, r.admin, r.version`
	roleJoins     = ` LEFT JOIN sys_member_role mr ON mr.tenant_id = m.tenant_id AND mr.user_id = m.user_id` +
		` LEFT JOIN sys_role r ON r.tenant_id = mr.tenant_id AND r.id = mr.role_id`
)

type memberScan struct {
	tenant, name, status, user, first, last sql.NullString
	registry, people                        sql.NullInt64
	inactive                                sql.NullBool
	teams                                   sql.NullString // JSON list
}

func (m *memberScan) dest() []any {
	return []any{&m.tenant, &m.name, &m.status, &m.registry, &m.people, &m.user, &m.first, &m.last, &m.inactive, &m.teams}
}

func (m *memberScan) membership() identity.Membership {
	var teams []string
	if m.teams.Valid { // written by this store, so it is a list; anything else is no team
		if err := json.Unmarshal([]byte(m.teams.String), &teams); err != nil {
			teams = nil
		}
	}
	return identity.Membership{
		Teams: teams, Tenant: m.tenant.String, TenantName: m.name.String, TenantActive: m.status.String == "active", RegistryVersion: m.registry.Int64, PeopleVersion: m.people.Int64,
		User: m.user.String, UserName: strings.TrimSpace(m.first.String + " " + m.last.String), UserInactive: m.inactive.Bool,
	}
}

// MembershipsOf is part of identity.Store.
func (s *Store) MembershipsOf(ctx context.Context, account string) (out []identity.Membership, err error) {
	rows, err := s.query(ctx, `SELECT `+memberColumns+` FROM sys_member m`+memberJoins+` WHERE m.account_id = ? ORDER BY t.name, t.id`, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var m memberScan
		if err := rows.Scan(m.dest()...); err != nil {
			return nil, err
		}
		out = append(out, m.membership())
	}
	return out, rows.Err()
}

// MemberByUser is part of identity.Store.
func (s *Store) MemberByUser(ctx context.Context, tenant, user string) (identity.Membership, error) {
	rows, err := s.query(ctx, `SELECT `+memberColumns+`, `+accountColumns+`, `+roleColumns+
		` FROM sys_member m`+memberJoins+` JOIN sys_account a ON a.id = m.account_id`+roleJoins+
		` WHERE m.tenant_id = ? AND m.user_id = ? ORDER BY r.id`, tenant, user)
	if err != nil {
		return identity.Membership{}, err
	}
	defer rows.Close()
	var out identity.Membership
	for rows.Next() {
		var m memberScan
		var a accountScan
		var r roleScan
		if err := rows.Scan(concat(m.dest(), a.dest(), r.dest())...); err != nil {
			return out, err
		}
		if out.User == "" {
			out = m.membership()
			out.Account = a.account()
		}
		if r.id.Valid {
			out.Roles = append(out.Roles, r.role())
		}
	}
	if out.User == "" && rows.Err() == nil {
		return out, fault.New(fault.NotFound, "There is no such person.")
	}
	return out, rows.Err()
}

// InsertMember is part of identity.Store.
func (s *Store) InsertMember(ctx context.Context, tenant, user, account string, at time.Time) error {
	var there int
	err := s.queryRow(ctx, `SELECT 1 FROM users WHERE tenant_id = ? AND _id = ?`, tenant, user).Scan(&there)
	if err != nil {
		return missing(err, "There is no such person.")
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		_, err := s.exec(ctx, `INSERT INTO sys_member (tenant_id, user_id, account_id, created_at) VALUES (?, ?, ?, ?)`, tenant, user, account, millis(at))
		if err != nil {
			return s.conflict(err, "The person or the account is a member of this tenant already.")
		}
		return s.movePeople(ctx, tenant)
	})
}

// DeleteMember is part of identity.Store.
func (s *Store) DeleteMember(ctx context.Context, tenant, user string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		res, err := s.exec(ctx, `DELETE FROM sys_member WHERE tenant_id = ? AND user_id = ?`, tenant, user)
		if err := changed(res, err, "There is no such person."); err != nil {
			return err
		}
		return s.movePeople(ctx, tenant)
	})
}

// RoleMembers is part of identity.Store.
func (s *Store) RoleMembers(ctx context.Context, tenant, role string) ([]string, error) {
	return texts(s.query(ctx, `SELECT mr.user_id FROM sys_member_role mr JOIN sys_member m ON m.tenant_id = mr.tenant_id AND m.user_id = mr.user_id
		JOIN users u ON u.tenant_id = m.tenant_id AND u._id = m.user_id
		WHERE mr.tenant_id = ? AND mr.role_id = ? ORDER BY mr.user_id`, tenant, role))
}

// SetMemberRoles is part of identity.Store.
func (s *Store) SetMemberRoles(ctx context.Context, tenant, user string, roles []string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		res, err := s.exec(ctx, `UPDATE sys_member SET created_at = created_at WHERE tenant_id = ? AND user_id = ?`, tenant, user)
		if err := changed(res, err, "There is no such person."); err != nil {
			return err
		}
		if _, err := s.exec(ctx, `DELETE FROM sys_member_role WHERE tenant_id = ? AND user_id = ?`, tenant, user); err != nil {
			return err
		}
		for _, role := range roles {
			if _, err := s.exec(ctx, `INSERT INTO sys_member_role (tenant_id, user_id, role_id) VALUES (?, ?, ?)`, tenant, user, role); err != nil {
				return fmt.Errorf("role %s: %w", role, err)
			}
		}
		return s.movePeople(ctx, tenant)
	})
}

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
