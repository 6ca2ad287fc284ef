package access_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/model"
)

// What a property itself says, whoever asks.
func TestExplainPropertyRules(t *testing.T) {
	reg, err := model.New(catalog.Models(), map[string][]model.Property{"Company": {{ID: "cf_1", Name: "custom.Source", Kind: model.Text, Custom: true, CreateOnly: true}}})
	if err != nil {
		t.Fatal(err)
	}
	users := modelNamed(t, reg, "User")
	role := func(set access.Set) access.Principal {
		roles := []access.Role{{ID: "r1", Name: "CSM", Portfolio: access.FullAccess, Set: set}}
		return access.Principal{Person: "carly", Sides: &access.Sides{Roles: roles}, Lanes: access.PersonLanes(roles)}
	}
	full := role(access.Set{"Company": access.FullModel, "User": access.FullModel})
	const all = "\nyes: Role CSM allows it\nyes: Portfolio of CSM is full access: all companies and what belongs to them"
	half := role(access.Set{"User": {Actions: access.View, View: access.Only(propsNamed(t, users, "name")[0].ID, propsNamed(t, users, "firstName")[0].ID)}})
	bare := access.Principal{Person: "carly", Lanes: []access.Lane{{Role: "old", Portfolio: access.MyPortfolio, Set: access.Set{"Company": {Actions: access.View}}}}}
	none := role(access.Set{})
	for name, c := range map[string]struct {
		p                   access.Principal
		model               string
		a                   access.Action
		prop, says, changes string
	}{
		"computed":            {full, "User", access.Update, "name", "NO: Property name is worked out from other properties and cannot be written\nyes: Role CSM allows it", ""},
		"computed, at first":  {full, "User", access.Create, "name", "NO: Property name is worked out from other properties and cannot be written\nyes: Role CSM allows it", ""},
		"computed, to see":    {full, "User", access.View, "name", "yes: Role CSM allows it", ""},
		"computed, of hidden": {half, "User", access.View, "name", "yes: Role CSM allows it\nNO: Property name is worked out from something that may not be seen", "Show what name is worked out from."},
		"creation only":       {full, "Company", access.Update, "custom.Source", "NO: Property custom.Source can be set at creation only" + all, ""},
		"creation":            {full, "Company", access.Create, "custom.Source", all[1:], ""},
		"creation only, seen": {full, "Company", access.View, "custom.Source", all[1:], ""},
		"required":            {full, "Company", access.Create, "name", "yes: Property name is required, so whoever may create may set it" + all, ""},
		"required, later":     {full, "Company", access.Update, "name", all[1:], ""},
		"required, not so":    {full, "Company", access.Create, "phase", all[1:], ""},
		"lanes alone":         {bare, "Company", access.View, "", "yes: Role old allows it\nyes: Portfolio of old is only my portfolio: companies that the person owns or co-owns, and what belongs to them", ""},
		"a rule speaks alone": {none, "Company", access.Update, "hProfile", "NO: Property hProfile is set by the platform and cannot be written\nno: Role CSM does not allow anything on companies\nyes: Portfolio of CSM is full access: all companies and what belongs to them\nno: Property hProfile may not be seen, and what may not be seen cannot be written", "-"},
	} {
		q := access.Question{Model: c.model, Action: c.a}
		if c.prop != "" {
			q.Properties = []string{c.prop}
		}
		v := c.p.Explain(reg, q)
		if c.changes != "-" {
			if diff := cmp.Diff(c.changes, strings.Join(v.Changes(), " ")); diff != "" {
				t.Errorf("%s, changes: %s", name, diff)
			}
		}
		if diff := cmp.Diff(c.says, said(v)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for _, r := range v.Reasons {
			if r.Allows && r.Fix != "" {
				t.Errorf("%s: %q is offered where %s allows", name, r.Fix, r.Name)
			}
		}
		if slices.Contains(v.Changes(), "") {
			t.Errorf("%s: an empty sentence in %q", name, v.Changes())
		}
	}
}

// What several properties lack through one role is said once; a private app's and a client's word comes once as well.
func TestRefusalSaysEachPartyOnce(t *testing.T) {
	reg := registry(t)
	company := modelNamed(t, reg, "Company")
	lanes := []access.Lane{
		{Portfolio: access.FullAccess, Set: access.Set{"Company": showing(t, company, access.View, "name")}},
		{Portfolio: access.MyPortfolio, Set: access.Set{"Company": showing(t, company, access.View, "phase")}},
	}
	app := access.Principal{PrivateApp: "pa", PrivateAppName: "Sync", Lanes: lanes}
	v := app.Explain(reg, access.Question{Model: "Company", Action: access.Update, Properties: []string{"arr"}})
	if got := v.Refusal(); !strings.HasPrefix(got, "the private app Sync does not allow it; an administrator can") || strings.Count(got, "Sync") != 1 {
		t.Errorf("%s", got)
	}
	if got := v.Changes(); !slices.Equal(got, []string{"Let the private app Sync view arr of companies.", "Let the private app Sync update arr of companies."}) {
		t.Errorf("%q", got)
	}
	nothing := access.Principal{Person: "carly", Client: "pk", ClientName: "Claude", Authorization: "a", Sides: &access.Sides{
		Roles:         []access.Role{{ID: "r1", Name: "CSM", Portfolio: access.FullAccess, Set: access.Set{"Company": access.FullModel}, Switches: access.SwitchConnect}},
		Authorization: access.Set{}, Client: access.Set{"Company": access.FullModel}, Scope: access.Set{},
	}}
	v = nothing.Explain(reg, access.Question{Model: "Company", Action: access.Update, Properties: []string{"createdAt"}})
	if got := v.Changes(); len(got) != 0 {
		t.Errorf("connecting again does not help where a property cannot be written at all: %q", got)
	}
}

// Of a client whose permissions people pick nothing is said but that.
func TestDynamicClientHasNoSet(t *testing.T) {
	reg := registry(t)
	full := access.Set{"Company": access.FullModel}
	p := access.Principal{Person: "carly", Client: "pk", ClientName: "Claude", Authorization: "a", Sides: &access.Sides{
		Roles:         []access.Role{{ID: "r1", Name: "CSM", Portfolio: access.FullAccess, Set: full, Switches: access.SwitchConnect}},
		Authorization: full, Scope: full, Dynamic: true,
	}}
	p.Lanes = access.ThroughClient(access.ConnectingLanes(p.Sides.Roles), full, full)
	for _, r := range p.Explain(reg, access.Question{Model: "Company", Action: access.View}).Reasons {
		if r.Side == access.SideClient && (!r.Allows || !strings.Contains(r.Text, "no set of its own")) {
			t.Errorf("%+v", r)
		}
	}
}
