package record_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/record"
)

// person is Carly with roles, as identity makes her.
func (f *fixture) person(roles ...access.Role) access.Principal {
	p := f.as(carly, access.PersonLanes(roles)...)
	p.Sides, p.Switches = &access.Sides{Roles: roles}, access.SwitchesOf(roles)
	return p
}

// through is Carly through Claude, as oauth makes her.
func (f *fixture) through(authorization, client access.Set, roles ...access.Role) access.Principal {
	p := f.as(carly, access.ThroughClient(access.ConnectingLanes(roles), authorization, client)...)
	p.Client, p.ClientName, p.Authorization = "c1", "Claude", "a1"
	p.Sides = &access.Sides{Roles: roles, Authorization: authorization, Client: client, Scope: authorization}
	return p
}

// admin asks about others.
func (f *fixture) admin() access.Principal {
	p := f.as(max, wide(access.Full(f.reg)))
	p.Admin = true
	return p
}

// why asks and gives the answer, the reasons that decide and what would have to change.
func (f *fixture) why(asker, subject access.Principal, modelName string, a access.Action, property, id string) string {
	q := record.Question{Question: access.Question{Model: modelName, Action: a}, Record: id}
	if property != "" {
		q.Properties = []string{property}
	}
	answer, err := f.gate.Explain(context.Background(), asker, subject, q)
	if err != nil {
		return errorText(err)
	}
	out := fmt.Sprint(answer.Allowed)
	if answer.Allowed != answer.Holds() {
		out += " BUT ITS REASONS DISAGREE"
	}
	for _, r := range answer.Deciding() {
		out += fmt.Sprintf("; %s %s", r.Label(), r.Text)
	}
	for _, c := range answer.Changes() {
		out += " → " + c
	}
	return out
}

// whole gives every reason, for viewing a company.
func (f *fixture) whole(asker, subject access.Principal, id string) string {
	answer, err := f.gate.Explain(context.Background(), asker, subject, record.Question{Question: access.Question{Model: "Company", Action: access.View}, Record: id})
	if err != nil {
		return errorText(err)
	}
	return toJSON(f, answer.Reasons)
}

