package record_test

import (
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/record"
)

// textOf gives what the portfolios say to viewing or changing a company, and what would have to change.
func (f *fixture) textOf(asker, subject access.Principal, id string) string {
	answer, err := f.gate.Explain(f.Context(), asker, subject, record.Question{Question: access.Question{Model: "Company", Action: access.View}, Record: id})
	if err != nil {
		return errorText(err)
	}
	var out []string
	for _, r := range answer.Reasons {
		if r.Side == access.SidePortfolio {
			out = append(out, strings.TrimSpace(r.Name+" "+r.Text+". "+r.Fix))
		}
	}
	return strings.Join(out, " | ")
}

// Each kind of portfolio says in its own words whether it reaches a record, and what would let it.
func TestExplainEachPortfolio(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		says := func(what string, p access.Portfolio, teams []string, id, want string) {
			t.Helper()
			subject := f.person(access.Role{ID: "r", Name: "R", Portfolio: p, Set: access.Full(f.reg)})
			subject.Teams = teams
			same(t, what, f.textOf(f.admin(), subject, id), "R is "+want)
		}
		filter := func(text string) access.Portfolio { return access.Portfolio{Kind: access.KindFilter, Filter: text} }
		team := []string{success}
		says("mine", access.MyPortfolio, team, acme, "only my portfolio, and Acme is in it.")
		says("not mine", access.MyPortfolio, team, cedar,
			"only my portfolio: Carly Diaz is neither owner nor co-owner of Cedar. Make Carly Diaz owner or co-owner of Cedar, or widen the portfolio of the role R.")
		says("no team's", access.TeamAccess, nil, cedar,
			"team access: Carly Diaz is in no team, and neither owner nor co-owner of Cedar. Make Carly Diaz owner or co-owner of Cedar, or widen the portfolio of the role R.")
		says("not the team's", access.TeamAccess, team, cedar,
			"team access: neither Carly Diaz nor anybody of the same team is owner or co-owner of Cedar. "+
				"Make Carly Diaz or a colleague of the same team owner or co-owner of Cedar, or widen the portfolio of the role R.")
		says("everything", access.FullAccess, nil, cedar, "full access, and Cedar is in it.")
		says("none", access.Portfolio{}, nil, cedar, "none: it reaches no company. Widen the portfolio of the role R.")
		widen := ". Change Cedar so that it matches, or widen the portfolio of the role R."
		says("a filter", filter(`{"phase":"Lost"}`), nil, cedar, "filter based: Cedar does not match the filter: it fails “phase is Lost”"+widen)
		says("no filter", filter("["), nil, cedar, "filter based: Cedar does not match the filter, which cannot be read"+widen)

		// What the asker may not see is not tried out, whatever stands before it; nor is a hidden title said.
		blind := f.admin()
		blind.Lanes = []access.Lane{wide(f.without(access.Full(f.reg), "Company", "arr", "name"))}
		subject := f.person(access.Role{ID: "r", Name: "R", Portfolio: filter(`{"not":{"arr":{"lt":50000}}}`), Set: access.Full(f.reg)})
		same(t, "blind", f.textOf(blind, subject, cedar),
			"R is filter based: this company does not match the filter. Change this company so that it matches, or widen the portfolio of the role R.")
	})
}

// A question is about one action; administrators may ask about what they do not see themselves.
func TestExplainQuestions(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		me := f.person(access.Role{ID: "r", Name: "R", Portfolio: access.FullAccess, Set: access.Full(f.reg)})
		for _, a := range []access.Action{0, access.View | access.Update} {
			has(t, "not one action", f.why(me, me, "Company", a, "", ""), "invalid: action: is one of ")
		}
		blind := f.admin()
		blind.Lanes = []access.Lane{wide(access.Set{"Company": access.FullModel})}
		same(t, "about a model that the administrator does not see", f.why(blind, me, "Task", access.View, "action", ""), "true")
		has(t, "about a record of it", f.why(blind, me, "Task", access.View, "action", acmeTask), "not_found")
	})
}
