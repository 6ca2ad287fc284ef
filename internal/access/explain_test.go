package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/model"
)

func registry(t *testing.T) *model.Registry {
	t.Helper()
	reg, err := catalog.Registry()
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

// subject is a principal as identity and oauth make them, with random sides.
func subject(t *rapid.T, m *model.Model, props []*model.Property) access.Principal {
	draw := func(label string) access.Set {
		out := access.Set{}
		for _, name := range []string{m.Name, "Company"} {
			p := access.ModelPermission{Actions: access.Action(rapid.IntRange(0, int(access.AllActions)).Draw(t, label+name))}
			if rapid.IntRange(0, 2).Draw(t, label+name+" much") == 0 {
				p.Actions = access.AllActions
			}
			for list, to := range map[string]*access.Properties{"view": &p.View, "update": &p.Update} {
				if *to = access.AllProperties; rapid.IntRange(0, 2).Draw(t, label+name+list) > 0 {
					var ids []string
					for _, prop := range props {
						if rapid.IntRange(0, 3).Draw(t, label+list+prop.Name) > 0 {
							ids = append(ids, prop.ID)
						}
					}
					*to = access.Only(ids...)
				}
			}
			out[name] = p
		}
		return out.Normal()
	}
	var roles []access.Role
	for i := range rapid.IntRange(0, 3).Draw(t, "roles") {
		label := fmt.Sprint("role", i)
		roles = append(roles, access.Role{
			ID: label, Name: label, Set: draw(label), Admin: rapid.IntRange(0, 5).Draw(t, label+" admin") == 0,
			Portfolio: rapid.SampledFrom([]access.Portfolio{access.MyPortfolio, access.TeamAccess, access.FullAccess}).Draw(t, label+" portfolio"),
			Switches:  access.Switches(rapid.IntRange(0, int(access.AllSwitches)).Draw(t, label+" switches")),
		})
	}
	p := access.Principal{Person: "carly", Sides: &access.Sides{Roles: roles}, Lanes: access.PersonLanes(roles)}
	if rapid.Bool().Draw(t, "direct") {
		return p
	}
	p.Client, p.ClientName, p.Authorization = "pk", "Claude", "auth"
	p.Sides.Authorization = draw("authorization")
	p.Sides.Scope, p.Sides.Dynamic = p.Sides.Authorization.Intersect(draw("scope")), rapid.Bool().Draw(t, "dynamic")
	ceiling := p.Sides.Authorization
	if !p.Sides.Dynamic {
		p.Sides.Client = draw("client")
		ceiling = p.Sides.Client
	}
	p.Lanes = access.ThroughClient(access.ConnectingLanes(roles), p.Sides.Scope, ceiling)
	return p
}

// What an explanation says is what the decider does, and its reasons are why.
func TestExplainAgreesWithDecider(t *testing.T) {
	reg := registry(t)
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(reg.Models()).Draw(t, "model")
		of := m.Props()
		props := append(slices.Clone(of[:min(5, len(of))]), rapid.SampledFrom(of).Draw(t, "one more"))
		p := subject(t, m, props)
		d := p.Decide(reg)
		for _, a := range access.Actions {
			actions := a
			if a != access.Create {
				actions |= access.View
			}
			_, want := d.Rows(m, actions)
			if v := p.Explain(reg, access.Question{Model: m.Name, Action: a}); v.Allowed != want || v.Holds() != want {
				t.Fatalf("%s %s: %v, reasons say %v, want %v\n%s", a, m.Name, v.Allowed, v.Holds(), want, said(v))
			}
			for _, prop := range props {
				want := want
				switch a {
				case access.View, access.Export:
					want = d.Names(m, prop, access.View) && slices.ContainsFunc(p.Lanes, func(l access.Lane) bool {
						return l.Set.Allows(m.Name, actions) && (prop.Name == "_id" || l.Set[m.Name].View.Has(prop.ID))
					})
				case access.Create:
					want = d.Writes(m, prop, actions) && d.Names(m, prop, a)
				case access.Update:
					_, sees := d.Sees(m, prop)
					want = d.Writes(m, prop, actions) && sees && !prop.CreateOnly
				}
				v := p.Explain(reg, access.Question{Model: m.Name, Action: a, Properties: []string{prop.Name}})
				if v.Allowed != want || v.Holds() != want {
					t.Fatalf("%s %s of %s: %v, reasons say %v, want %v\n%s", a, prop.Name, m.Name, v.Allowed, v.Holds(), want, said(v))
				}
				if !want && v.Refusal() == "" {
					t.Fatalf("%s %s of %s is refused without a word\n%s", a, prop.Name, m.Name, said(v))
				}
			}
		}
	})
}

