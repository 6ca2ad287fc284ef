package access

import (
	"slices"

	"mandorla/internal/model"
	"mandorla/internal/query"
)

// Decider answers what one principal may do over one registry snapshot. It is cheap to make and lives for one request.
//
// Checks of actions and properties do not allocate. Conditions on rows are made once per model and set of lanes. Not safe for
// concurrent use.
type Decider struct {
	reg    *model.Registry
	person string
	teams  []string
	people []string // in these teams; nil: the database finds them
	lanes  []Lane
	rules  map[rule]query.Expr
}

// rule names a condition on the rows of a model: those that one of the lanes reaches.
type rule struct {
	m     *model.Model
	lanes lanes
}

// lanes is a set of a principal's lanes, by position.
type lanes uint64

// MaxLanes is how many roles of one person count.
const MaxLanes = 64

// Decide binds the principal to a registry snapshot.
func (p Principal) Decide(reg *model.Registry) Decider {
	return Decider{
		reg: reg, person: p.Person, teams: p.Teams, lanes: p.Lanes[:min(len(p.Lanes), MaxLanes)], rules: map[rule]query.Expr{},
	}
}

// With gives the decider that knows who is in the principal's teams, which a team portfolio otherwise leaves to the database; nil
// changes nothing. It must be asked before anything else.
func (d Decider) With(people []string) Decider {
	d.people = people
	return d
}

// SeesTeams reports whether one of the lanes has the team portfolio.
func (p Principal) SeesTeams() bool {
	return slices.ContainsFunc(p.Lanes, func(l Lane) bool { return l.Portfolio.Kind == KindTeam })
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
	return d.rows(m, d.allowing(m, a))
}

// Visible is Rows for viewing.
func (d Decider) Visible(m *model.Model) (rows query.Expr, ok bool) { return d.Rows(m, View) }

// WriteRows is Rows for a change that sends these properties: one lane must allow the action and the update of each.
// At creation (a is Create) required properties need no permission of their own.
func (d Decider) WriteRows(m *model.Model, a Action, sent []*model.Property) (rows query.Expr, ok bool) {
	allowing := d.allowing(m, a)
	for _, prop := range sent {
		allowing &= d.writing(m, prop, a)
	}
	return d.rows(m, allowing)
}

// Writes reports whether some lane lets the property be sent with the action.
func (d Decider) Writes(m *model.Model, prop *model.Property, a Action) bool {
	return prop.Writable() && d.allowing(m, a)&d.writing(m, prop, a) != 0
}

// Sees reports whether the property may be named on some row, and the guard: the rows on which it may be read; nil means on every
// row that Rows(m, View) gives. A property that may be seen nowhere is unknown, and its guard is no row.
func (d Decider) Sees(m *model.Model, prop *model.Property) (guard query.Expr, ok bool) {
	viewing := d.allowing(m, View)
	showing := viewing
	if prop.Name != "_id" {
		showing &= d.showing(m, prop)
	}
	if showing == 0 {
		return query.None{}, false
	}
	if m.Anchor == "" || d.covers(showing, viewing) {
		return nil, true
	}
	return d.rows(m, showing)
}

// allowing gives the lanes that allow all of the actions on the model.
func (d Decider) allowing(m *model.Model, a Action) (out lanes) {
	for i := range d.lanes {
		if p, there := d.lanes[i].Set[m.Name]; there && p.Actions&a == a {
			out |= 1 << i
		}
	}
	return out
}

// showing gives the lanes whose set has the property for viewing.
func (d Decider) showing(m *model.Model, prop *model.Property) (out lanes) {
	for i := range d.lanes {
		if d.lanes[i].Set[m.Name].View.Has(prop.ID) {
			out |= 1 << i
		}
	}
	return out
}

// writing gives the lanes that let the property be sent with the action.
func (d Decider) writing(m *model.Model, prop *model.Property, a Action) (out lanes) {
	if a == Create && prop.Required {
		return ^lanes(0)
	}
	for i := range d.lanes {
		if d.lanes[i].Set[m.Name].Update.Has(prop.ID) {
			out |= 1 << i
		}
	}
	return out
}

// covers reports whether the rows of some lanes surely contain the rows of the others.
func (d Decider) covers(some, others lanes) bool {
	for i := range d.lanes {
		if others&(1<<i) != 0 && !d.reached(some, d.lanes[i].Portfolio) {
			return false
		}
	}
	return true
}

func (d Decider) reached(by lanes, p Portfolio) bool {
	for i := range d.lanes {
		if by&(1<<i) != 0 && d.lanes[i].Portfolio.covers(p) {
			return true
		}
	}
	return false
}

// rows gives the condition for the rows that one of the lanes reaches; ok is false for no lanes.
func (d Decider) rows(m *model.Model, by lanes) (query.Expr, bool) {
	switch {
	case by == 0:
		return query.None{}, false
	case m.Anchor == "":
		return query.All{}, true
	}
	key := rule{m, by}
	out, made := d.rules[key]
	if !made {
		out = d.makeRule(m, by)
		d.rules[key] = out
	}
	return out, true
}

// makeRule stands alone so that finding a rule that is made already allocates nothing.
func (d Decider) makeRule(m *model.Model, by lanes) query.Expr {
	return d.anchored(m, m.Anchor, func(company *model.Model) query.Expr { return d.portfolios(company, by) })
}

// portfolios is the condition on companies to be in the portfolio of one of the lanes. A portfolio that lies inside another is left out.
func (d Decider) portfolios(company *model.Model, by lanes) query.Expr {
	var parts []query.Expr
	for i := range d.lanes {
		p := d.lanes[i].Portfolio
		if by&(1<<i) == 0 {
			continue
		}
		inside := false
		for j := range d.lanes {
			q := d.lanes[j].Portfolio
			inside = inside || by&(1<<j) != 0 && q.covers(p) && (q != p || j < i) // of equal ones the first stays
		}
		if !inside {
			parts = append(parts, d.companies(p, company))
		}
	}
	return query.Either(parts...)
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
	if cond == query.Expr(query.All{}) || cond == query.Expr(query.None{}) {
		return cond
	}
	for i := len(refs) - 1; i >= 0; i-- {
		to, _ := d.reg.Model(refs[i].To)
		cond = query.Via{Ref: refs[i], To: to, Where: cond}
	}
	return cond
}
