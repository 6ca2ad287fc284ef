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
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.SetMemberRoles(ctx, tenant, user, nil); err != nil {
			return fmt.Errorf("take roles: %w", err)
		}
		if err := s.Store.DeleteMember(ctx, tenant, user); err != nil {
			return fmt.Errorf("remove member: %w", err)
		}
		if err := s.keepsAdmin(ctx, tenant); err != nil {
			return err
		}
		return s.noteBy(ctx, by, tenant, "member.remove", map[string]string{"user": user})
	})
}

// Member reads one person of a tenant with roles, fault.NotFound where the User record has no account.
func (s *Service) Member(ctx context.Context, tenant, user string) (Membership, error) {
	return s.Store.MemberByUser(ctx, tenant, user)
}

// AssignRoles replaces the roles of a person. It takes effect at the person's next request. The last administrator keeps the switch.
func (s *Service) AssignRoles(ctx context.Context, by access.Principal, tenant, user string, roles []string) error {
	if err := MayManage(by, tenant); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.assign(ctx, by, tenant, user, roles, "member.roles"); err != nil {
			return err
		}
		return s.keepsAdmin(ctx, tenant)
	})
}

func (s *Service) assign(ctx context.Context, by access.Principal, tenant, user string, roles []string, act string) error {
	roles = slices.Compact(slices.Sorted(slices.Values(roles)))
	for _, id := range roles {
		if _, err := s.Role(ctx, tenant, id); err != nil {
			return err
		}
	}
	if err := s.Store.SetMemberRoles(ctx, tenant, user, roles); err != nil {
		return fmt.Errorf("assign roles: %w", err)
	}
	return s.noteBy(ctx, by, tenant, act, map[string]string{"user": user, "roles": strings.Join(roles, " ")})
}

// keepsAdmin refuses a change after which nobody could administer a tenant that has members with an account.
func (s *Service) keepsAdmin(ctx context.Context, tenant string) error {
	roles, err := s.Store.RolesOf(ctx, tenant)
	if err != nil {
		return fmt.Errorf("read roles: %w", err)
	}
	for _, r := range roles {
		if !r.Admin {
			continue
		}
		users, err := s.Store.RoleMembers(ctx, tenant, r.ID)
		if err != nil {
			return fmt.Errorf("read members of a role: %w", err)
		}
		if len(users) > 0 {
			return nil
		}
	}
	return fault.New(fault.Conflict, "This would leave nobody who can administer the tenant. Give another person a role with the administrator switch first.")
}

func (s *Service) noteBy(ctx context.Context, by access.Principal, tenant, act string, detail map[string]string) error {
	e := audit.By(by, act, s.Now())
	e.Tenant, e.Detail = tenant, detail
	return s.Store.AppendAudit(ctx, e)
}
