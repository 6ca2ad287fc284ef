package access

import "testing"

// Authorizing anew gives what the client allows now of what the roles that connect allow, and nothing to whoever came through no client.
func TestReauthorized(t *testing.T) {
	all := Set{"Company": FullModel, "Task": FullModel, OAuthClient: FullModel}
	company := Set{"Company": FullModel}
	roles := []Role{{Name: "A", Set: all, Portfolio: FullAccess, Switches: SwitchConnect | SwitchExport}, {Name: "B", Set: all, Portfolio: FullAccess}}
	p := Principal{Client: "pk_1", Authorization: "a1", Sides: &Sides{Roles: roles, Client: company}}
	for what, change := range map[string]func(*Principal){
		"no client": func(p *Principal) { p.Client = "" }, "no authorization": func(p *Principal) { p.Authorization = "" }, "no sides": func(p *Principal) { p.Sides = nil },
	} {
		other := p
		change(&other)
		if _, ok := other.Reauthorized(); ok {
			t.Errorf("%s: there is a new authorization", what)
		}
	}
	wide, ok := p.Reauthorized()
	if !ok || len(wide.Lanes) != 1 || len(wide.Lanes[0].Set) != 1 || wide.Lanes[0].Set["Company"].Actions != AllActions {
		t.Errorf("%v %+v", ok, wide.Lanes)
	}
	sides := *p.Sides
	sides.Dynamic = true
	p.Sides = &sides
	if wide, ok = p.Reauthorized(); !ok || len(wide.Lanes) != 1 || len(wide.Lanes[0].Set) != 2 {
		t.Errorf("dynamic: %v %+v", ok, wide.Lanes)
	}
}

// A founder makes people and nothing else.
func TestFounder(t *testing.T) {
	p := Founder("t")
	if p.Tenant != "t" || !p.Can("User", Create) || p.Can("User", Remove) || p.Can("Company", View) || p.Lanes[0].Portfolio != FullAccess {
		t.Errorf("%+v", p)
	}
}

// Several roles give together what each lists, and no property that none does.
func TestUnionOfLists(t *testing.T) {
	lane := func(id string) Lane {
		return Lane{Set: Set{"Company": {Actions: View | Update, View: Only(id), Update: Only(id)}}}
	}
	got := Union([]Lane{lane("co02"), lane("co03")})["Company"]
	for id, want := range map[string]bool{"co02": true, "co03": true, "co04": false} {
		if got.View.Has(id) != want || got.Update.Has(id) != want || got.View.All || got.Update.All {
			t.Errorf("%s: %+v", id, got)
		}
	}
}
