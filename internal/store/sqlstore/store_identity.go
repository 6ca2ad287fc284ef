package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

var _ identity.Store = (*Store)(nil)

// millis is the stored form of an instant; 0 is the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// changed turns a write that met no row into a fault.NotFound with this message.
func changed(res sql.Result, err error, format string, args ...any) error {
	if err == nil && affected(res) == 0 {
		return fault.New(fault.NotFound, format, args...)
	}
	return err
}

const accountColumns = `a.id, a.email, a.super, a.disabled, a.epoch, a.created_at`

// accountScan collects accountColumns.
type accountScan struct {
	id, email       string
	super, disabled int
	epoch, created  int64
}

func (a *accountScan) dest() []any {
	return []any{&a.id, &a.email, &a.super, &a.disabled, &a.epoch, &a.created}
}

func (a *accountScan) account() identity.Account {
	return identity.Account{ID: a.id, Email: a.email, Super: a.super != 0, Disabled: a.disabled != 0, Epoch: a.epoch, CreatedAt: instant(a.created)}
}

// InsertAccount is part of identity.Store.
func (s *Store) InsertAccount(ctx context.Context, a identity.Account, passwordHash string) error {
	_, err := s.exec(ctx, `INSERT INTO sys_account (id, email, password_hash, super, disabled, epoch, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		a.ID, a.Email, passwordHash, flag(a.Super), flag(a.Disabled), a.Epoch, millis(a.CreatedAt))
	return s.conflict(err, "There is an account with the address %s already.", a.Email)
}

// AccountByEmail is part of identity.Store.
func (s *Store) AccountByEmail(ctx context.Context, email string) (identity.Account, string, error) {
	var a accountScan
	var hash string
	err := s.queryRow(ctx, `SELECT `+accountColumns+`, a.password_hash FROM sys_account a WHERE a.email = ?`, email).Scan(append(a.dest(), &hash)...)
	return a.account(), hash, missing(err, "There is no account with this address.")
}

// AccountByID is part of identity.Store.
func (s *Store) AccountByID(ctx context.Context, id string) (identity.Account, error) {
	var a accountScan
	err := s.queryRow(ctx, `SELECT `+accountColumns+` FROM sys_account a WHERE a.id = ?`, id).Scan(a.dest()...)
	return a.account(), missing(err, "There is no such account.")
}

// SetPasswordHash is part of identity.Store.
func (s *Store) SetPasswordHash(ctx context.Context, account, hash string, endAll bool) error {
	res, err := s.exec(ctx, `UPDATE sys_account SET password_hash = ?, epoch = epoch + ? WHERE id = ?`, hash, flag(endAll), account)
	return changed(res, err, "There is no such account.")
}

// SetAccountDisabled is part of identity.Store.
func (s *Store) SetAccountDisabled(ctx context.Context, account string, disabled bool) error {
	res, err := s.exec(ctx, `UPDATE sys_account SET disabled = ?, epoch = epoch + 1 WHERE id = ?`, flag(disabled), account)
	return changed(res, err, "There is no such account.")
}

// SetAccountSuper is part of identity.Store.
func (s *Store) SetAccountSuper(ctx context.Context, account string, super bool) error {
	res, err := s.exec(ctx, `UPDATE sys_account SET super = ? WHERE id = ?`, flag(super), account)
	return changed(res, err, "There is no such account.")
}

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

type roleScan struct {
	id, name, doc, portfolio, filter, set, switches sql.NullString
	admin, version                                  sql.NullInt64
}

func (r *roleScan) dest() []any {
	return []any{&r.id, &r.name, &r.doc, &r.portfolio, &r.filter, &r.set, &r.switches, &r.admin, &r.version}
}

func (r *roleScan) role() identity.RoleRecord {
	return identity.RoleRecord{
		ID: r.id.String, Name: r.name.String, Doc: r.doc.String,
		Portfolio: access.Portfolio{Kind: access.PortfolioKind(r.portfolio.String), Filter: r.filter.String},
		Set:       r.set.String, Switches: access.ParseSwitches(r.switches.String), Admin: r.admin.Int64 != 0, Version: r.version.Int64,
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

func concat(parts ...[]any) []any {
	var out []any
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
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
func (s *Store) RoleMembers(ctx context.Context, tenant, role string) (out []string, err error) {
	rows, err := s.query(ctx, `SELECT mr.user_id FROM sys_member_role mr JOIN sys_member m ON m.tenant_id = mr.tenant_id AND m.user_id = mr.user_id
		JOIN users u ON u.tenant_id = m.tenant_id AND u._id = m.user_id
		WHERE mr.tenant_id = ? AND mr.role_id = ? ORDER BY mr.user_id`, tenant, role)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
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

// RolesOf is part of identity.Store.
func (s *Store) RolesOf(ctx context.Context, tenant string) (out []identity.RoleRecord, err error) {
	rows, err := s.query(ctx, `SELECT `+roleColumns+` FROM sys_role r WHERE r.tenant_id = ? ORDER BY r.name, r.id`, tenant)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r roleScan
		if err := rows.Scan(r.dest()...); err != nil {
			return nil, err
		}
		out = append(out, r.role())
	}
	return out, rows.Err()
}

// InsertRole is part of identity.Store.
func (s *Store) InsertRole(ctx context.Context, tenant string, r identity.RoleRecord, at time.Time) error {
	_, err := s.exec(ctx, `INSERT INTO sys_role (tenant_id, id, name, doc, portfolio, portfolio_filter, set_json, switches, admin, version, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tenant, r.ID, r.Name, r.Doc, string(r.Portfolio.Kind), r.Portfolio.Filter, r.Set, r.Switches.String(), flag(r.Admin), r.Version, millis(at), millis(at))
	return s.conflict(err, "There is a role named %s already.", r.Name)
}

// UpdateRole is part of identity.Store.
func (s *Store) UpdateRole(ctx context.Context, tenant string, r identity.RoleRecord, at time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		res, err := s.exec(ctx, `UPDATE sys_role SET name = ?, doc = ?, portfolio = ?, portfolio_filter = ?, set_json = ?, switches = ?, admin = ?, version = ?, updated_at = ?
			WHERE tenant_id = ? AND id = ? AND version = ?`,
			r.Name, r.Doc, string(r.Portfolio.Kind), r.Portfolio.Filter, r.Set, r.Switches.String(), flag(r.Admin), r.Version, millis(at), tenant, r.ID, r.Version-1)
		if err != nil {
			return s.conflict(err, "There is a role named %s already.", r.Name)
		}
		if affected(res) == 0 {
			return fault.New(fault.Conflict, "Somebody changed this role meanwhile. Load it again and repeat your change.")
		}
		return s.movePeople(ctx, tenant)
	})
}

// DeleteRole is part of identity.Store.
func (s *Store) DeleteRole(ctx context.Context, tenant, role string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.exec(ctx, `DELETE FROM sys_member_role WHERE tenant_id = ? AND role_id = ?`, tenant, role); err != nil {
			return err
		}
		res, err := s.exec(ctx, `DELETE FROM sys_role WHERE tenant_id = ? AND id = ?`, tenant, role)
		if err := changed(res, err, "There is no such role."); err != nil {
			return err
		}
		return s.movePeople(ctx, tenant)
	})
}

const sessionColumns = `s.id, s.tenant_id, s.created_at, s.seen_at, s.ip, s.agent, s.view_person, s.view_client`

type sessionScan struct {
	rec           identity.SessionRecord
	created, seen int64
}

func (s *sessionScan) dest() []any {
	return []any{&s.rec.ID, &s.rec.Tenant, &s.created, &s.seen, &s.rec.IP, &s.rec.Agent, &s.rec.View.Person, &s.rec.View.Client}
}

func (s *sessionScan) session(a *accountScan) identity.SessionRecord {
	out := s.rec
	out.CreatedAt, out.SeenAt, out.Account = instant(s.created), instant(s.seen), a.account()
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
