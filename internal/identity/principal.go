package identity

import (
	"context"
	"fmt"

	"mandorla/internal/access"
	"mandorla/internal/fault"
)

// PrincipalFor gives the principal of a person who acts directly, for the command line and for tests.
// An inactive person, a disabled account and no such person are all fault.NotFound.
func (s *Service) PrincipalFor(ctx context.Context, tenant, user string, surface access.Surface) (access.Principal, error) {
	m, err := s.Store.MemberByUser(ctx, tenant, user)
	if err != nil {
		return access.Principal{}, fmt.Errorf("read person: %w", err)
	}
	if !m.Active() {
		return access.Principal{}, fault.New(fault.NotFound, "There is no such person.")
	}
	return s.principal(m, surface)
}

// Active reports whether tenant, User record and account are all in force.
func (m Membership) Active() bool { return m.TenantActive && !m.UserInactive && !m.Account.Disabled }

func (s *Service) principal(m Membership, surface access.Surface) (access.Principal, error) {
	roles, err := s.DecodeRoles(m)
	if err != nil {
		return access.Principal{}, err
	}
	p := m.Principal(roles, surface)
	p.Lanes, p.Switches = access.PersonLanes(roles), access.SwitchesOf(roles)
	for _, r := range roles {
		p.Admin = p.Admin || r.Admin
	}
	return p, nil
}

// Principal gives who the person is, with the roles as the one side that is known, and without anything that they allow yet.
func (m Membership) Principal(roles []access.Role, surface access.Surface) access.Principal {
	p := access.Principal{
		Tenant: m.Tenant, TenantName: m.TenantName,
		Person: m.User, PersonName: m.UserName, Email: m.Account.Email,
		Teams: m.Teams, Surface: surface, RegistryVersion: m.RegistryVersion, PeopleVersion: m.PeopleVersion,
		Sides: &access.Sides{Roles: roles},
	}
	for _, r := range roles {
		p.Roles = append(p.Roles, r.Name)
	}
	return p
}

// DecodeRoles gives the roles of a membership in their decoded form. The sets are shared: nobody may change one.
func (s *Service) DecodeRoles(m Membership) ([]access.Role, error) {
	out := make([]access.Role, 0, len(m.Roles))
	for _, r := range m.Roles {
		role, err := s.decodeRole(m.Tenant, r)
		if err != nil {
			return nil, err
		}
		out = append(out, role)
	}
	return out, nil
}

func (s *Service) decodeRole(tenant string, r RoleRecord) (access.Role, error) {
	set, err := s.sets.Decode(r.Set)
	if err != nil {
		return access.Role{}, fmt.Errorf("role %s: %w", r.ID, err)
	}
	return access.Role{ID: r.ID, Tenant: tenant, Name: r.Name, Doc: r.Doc, Portfolio: r.Portfolio, Set: set, Switches: r.Switches, Admin: r.Admin, Version: r.Version}, nil
}
