package oauth_test

import (
	"context"
	"crypto/rand"
	"slices"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/store/sqlstore"
)

// nextCalls are changes of everything that a call with a token depends on. shows tells from the next call whether the change works.
var nextCalls = []struct {
	name  string
	do    func(w *world)
	shows func(w *world, p access.Principal, err error) bool
}{
	{"client: permissions", func(w *world) { w.update(func(in *oauth.ClientInput) { in.Set = viewing("Company") }) }, only("Company", access.View)},
	{"client: name", func(w *world) { w.update(func(in *oauth.ClientInput) { in.Name = "Another" }) },
		func(_ *world, p access.Principal, err error) bool { return err == nil && p.ClientName == "Another" }},
	{"client: disabled", func(w *world) { w.update(func(in *oauth.ClientInput) { in.Enabled = false }) }, refusedCall},
	{"client: dynamic", func(w *world) {
		_, err := w.as.SetClientReach(w.Context(), w.super(), w.c1.ID, 1, true, false)
		must(w.T, err)
	}, func(_ *world, p access.Principal, err error) bool { return err == nil && p.Sides.Dynamic }},
	{"client: secret", func(w *world) {
		_, err := w.as.RegenerateSecret(w.Context(), w.operator("T1"), w.k1.ID, 0)
		must(w.T, err)
	}, refusedCall},
	{"client: removed", func(w *world) { must(w.T, w.as.DeleteClient(w.Context(), w.operator("T1"), w.c1.ID)) }, refusedCall},

	{"role: permissions", func(w *world) { w.role(func(r *access.Role) { r.Set = viewing("Company") }) }, only("Company", access.View)},
	{"role: name", func(w *world) { w.role(func(r *access.Role) { r.Name = "Chief" }) },
		func(_ *world, p access.Principal, err error) bool {
			return err == nil && slices.Equal(p.Roles, []string{"Chief"})
		}},
	{"role: portfolio", func(w *world) { w.role(func(r *access.Role) { r.Portfolio = access.MyPortfolio }) },
		func(_ *world, p access.Principal, err error) bool {
			return err == nil && len(p.Lanes) == 1 && p.Lanes[0].Portfolio == access.MyPortfolio
		}},
	{"role: may not connect", func(w *world) { w.role(func(r *access.Role) { r.Switches &^= access.SwitchConnect }) }, nothing},
	{"role: may not export", func(w *world) { w.role(func(r *access.Role) { r.Switches &^= access.SwitchExport }) },
		func(_ *world, p access.Principal, err error) bool {
			return err == nil && !p.Can("Company", access.Export)
		}},
	{"role: removed", func(w *world) {
		must(w.T, w.ids.DeleteRole(w.Context(), w.operator("T1"), w.tenant["T1"], w.find(identity.Developer).ID, w.find(identity.CSM).ID))
	}, hasRoles(identity.CSM)},
	{"person: other roles", func(w *world) {
		must(w.T, w.ids.AssignRoles(w.Context(), w.operator("T1"), w.tenant["T1"], w.user["V"], []string{w.find(identity.CSM).ID}))
	}, hasRoles(identity.CSM)},
	{"person: one role more", func(w *world) {
		must(w.T, w.ids.GiveRole(w.Context(), w.operator("T1"), w.tenant["T1"], w.user["V"], w.find(identity.CSM).ID))
	}, hasRoles(identity.Developer, identity.CSM)},
	{"person: one role less", func(w *world) {
		must(w.T, w.ids.TakeRole(w.Context(), w.operator("T1"), w.tenant["T1"], w.user["V"], w.find(identity.Developer).ID))
	}, hasRoles()},
	{"person: no member", func(w *world) { w.leave() }, refusedCall},
	{"person: another account", func(w *world) {
		w.leave()
		must(w.T, w.ids.AddMember(w.Context(), w.operator("T1"), w.tenant["T1"], w.user["V"], w.acct["B"].ID, nil))
	}, refusedCall},
	{"person: first name", func(w *world) { w.setUser("V", "firstName", "Vera") }, named("Vera Person")},
	{"person: last name", func(w *world) { w.setUser("V", "lastName", "Other") }, named("V Other")},
	{"person: inactive", func(w *world) { w.setUser("V", "inactive", true) }, refusedCall},
	{"person: teams", func(w *world) { w.setUser("V", "teams", []string{"000000000000000000000007"}) },
		func(_ *world, p access.Principal, err error) bool {
			return err == nil && slices.Equal(p.Teams, []string{"000000000000000000000007"})
		}},
	{"person: record removed", func(w *world) {
		users, _ := w.reg.Model("User")
		must(w.T, w.store.Delete(w.Context(), w.tenant["T1"], users, w.user["V"]))
	}, refusedCall},

	{"account: disabled", func(w *world) { must(w.T, w.ids.DisableAccount(w.Context(), w.acct["V"].ID, true)) }, refusedCall},
	{"account: password", func(w *world) {
		must(w.T, w.ids.SetPassword(w.Context(), w.acct["V"].ID, "five other unrelated words", true))
	}, refusedCall},
	{"tenant: custom property", func(w *world) {
		must(w.T, w.store.AddCustomProperty(w.Context(), w.tenant["T1"], "Company", model.Property{ID: "cf_1", Name: "custom.X", Kind: model.Text, Custom: true}))
	}, func(_ *world, p access.Principal, err error) bool { return err == nil && p.RegistryVersion == 1 }},
	{"connection: narrowed", func(w *world) {
		must(w.T, w.as.NarrowConnection(w.Context(), w.visitor("V").Principal, w.authorization(), viewing("Company")))
	}, only("Company", access.View)},
	{"connection: ended", func(w *world) {
		must(w.T, w.as.EndConnection(w.Context(), w.visitor("V").Principal, w.authorization()))
	}, refusedCall},
}

