package access_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
)

// Who manages what the platform itself holds: one's own right, the switch that opens the place, and the action.
func TestManages(t *testing.T) {
	clients := access.Set{access.OAuthClient: {Actions: access.View | access.Update}, access.RoleModel: {Actions: access.View | access.Update}}
	csm := access.Principal{Person: "carly", Switches: access.SwitchAppCenter | access.SwitchSettings, Lanes: []access.Lane{{Set: clients}}}
	admin := access.Principal{Person: "ada", Admin: true}
	through := func(p access.Principal) access.Principal { p.Client = "pk"; return p }
	program := func(p access.Principal) access.Principal { p.PrivateApp = "pa"; return p }
	without := func(p access.Principal, s access.Switches) access.Principal { p.Switches &^= s; return p }
	ada := access.Principal{Person: "ada"}
	for name, c := range map[string]struct {
		p     access.Principal
		model string
		a     access.Action
		want  bool
	}{
		"view":                            {csm, access.OAuthClient, access.View, true},
		"update":                          {csm, access.OAuthClient, access.Update, true},
		"not in the set":                  {csm, access.OAuthClient, access.Create, false},
		"another model":                   {csm, access.PrivateApp, access.View, false},
		"nobody may give that":            {csm, access.RoleModel, access.Update, false},
		"but that":                        {csm, access.RoleModel, access.View, true},
		"without the switch":              {without(csm, access.SwitchAppCenter), access.OAuthClient, access.View, false},
		"without another switch":          {without(csm, access.SwitchSettings), access.OAuthClient, access.View, true},
		"through a client":                {through(csm), access.OAuthClient, access.View, false},
		"as a program":                    {program(csm), access.OAuthClient, access.View, false},
		"unknown":                         {csm, "Company", access.View, false},
		"administrator":                   {admin, access.RoleModel, access.Update, true},
		"administrator, unknown":          {admin, "Company", access.View, false},
		"administrator through a client":  {through(admin), access.RoleModel, access.View, false},
		"administrator as a program":      {program(admin), access.RoleModel, access.View, false},
		"viewed, to view":                 {csm.SeenBy(ada), access.OAuthClient, access.View, true},
		"viewed, to change":               {csm.SeenBy(ada), access.OAuthClient, access.Update, false},
		"viewed administrator":            {admin.SeenBy(ada), access.OAuthClient, access.View, true},
		"viewed administrator, to change": {admin.SeenBy(ada), access.OAuthClient, access.Update, false},
		"no role":                         {access.Principal{Person: "x", Switches: access.AllSwitches}, access.OAuthClient, access.View, false},
	} {
		if got := c.p.Manages(c.model, c.a); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestFindInternal(t *testing.T) {
	for _, in := range access.Internals {
		if got, ok := access.FindInternal(in.Name); !ok || got != in {
			t.Errorf("%s: %v, %v", in.Name, got, ok)
		}
	}
	if got, ok := access.FindInternal("Company"); ok || got != (access.Internal{}) {
		t.Errorf("Company: %v, %v", got, ok)
	}
}

// Data and what the platform holds come apart and together again.
func TestDataOnlyAndWithInternals(t *testing.T) {
	data := access.Set{"Company": access.FullModel, "Task": {Actions: access.View}}
	all := access.WithInternals(data)
	for _, in := range access.Internals {
		if all[in.Name].Actions != in.Actions {
			t.Errorf("%s: %s", in.Name, all[in.Name].Actions)
		}
	}
	if len(all) != len(data)+len(access.Internals) || len(data) != 2 {
		t.Errorf("%v", all)
	}
	if diff := cmp.Diff(data, access.DataOnly(all)); diff != "" {
		t.Errorf("back (-want +got):\n%s", diff)
	}
}
