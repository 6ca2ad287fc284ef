package web

import (
	"slices"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
)

// asked is what the request is for: what its scopes name, or all that the app is set up for.
func asked(p oauth.Page) access.Set {
	switch {
	case p.Narrow:
		return p.Named
	case p.Client.Dynamic:
		return p.Named // the person picks; only what is asked for by name is missed
	}
	return access.Union([]access.Lane{{Set: p.ClientSet}, {Set: p.Named}})
}

// leftOut lists what was asked for and cannot be given, each with the side on which it is missing.
func leftOut(reg *model.Registry, p oauth.Page) (out []sideLine) {
	for _, m := range reg.Models() {
		missing := asked(p)[m.Name].Actions &^ p.Overlap[m.Name].Actions
		out = append(out, bySide(p, m, missing)...)
	}
	return together(out)
}

// together says the same about several models once.
func together(lines []sideLine) (out []sideLine) {
	for _, l := range lines {
		at := slices.IndexFunc(out, func(o sideLine) bool { return o.Text == l.Text && o.Why == l.Why && len(o.More)+len(l.More) == 0 })
		if at < 0 {
			out = append(out, l)
			continue
		}
		out[at].Label += ", " + l.Label
	}
	return out
}

// bySide groups actions on a model by what keeps them back.
func bySide(p oauth.Page, m *model.Model, actions access.Action) (out []sideLine) {
	var sides []string
	of := map[string]access.Action{}
	for _, a := range access.Actions {
		if actions&a == 0 {
			continue
		}
		side := missingSide(p, m.Name, a)
		if !slices.Contains(sides, side) {
			sides = append(sides, side)
		}
		of[side] |= a
	}
	for _, side := range sides {
		out = append(out, sideLine{Label: m.Label, Icon: m.Icon, Text: of[side].String(), Why: side})
	}
	return out
}

// missingSide names what keeps an action back: the app, the role, both, a role that may not connect apps, or the scope; "" for nothing.
func missingSide(p oauth.Page, name string, a access.Action) string {
	client, role := p.ClientSet.Allows(name, a), p.RoleAllows.Allows(name, a)
	switch {
	case !client && !role:
		return "neither this app nor your role has it"
	case !client:
		return "this app is not set up for it"
	case !role:
		for _, l := range p.Unconnected {
			if l.Set.Allows(name, a) {
				return "your role " + l.Role + " has it, but may not connect apps"
			}
		}
		return "your role does not have it"
	case p.Narrow && !p.Named.Allows(name, a):
		return "the app did not ask for it this time"
	}
	return ""
}

// rowsReached says which rows the connection reaches, where it is not the whole of them: for each role that says it differently.
func rowsReached(reg *model.Registry, p oauth.Page) []string {
	var out []string
	for _, l := range p.Lanes {
		if !anchored(reg, l.Set.Intersect(p.Overlap)) {
			continue
		}
		line := "Of companies and what belongs to them: " + reachInWords[l.Portfolio.Kind] + "."
		if len(p.Lanes) > 1 {
			line = "With your role " + l.Role + ", of companies and what belongs to them: " + reachInWords[l.Portfolio.Kind] + "."
		}
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// reachInWords says to the person themselves which companies a portfolio reaches.
var reachInWords = map[access.PortfolioKind]string{
	access.KindMine: "only those that you own or co-own", access.KindTeam: "those that you or somebody in your teams own or co-own",
	access.KindFilter: "those that your role's filter matches", access.KindFull: "all of them, as you do",
}

// anchored reports whether a set has a model whose rows a portfolio bounds.
func anchored(reg *model.Registry, set access.Set) bool {
	return slices.ContainsFunc(reg.Models(), func(m *model.Model) bool {
		_, in := set[m.Name]
		return in && m.Anchor != ""
	})
}