// TestNextCall: a change through the services works at the next call with a token, on the replica that made it and on another one, however often
// both have checked the token before.
func TestNextCall(t *testing.T) {
	onStores(t, func(t *testing.T, st *sqlstore.Store, _ string) {
		for _, c := range nextCalls {
			t.Run(c.name, func(t *testing.T) {
				w := newWorld(t, st)
				token := w.developer(c.name)
				other := w.replica()
				for name, as := range map[string]*oauth.Service{"this": w.as, "the other": other} {
					for range 2 {
						if p, err := as.Authenticate(w.Context(), token, oauth.MCP, access.SurfaceMCP); err != nil || c.shows(w, p, err) {
							t.Fatalf("before, %s replica says %+v, %v", name, p, err)
						}
					}
				}
				c.do(w)
				for name, as := range map[string]*oauth.Service{"this": w.as, "the other": other} {
					for range 2 {
						if p, err := as.Authenticate(w.Context(), token, oauth.MCP, access.SurfaceMCP); !c.shows(w, p, err) {
							t.Errorf("afterwards, %s replica says %+v, %v", name, p, err)
						}
					}
				}
			})
		}
	})
}

// TestNextCallAfterUndone: a change that was taken back leaves nothing behind, also where somebody called while it was under way.
func TestNextCallAfterUndone(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			w := newWorld(t, openStore(t, engine))
			token := w.developer("")
			undone := context.Canceled
			err := w.store.InTx(w.Context(), func(ctx context.Context) error {
				users, _ := w.reg.Model("User")
				first, _ := users.Property("firstName")
				must(t, w.store.Update(ctx, w.tenant["T1"], users, w.user["V"], map[*model.Property]any{first: "Nobody"}))
				if p, err := w.as.Authenticate(w.Context(), token, oauth.MCP, access.SurfaceMCP); err != nil || p.PersonName != "V Person" {
					t.Errorf("during the change: %q, %v", p.PersonName, err)
				}
				return undone
			})
			if err == nil {
				t.Fatal("committed")
			}
			w.setUser("V", "firstName", "Vera")
			if p, err := w.as.Authenticate(w.Context(), token, oauth.MCP, access.SurfaceMCP); err != nil || p.PersonName != "Vera Person" {
				t.Errorf("after the next change: %q, %v", p.PersonName, err)
			}
		})
	}
}

// developer makes V a developer, who connects through C1, or through K1 where a secret is what changes; it gives the access token.
func (w *world) developer(change string) string {
	w.Helper()
	must(w.T, w.ids.AssignRoles(w.Context(), w.operator("T1"), w.tenant["T1"], w.user["V"], []string{w.find(identity.Developer).ID}))
	through, more := w.c1, []string(nil)
	if change == "client: secret" {
		through, more = w.k1, []string{"client_secret=" + w.secret}
	}
	got := w.exchange(through, w.approve("V", w.query(through)).Query().Get("code"), more...)
	w.ok(got)
	return got.str("access_token")
}

// replica is another copy of the program on the same database.
func (w *world) replica() *oauth.Service {
	w.Helper()
	o := w.as.Options
	i := w.ids.Options
	i.Rand = rand.Reader
	o.Identity = identity.New(i)
	as, err := oauth.New(o)
	must(w.T, err)
	return as
}

func (w *world) update(change func(*oauth.ClientInput)) {
	w.Helper()
	in := oauth.ClientInput{Name: "C1", RedirectURIs: w.c1.RedirectURIs, Set: access.Full(w.reg), Enabled: true}
	change(&in)
	_, err := w.as.UpdateClient(w.Context(), w.operator("T1"), w.c1.ID, 1, in)
	must(w.T, err)
}

// find gives a role of T1 by name.
func (w *world) find(name string) access.Role {
	w.Helper()
	roles, err := w.ids.Roles(w.Context(), w.tenant["T1"])
	must(w.T, err)
	return roles[slices.IndexFunc(roles, func(r access.Role) bool { return r.Name == name })]
}

// role changes the role that V has.
func (w *world) role(change func(*access.Role)) {
	w.Helper()
	r := w.find(identity.Developer)
	change(&r)
	_, err := w.ids.SaveRole(w.Context(), w.operator("T1"), r)
	must(w.T, err)
}

func (w *world) leave() {
	w.Helper()
	must(w.T, w.ids.RemoveMember(w.Context(), w.operator("T1"), w.tenant["T1"], w.user["V"]))
}

func (w *world) authorization() string { return w.connections("V")[0].ID }

func viewing(model string) access.Set {
	return access.Set{model: {Actions: access.View, View: access.AllProperties}}
}

func refusedCall(_ *world, _ access.Principal, err error) bool { return err != nil }

func nothing(_ *world, p access.Principal, err error) bool { return err == nil && len(p.Lanes) == 0 }

func named(name string) func(*world, access.Principal, error) bool {
	return func(_ *world, p access.Principal, err error) bool { return err == nil && p.PersonName == name }
}

func hasRoles(names ...string) func(*world, access.Principal, error) bool {
	return func(_ *world, p access.Principal, err error) bool {
		return err == nil && slices.Equal(slices.Sorted(slices.Values(p.Roles)), slices.Sorted(slices.Values(names)))
	}
}

// only tells whether these actions on this model are all that is left.
func only(model string, a access.Action) func(*world, access.Principal, error) bool {
	return func(_ *world, p access.Principal, err error) bool {
		return err == nil && len(p.Lanes) == 1 && len(p.Lanes[0].Set) == 1 && p.Lanes[0].Set[model].Actions == a
	}
}
