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
		return d.owned(company, []string{d.person})
	case KindTeam:
		if d.people != nil {
			return d.owned(company, append([]string{d.person}, d.people...))
		}
		return query.Either(d.owned(company, []string{d.person}), d.ownedBy(company))
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

// owned is "owner or co-owner is one of these people", the first of whom is the principal's person.
func (d Decider) owned(company *model.Model, people []string) query.Expr {
	if d.person == "" {
		return query.None{}
	}
	values := make([]any, 0, len(people))
	for _, id := range people {
		if len(values) == 0 || id != d.person {
			values = append(values, id)
		}
	}
	op := model.In
	if len(values) == 1 {
		op = model.Eq
	}
	var parts []query.Expr
	for _, name := range company.Owners {
		p, _ := company.Property(name)
		parts = append(parts, query.Compare{Property: p, Op: op, Values: values})
	}
	return query.Either(parts...)
}

// ownedBy is "owner or co-owner is in one of the person's teams", for the database to find out.
func (d Decider) ownedBy(company *model.Model) query.Expr {
	users, ok := d.reg.Model("User")
	if !ok || d.person == "" {
		return query.None{}
	}
	in := InTeams(users, d.teams)
	if in == query.Expr(query.None{}) {
		return in
	}
	var parts []query.Expr
	for _, name := range company.Owners {
		p, _ := company.Property(name)
		parts = append(parts, query.Via{Ref: p, To: users, Where: in})
	}
	return query.Either(parts...)
}

// InTeams is the condition on users to be in one of the teams; no teams match nobody.
func InTeams(users *model.Model, teams []string) query.Expr {
	p, ok := users.Property("teams")
	if !ok {
		return query.None{}
	}
	var parts []query.Expr
	for _, id := range teams {
		parts = append(parts, query.Compare{Property: p, Op: model.Contains, Values: []any{id}})
	}
	return query.Either(parts...)
}
