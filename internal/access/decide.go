package access

import (
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// Decider answers what one principal may do over one registry snapshot. It is cheap to make and lives for one request.
type Decider struct {
	reg    *model.Registry
	person string
	lanes  []Lane
}

// Decide binds the principal to a registry snapshot.
func (p Principal) Decide(reg *model.Registry) Decider {
	return Decider{reg: reg, person: p.Person, lanes: p.Lanes}
}

// Registry gives the snapshot that the answers are about.
func (d Decider) Registry() *model.Registry { return d.reg }

// Model finds a model that the principal may view or create. Any other is unknown, whether it exists or not.
func (d Decider) Model(name string) (*model.Model, bool) {
	m, ok := d.reg.Model(name)
	if !ok || !d.Any(m, View) && !d.Any(m, Create) {
		return nil, false
	}
	return m, true
}

// Any reports whether some lane allows the action on the model.
func (d Decider) Any(m *model.Model, a Action) bool {
	for _, l := range d.lanes {
		if l.Set.Allows(m.Name, a) {
			return true
		}
	}
	return false
}

// Actions gives every action that some lane allows on the model.
func (d Decider) Actions(m *model.Model) Action {
	var out Action
	for _, l := range d.lanes {
		out |= l.Set[m.Name].Actions
	}
	return out
}

// Rows gives the condition for the rows on which one lane allows all of the actions; ok is false where no lane does.
func (d Decider) Rows(m *model.Model, a Action) (rows query.Expr, ok bool) {
	return d.rows(m, func(p ModelPermission) bool { return p.Actions&a == a })
}

// WriteRows is Rows for a change that sends these properties: one lane must allow the action and the update of each.
// At creation (a is Create) required properties need no permission of their own.
func (d Decider) WriteRows(m *model.Model, a Action, sent []*model.Property) (rows query.Expr, ok bool) {
	return d.rows(m, func(p ModelPermission) bool {
		if p.Actions&a != a {
			return false
		}
		for _, prop := range sent {
			if !mayWrite(p, prop, a) {
				return false
			}
		}
		return true
	})
}

// Writes reports whether some lane lets the property be sent with the action.
func (d Decider) Writes(m *model.Model, prop *model.Property, a Action) bool {
	for _, l := range d.lanes {
		if p := l.Set[m.Name]; p.Actions&a == a && mayWrite(p, prop, a) {
			return prop.Writable()
		}
	}
	return false
}

func mayWrite(p ModelPermission, prop *model.Property, a Action) bool {
	return p.Update.Has(prop.ID) || a == Create && prop.Required
}

// Sees reports whether the property may be named on some row, and the guard: the rows on which it may be read; nil means on every
// row that Rows(m, View) gives. A property that may be seen nowhere is unknown.
func (d Decider) Sees(m *model.Model, prop *model.Property) (guard query.Expr, ok bool) {
	if prop.Name == "_id" {
		return nil, d.Any(m, View)
	}
	guard, ok = d.rows(m, func(p ModelPermission) bool { return p.Actions&View != 0 && p.View.Has(prop.ID) })
	if !ok || d.sameRows(m, prop) {
		return nil, ok
	}
	return guard, true
}

// sameRows reports whether the lanes that show the property reach every row that any viewing lane reaches.
func (d Decider) sameRows(m *model.Model, prop *model.Property) bool {
	var with, without map[Portfolio]bool = map[Portfolio]bool{}, map[Portfolio]bool{}
	for _, l := range d.lanes {
		p := l.Set[m.Name]
		switch {
		case p.Actions&View == 0:
		case p.View.Has(prop.ID):
			with[l.Portfolio] = true
		default:
			without[l.Portfolio] = true
		}
	}
	if with[FullAccess] || m.Anchor == "" {
		return true
	}
	for portfolio := range without {
		if !with[portfolio] {
			return false
		}
	}
	return true
}

func (d Decider) rows(m *model.Model, allows func(ModelPermission) bool) (query.Expr, bool) {
	portfolios := map[Portfolio]bool{}
	for _, l := range d.lanes {
		if p, there := l.Set[m.Name]; there && allows(p) {
			portfolios[l.Portfolio] = true
		}
	}
	if len(portfolios) == 0 {
		return query.None{}, false
	}
	if portfolios[FullAccess] || m.Anchor == "" {
		return query.All{}, true
	}
	if portfolios[MyPortfolio] && d.person != "" {
		return d.anchored(m, m.Anchor, d.mine), true
	}
	return query.None{}, true
}

// anchored turns a condition on the company into one on the rows of m, along the path to the company.
func (d Decider) anchored(m *model.Model, anchor string, rule func(*model.Model) query.Expr) query.Expr {
	if anchor == model.Self {
		return rule(m)
	}
	path, err := d.reg.Path(m, anchor)
	if err != nil { // checked when the registry was built
		return query.None{}
	}
	refs := append(append([]*model.Property{}, path.Hops...), path.Property)
	company, _ := d.reg.Model(path.Property.To)
	cond := rule(company)
	for i := len(refs) - 1; i >= 0; i-- {
		to, _ := d.reg.Model(refs[i].To)
		cond = query.Via{Ref: refs[i], To: to, Where: cond}
	}
	return cond
}

// mine is "owner or co-owner".
func (d Decider) mine(company *model.Model) query.Expr {
	parts := make([]query.Expr, 0, len(company.Owners))
	for _, name := range company.Owners {
		p, _ := company.Property(name)
		parts = append(parts, query.Compare{Property: p, Op: model.Eq, Values: []any{d.person}})
	}
	return query.Either(parts...)
}
