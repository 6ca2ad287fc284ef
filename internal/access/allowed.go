package access

import (
	"fmt"

	"mandorla/internal/model"
	"mandorla/internal/query"
)

// Allowed gives the condition for the rows on which the action is allowed with these properties in one step; ok is false where it is
// allowed on none. For a creation it is about the row that would be made. It is what the gate checks bit by bit, in one piece.
func (d Decider) Allowed(m *model.Model, a Action, props []*model.Property) (rows query.Expr, ok bool) {
	n := needOf(m, a, props)
	if rows, ok = d.rows(m, d.grants(n)); !ok {
		return rows, false
	}
	for _, p := range props {
		if no, _ := n.rule(p); no != "" || a != Remove && !d.Names(m, p, a) {
			return query.None{}, false
		}
		if guard, _ := query.Seen(sight{d}, m, p); a != Create && a != Remove {
			rows = query.Both(rows, guard)
		}
	}
	return rows, true
}

// grants gives the lanes that hold all of a need.
func (d Decider) grants(n need) lanes {
	out := d.allowing(n.m, n.actions)
	for _, p := range n.view {
		out &= d.showing(n.m, p)
	}
	for _, p := range n.update {
		out &= d.writing(n.m, p, n.action)
	}
	return out
}

// Bounds gives the lanes whose portfolios keep the action, with these properties, from other rows: those that grant it, and those that
// show a property which others do not. Empty where it is allowed on every row, or on none.
func (d Decider) Bounds(m *model.Model, a Action, props []*model.Property) []Lane {
	by := d.grants(needOf(m, a, props))
	if by == 0 || m.Anchor == "" {
		return nil
	}
	for _, p := range props {
		if guard, _ := d.Sees(m, p); guard != nil && a == Update {
			by |= d.showing(m, p) & d.allowing(m, View)
		}
	}
	var out []Lane
	for i, l := range d.lanes {
		if by&(1<<i) != 0 && l.Portfolio.Kind != KindFull {
			out = append(out, l)
		}
	}
	return out
}

// Reach gives the rows of a model that a portfolio of this principal reaches.
func (d Decider) Reach(m *model.Model, p Portfolio) query.Expr {
	if m.Anchor == "" {
		return query.All{}
	}
	return d.anchored(m, m.Anchor, func(company *model.Model) query.Expr { return d.companies(p, company) })
}

// Below turns a condition on companies into one on the rows of a model, each by its company.
func (d Decider) Below(m *model.Model, cond query.Expr) query.Expr {
	return d.anchored(m, m.Anchor, func(*model.Model) query.Expr { return cond })
}

// Names reports whether a request for this action may name the property: what may be seen, and at creation what must or, where
// nothing of the model is seen at all, may be set.
func (d Decider) Names(m *model.Model, p *model.Property, a Action) bool {
	if _, ok := query.Seen(sight{d}, m, p); ok {
		return true
	}
	return a == Create && d.Any(m, Create) && d.Writes(m, p, a) && (p.Required || !d.Any(m, View))
}

// sight lets package query look through a decider; it says nothing of what it does not find.
type sight struct{ Decider }

func (s sight) Me() string { return s.person }
func (s sight) Unknown(m *model.Model, _, path string) error {
	return fmt.Errorf("%s has no %q", m.Name, path)
}