// said gives the reasons one a line, those that decide marked.
func said(v access.Verdict) string {
	var out []string
	for _, r := range v.Reasons {
		mark := "yes"
		if !r.Allows {
			mark = "no"
		}
		if v.Decides(r) {
			mark = "NO"
		}
		out = append(out, fmt.Sprintf("%s: %s %s", mark, r.Label(), r.Text))
	}
	return strings.Join(out, "\n")
}

// The sides of the usual set-up: a CSM who may not see ARR, through an app that reads companies and end users only.
func TestExplainWords(t *testing.T) {
	reg := registry(t)
	company, _ := reg.Model("Company")
	arr, _ := company.Property("arr")
	var butARR []string
	for _, p := range company.Props() {
		if p != arr {
			butARR = append(butARR, p.ID)
		}
	}
	work := access.ModelPermission{Actions: access.View | access.Create | access.Update, View: access.Only(butARR...), Update: access.Only(butARR...)}
	read := access.ModelPermission{Actions: access.View, View: access.AllProperties}
	csm := access.Role{ID: "r1", Name: "CSM", Portfolio: access.MyPortfolio, Set: access.Set{"Company": work, "Asset": read}, Switches: access.SwitchConnect}
	person := access.Principal{Person: "carly", Sides: &access.Sides{Roles: []access.Role{csm}}, Lanes: access.PersonLanes([]access.Role{csm})}
	app := access.Set{"Company": read, "End User": read}
	through := func(authorization, scope access.Set) access.Principal {
		p := person
		p.Client, p.ClientName, p.Authorization = "pk", "Claude", "auth"
		p.Sides = &access.Sides{Roles: []access.Role{csm}, Authorization: authorization, Client: app, Scope: scope}
		p.Lanes = access.ThroughClient(access.ConnectingLanes([]access.Role{csm}), scope, app)
		return p
	}
	both := access.Set{"Company": {Actions: access.View, View: access.Only(butARR...)}}
	claude := through(both, both)
	narrowed := through(access.Set{"Company": {Actions: access.View, View: access.Only("co02")}}, access.Set{"Company": {Actions: access.View, View: access.Only("co02")}})
	scoped := through(both, access.Set{})
	exporter := csm
	exporter.Set = access.Set{"Company": access.FullModel}
	off := csm
	off.Switches = 0
	offline := through(both, both)
	offline.Sides = &access.Sides{Roles: []access.Role{off}, Authorization: both, Client: app, Scope: both}
	offline.Lanes = nil
	fresh := claude
	fresh.Authorization = ""
	private := access.Principal{PrivateApp: "pa", PrivateAppName: "Sync", Lanes: []access.Lane{{Portfolio: access.FullAccess, Set: app}}}
	hidden := person
	shy := csm
	shy.Set = access.Set{"Company": {Actions: work.Actions, View: access.Only("co02"), Update: access.AllProperties}}
	hidden.Sides, hidden.Lanes = &access.Sides{Roles: []access.Role{shy}}, access.PersonLanes([]access.Role{shy})

	for _, c := range []struct {
		name                       string
		p                          access.Principal
		model                      string
		action                     access.Action
		property                   string
		says, refusal, wouldChange string
	}{
		{
			"directly", person, "Company", access.Update, "phase",
			"yes: Role CSM allows it\nyes: Portfolio of CSM is only my portfolio: companies that the person owns or co-owns, and what belongs to them", "", "",
		},
		{
			"the role", person, "Company", access.Update, "arr",
			"NO: Role CSM allows update on companies, but not of arr\nyes: Portfolio of CSM is only my portfolio: companies that the person owns or co-owns, and what belongs to them\nNO: Property arr may not be seen, and what may not be seen cannot be written",
			"the role CSM does not allow it; an administrator can; arr may not be seen, and what may not be seen cannot be written",
			"Let the role CSM view arr of companies. Let the role CSM update arr of companies.",
		},
		{
			"the property", hidden, "Company", access.Update, "arr",
			"yes: Role CSM allows it\nyes: Portfolio of CSM is only my portfolio: companies that the person owns or co-owns, and what belongs to them\nNO: Property arr may not be seen, and what may not be seen cannot be written",
			"arr may not be seen, and what may not be seen cannot be written", "Let the role CSM view arr of companies.",
		},
		{
			"a rule", person, "Company", access.Update, "hProfile",
			"NO: Property hProfile is set by the platform and cannot be written\nyes: Role CSM allows it\nyes: Portfolio of CSM is only my portfolio: companies that the person owns or co-owns, and what belongs to them",
			"hProfile is set by the platform and cannot be written", "",
		},
		{
			"the client", claude, "Company", access.Update, "phase",
			"no: Authorization of Claude includes view on companies, but not update\nNO: App Claude allows view on companies, but not update\nyes: Role CSM allows it\nyes: Switch “Connect apps and AI assistants” of CSM is on\nyes: Portfolio of CSM is only my portfolio: companies that the person owns or co-owns, and what belongs to them",
			"the app Claude does not allow it; an administrator can",
			"Let the app Claude update phase of companies. Then connect again: the authorization does not include it yet.",
		},
		{
			"the client, another model", claude, "Asset", access.View, "",
			"no: Authorization of Claude does not include anything on assets\nNO: App Claude does not allow anything on assets\nyes: Role CSM allows it\nyes: Switch “Connect apps and AI assistants” of CSM is on\nyes: Portfolio of CSM is only my portfolio: companies that the person owns or co-owns, and what belongs to them",
			"the app Claude does not allow it; an administrator can",
			"Let the app Claude view assets. Then connect again: the authorization does not include it yet.",
		},
		{
			"both", claude, "End User", access.Remove, "",
			"no: Authorization of Claude does not include anything on end users\nNO: App Claude allows view on end users, but not remove\nNO: Role CSM does not allow anything on end users\nyes: Switch “Connect apps and AI assistants” of CSM is on\nyes: Portfolio of CSM is only my portfolio: companies that the person owns or co-owns, and what belongs to them",
			"neither the app Claude nor the role CSM allows it; an administrator can",
			"Let the app Claude remove end users. Let the role CSM remove end users. Then connect again: the authorization does not include it yet.",
		},
		{
			"the authorization", narrowed, "Company", access.View, "phase",
			"NO: Authorization of Claude includes view on companies, but not of phase\nyes: App Claude allows it\nyes: Role CSM allows it\nyes: Switch “Connect apps and AI assistants” of CSM is on\nyes: Portfolio of CSM is only my portfolio: companies that the person owns or co-owns, and what belongs to them",
			"your authorization of Claude does not include it; connect again to add it", "Connect Claude again and let it view phase of companies.",
		},
		{
			"the scope", scoped, "Company", access.View, "phase",
			"NO: Scope of the connection asked for less than was authorized, and leaves it out\nyes: Authorization of Claude includes it\nyes: App Claude allows it\nyes: Role CSM allows it\nyes: Switch “Connect apps and AI assistants” of CSM is on\nyes: Portfolio of CSM is only my portfolio: companies that the person owns or co-owns, and what belongs to them",
			"this connection asked for a scope that leaves it out; connect again with one that includes it", "Connect Claude again, with a scope that includes it.",
		},
		{
			"the switch to connect", offline, "Company", access.View, "",
			"yes: Scope of the connection leaves it in\nyes: Authorization of Claude includes it\nyes: App Claude allows it\nyes: Role CSM allows it\nNO: Switch “Connect apps and AI assistants” of CSM is off\nyes: Portfolio of CSM is only my portfolio: companies that the person owns or co-owns, and what belongs to them",
			"“Connect apps and AI assistants” is off in the role CSM; an administrator can turn it on", "Turn on “Connect apps and AI assistants” in the role CSM.",
		},
		{
			"the switch to export", access.Principal{Person: "carly", Sides: &access.Sides{Roles: []access.Role{exporter}}, Lanes: access.PersonLanes([]access.Role{exporter})},
			"Company", access.Export, "",
			"yes: Role CSM allows it\nNO: Switch “Export” of CSM is off\nyes: Portfolio of CSM is only my portfolio: companies that the person owns or co-owns, and what belongs to them",
			"“Export” is off in the role CSM; an administrator can turn it on", "Turn on “Export” in the role CSM.",
		},
		{
			"not connected yet", fresh, "Company", access.View, "phase",
			"yes: Authorization of Claude is not there yet: connecting would include what the app and the roles allow\nyes: App Claude allows it\nyes: Role CSM allows it\nyes: Switch “Connect apps and AI assistants” of CSM is on\nyes: Portfolio of CSM is only my portfolio: companies that the person owns or co-owns, and what belongs to them",
			"", "",
		},
		{
			"a private app", private, "Company", access.Create, "",
			"NO: Private app Sync allows view on companies, but not create\nyes: Portfolio of Sync is full access: all companies and what belongs to them",
			"the private app Sync does not allow it; an administrator can", "Let the private app Sync create companies.",
		},
		{
			"no role", access.Principal{Person: "carly", Sides: &access.Sides{}}, "Company", access.View, "",
			"NO: Role is not there: without a role nothing is allowed", "you have no role that allows it; an administrator can give you one", "Give a role that may view companies.",
		},
		{"no model", person, "Sandwich", access.View, "", "NO: Model Sandwich does not exist", "Sandwich does not exist", ""},
		{"no property", person, "Company", access.View, "taste", "NO: Property taste is none of Company", "taste is none of Company", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := access.Question{Model: c.model, Action: c.action}
			if c.property != "" {
				q.Properties = []string{c.property}
			}
			v := c.p.Explain(reg, q)
			for _, r := range v.Reasons {
				if r.Allows && r.Fix != "" {
					t.Errorf("%q is offered where %s allows", r.Fix, r.Name)
				}
			}
			got := []string{said(v), v.Refusal(), strings.Join(v.Changes(), " ")}
			if diff := cmp.Diff([]string{c.says, c.refusal, c.wouldChange}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Several roles: those that lack least speak, as alternatives; what one role lacks twice is needed twice.
func TestExplainSeveralRoles(t *testing.T) {
	reg := registry(t)
	full := access.Set{"Company": access.FullModel}
	role := func(name string, set access.Set, s access.Switches) access.Role {
		return access.Role{ID: name, Name: name, Portfolio: access.FullAccess, Set: set, Switches: s}
	}
	ask := func(a access.Action, roles ...access.Role) []string {
		p := access.Principal{Person: "carly", Sides: &access.Sides{Roles: roles}, Lanes: access.PersonLanes(roles)}
		v := p.Explain(reg, access.Question{Model: "Company", Action: a})
		return []string{v.Refusal(), strings.Join(v.Changes(), " ")}
	}
	for what, c := range map[string]struct{ got, want []string }{
		"two": {
			ask(access.Remove, role("A", nil, 0), role("B", nil, 0)),
			[]string{"none of your roles A and B allows it; an administrator can", "Let the role A remove companies. Or: Let the role B remove companies."},
		},
		"one lacks only the switch": {
			ask(access.Export, role("A", nil, 0), role("B", full, 0)),
			[]string{"“Export” is off in the role B; an administrator can turn it on", "Turn on “Export” in the role B."},
		},
		"one lacks both": {
			ask(access.Export, role("A", nil, 0)),
			[]string{"the role A does not allow it; an administrator can; “Export” is off in the role A; an administrator can turn it on", "Let the role A export companies. And: Turn on “Export” in the role A."},
		},
		"one allows": {ask(access.Export, role("A", nil, 0), role("B", full, access.SwitchExport)), []string{"", ""}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}
