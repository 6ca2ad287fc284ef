package app

import (
	"context"
	"fmt"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/explain"
	"mandorla/internal/fault"
	"mandorla/internal/store/sqlstore"
)

// TenantNamed finds a tenant by id, name or slug; "" means the only one.
func (a *App) TenantNamed(ctx context.Context, name string) (sqlstore.Tenant, error) {
	all, err := a.Store.Tenants(ctx)
	if err != nil {
		return sqlstore.Tenant{}, fmt.Errorf("list tenants: %w", err)
	}
	var names []string
	for _, t := range all {
		if name != "" && (t.ID == name || t.Slug == name || strings.EqualFold(t.Name, name)) {
			return t, nil
		}
		names = append(names, t.Name)
	}
	switch {
	case len(all) == 0:
		return sqlstore.Tenant{}, fault.New(fault.NotFound, "There is no tenant yet. Make one with its first administrator: mandorla user add --create-tenant NAME --email EMAIL --name NAME --role Administrator.")
	case name == "" && len(all) == 1:
		return all[0], nil
	case name == "":
		return sqlstore.Tenant{}, fault.New(fault.Invalid, "There are several tenants; choose one with --tenant: %s.", strings.Join(names, ", "))
	default:
		return sqlstore.Tenant{}, fault.New(fault.NotFound, "There is no tenant %q; there are: %s.", name, strings.Join(names, ", "))
	}
}

// CommandPrincipal is who a command acts as in a tenant: the person with this e-mail address, or the operator for "".
func (a *App) CommandPrincipal(ctx context.Context, tenant, email string) (access.Principal, error) {
	t, err := a.TenantNamed(ctx, tenant)
	if err != nil {
		return access.Principal{}, err
	}
	_, version, err := a.Store.CustomProperties(ctx, t.ID)
	if err != nil {
		return access.Principal{}, fmt.Errorf("read the data model: %w", err)
	}
	reg, err := a.Schema.Registry(ctx, t.ID, version)
	if err != nil {
		return access.Principal{}, err
	}
	if email == "" {
		return access.Operator(t.ID, reg, version), nil
	}
	account, err := a.Identity.AccountByEmail(ctx, email)
	if err != nil {
		return access.Principal{}, err
	}
	members, err := a.Store.MembershipsOf(ctx, account.ID)
	if err != nil {
		return access.Principal{}, fmt.Errorf("read memberships: %w", err)
	}
	for _, m := range members {
		if m.Tenant == t.ID {
			return a.Identity.PrincipalFor(ctx, t.ID, m.User, access.SurfaceCommand)
		}
	}
	return access.Principal{}, fault.New(fault.NotFound, "%s is nobody in %s.", email, t.Name)
}

// Explain answers questions about permissions.
func (a *App) Explain() *explain.Service {
	return &explain.Service{Gate: a.Gate, Identity: a.Identity, OAuth: a.OAuth, Apps: a.Apps, Registries: a.Schema}
}
