package oauth_test

import (
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/store/sqlstore"
)

func TestImpact(t *testing.T) {
	onStores(t, func(t *testing.T, st *sqlstore.Store, _ string) {
		for name, run := range map[string]func(*world){
			"client":        testImpactOfClient,
			"later":         testImpactLater,
			"role":          testImpactOfRole,
			"several-roles": testImpactOfSeveralRoles,
			"dynamic":       testImpactOnDynamicClient,
			"not-living":    testImpactOnNobody,
			"may":           testImpactPermission,
			"kinds":         testImpactOfKinds,
			"foretold":      testImpactForetold,
		} {
			t.Run(name, func(t *testing.T) { run(newWorld(t, st)) })
		}
	})
}

func (w *world) connectAs(name string, c oauth.Client, changes ...string) string {
	w.Helper()
	got := w.exchange(c, w.approve(name, w.query(c, changes...)).Query().Get("code"))
	w.ok(got)
	return got.str("access_token")
}

func (w *world) impact(c oauth.Change) oauth.Impact {
	w.Helper()
	got, err := w.as.Impact(w.Context(), w.operator("T1"), c)
	must(w.T, err)
	return got
}

func (w *world) same(what string, want, got oauth.Impact) {
	w.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// with gives the full set with another permission on one model.
func (w *world) with(model string, p access.ModelPermission) access.Set {
	set := w.full()
	set[model] = p
	return set
}

// ordinary makes roles that allow everything on everything, of which V has the first alone.
func (w *world) ordinary(names ...string) []access.Role {
	w.Helper()
	var out []access.Role
	for _, name := range names {
		r, err := w.ids.SaveRole(w.Context(), w.operator("T1"), access.Role{
			Tenant: w.tenant["T1"], Name: "Role " + name, Portfolio: access.FullAccess, Set: w.full(), Switches: access.SwitchConnect | access.SwitchExport,
		})
		must(w.T, err)
		out = append(out, r)
	}
	must(w.T, w.ids.AssignRoles(w.Context(), w.operator("T1"), w.tenant["T1"], w.user["V"], []string{out[0].ID}))
	return out
}

func testImpactOfClient(w *world) {
	w.ordinary("V")
	w.connectAs("V", w.c1)
	w.connectAs("V", w.c1)
	w.connectAs("A", w.c1)
	w.connectAs("A", w.c2)
	w.same("nothing", oauth.Impact{Connections: 3}, w.impact(oauth.Change{Client: w.c1.ID, Set: w.full()}))
	less := access.FullModel
	less.Actions &^= access.Update
	w.same("update on Company", oauth.Impact{
		Connections: 3, Losers: 3, Losing: []oauth.Loss{{Model: "Company", Actions: access.Update, Connections: 3, People: 2}},
	}, w.impact(oauth.Change{Client: w.c1.ID, Set: w.with("Company", less)}))
	// Exactly the properties there are today: what is added later is lost, and one that is left out.
	company, _ := w.reg.Model("Company")
	var ids []string
	for _, p := range company.Props() {
		if p.Name != "name" {
			ids = append(ids, p.ID)
		}
	}
	few := access.FullModel
	few.View = access.Only(ids...)
	w.same("one property", oauth.Impact{
		Connections: 3, Losers: 3, Losing: []oauth.Loss{{Model: "Company", View: 1, Later: true, Connections: 3, People: 2}},
	}, w.impact(oauth.Change{Client: w.c1.ID, Set: w.with("Company", few)}))
	// A connection whose scope never had it loses nothing.
	w.connectAs("V", w.c2, "scope=companies:view")
	w.same("scope", oauth.Impact{
		Connections: 2, Losers: 1, Losing: []oauth.Loss{{Model: "Company", Actions: access.Update, Connections: 1, People: 1}},
	}, w.impact(oauth.Change{Client: w.c2.ID, Set: w.with("Company", less)}))
}

func testImpactLater(w *world) {
	w.ordinary("V")
	op, only := w.operator("T1"), access.Set{"Company": {Actions: access.View, View: access.Only("co02")}}
	save := func(version int64, set access.Set) {
		_, err := w.as.UpdateClient(w.Context(), op, w.c1.ID, version, oauth.ClientInput{Name: "C1", RedirectURIs: w.c1.RedirectURIs, Set: set, Enabled: true})
		must(w.T, err)
	}
	save(1, only)
	w.connectAs("V", w.c1)
	w.same("more", oauth.Impact{Connections: 1, WiderLater: 1}, w.impact(oauth.Change{Client: w.c1.ID, Set: w.full()}))
	// What was accepted once comes back at once.
	save(2, access.Set{})
	w.same("back", oauth.Impact{Connections: 1, Regaining: 1}, w.impact(oauth.Change{Client: w.c1.ID, Set: only}))
	w.same("back and more", oauth.Impact{Connections: 1, Regaining: 1, WiderLater: 1}, w.impact(oauth.Change{Client: w.c1.ID, Set: w.full()}))
}

func testImpactOfRole(w *world) {
	r := w.ordinary("V")[0]
	w.connectAs("V", w.c1)
	w.connectAs("V", w.c2)
	w.connectAs("A", w.c1)
	role := func(change func(*access.Role)) oauth.Change {
		to := r
		change(&to)
		return oauth.Change{Role: &to}
	}
	w.same("its name", oauth.Impact{Connections: 2}, w.impact(role(func(r *access.Role) { r.Name = "Other" })))
	w.same("remove", oauth.Impact{
		Connections: 2, Losers: 2, Losing: []oauth.Loss{{Model: "Task", Actions: access.Remove, Connections: 2, People: 1}},
	}, w.impact(role(func(r *access.Role) {
		less := access.FullModel
		less.Actions &^= access.Remove
		r.Set = w.with("Task", less)
	})))
	got := w.impact(role(func(r *access.Role) { r.Switches = access.SwitchExport }))
	if got.Losers != 2 || len(got.Losing) != len(w.reg.Models()) {
		w.Errorf("without the connect switch: %+v", got)
	}
	got = w.impact(role(func(r *access.Role) { r.Switches = access.SwitchConnect }))
	if got.Losers != 2 || got.Losing[0].Actions != access.Export {
		w.Errorf("without the export switch: %+v", got)
	}
	w.same("fewer companies", oauth.Impact{Connections: 2, Fewer: 2}, w.impact(role(func(r *access.Role) { r.Portfolio = access.MyPortfolio })))
	r.Portfolio = access.MyPortfolio
	saved, err := w.ids.SaveRole(w.Context(), w.operator("T1"), r)
	must(w.T, err)
	r = saved
	w.same("more companies", oauth.Impact{Connections: 2, More: 2}, w.impact(role(func(r *access.Role) { r.Portfolio = access.TeamAccess })))
	w.same("other companies", oauth.Impact{Connections: 2, Other: 2}, w.impact(role(func(r *access.Role) {
		r.Portfolio = access.Portfolio{Kind: access.KindFilter, Filter: `{"field":"status","op":"eq","value":"customer"}`}
	})))
	w.same("a new role", oauth.Impact{}, w.impact(role(func(r *access.Role) { r.ID = "" })))
}

func testImpactOfSeveralRoles(w *world) {
	ctx, op, tenant := w.Context(), w.operator("T1"), w.tenant["T1"]
	roles := w.ordinary("V", "W")
	assign := func(ids ...string) { must(w.T, w.ids.AssignRoles(ctx, op, tenant, w.user["V"], ids)) }
	assign(roles[0].ID, roles[1].ID)
	w.connectAs("V", w.c1)
	less := roles[0]
	less.Set = access.Set{"Company": {Actions: access.View, View: access.AllProperties}}
	w.same("the other role has it", oauth.Impact{Connections: 1}, w.impact(oauth.Change{Role: &less}))
	// The other role does not connect: it counts for nothing.
	other := roles[1]
	other.Switches = 0
	other, err := w.ids.SaveRole(ctx, op, other)
	must(w.T, err)
	if got := w.impact(oauth.Change{Role: &less}); got.Losers != 1 {
		w.Errorf("a role without the connect switch holds permissions: %+v", got)
	}
	// The other role has it on fewer companies: nothing is lost, but companies are.
	other.Switches, other.Portfolio = access.SwitchConnect|access.SwitchExport, access.MyPortfolio
	_, err = w.ids.SaveRole(ctx, op, other)
	must(w.T, err)
	w.same("on fewer companies", oauth.Impact{Connections: 1, Fewer: 1}, w.impact(oauth.Change{Role: &less}))
}

func testImpactOnDynamicClient(w *world) {
	r := w.ordinary("V")[0]
	_, err := w.as.SetClientReach(w.Context(), w.super(), w.c1.ID, w.c1.Version, true, false)
	must(w.T, err)
	v := w.visitor("V")
	begun, err := w.begin(v, w.query(w.c1))
	must(w.T, err)
	page, err := w.as.Show(w.Context(), begun.Pending, v)
	must(w.T, err)
	choice := access.Set{"Company": access.FullModel, "Task": access.FullModel}
	to, err := w.as.Approve(w.Context(), page.Pending, page.FormToken, choice, v)
	must(w.T, err)
	u, err := url.Parse(to)
	must(w.T, err)
	w.ok(w.exchange(w.c1, u.Query().Get("code")))
	w.same("its own set counts for nothing", oauth.Impact{Connections: 1}, w.impact(oauth.Change{Client: w.c1.ID, Set: access.Set{}}))
	r.Set = access.Set{"Company": access.FullModel}
	w.same("its person's role does", oauth.Impact{
		Connections: 1, Losers: 1, Losing: []oauth.Loss{{Model: "Task", Actions: access.AllActions, Connections: 1, People: 1}},
	}, w.impact(oauth.Change{Role: &r}))
}

func testImpactOnNobody(w *world) {
	ctx, op := w.Context(), w.operator("T1")
	r := w.ordinary("V")[0]
	r.Set = access.Set{}
	nobody := func(what string) {
		w.Helper()
		for _, c := range []oauth.Change{{Client: w.c1.ID}, {Role: &r}} {
			w.same(what, oauth.Impact{}, w.impact(c))
		}
	}
	nobody("before anybody connects")
	w.approve("V", w.query(w.c1)) // a code that waits is no connection
	nobody("before the code is exchanged")
	w.connectAs("V", w.c1)
	if got := w.impact(oauth.Change{Role: &r}); got.Connections != 1 || got.Losers != 1 {
		w.Errorf("a living connection: %+v", got)
	}
	w.setUser("V", "inactive", true)
	nobody("of somebody inactive")
	w.setUser("V", "inactive", false)
	_, err := w.as.UpdateClient(ctx, op, w.c1.ID, 1, oauth.ClientInput{Name: "C1", RedirectURIs: w.c1.RedirectURIs, Set: w.full()})
	must(w.T, err)
	nobody("through a disabled client")
	_, err = w.as.UpdateClient(ctx, op, w.c1.ID, 2, oauth.ClientInput{Name: "C1", RedirectURIs: w.c1.RedirectURIs, Set: w.full(), Enabled: true})
	must(w.T, err)
	w.connectAs("V", w.c1)
	w.clock.Add(400 * 24 * time.Hour)
	nobody("long after")
}

// testImpactOfKinds: connections of one person differ by their client and by what was accepted.
func testImpactOfKinds(w *world) {
	r := w.ordinary("V")[0]
	for _, c := range []oauth.Client{w.c1, w.c1, w.c2} {
		w.connectAs("V", c)
	}
	must(w.T, w.as.NarrowConnection(w.Context(), w.operator("T1"), w.connections("V")[0].ID, viewing("Company"))) // that of C2
	must(w.T, w.as.NarrowConnection(w.Context(), w.operator("T1"), w.connections("V")[1].ID, viewing("Company")))
	less := oauth.Loss{Model: "Task", Actions: access.AllActions, Connections: 1, People: 1}
	without := w.full()
	delete(without, "Task")
	if got := w.impact(oauth.Change{Client: w.c1.ID, Set: without}); got.Connections != 2 || got.Losers != 1 || len(got.Losing) != 1 || got.Losing[0] != less {
		w.Errorf("narrowed: %+v", got)
	}
	w.connectAs("V", w.c2)
	in := oauth.ClientInput{Name: "C2", RedirectURIs: w.c2.RedirectURIs, Set: without, Enabled: true}
	_, err := w.as.UpdateClient(w.Context(), w.operator("T1"), w.c2.ID, 1, in)
	must(w.T, err)
	r.Set = without
	if got := w.impact(oauth.Change{Role: &r}); got.Connections != 4 || got.Losers != 1 || len(got.Losing) != 1 || got.Losing[0] != less {
		w.Errorf("through two clients: %+v", got)
	}
	r.Set = access.Set{}
	got := w.impact(oauth.Change{Role: &r})
	if len(got.Losing) < 5 || !slices.IsSortedFunc(got.Losing, func(a, b oauth.Loss) int {
		if a.Connections != b.Connections {
			return b.Connections - a.Connections
		}
		return strings.Compare(a.Model, b.Model)
	}) {
		w.Errorf("in no order: %+v", got.Losing)
	}
}

func testImpactPermission(w *world) {
	r := w.ordinary("V")[0]
	plain := w.visitor("V").Principal
	for what, c := range map[string]oauth.Change{"client": {Client: w.c1.ID}, "role": {Role: &r}} {
		if _, err := w.as.Impact(w.Context(), plain, c); !fault.Is(err, fault.Forbidden) {
			w.Errorf("%s: somebody without the permission: %v", what, err)
		}
	}
	foreign := w.visitor("B").Principal
	if _, err := w.as.Impact(w.Context(), foreign, oauth.Change{Client: w.c1.ID}); !fault.Is(err, fault.NotFound) {
		w.Errorf("another tenant's client: %v", err)
	}
	if _, err := w.as.Impact(w.Context(), foreign, oauth.Change{Role: &r}); !fault.Is(err, fault.Forbidden) {
		w.Errorf("another tenant's role: %v", err)
	}
}

// What Impact says of random changes is what calls then find: it is compared with the check of a token before and after saving.
func testImpactForetold(w *world) {
	ctx, op, tenant := w.Context(), w.operator("T1"), w.tenant["T1"]
	random := rand.New(rand.NewPCG(1, 2))
	roles := w.ordinary("V", "W")
	must(w.T, w.ids.AssignRoles(ctx, op, tenant, w.user["V"], []string{roles[0].ID, roles[1].ID}))
	tokens := []string{w.connectAs("V", w.c1), w.connectAs("A", w.c1), w.connectAs("V", w.c1, "scope=companies:view companies:update")}
	reach := func() (out []access.Set) {
		for _, token := range tokens {
			p, err := w.as.Authenticate(ctx, token, oauth.MCP, access.SurfaceMCP)
			must(w.T, err)
			out = append(out, access.Union(p.Lanes))
		}
		return out
	}
	some := func() access.Set {
		out := access.Set{}
		for _, name := range []string{"Company", "Task"} {
			p := access.ModelPermission{Actions: access.Action(random.IntN(int(access.AllActions) + 1)), View: access.AllProperties, Update: access.AllProperties}
			if random.IntN(2) == 0 {
				p.View = access.Only("co02", "co03", "ta02", "ta03")
			}
			out[name] = p
		}
		return out.Normal()
	}
	client := w.c1
	for round := range 30 {
		before := reach()
		c := oauth.Change{Client: client.ID, Set: some()}
		if i := random.IntN(3); i < 2 {
			r := roles[i]
			r.Set = some()
			if r.Switches = access.SwitchExport; random.IntN(5) > 0 {
				r.Switches |= access.SwitchConnect
			}
			c = oauth.Change{Role: &r}
		}
		said := w.impact(c)
		if c.Role != nil {
			saved, err := w.ids.SaveRole(ctx, op, *c.Role)
			must(w.T, err)
			for i := range roles {
				if roles[i].ID == saved.ID {
					roles[i] = saved
				}
			}
		} else {
			saved, err := w.as.UpdateClient(ctx, op, client.ID, client.Version, oauth.ClientInput{Name: "C1", RedirectURIs: client.RedirectURIs, Set: c.Set, Enabled: true})
			must(w.T, err)
			client = saved
		}
		after, losers, gainers := reach(), 0, 0
		for i := range tokens {
			if before[i].Gains(w.reg, after[i]) {
				losers++
			}
			if after[i].Gains(w.reg, before[i]) {
				gainers++
			}
		}
		if said.Losers != losers || said.Regaining != gainers {
			w.Fatalf("round %d: said %d lose and %d regain, %d and %d did", round, said.Losers, said.Regaining, losers, gainers)
		}
	}
}