// Why each thing outside is refused: "CSMs may see and edit their own companies but not arr; Claude may only read companies and end users."
func TestExplainWalk(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		work := access.View | access.Update
		set := access.Set{
			"Company":  {Actions: work, View: f.allBut("Company", "arr"), Update: f.allBut("Company", "arr")},
			"End User": {Actions: work, View: access.AllProperties, Update: access.AllProperties},
			"Asset":    {Actions: work, View: access.AllProperties, Update: access.AllProperties},
		}
		csm := access.Role{ID: "r1", Name: "CSM", Portfolio: access.MyPortfolio, Set: set, Switches: access.SwitchConnect}
		app := access.Set{"Company": {Actions: access.View, View: access.AllProperties}, "End User": {Actions: access.View, View: access.AllProperties}}
		person, claude := f.person(csm), f.through(app.Intersect(set), app, csm)
		narrowed := f.through(access.Set{"Company": {Actions: access.View, View: access.AllProperties}}.Intersect(set), app, csm)
		exporter := csm
		exporter.Set = change(set, "Company", func(p *access.ModelPermission) { p.Actions |= access.Export })
		for _, c := range []struct {
			what, want string
			subject    access.Principal
			model      string
			action     access.Action
			property   string
			record     string
		}{
			{"own company", "true", person, "Company", access.Update, "phase", acme},
			{"own company, as co-owner", "true", person, "Company", access.Update, "phase", birch},
			{"end user of an own company through Claude", "true", claude, "End User", access.View, "email", eva},
			{"arr of an own company", "false; Role CSM allows view on companies, but not of arr → Let the role CSM view arr of companies.", person, "Company", access.View, "arr", acme},
			{"own company through Claude", "false; App Claude allows view on companies, but not update → Let the app Claude update phase of companies. → Then connect again: the authorization does not include it yet.", claude, "Company", access.Update, "phase", acme},
			{"foreign company", "false; Portfolio of CSM is only my portfolio: Carly Diaz is neither owner nor co-owner of Cedar → Make Carly Diaz owner or co-owner of Cedar, or widen the portfolio of the role CSM.", person, "Company", access.Update, "phase", cedar},
			{"foreign company through Claude", "false; Portfolio of CSM is only my portfolio: Carly Diaz is neither owner nor co-owner of Cedar → Make Carly Diaz owner or co-owner of Cedar, or widen the portfolio of the role CSM.", claude, "Company", access.View, "", cedar},
			{"below a foreign company", "false; Portfolio of CSM is only my portfolio: Carly Diaz is neither owner nor co-owner of the company of Finn Falk → Make Carly Diaz owner or co-owner of the company of Finn Falk, or widen the portfolio of the role CSM.", person, "End User", access.View, "", finn},
			{"asset through Claude", "false; App Claude does not allow anything on assets → Let the app Claude view assets. → Then connect again: the authorization does not include it yet.", claude, "Asset", access.View, "", acmeAsset},
			{"export, the role", "false; Role CSM allows view and update on companies, but not export; Switch “Export” of CSM is off → Let the role CSM export companies. And: Turn on “Export” in the role CSM.", person, "Company", access.Export, "", acme},
			{"export, the switch", "false; Switch “Export” of CSM is off → Turn on “Export” in the role CSM.", f.person(exporter), "Company", access.Export, "", acme},
			{"a narrowed authorization", "false; Authorization of Claude does not include anything on end users → Connect Claude again and let it view end users.", narrowed, "End User", access.View, "", eva},
			{"create in the own portfolio", "false; Role CSM allows view and update on companies, but not create → Let the role CSM create companies.", person, "Company", access.Create, "", ""},
			{"remove", "false; Role CSM allows view and update on companies, but not remove → Let the role CSM remove companies.", person, "Company", access.Remove, "", acme},
			{"what nobody writes", "false; Property hProfile is set by the platform and cannot be written", person, "Company", access.Update, "hProfile", acme},
			{"what is worked out", "false; Property name is worked out from other properties and cannot be written", person, "End User", access.Update, "name", eva},
			{"a record that is not there", "not_found: There is no Company with the _id \"" + nobodyID + "\". []", person, "Company", access.View, "", nobodyID},
			{"another tenant's", "not_found: There is no Company with the _id \"" + omega + "\". []", person, "Company", access.View, "", omega},
			{"a record to be", "invalid: record: is not there before it is created; ask about the model alone. [{record is not there before it is created; ask about the model alone.}]", person, "Company", access.Create, "", acme},
			{"a model that is not there", "not_found: There is no model \"Compani\". Did you mean \"Company\"? []", person, "Compani", access.View, "", ""},
		} {
			same(t, c.what, f.why(f.admin(), c.subject, c.model, c.action, c.property, c.record), c.want)
		}
	})
}

