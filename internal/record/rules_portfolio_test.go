package record_test

import (
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/record"
)

// rows lists what a principal sees of every model below companies, in one line.
func (f *fixture) rows(p access.Principal) string {
	out := ""
	for _, m := range []string{"Company", "End User", "Asset", "License", "Conversation", "Task"} {
		out += f.ids(p, record.ListRequest{Model: m}) + "; "
	}
	return out
}

func portfolio(kind access.PortfolioKind, filter string, s access.Set) access.Lane {
	return access.Lane{Role: string(kind), Portfolio: access.Portfolio{Kind: kind, Filter: filter}, Set: s.Normal()}
}

const (
	nothing   = "; ; ; ; ; ; "
	ofAcme    = "eva; acmeAsset; acmeLicense; acmeNote; acmeTask; "
	ofCedar   = "finn; cedarAsset; cedarLicense; cedarNote; cedarTask; "
	ofBoth    = "eva finn; acmeAsset cedarAsset; acmeLicense cedarLicense; acmeNote cedarNote; acmeTask cedarTask; "
	carlyRows = "acme birch; " + ofAcme
)

// Rows follow the teams: those of the person and those of the owners, as they are at the call.
func TestRule3_3_TeamPortfolioFollowsTheTeams(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.as(carly, portfolio(access.KindTeam, "", access.Full(f.reg)))
		same(t, "in no team", f.rows(p), carlyRows)
		p.Teams = []string{success}
		same(t, "alone in the team", f.rows(p), carlyRows)
		f.set(here, "User", max, values{"teams": []any{id(0x802), success}})
		same(t, "with a colleague", f.rows(p), "acme birch cedar; "+ofBoth)
		has(t, "a colleague's company", f.update(p, "Company", cedar, values{"phase": "Renewal"}), `"Renewal"`)
		has(t, "nobody's company", f.get(p, "Company", delta), "not_found")
		has(t, "created for a colleague", f.create(p, "Company", values{"name": "Echo", "owner": max}), `"Echo"`)
		has(t, "created for a stranger", f.create(p, "Company", values{"name": "Foxtrot", "owner": zoe}), "forbidden", "outside your portfolio")
		f.set(here, "User", max, values{"teams": []any{id(0x802)}})
		same(t, "the colleague has left the team", f.rows(p), carlyRows)
		p.Teams = []string{id(0x802)}
		has(t, "the person has changed the team", f.rows(p), "birch cedar", "finn")
		p.Teams = nil
		same(t, "the person has left every team", f.rows(p), carlyRows)
		p.Person, p.Teams = "", []string{success}
		same(t, "a team without a person", f.rows(p), nothing)
	})
}

// A filter on companies is followed by everything below them, and sees what the person may not.
func TestRule3_3_FilterPortfolioFollowsBelowCompanies(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		blind := f.without(access.Full(f.reg), "Company", "arr", "owner", "phase", "custom.Seats")
		as := func(filter string) access.Principal { return f.as(carly, portfolio(access.KindFilter, filter, blind)) }
		for filter, want := range map[string]string{
			`{"arr":{"gte":5000}}`:                                                  "cedar; " + ofCedar,
			`{"property":"owner","op":"eq","value":"me"}`:                           "acme; " + ofAcme,
			`{"or":[{"owner":"me"},{"custom.Seats":7}]}`:                            "acme cedar; " + ofBoth,
			`{"and":[{"phase":"Live"},{"not":{"owner.name":{"contains":"diaz"}}}]}`: "cedar; " + ofCedar,
			`{"owner":null}`:             "delta; ; ; ; ; ; ",
			`{"orgRootId.phase":"Live"}`: "birch; ; ; ; ; ; ",
			`{"or":[{"and":[{"phase":"Live"},{"arr":{"lt":5000}}]},{"coOwner":{"in":["me"]}}]}`: "acme birch; " + ofAcme,
		} {
			same(t, filter, f.rows(as(filter)), want)
		}
		p := as(`{"phase":"Live"}`)
		has(t, "the property itself stays hidden", f.get(p, "Company", acme, "phase"), "no such property")
		f.set(here, "Company", cedar, values{"phase": "Lost"})
		same(t, "after a change", f.rows(p), "acme; "+ofAcme)
		has(t, "outside", f.get(p, "Task", cedarTask), "not_found")
		has(t, "created outside", f.create(p, "Company", values{"name": "Echo"}), "forbidden")
	})
}

// A filter that no longer fits the data model reaches nothing, and one that nobody could save neither.
func TestRule3_3_UnusableFilterReachesNothing(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.as(carly, portfolio(access.KindFilter, `{"or":[{"custom.Seats":{"gt":1}},{"name":{"not_empty":true}}]}`, access.Full(f.reg)))
		has(t, "before", f.rows(p), "acme birch cedar delta")
		for _, filter := range []string{`{"custom.Gone":1}`, `{"or":[{"custom.Gone":1},{"name":{"not_empty":true}}]}`, `{"arr":{"contains":"1"}}`, `[`, ``, `{}`} {
			same(t, filter, f.rows(f.as(carly, portfolio(access.KindFilter, filter, access.Full(f.reg)))), nothing)
		}
		must(t, f.schemas.RemoveCustom(t.Context(), here, "Company", f.prop("Company", "custom.Seats").ID))
		p.RegistryVersion++
		same(t, "the property was removed", f.rows(p), nothing)
	})
}
