package identity

import (
	"context"

	"mandorla/internal/access"
	"mandorla/internal/model"
)

// Names of the roles that a new tenant gets.
const (
	Administrator = "Administrator"
	Manager       = "Manager"
	CSM           = "CSM"
	Developer     = "Developer"
)

// DefaultRoles gives the roles of a new tenant, without ids.
func DefaultRoles(reg *model.Registry, tenant string) []access.Role {
	return []access.Role{
		{
			Tenant: tenant, Name: Administrator, Doc: "Everything, and the settings.",
			Portfolio: access.FullAccess, Set: access.WithInternals(access.Full(reg)), Switches: access.AllSwitches, Admin: true,
		},
		{
			Tenant: tenant, Name: Manager, Doc: "Works with every customer; removes and exports nothing.",
			Portfolio: access.FullAccess, Set: working(reg, access.View|access.Create|access.Update), Switches: access.SwitchConnect | access.SwitchImport,
		},
		{
			Tenant: tenant, Name: CSM, Doc: "Works with the customers of the own portfolio.",
			Portfolio: access.MyPortfolio, Set: working(reg, access.View|access.Create|access.Update), Switches: access.SwitchConnect,
		},
		{
			Tenant: tenant, Name: Developer, Doc: "Connects other systems: sees to apps, reads, writes and exports, removes no records.",
			Portfolio: access.FullAccess, Set: access.WithInternals(developing(reg)), Switches: access.AllSwitches,
		},
	}
}

// working allows the actions on what belongs to companies, and to view the rest: users and teams are the administrators' to change.
func working(reg *model.Registry, a access.Action) access.Set {
	out := access.Of(reg, a)
	for _, m := range reg.Models() {
		if m.Anchor == "" {
			out[m.Name] = access.ModelPermission{Actions: access.View, View: access.AllProperties}
		}
	}
	return out
}

// developing is working with export, of users and teams as well. To change a user can shut out an administrator, or let somebody in
// again whom one has shut out.
func developing(reg *model.Registry) access.Set {
	out := working(reg, access.View|access.Create|access.Update|access.Export)
	for _, m := range reg.Models() {
		if m.Anchor == "" {
			out[m.Name] = access.ModelPermission{Actions: access.View | access.Export, View: access.AllProperties}
		}
	}
	return out
}

// CreateDefaultRoles stores DefaultRoles and gives them by name.
func (s *Service) CreateDefaultRoles(ctx context.Context, by access.Principal, reg *model.Registry, tenant string) (map[string]access.Role, error) {
	out := map[string]access.Role{}
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		for _, r := range DefaultRoles(reg, tenant) {
			saved, err := s.SaveRole(ctx, by, r)
			if err != nil {
				return err
			}
			out[saved.Name] = saved
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
