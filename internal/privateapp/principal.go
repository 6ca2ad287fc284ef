package privateapp

import (
	"context"

	"mandorla/internal/access"
	"mandorla/internal/fault"
)

// principal is the program, with all that it has.
func (a App) principal(surface access.Surface, registry int64) access.Principal {
	return access.Principal{
		Tenant: a.Tenant, PrivateApp: a.ID, PrivateAppName: a.Name,
		Surface: surface, RegistryVersion: registry, Switches: access.SwitchImport | access.SwitchExport,
		Lanes: []access.Lane{{Role: a.Name, Portfolio: access.FullAccess, Set: a.Set}},
	}
}

// Principal gives the principal that the tokens of an app stand for, without one, for explanations. An app that is disabled is a
// fault.NotFound that says so.
func (s *Service) Principal(ctx context.Context, by access.Principal, id string, surface access.Surface) (access.Principal, error) {
	a, err := s.App(ctx, by, id)
	if err != nil {
		return access.Principal{}, err
	}
	if !a.Enabled {
		return access.Principal{}, fault.New(fault.NotFound, "The private app %q is disabled: it reaches nothing.", a.Name)
	}
	p := a.principal(surface, by.RegistryVersion)
	p.TenantName = by.TenantName
	return p, nil
}
