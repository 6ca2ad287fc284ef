package identity

import (
	"context"
	"fmt"
	"slices"
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
	return access.Role{}, errNoRole
}

var errNoRole = fault.New(fault.NotFound, "There is no such role.")

// maxRoleName is how long a role's name may be, in bytes.
const maxRoleName = 100

// SaveRole adds a role (ID "") or changes one. A change names the version it was made from, fault.Conflict where somebody was
// faster; the stored version is one higher. It takes effect at everybody's next request.
func (s *Service) SaveRole(ctx context.Context, by access.Principal, r access.Role) (access.Role, error) {
	if err := MayManage(by, r.Tenant); err != nil {
		return access.Role{}, err
	}
	r.Name = strings.TrimSpace(r.Name)
	if r.Name == "" || len(r.Name) > maxRoleName {
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
	text := EncodeSet(r.Set)
	fresh := r.ID == ""
	if fresh {
		r.ID, r.Version = s.NewID(), 0
	}
	r.Version++
	rec := RoleRecord{ID: r.ID, Name: r.Name, Doc: r.Doc, Portfolio: r.Portfolio, Set: text, Switches: r.Switches, Admin: r.Admin, Version: r.Version}
	err = s.keepingAdmin(ctx, r.Tenant, func(ctx context.Context) error {
		if fresh {
			if err := s.Store.InsertRole(ctx, r.Tenant, rec, s.Now()); err != nil {
				return fmt.Errorf("add role: %w", err)
			}
			return s.noteBy(ctx, by, r.Tenant, "role.create", roleDetail(rec))
		}
		if _, err := s.Role(ctx, r.Tenant, r.ID); err != nil {
			return err
		}
		if err := s.Store.UpdateRole(ctx, r.Tenant, rec, s.Now()); err != nil {
			return fmt.Errorf("change role: %w", err)
		}
		return s.noteBy(ctx, by, r.Tenant, "role.update", roleDetail(rec))
	})
	if err != nil {
		return access.Role{}, err
	}
	return r, nil
}

// CloneRole adds a role that allows the same as another one, under a name that is free: "Copy of CSM". Nobody has it yet.
func (s *Service) CloneRole(ctx context.Context, by access.Principal, tenant, id string) (access.Role, error) {
	if err := MayManage(by, tenant); err != nil {
		return access.Role{}, err
	}
	roles, err := s.Roles(ctx, tenant)
	if err != nil {
		return access.Role{}, err
	}
	at := slices.IndexFunc(roles, func(r access.Role) bool { return r.ID == id })
	if at < 0 {
		return access.Role{}, errNoRole
	}
	r := roles[at]
	r.ID, r.Version, r.Name = "", 0, freeName(roles, "Copy of "+r.Name)
	return s.SaveRole(ctx, by, r)
}

// freeName gives the name, shortened to fit, with a number where a role has it already.
func freeName(roles []access.Role, name string) string {
	for n := 1; ; n++ {
		suffix := ""
		if n > 1 {
			suffix = fmt.Sprintf(" %d", n)
		}
		out := strings.TrimSpace(clip(name, maxRoleName-len(suffix))) + suffix
		if !slices.ContainsFunc(roles, func(r access.Role) bool { return r.Name == out }) {
			return out
		}
	}
}

// DeleteRole removes a role. Those who have it get the replacement instead, which may be "" for none. Nothing happens where that
// would leave nobody who can administer the tenant.
func (s *Service) DeleteRole(ctx context.Context, by access.Principal, tenant, id, replacement string) error {
	if err := MayManage(by, tenant); err != nil {
		return err
	}
	return s.keepingAdmin(ctx, tenant, func(ctx context.Context) error {
		r, err := s.Role(ctx, tenant, id)
		if err != nil {
			return err
		}
		if replacement == id {
			return fault.BadField("replacement", "is the role that is removed. Choose another one.")
		}
		users, err := s.Store.RoleMembers(ctx, tenant, id)
		if err != nil {
			return fmt.Errorf("read members of a role: %w", err)
		}
		for _, user := range users {
			if err := s.exchange(ctx, by, tenant, user, id, replacement); err != nil {
				return err
			}
		}
		if err := s.Store.DeleteRole(ctx, tenant, id); err != nil {
			return fmt.Errorf("delete role: %w", err)
		}
		return s.noteBy(ctx, by, tenant, "role.delete", map[string]string{"role": id, "name": r.Name, "replacement": replacement})
	})
}

func roleDetail(r RoleRecord) map[string]string {
	return map[string]string{
		"role": r.ID, "name": r.Name, "version": fmt.Sprint(r.Version), "portfolio": string(r.Portfolio.Kind), "filter": r.Portfolio.Filter, "switches": r.Switches.String(),
		"admin": fmt.Sprint(r.Admin), "set": r.Set,
	}
}
