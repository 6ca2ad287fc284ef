package demo

import (
	"context"
	"fmt"

	"mandorla/internal/access"
	"mandorla/internal/model"
)

// Roles of the demo beside the default ones, one for each of the other two kinds of portfolio.
const (
	teamLead  = "Team lead"
	riskWatch = "Risk watch"
)

// atRisk is the portfolio of riskWatch.
const atRisk = `{"and":[{"property":"status","op":"eq","value":"customer"},{"property":"h","op":"lte","value":4}]}`

// moreRoles adds the demo's own roles to the default ones, by name.
func (s Seeder) moreRoles(ctx context.Context, by access.Principal, roles map[string]access.Role) error {
	lead := roles["CSM"]
	lead.ID, lead.Version, lead.Name, lead.Portfolio = "", 0, teamLead, access.TeamAccess
	lead.Doc = "Works with the customers of everybody in the own team."
	watch := access.Role{
		Tenant: lead.Tenant, Name: riskWatch, Doc: "Looks at every customer whose health is poor, whoever owns it.",
		Portfolio: access.Portfolio{Kind: access.KindFilter, Filter: atRisk}, Set: looking(s.Registries.Base(), "Company", "End User", "Conversation"),
		Switches: access.SwitchConnect,
	}
	for _, r := range []access.Role{lead, watch} {
		saved, err := s.Identity.SaveRole(ctx, by, r)
		if err != nil {
			return fmt.Errorf("create role %s: %w", r.Name, err)
		}
		roles[saved.Name] = saved
	}
	return nil
}

// looking allows to view these models.
func looking(reg *model.Registry, models ...string) access.Set {
	all, out := access.Of(reg, access.View), access.Set{}
	for _, name := range models {
		out[name] = all[name]
	}
	return out
}