// Which clause of which role's portfolio keeps a record outside.
func TestExplainPortfolios(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		all := access.Full(f.reg)
		role := func(name string, p access.Portfolio, set access.Set) access.Role {
			return access.Role{ID: name, Name: name, Portfolio: p, Set: set, Switches: access.AllSwitches}
		}
		filtered := func(filter string) access.Principal {
			return f.person(role("Renewals", access.Portfolio{Kind: access.KindFilter, Filter: filter}, all))
		}
		view := func(p access.Principal, id string) string {
			return f.why(f.admin(), p, "Company", access.View, "", id)
		}
		team := f.person(role("Team", access.TeamAccess, all))
		has(t, "no team", view(team, cedar), "false; Portfolio of Team is team access: Carly Diaz is in no team, and neither owner nor co-owner of Cedar")
		team.Teams = []string{success}
		has(t, "a team", view(team, cedar), "neither Carly Diaz nor anybody of the same team is owner or co-owner of Cedar → Make Carly Diaz or a colleague of the same team owner")
		f.set(here, "User", max, values{"teams": []any{success}})
		same(t, "a colleague's", view(team, cedar), "true")

		live := filtered(`{"phase":"Live","arr":{"gte":5000},"owner":"me"}`)
		has(t, "two conditions", view(live, birch), "Portfolio of Renewals is filter based: birch does not match the filter: it fails “arr is at least 5000”, “owner is Carly Diaz” and “phase is Live” → Change birch so that it matches, or widen")
		has(t, "one condition", view(live, cedar), "it fails “owner is Carly Diaz” →")
		has(t, "a list, a contains and an alternative", view(filtered(`{"status":["coming","lost"],"name":{"contains":"x"},"or":[{"h":1},{"h":2}]}`), acme), "“name contains x”, a condition of several parts and “status is one of coming or lost”")
		same(t, "it matches", view(filtered(`{"phase":"Live"}`), acme), "true")
		has(t, "a filter that no longer fits", view(filtered(`{"gone":1}`), acme), "false; Portfolio of Renewals is filter based: Acme does not match the filter →")
		below := f.why(f.admin(), live, "End User", access.View, "", finn)
		has(t, "below a company", below, "the company of Finn Falk does not match the filter: it fails “owner is Carly Diaz”")
		// Conditions on what the asking administrator may not see are not tried out.
		blind := f.admin()
		blind.Lanes = []access.Lane{wide(f.without(all, "Company", "arr"))}
		lacks(t, "an administrator who does not see arr", f.why(blind, live, "Company", access.View, "", birch), "arr")

		// Several roles: one that reaches the row but does not allow it, one that allows it elsewhere.
		reads := access.Of(f.reg, access.View)
		two := f.person(role("Reader", access.FullAccess, reads), role("Own", access.MyPortfolio, all))
		same(t, "two roles, inside", f.why(f.admin(), two, "Company", access.Update, "phase", acme), "true")
		has(t, "two roles, outside", f.why(f.admin(), two, "Company", access.Update, "phase", cedar), "false; Portfolio of Own is only my portfolio")
		lacks(t, "two roles, outside", f.why(f.admin(), two, "Company", access.Update, "phase", cedar), "Reader")
		// One role writes everywhere, another shows the property in its portfolio.
		split := f.person(role("Own", access.MyPortfolio, reads), role("Writer", access.FullAccess, access.Set{"Company": {Actions: access.View | access.Update, View: f.only("Company", "name"), Update: access.AllProperties}}))
		same(t, "shown and written, inside", f.why(f.admin(), split, "Company", access.Update, "arr", acme), "true")
		same(t, "written, but not shown", f.why(f.admin(), split, "Company", access.Update, "arr", cedar), "false; Property arr may not be seen on Cedar, and what may not be seen cannot be written → Let one and the same role show and change it.")
		// Users belong to no company.
		same(t, "no portfolio", f.why(f.admin(), two, "User", access.Update, "firstName", max), "true")
		// A private app.
		app := f.as("", access.Lane{Portfolio: access.FullAccess, Set: reads})
		app.PrivateApp, app.PrivateAppName = "p1", "Sync"
		has(t, "a private app", f.why(f.admin(), app, "Company", access.Update, "", acme), "false; Private app Sync allows view on companies, but not update → Let the private app Sync update companies.")
		same(t, "a private app reads", f.why(app, app, "Company", access.View, "", cedar), "true")
	})
}

