package record

import (
	"context"
	"fmt"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// portfolios says of each role whether it reaches the record. To oneself only what the gate says as well: that none of those which
// allow it elsewhere does so here. Which of several roles reaches a row would tell who owns it.
func (e *explanation) portfolios(ctx context.Context, bySets bool) error {
	bounds := map[string]bool{}
	for _, l := range e.of.Bounds(e.answer.Model, e.answer.Action, e.answer.Properties) {
		bounds[l.Role] = bySets && !e.answer.Allowed
	}
	for i := range e.answer.Reasons {
		r := &e.answer.Reasons[i]
		switch {
		case r.Side != access.SidePortfolio:
		case e.full:
			if err := e.portfolio(ctx, r); err != nil {
				return err
			}
		case bounds[r.Name]:
			r.Allows, r.Text = false, fmt.Sprintf("is %s: it does not allow this on %s", strings.ToLower(r.Portfolio.Kind.Label()), e.this())
			r.Fix = fmt.Sprintf("Widen the portfolio of the role %s.", r.Name)
		}
	}
	return nil
}

// portfolio says whether a role's portfolio reaches the record, and if not, what keeps it outside.
func (e *explanation) portfolio(ctx context.Context, r *access.Reason) error {
	m, p, id := e.answer.Model, r.Portfolio, e.answer.Record
	reached, err := e.s.reaches(ctx, e.of, m, id, e.of.Reach(m, p))
	if err != nil {
		return err
	}
	kind := strings.ToLower(p.Kind.Label())
	if reached {
		r.Text = fmt.Sprintf("is %s, and %s is in it", kind, e.this())
		return nil
	}
	var why string
	if p.Kind == access.KindFilter {
		why, err = e.unmatched(ctx, p.Filter)
	} else {
		why = e.unowned(p.Kind)
	}
	r.Allows, r.Text = false, fmt.Sprintf("is %s: %s", kind, why)
	r.Fix = fmt.Sprintf("%siden the portfolio of the role %s.", e.remedy(p.Kind), r.Name)
	return err
}

// company names the company that decides about the record.
func (e *explanation) company() string {
	if e.answer.Model.Anchor == model.Self {
		return e.this()
	}
	return "the company of " + e.this()
}

// owners gives the words for the references that put a company into a portfolio.
func (e *explanation) owners() []string {
	company, _ := e.of.Registry().Company()
	out := make([]string, len(company.Owners))
	for i, name := range company.Owners {
		p, _ := company.Property(name)
		out[i] = strings.ToLower(p.DisplayLabel())
	}
	return out
}

func (e *explanation) unowned(kind access.PortfolioKind) string {
	owners, who := e.owners(), e.of.p.PersonName
	switch {
	case kind == access.KindTeam && len(e.of.p.Teams) > 0:
		return fmt.Sprintf("neither %s nor anybody of the same team is %s of %s", who, access.Listed(owners, "or"), e.company())
	case kind == access.KindTeam:
		return fmt.Sprintf("%s is in no team, and neither %s of %s", who, strings.Join(owners, " nor "), e.company())
	case kind == access.KindMine:
		return fmt.Sprintf("%s is neither %s of %s", who, strings.Join(owners, " nor "), e.company())
	}
	return "it reaches no company"
}

// remedy says what would have to change in the record, and goes on to "widen the portfolio".
func (e *explanation) remedy(kind access.PortfolioKind) string {
	who := e.of.p.PersonName
	switch kind {
	case access.KindFilter:
		return fmt.Sprintf("Change %s so that it matches, or w", e.company())
	case access.KindMine, access.KindTeam:
		if kind == access.KindTeam && len(e.of.p.Teams) > 0 {
			who += " or a colleague of the same team"
		}
		return fmt.Sprintf("Make %s %s of %s, or w", who, access.Listed(e.owners(), "or"), e.company())
	}
	return "W"
}

// unmatched says which conditions of a role's filter the company does not meet, where all must be met, as far as the administrator who
// asks may see what they are about.
func (e *explanation) unmatched(ctx context.Context, filter string) (string, error) {
	what := fmt.Sprintf("%s does not match the filter", e.company())
	f, err := query.ParseFilterJSON(filter)
	if err != nil {
		return what + ", which cannot be read", nil //nolint:nilerr // the role's own page says why
	}
	parts := f.And
	if parts == nil {
		parts = []query.Filter{f}
	}
	company, _ := e.asker.Registry().Company()
	m, _ := e.asker.Registry().Model(e.answer.Model.Name)
	var fails []string
	for _, part := range parts {
		cond, err := query.Compile(lookingFor{e.asker, e.of.p.Person}, company, part)
		if err != nil { // it names what the asker may not see, or what is gone
			continue
		}
		met, err := e.s.reaches(ctx, e.asker, m, e.answer.Record, e.asker.Below(m, cond))
		if err != nil {
			return "", err
		}
		if !met {
			fails = append(fails, e.condition(part))
		}
	}
	if len(fails) == 0 {
		return what, nil
	}
	return what + ": it fails " + access.Listed(fails, "and"), nil
}

var opWords = map[model.Op]string{
	model.Eq: "is", model.Ne: "is not", model.Lt: "is below", model.Lte: "is at most", model.Gt: "is above", model.Gte: "is at least",
	model.In: "is one of", model.NotIn: "is none of", model.Contains: "contains", model.StartsWith: "starts with",
	model.Empty: "is empty", model.NotEmpty: "is not empty",
}

// condition says one condition in words.
func (e *explanation) condition(f query.Filter) string {
	if f.Path == "" {
		return "a condition of several parts"
	}
	value := ""
	switch v := f.Value.(type) {
	case nil:
	case []any:
		words := make([]string, len(v))
		for i, one := range v {
			words[i] = fmt.Sprint(one)
		}
		value = " " + access.Listed(words, "or")
	default:
		value = fmt.Sprintf(" %v", v)
		if v == "me" {
			value = " " + e.of.p.PersonName
		}
	}
	return fmt.Sprintf("“%s %s%s”", f.Path, opWords[f.Op], value)
}
