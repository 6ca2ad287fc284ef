package web

import (
	"slices"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
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

// news compares what would be authorized with what the person authorized last; nil where there is nothing to compare with.
func news(reg *model.Registry, p oauth.Page) *authorizeNews {
	if p.Last == nil {
		return nil
	}
	since := "since you last authorized on " + p.Last.At.Format(dateForm)
	out := &authorizeNews{Title: "Nothing is new " + since, Living: livingWords(p.Last.Living)}
	for _, t := range p.Overlap.Minus(p.Last.Set, reg) {
		out.New = append(out.New, takenLine(t, "more"))
	}
	for _, t := range p.Last.Set.Minus(p.Overlap, reg) {
		out.Gone = append(out.Gone, goneLines(p, t)...)
	}
	switch {
	case len(out.New) > 0 && p.Client.Dynamic:
		out.Title = "You can pick more than " + strings.TrimPrefix(since, "since ")
	case len(out.New) > 0:
		out.Title = "New " + since
	case len(out.Gone) > 0:
		out.Title = "Less than when you last authorized on " + p.Last.At.Format(dateForm)
	}
	return out
}

// livingWords says what happens to the connections that there are: nothing.
func livingWords(n int) string {
	if n == 1 {
		return "The connection from then stays as it is, without what is new. If this app is on one machine only, disconnect it afterwards in Profile → Applications."
	}
	return "The " + kit.Count(n) + " connections that you have stay as they are, without what is new. You can disconnect those you do not need in Profile → Applications."
}

// goneLines say what was authorized and would not be again: an action by the side that keeps it back, the rest by itself.
func goneLines(p oauth.Page, t access.Taken) []sideLine {
	out := bySide(p, t.Model, t.Actions)
	if t.Actions = 0; len(t.View) > 0 || len(t.Update) > 0 || t.Later {
		out = append(out, takenLine(t, "fewer"))
	}
	return out
}

// takenLine says a difference on one model: "view, update", "2 more properties: ARR, Phase".
func takenLine(t access.Taken, more string) sideLine {
	line := sideLine{Label: t.Model.Label, Icon: t.Model.Icon}
	var parts []string
	if t.Actions != 0 {
		parts = append(parts, t.Actions.String())
	}
	for _, list := range []struct {
		ids  []string
		tail string
	}{{t.View, ""}, {t.Update, " to write"}} {
		if n := len(list.ids); n > 0 {
			parts = append(parts, kit.Count(n)+" "+more+" "+plural(n, "property", "properties")+list.tail)
			line.More = append(line.More, propertyLabels(t.Model, list.ids)...)
		}
	}
	if t.Later {
		parts = append(parts, map[string]string{"more": "also properties that are added later", "fewer": "no more properties that are added later"}[more])
	}
	slices.Sort(line.More)
	line.More = slices.Compact(line.More)
	line.Text = strings.Join(parts, ", ")
	return line
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func propertyLabels(m *model.Model, ids []string) (out []string) {
	for _, id := range ids {
		if p, ok := m.PropertyByID(id); ok {
			out = append(out, p.DisplayLabel())
		}
	}
	return out
}