// An explanation is the gate's own answer: for every company, action and a few principals, both agree.
func TestExplainAgreesWithTheGate(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		all := access.Full(f.reg)
		some := access.Set{"Company": {Actions: access.View | access.Update, View: f.allBut("Company", "arr"), Update: f.only("Company", "phase", "arr")}}
		mine := access.Role{ID: "m", Name: "mine", Portfolio: access.MyPortfolio, Set: all, Switches: access.SwitchConnect}
		every := access.Role{ID: "e", Name: "every", Portfolio: access.FullAccess, Set: some, Switches: access.SwitchConnect}
		live := access.Role{ID: "l", Name: "live", Portfolio: access.Portfolio{Kind: access.KindFilter, Filter: `{"phase":"Live"}`}, Set: some}
		for name, p := range map[string]access.Principal{
			"mine": f.person(mine), "every": f.person(every), "live": f.person(live), "mine and every": f.person(mine, every), "mine and live": f.person(mine, live),
			"through": f.through(all, some, mine, live), "nobody": f.person(),
		} {
			for _, company := range []string{acme, birch, cedar, delta} {
				for _, prop := range []string{"phase", "arr"} {
					got := strings.HasPrefix(f.why(f.admin(), p, "Company", access.View, prop, company), "true")
					if want := strings.Contains(f.get(p, "Company", company, prop), `"`+prop+`":`) || f.stored("Company", company, prop) == "null" && got; got != want {
						t.Errorf("%s: view %s of %s: %v, the gate says %v", name, prop, names[company], got, want)
					}
					res, err := f.gate.Update(context.Background(), p, record.Write{Model: "Company", ID: company, Values: values{prop: "7"}, DryRun: true})
					why := f.why(f.admin(), p, "Company", access.Update, prop, company)
					if got := strings.HasPrefix(why, "true"); got != (err == nil) || strings.Contains(why, "DISAGREE") {
						t.Errorf("%s: update %s of %s: %s, the gate says %s", name, prop, names[company], why, resultText(res, err))
					}
				}
			}
		}
	})
}

// About oneself one is told no more than one knows.
func TestExplainToOneself(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		set := access.Set{"Company": {Actions: access.View | access.Update, View: f.allBut("Company", "arr"), Update: access.AllProperties}}
		csm := access.Role{ID: "r1", Name: "CSM", Portfolio: access.MyPortfolio, Set: set, Switches: access.SwitchConnect}
		me := f.person(csm)
		ask := func(modelName string, a access.Action, property, id string) string {
			return f.why(me, me, modelName, a, property, id)
		}
		same(t, "what one may", ask("Company", access.Update, "phase", acme), "true")
		same(t, "what one may not", ask("Company", access.Remove, "", acme), "false; Role CSM allows view and update on companies, but not remove → Let the role CSM remove companies.")
		for what, pair := range map[string][2]string{
			"a hidden model":    {strings.ReplaceAll(ask("Task", access.View, "", ""), "Task", "Tusk"), ask("Tusk", access.View, "", "")},
			"a hidden property": {strings.ReplaceAll(ask("Company", access.Update, "arr", ""), "arr", "krr"), ask("Company", access.Update, "krr", "")},
			"a hidden record":   {strings.ReplaceAll(ask("Company", access.View, "", cedar), cedar, nobodyID), ask("Company", access.View, "", nobodyID)},
		} {
			same(t, what, pair[0], pair[1])
		}
		// Through an app, about what one sees directly.
		app := access.Set{"Company": {Actions: access.View, View: access.AllProperties}}
		claude := f.through(app.Intersect(set), app, csm)
		has(t, "through an app", f.why(me, claude, "Company", access.Update, "phase", acme), "false; App Claude allows view on companies, but not update")
		has(t, "through an app, hidden", f.why(me, claude, "Company", access.View, "arr", acme), "no such property")
		// A filter is the administrators' affair.
		wideReader := csm
		wideReader.ID, wideReader.Name, wideReader.Portfolio = "r2", "Reader", access.FullAccess
		wideReader.Set = access.Of(f.reg, access.View)
		csm.Portfolio = access.Portfolio{Kind: access.KindFilter, Filter: `{"arr":{"lt":500}}`}
		both := f.person(csm, wideReader)
		seen := f.why(both, both, "Company", access.Update, "phase", cedar)
		has(t, "a filter", seen, "false; Portfolio of CSM is filter based: it does not allow this on Cedar →")
		lacks(t, "a filter", seen, "arr", "500")

		// Which of several roles reaches a row says who owns it, so it is not told.
		team := wideReader
		team.ID, team.Name, team.Portfolio = "r3", "Team", access.TeamAccess
		three := f.person(wideReader, team)
		three.Teams = []string{success}
		before := f.whole(three, three, cedar)
		f.set(here, "User", max, values{"teams": []any{success}})
		same(t, "a colleague's company", f.whole(three, three, cedar), before)

		// Others are nobody's business.
		other := f.as(zoe, wide(access.Full(f.reg)))
		want := "not_found: There is nobody here of whom you may ask this. []"
		same(t, "somebody else", f.why(other, me, "Company", access.View, "", acme), want)
		far := f.admin()
		far.Tenant = there
		same(t, "another tenant's administrator", f.why(far, me, "Company", access.View, "", acme), want)
		through := f.admin()
		through.Client = "c1"
		same(t, "an administrator through an app", f.why(through, me, "Company", access.View, "", acme), want)
		nobody := f.as("", wide(access.Full(f.reg)))
		same(t, "nobody about nobody", f.why(nobody, nobody, "Company", access.View, "", acme), want)
	})
}

