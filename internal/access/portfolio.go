package access

import (
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// PortfolioKind is how a role says which companies it reaches.
type PortfolioKind string

// The kinds. Any other reaches nothing.
const (
	KindMine   PortfolioKind = "mine"   // companies the person owns or co-owns
	KindTeam   PortfolioKind = "team"   // those, and the companies that members of the person's teams own or co-own
	KindFilter PortfolioKind = "filter" // companies that a filter matches
	KindFull   PortfolioKind = "full"   // every company
)

// PortfolioKinds lists the kinds from narrow to wide, as people are offered them.
var PortfolioKinds = []PortfolioKind{KindMine, KindTeam, KindFilter, KindFull}

// Portfolio is the rows a role reaches: a rule on companies, followed by everything below a company. The zero value reaches nothing
// below companies. Equal values are equal rules.
type Portfolio struct {
	Kind   PortfolioKind
	Filter string // KindFilter: query.Filter as JSON. It sees every property; the value "me" is the person
}

// The portfolios that need no filter.
var (
	MyPortfolio = Portfolio{Kind: KindMine}
	TeamAccess  = Portfolio{Kind: KindTeam}
	FullAccess  = Portfolio{Kind: KindFull}
)

// Label names the kind to people.
func (k PortfolioKind) Label() string {
	switch k {
	case KindMine:
		return "Only my portfolio"
	case KindTeam:
		return "Team access"
	case KindFilter:
		return "Filter based"
	case KindFull:
		return "Full access"
	}
	return "None"
}

// Reach says which rows the portfolio reaches, as the rest of a sentence.
func (p Portfolio) Reach() string {
	switch p.Kind {
	case KindMine:
		return "companies that the person owns or co-owns, and what belongs to them"
	case KindTeam:
		return "companies that the person or a member of the person's teams owns or co-owns, and what belongs to them"
	case KindFilter:
		return "companies that match the role's filter, and what belongs to them"
	case KindFull:
		return "all companies and what belongs to them"
	}
	return "none"
}

// Check refuses a portfolio that no role may be saved with: an unknown kind, or a filter that the registry cannot run.
func (p Portfolio) Check(reg *model.Registry) error {
	switch p.Kind {
	case KindMine, KindTeam, KindFull:
		if p.Filter != "" {
			return fault.BadField("portfolio", "takes a filter only where it is %q.", KindFilter)
		}
		return nil
	case KindFilter:
	default:
		return fault.BadField("portfolio", "is one of %q, %q, %q and %q.", KindMine, KindTeam, KindFilter, KindFull)
	}
	f, err := query.ParseFilterJSON(p.Filter)
	if err != nil {
		return err
	}
	if f.IsZero() {
		return fault.BadField("portfolio", "needs at least one condition. Add one, or choose full access.")
	}
	company, ok := reg.Company()
	if !ok {
		return fault.BadField("portfolio", "cannot be a filter: no model carries the portfolio.")
	}
	_, err = query.Compile(everything{reg: reg, me: "000000000000000000000000"}, company, f)
	return err
}

// covers reports whether p surely reaches every row that q reaches, for the same person.
func (p Portfolio) covers(q Portfolio) bool {
	return p == q || p.Kind == KindFull || p.Kind == KindTeam && q.Kind == KindMine
}

// everything is the sight of a portfolio's filter: it sees all, since an administrator wrote it.
type everything struct {
	reg *model.Registry
	me  string
}

func (e everything) Registry() *model.Registry                             { return e.reg }
func (e everything) Sees(*model.Model, *model.Property) (query.Expr, bool) { return nil, true }
func (e everything) Visible(*model.Model) (query.Expr, bool)               { return query.All{}, true }
func (e everything) Me() string                                            { return e.me }
func (e everything) Unknown(m *model.Model, place, path string) error {
	return fault.BadField(place, "%s has no property %q.", m.Label, path)
}

// companies gives the rule of a portfolio on the companies, for the person of this decider.
func (d Decider) companies(p Portfolio, company *model.Model) query.Expr {
	switch p.Kind {
	case KindFull:
		return query.All{}
	case KindMine:
		return d.owned(company, nil)
	case KindTeam:
		return d.owned(company, d.teammates())
	case KindFilter:
		// A filter that no longer fits, because a property it names is gone, reaches nothing.
		f, err := query.ParseFilterJSON(p.Filter)
		if err != nil || f.IsZero() {
			return query.None{}
		}
		x, err := query.Compile(everything{reg: d.reg, me: d.person}, company, f)
		if err != nil {
			return query.None{}
		}
		return x
	}
	return query.None{}
}

// owned is "owner or co-owner is me", or, with a condition on users, also "is one of these".
func (d Decider) owned(company *model.Model, others query.Expr) query.Expr {
	if d.person == "" {
		return query.None{}
	}
	var mine, theirs []query.Expr
	for _, name := range company.Owners {
		p, _ := company.Property(name)
		mine = append(mine, query.Compare{Property: p, Op: model.Eq, Values: []any{d.person}})
		if others != nil {
			to, _ := d.reg.Model(p.To)
			theirs = append(theirs, query.Via{Ref: p, To: to, Where: others})
		}
	}
	return query.Either(append(mine, theirs...)...)
}

// teammates is the condition on users to be in one of the person's teams; nil where the person is in none.
func (d Decider) teammates() query.Expr {
	users, ok := d.reg.Model("User")
	if !ok || len(d.teams) == 0 {
		return nil
	}
	teams, ok := users.Property("teams")
	if !ok {
		return nil
	}
	var parts []query.Expr
	for _, id := range d.teams {
		parts = append(parts, query.Compare{Property: teams, Op: model.Contains, Values: []any{id}})
	}
	return query.Either(parts...)
}
