package identity

import (
	"context"
	"fmt"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
)

// Roles lists a tenant's roles by name.
func (s *Service) Roles(ctx context.Context, tenant string) ([]access.Role, error) {
	recs, err := s.Store.RolesOf(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	return s.DecodeRoles(Membership{Tenant: tenant, Roles: recs})
}

// Role reads one role, fault.NotFound where the tenant has none of this id.
func (s *Service) Role(ctx context.Context, tenant, id string) (access.Role, error) {
	roles, err := s.Roles(ctx, tenant)
	if err != nil {
		return access.Role{}, err
	}
	for _, r := range roles {
		if r.ID == id {
			return r, nil
		}
	}
	return access.Role{}, fault.New(fault.NotFound, "There is no such role.")
}

// SaveRole adds a role (ID "") or changes one. A change names the version it was made from, fault.Conflict where somebody was
// faster; the stored version is one higher. It takes effect at everybody's next request.
func (s *Service) SaveRole(ctx context.Context, by access.Principal, r access.Role) (access.Role, error) {
	if err := MayManage(by, r.Tenant); err != nil {
		return access.Role{}, err
	}
	r.Name = strings.TrimSpace(r.Name)
	if r.Name == "" || len(r.Name) > 100 {
		return access.Role{}, fault.BadField("name", "needs 1 to 100 characters.")
	}
	reg, err := s.Registries.Current(ctx, r.Tenant)
	if err != nil {
		return access.Role{}, fmt.Errorf("take registry: %w", err)
	}
	if err := r.Portfolio.Check(reg); err != nil {
		return access.Role{}, err
	}
	r.Set = r.Set.Known(reg)
	text, err := EncodeSet(r.Set)
	if err != nil {
		return access.Role{}, err
	}
	fresh := r.ID == ""
	if fresh {
		r.ID, r.Version = s.NewID(), 0
	}
	r.Version++
	rec := RoleRecord{ID: r.ID, Name: r.Name, Doc: r.Doc, Portfolio: r.Portfolio, Set: text, Switches: r.Switches, Admin: r.Admin, Version: r.Version}
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		if fresh {
			if err := s.Store.InsertRole(ctx, r.Tenant, rec, s.Now()); err != nil {
				return fmt.Errorf("add role: %w", err)
			}
			return s.noteBy(ctx, by, r.Tenant, "role.create", roleDetail(rec))
		}
		before, err := s.Role(ctx, r.Tenant, r.ID)
		if err != nil {
			return err
		}
		if err := s.Store.UpdateRole(ctx, r.Tenant, rec, s.Now()); err != nil {
			return fmt.Errorf("change role: %w", err)
		}
		if before.Admin && !r.Admin {
			if err := s.keepsAdmin(ctx, r.Tenant); err != nil {
				return err
			}
		}
		return s.noteBy(ctx, by, r.Tenant, "role.update", roleDetail(rec))
	})
	if err != nil {
		return access.Role{}, err
	}
	return r, nil
}

// DeleteRole removes a role that nobody has; fault.Conflict where somebody does.
func (s *Service) DeleteRole(ctx context.Context, by access.Principal, tenant, id string) error {
	if err := MayManage(by, tenant); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		r, err := s.Role(ctx, tenant, id)
		if err != nil {
			return err
		}
		users, err := s.Store.RoleMembers(ctx, tenant, id)
		if err != nil {
			return fmt.Errorf("read members of a role: %w", err)
		}
		if len(users) > 0 {
			return fault.New(fault.Conflict, "%d people have the role %s. Give them another one first.", len(users), r.Name)
		}
		if err := s.Store.DeleteRole(ctx, tenant, id); err != nil {
			return fmt.Errorf("delete role: %w", err)
		}
		return s.noteBy(ctx, by, tenant, "role.delete", map[string]string{"role": id, "name": r.Name})
	})
}

func roleDetail(r RoleRecord) map[string]string {
	return map[string]string{
		"role": r.ID, "name": r.Name, "version": fmt.Sprint(r.Version), "portfolio": string(r.Portfolio.Kind), "filter": r.Portfolio.Filter, "switches": r.Switches.String(),
		"admin": fmt.Sprint(r.Admin), "set": r.Set,
	}
}
