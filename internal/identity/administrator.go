package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mandorla/internal/fault"
	"mandorla/internal/model"
)

// An administrator is somebody with an active User record, an account that is not disabled and a role with the administrator switch.
// A tenant that has one always has one: every change that could take the last one away runs through keepingAdmin or Guard.

// keepingAdmin runs a change of who may do what in a tenant, one at a time, and undoes one after which nobody could administer it.
func (s *Service) keepingAdmin(ctx context.Context, tenant string, change func(ctx context.Context) error) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		after, err := s.holdAdmin(ctx, tenant, "the tenant")
		if err != nil {
			return err
		}
		if err := change(ctx); err != nil {
			return err
		}
		return after(ctx)
	})
}

// holdAdmin locks the tenant for the rest of the transaction and gives the check to make after the change; name is how its refusal
// calls the tenant. Taking the lock first is what makes two changes at the same moment see each other.
func (s *Service) holdAdmin(ctx context.Context, tenant, name string) (after func(ctx context.Context) error, err error) {
	if err := s.Store.LockTenant(ctx, tenant); err != nil {
		return nil, fmt.Errorf("lock tenant: %w", err)
	}
	before, err := s.Store.Administrators(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("read administrators: %w", err)
	}
	return func(ctx context.Context) error {
		if len(before) == 0 { // a tenant that is being set up
			return nil
		}
		left, err := s.Store.Administrators(ctx, tenant)
		if err != nil {
			return fmt.Errorf("read administrators: %w", err)
		}
		if len(left) == 0 {
			return fault.New(fault.Conflict, "This would leave nobody who can administer %s. Give another person a role with the administrator switch first.", name)
		}
		return nil
	}, nil
}

// Guard is record.Options.Guard: a change of a User record never leaves a tenant without an administrator.
func (s *Service) Guard(ctx context.Context, tenant string, m *model.Model) (after func(ctx context.Context) error, err error) {
	if m.Name != "User" {
		return nil, nil
	}
	return s.holdAdmin(ctx, tenant, "the tenant")
}

// keepingAdmins is keepingAdmin for a change of an account, which counts in each of its tenants.
func (s *Service) keepingAdmins(ctx context.Context, account string, change func(ctx context.Context) error) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		tenants, err := s.Store.MembershipsOf(ctx, account)
		if err != nil {
			return fmt.Errorf("read memberships: %w", err)
		}
		slices.SortFunc(tenants, func(a, b Membership) int { return strings.Compare(a.Tenant, b.Tenant) }) // one order for all, so that nobody waits in a circle
		var checks []func(context.Context) error
		for _, t := range tenants {
			after, err := s.holdAdmin(ctx, t.Tenant, t.TenantName)
			if err != nil {
				return err
			}
			checks = append(checks, after)
		}
		if err := change(ctx); err != nil {
			return err
		}
		for _, after := range checks {
			if err := after(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}