// Refusals name the side that decides, as each person may know it (rule 3.5).
func TestRefusalsNameTheSide(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		all := access.Full(f.reg)
		role := access.Role{ID: "r1", Name: "CSM", Portfolio: access.MyPortfolio, Set: access.Of(f.reg, access.View|access.Update|access.Create), Switches: access.SwitchConnect}
		reader := access.Role{ID: "r2", Name: "Reader", Portfolio: access.FullAccess, Set: access.Of(f.reg, access.View), Switches: access.SwitchConnect}
		narrow := change(all, "Company", func(p *access.ModelPermission) { p.Update = f.only("Company", "arr") })
		for _, c := range []struct{ what, got, want string }{
			{"role", f.remove(f.person(role), "Company", acme), "You may not remove companies: the role CSM does not allow it; an administrator can."},
			{"client", f.update(f.through(all, narrow, role), "Company", acme, values{"phase": "x"}), "You may not update phase of companies: the app Claude does not allow it; an administrator can."},
			{"authorization", f.update(f.through(narrow, all, role), "Company", acme, values{"phase": "x"}), "You may not update phase of companies: your authorization of Claude does not include it; connect again to add it."},
			{"portfolio", f.update(f.person(role, reader), "Company", cedar, values{"phase": "x"}), "You may not make this change on this company: it is outside your portfolio (role CSM: only my portfolio). An administrator can widen that."},
			{"new record", f.create(f.person(role), "Company", values{"name": "Fir"}), "The company would lie outside your portfolio (role CSM: only my portfolio). Set owner or coOwner to yourself."},
			{"several properties", f.create(f.through(all, narrow, role), "Company", values{"name": "Fir", "phase": "x", "h": 1}), "You may not set phase, h of companies: the app Claude does not allow it; an administrator can."},
		} {
			same(t, c.what, c.got, "forbidden: "+c.want+" []")
		}
		filtered := role
		filtered.Portfolio = access.Portfolio{Kind: access.KindFilter, Filter: `{"phase":"Live"}`}
		has(t, "a filter", f.create(f.person(filtered), "Company", values{"name": "Fir"}), "outside your portfolio (role CSM: filter based). Give it values that the filter of the role CSM matches.")
		has(t, "a model", errorText(f.gate.Refusal(t.Context(), f.person(reader), "Company", access.Create)), "forbidden: You may not create companies: the role Reader does not allow it")
		has(t, "an unknown model", errorText(f.gate.Refusal(t.Context(), f.person(access.Role{}), "Company", access.Create)), "not_found: There is no model")
		if err := f.gate.Refusal(t.Context(), f.person(role), "Company", access.Create); err != nil {
			t.Error(err)
		}
	})
}
