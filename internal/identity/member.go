package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
)

// AddMember ties an account to a User record of a tenant and gives it roles. The User record is made before, through the record gate.
func (s *Service) AddMember(ctx context.Context, by access.Principal, tenant, user, account string, roles []string) error {
	if err := MayManage(by, tenant); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.Store.AccountByID(ctx, account); err != nil {
			return fmt.Errorf("read account: %w", err)
		}
		if err := s.Store.InsertMember(ctx, tenant, user, account, s.Now()); err != nil {
			return fmt.Errorf("add member: %w", err)
		}
		return s.assign(ctx, by, tenant, user, roles, "member.add")
	})
}

// RemoveMember takes the membership of a User record away: sessions no longer reach the tenant and connections end at their next call.
func (s *Service) RemoveMember(ctx context.Context, by access.Principal, tenant, user string) error {
	if err := MayManage(by, tenant); err != nil {
		return err
	}
	return s.keepingAdmin(ctx, tenant, func(ctx context.Context) error {
		if err := s.Store.SetMemberRoles(ctx, tenant, user, nil); err != nil {
			return fmt.Errorf("take roles: %w", err)
		}
		if err := s.Store.DeleteMember(ctx, tenant, user); err != nil {
			return fmt.Errorf("remove member: %w", err)
		}
		return s.noteBy(ctx, by, tenant, "member.remove", map[string]string{"user": user})
	})
}

// Members lists everybody with an account in a tenant, with roles, by name.
func (s *Service) Members(ctx context.Context, tenant string) ([]Membership, error) {
	out, err := s.Store.MembersOf(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	return out, nil
}

// Memberships lists the tenants of an account with its User record in each, without roles.
func (s *Service) Memberships(ctx context.Context, account string) ([]Membership, error) {
	out, err := s.Store.MembershipsOf(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("list memberships: %w", err)
	}
	return out, nil
}

// Member reads one person of a tenant with roles, fault.NotFound where the User record has no account.
func (s *Service) Member(ctx context.Context, tenant, user string) (Membership, error) {
	return s.Store.MemberByUser(ctx, tenant, user)
}

// AssignRoles replaces the roles of a person, access.MaxLanes at most. It takes effect at the person's next request. The last
// administrator keeps the switch.
func (s *Service) AssignRoles(ctx context.Context, by access.Principal, tenant, user string, roles []string) error {
	if err := MayManage(by, tenant); err != nil {
		return err
	}
	return s.keepingAdmin(ctx, tenant, func(ctx context.Context) error {
		return s.assign(ctx, by, tenant, user, roles, "member.roles")
	})
}

// GiveRole adds a role to those that a person has; nothing happens where it is there already.
func (s *Service) GiveRole(ctx context.Context, by access.Principal, tenant, user, role string) error {
	return s.changeRole(ctx, by, tenant, user, "", role)
}

// TakeRole takes a role from a person; nothing happens where it is not there. The last administrator keeps it.
func (s *Service) TakeRole(ctx context.Context, by access.Principal, tenant, user, role string) error {
	return s.changeRole(ctx, by, tenant, user, role, "")
}

func (s *Service) changeRole(ctx context.Context, by access.Principal, tenant, user, from, to string) error {
	if err := MayManage(by, tenant); err != nil {
		return err
	}
	return s.keepingAdmin(ctx, tenant, func(ctx context.Context) error {
		return s.exchange(ctx, by, tenant, user, from, to)
	})
}

// exchange takes a role from a person and gives another one; either may be "".
func (s *Service) exchange(ctx context.Context, by access.Principal, tenant, user, from, to string) error {
	m, err := s.Store.MemberByUser(ctx, tenant, user)
	if err != nil {
		return fmt.Errorf("read person: %w", err)
	}
	var roles []string
	for _, r := range m.Roles {
		if r.ID != from {
			roles = append(roles, r.ID)
		}
	}
	if to != "" {
		roles = append(roles, to)
	}
	return s.assign(ctx, by, tenant, user, roles, "member.roles")
}

func (s *Service) assign(ctx context.Context, by access.Principal, tenant, user string, roles []string, act string) error {
	roles, err := s.knownRoles(ctx, tenant, roles)
	if err != nil {
		return err
	}
	if err := s.Store.SetMemberRoles(ctx, tenant, user, roles); err != nil {
		return fmt.Errorf("assign roles: %w", err)
	}
	return s.noteBy(ctx, by, tenant, act, map[string]string{"user": user, "roles": strings.Join(roles, " ")})
}

// knownRoles gives the ids of roles in order, each once; one that the tenant does not have is fault.NotFound.
func (s *Service) knownRoles(ctx context.Context, tenant string, roles []string) ([]string, error) {
	roles = slices.Compact(slices.Sorted(slices.Values(roles)))
	if len(roles) > access.MaxLanes {
		return nil, fault.BadField("roles", "are too many: a person may have %d at most.", access.MaxLanes)
	}
	for _, id := range roles {
		if _, err := s.Role(ctx, tenant, id); err != nil {
			return nil, err
		}
	}
	return roles, nil
}

func (s *Service) noteBy(ctx context.Context, by access.Principal, tenant, act string, detail map[string]string) error {
	e := audit.By(by, act, s.Now())
	e.Tenant, e.Detail = tenant, detail
	return s.Store.AppendAudit(ctx, e)
}
