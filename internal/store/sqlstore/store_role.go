package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

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
