package oauth_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
)

// connectAs approves a client as a person and gives the pair.
func (w *world) connectTo(name string, c oauth.Client) (access, refresh string) {
	w.Helper()
	v := w.visitor(name)
	begun, err := w.begin(v, w.query(c))
	must(w.T, err)
	page, err := w.as.Show(w.Context(), begun.Pending, v)
	must(w.T, err)
	to, err := w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, v)
	must(w.T, err)
	u, err := url.Parse(to)
	must(w.T, err)
	got := w.exchange(c, u.Query().Get("code"))
	w.ok(got)
	return got.str("access_token"), got.str("refresh_token")
}

// published makes C1 work for everybody.
func (w *world) published() oauth.Client {
	w.Helper()
	c, err := w.as.SetClientReach(w.Context(), w.super(), w.c1.ID, w.c1.Version, false, true)
	must(w.T, err)
	return c
}

// Nobody but a super admin who is one in that moment sets the two switches, whoever holds the type.
func TestClientReachIsTheSuperAdmins(t *testing.T) {
	onEngines(t, func(w *world) {
		ctx, by := w.Context(), w.super()
		try := func(who string, by identity.Super) {
			w.Helper()
			if _, err := w.as.SetClientReach(ctx, by, w.c1.ID, w.c1.Version, true, true); !fault.Is(err, fault.NotFound) {
				w.Errorf("%s: %v", who, err)
			}
			if c, err := w.as.Client(ctx, w.tenant["T1"], w.c1.ID); err != nil || c.Dynamic || c.Published || c.Version != w.c1.Version {
				w.Errorf("%s: %+v, %v", who, c, err)
			}
			if _, _, err := w.as.ReachOf(ctx, by, w.c1.ID); !fault.Is(err, fault.NotFound) {
				w.Errorf("%s reads: %v", who, err)
			}
		}
		try("nobody", identity.Super{})
		w.visitor("A")
		if _, err := w.ids.Super(ctx, w.token["A"], ""); !fault.Is(err, fault.NotFound) {
			w.Errorf("an administrator: %v", err)
		}
		must(w.T, w.store.SetAccountSuper(ctx, w.acct["S"].ID, false))
		try("one who is it no more", by)
		must(w.T, w.store.SetAccountSuper(ctx, w.acct["S"].ID, true))
		must(w.T, w.store.SetAccountDisabled(ctx, w.acct["S"].ID, true))
		try("one who is disabled", by)
		must(w.T, w.store.SetAccountDisabled(ctx, w.acct["S"].ID, false))
		if _, err := w.as.SetClientReach(ctx, by, w.c1.ID, w.c1.Version+1, true, true); !fault.Is(err, fault.Conflict) {
			w.Errorf("another version: %v", err)
		}
		if _, err := w.as.SetClientReach(ctx, by, "pk_nobody", 1, true, true); !fault.Is(err, fault.NotFound) {
			w.Errorf("no client: %v", err)
		}
		c, err := w.as.SetClientReach(ctx, by, w.c1.ID, w.c1.Version, true, true)
		if err != nil || !c.Dynamic || !c.Published || c.Version != w.c1.Version+1 {
			w.Fatalf("%+v, %v", c, err)
		}
		log, err := w.store.TenantAudit(ctx, w.tenant["T1"], "client.reach", 10)
		if err != nil || len(log) != 1 || log[0].PersonName != identity.SuperName || log[0].Person != "" || strings.Contains(log[0].PersonName+log[0].Detail["by"], "@") {
			w.Errorf("the tenant's log: %+v, %v", log, err)
		}
		above, err := w.store.TenantAudit(ctx, "", "client.reach", 1)
		if err != nil || len(above) != 1 || above[0].PersonName != w.acct["S"].Email || above[0].Detail["client"] != c.ID || above[0].Detail["tenant"] != w.tenant["T1"] || above[0].IP != "192.0.2.1" {
			w.Errorf("the log above: %+v, %v", above, err)
		}
	})
}

// A published client's own tenant learns how much it is used elsewhere, and nothing about whom.
func TestPublishedClientNamesNobody(t *testing.T) {
	onEngines(t, func(w *world) {
		ctx, c := w.Context(), w.published()
		own, _ := w.connectTo("A", c)
		foreign, _ := w.connectTo("B", c)
		connections, err := w.as.ClientConnections(ctx, w.tenant["T1"], c.ID)
		if err != nil || len(connections) != 1 || connections[0].Person != w.user["A"] {
			w.Fatalf("%+v, %v", connections, err)
		}
		used, err := w.as.ConnectionsElsewhere(ctx, w.tenant["T1"], c.ID)
		must(w.T, err)
		if diff := cmp.Diff([]oauth.Elsewhere{{Tenant: w.tenant["T2"], TenantName: "T2", People: 1, Connections: 1}}, used); diff != "" {
			w.Error(diff)
		}
		if _, err := w.as.ConnectionsElsewhere(ctx, w.tenant["T2"], c.ID); !fault.Is(err, fault.NotFound) {
			w.Errorf("asked by another tenant: %v", err)
		}
		impact, err := w.as.Impact(ctx, w.visitor("A").Principal, oauth.Change{Client: c.ID, Set: access.Set{}})
		if err != nil || impact.Connections != 1 || impact.Losers != 1 || impact.Elsewhere != 1 {
			w.Errorf("impact %+v, %v", impact, err)
		}
		theirs := w.connections("B")[0].ID
		for _, err := range []error{
			w.as.EndConnection(ctx, w.visitor("A").Principal, theirs), w.as.NarrowConnection(ctx, w.visitor("A").Principal, theirs, access.Set{}),
		} {
			if !fault.Is(err, fault.NotFound) {
				w.Errorf("the client's administrator reaches a foreign connection: %v", err)
			}
		}
		if _, _, err := w.as.Through(ctx, w.visitor("A").Principal, c.ID, w.user["B"], access.SurfaceMCP); !fault.Is(err, fault.NotFound) {
			w.Errorf("through the client as a foreign person: %v", err)
		}
		if !w.works(own) || !w.works(foreign) {
			w.Error("something ended")
		}
		must(w.T, w.as.DeleteClient(ctx, w.visitor("A").Principal, c.ID))
		if w.works(own) || w.works(foreign) || len(w.connections("B")) != 0 {
			w.Error("a connection outlives its client")
		}
		log, err := w.store.TenantAudit(ctx, w.tenant["T2"], "client.delete", 10)
		if err != nil || len(log) != 1 || log[0].Person != "" || log[0].Detail["connections"] != "1" || strings.Contains(log[0].PersonName, "Person") {
			w.Errorf("the foreign tenant's log: %+v, %v", log, err)
		}
	})
}

// What is done to a published client stands in the log of every tenant that is connected, without who did it.
func TestForeignLogs(t *testing.T) {
	onEngines(t, func(w *world) {
		ctx, c := w.Context(), w.published()
		w.connectTo("B", c)
		must(w.T, w.as.EndClientConnections(ctx, w.visitor("A").Principal, c.ID))
		w.connectTo("B", c)
		in := oauth.ClientInput{Name: c.Name, Kind: c.Kind, RedirectURIs: c.RedirectURIs, Set: c.Set}
		_, err := w.as.UpdateClient(ctx, w.visitor("A").Principal, c.ID, c.Version, in)
		must(w.T, err)
		log, err := w.store.TenantAudit(ctx, w.tenant["T2"], "", 100)
		must(w.T, err)
		acts := map[string]int{}
		for _, e := range log {
			if e.Client == c.ID && e.Person != w.user["B"] {
				acts[e.Act]++
				if e.Person != "" || e.PersonName == "A Person" {
					w.Errorf("%s names %q %q", e.Act, e.Person, e.PersonName)
				}
			}
		}
		if acts["oauth.end"] != 1 || acts["client.disable"] != 1 {
			w.Errorf("%v", acts)
		}
	})
}

// A tenant shuts another one's published client out: its connections end for good, none can be made, and letting it in gives none back.
func TestShutOut(t *testing.T) {
	onEngines(t, func(w *world) {
		ctx, b := w.Context(), w.visitor("B").Principal
		if apps, err := w.as.PublishedApps(ctx, b); err != nil || len(apps) != 0 {
			w.Errorf("before anything is published: %+v, %v", apps, err)
		}
		c := w.published()
		own, _ := w.connectTo("A", c)
		foreign, refresh := w.connectTo("B", c)
		apps, err := w.as.PublishedApps(ctx, b)
		if err != nil || len(apps) != 1 || apps[0].Client.ID != c.ID || apps[0].TenantName != "T1" || len(apps[0].Connections) != 1 || len(apps[0].Client.Set) != 0 || !apps[0].ShutOutAt.IsZero() {
			w.Fatalf("%+v, %v", apps, err)
		}
		if apps, err := w.as.PublishedApps(ctx, w.visitor("A").Principal); err != nil || len(apps) != 0 {
			w.Errorf("the client's own tenant: %+v, %v", apps, err)
		}
		if _, err := w.as.PublishedApps(ctx, w.visitor("V").Principal); !fault.Is(err, fault.NotFound) {
			w.Errorf("somebody without the App Center: %v", err)
		}
		viewed := b.SeenBy(b)
		for who, by := range map[string]access.Principal{"without the permission": w.visitor("V").Principal, "looked through": viewed} {
			if err := w.as.ShutOut(ctx, by, c.ID, true); !fault.Is(err, fault.Forbidden) {
				w.Errorf("%s: %v", who, err)
			}
		}
		for who, id := range map[string]string{"a private client": w.c2.ID, "nothing": "pk_nobody"} {
			if err := w.as.ShutOut(ctx, b, id, true); !fault.Is(err, fault.NotFound) {
				w.Errorf("%s: %v", who, err)
			}
		}
		if err := w.as.ShutOut(ctx, w.visitor("A").Principal, c.ID, true); !fault.Is(err, fault.NotFound) {
			w.Errorf("its own tenant: %v", err)
		}
		v := w.visitor("B")
		begun, err := w.begin(v, w.query(c))
		must(w.T, err)
		open, err := w.as.Show(ctx, begun.Pending, v)
		must(w.T, err)
		code := w.approve("B", w.query(c)).Query().Get("code")

		must(w.T, w.as.ShutOut(ctx, b, c.ID, true))
		must(w.T, w.as.ShutOut(ctx, b, c.ID, true)) // once more changes nothing
		if w.works(foreign) || !w.works(own) || len(w.connections("B")) != 0 {
			w.Error("not shut out, or more than the tenant's")
		}
		w.refused(w.refresh(c, refresh), 400, "invalid_grant")
		w.refused(w.exchange(c, code), 400, "invalid_grant")
		_, err = w.as.Show(ctx, begun.Pending, v)
		w.page403(err)
		_, err = w.as.Approve(ctx, begun.Pending, open.FormToken, nil, v)
		w.page403(err)
		if _, _, err := w.as.Through(ctx, b, c.ID, w.user["B"], access.SurfaceMCP); !fault.Is(err, fault.NotFound) {
			w.Errorf("through it: %v", err)
		}
		app, err := w.as.PublishedApp(ctx, b, c.ID)
		if err != nil || app.ShutOutAt.IsZero() {
			w.Errorf("%+v, %v", app, err)
		}
		must(w.T, w.as.ShutOut(ctx, b, c.ID, false))
		if w.works(foreign) {
			w.Error("letting in gave a connection back")
		}
		if again, _ := w.connectTo("B", c); !w.works(again) {
			w.Error("cannot be connected again")
		}
		log, err := w.store.TenantAudit(ctx, w.tenant["T2"], "client.", 10)
		if err != nil || len(log) != 2 || log[0].Act != "client.let_in" || log[1].Act != "client.shut_out" || log[1].Person != w.user["B"] || log[1].Client != c.ID || log[1].Detail["connections"] != "1" {
			w.Errorf("%+v, %v", log, err)
		}
		// Nothing of it stays when the client goes.
		must(w.T, w.as.ShutOut(ctx, b, c.ID, true))
		must(w.T, w.as.DeleteClient(ctx, w.visitor("A").Principal, c.ID))
		if list, err := w.store.ShutOuts(ctx, w.tenant["T2"], ""); err != nil || len(list) != 0 {
			w.Errorf("%+v, %v", list, err)
		}
	})
}

// A connection that slipped past the shutting out, because it was made at the same moment, does not work either.
func TestShutOutHoldsAtEachCall(t *testing.T) {
	onEngines(t, func(w *world) {
		c := w.published()
		foreign, _ := w.connectTo("B", c)
		_, err := w.store.SetShutOut(w.Context(), oauth.ShutOut{Tenant: w.tenant["T2"], Client: c.ID, At: w.clock.Now()}, true)
		must(w.T, err)
		if w.works(foreign) {
			w.Error("works")
		}
		_, err = w.store.SetShutOut(w.Context(), oauth.ShutOut{Tenant: w.tenant["T2"], Client: c.ID}, false)
		must(w.T, err)
		if !w.works(foreign) {
			w.Error("does not work again")
		}
	})
}

// Row 215: suspending a tenant stops its people's tokens and, in other tenants, those through its clients; resuming gives them back.
func TestSuspendedTenant(t *testing.T) {
	onEngines(t, func(w *world) {
		ctx, c := w.Context(), w.published()
		own, ownRefresh := w.connectTo("A", c)
		foreign, foreignRefresh := w.connectTo("B", c)
		suspend := func(tenant string, yes bool) {
			w.Helper()
			if changed, err := w.store.SuspendTenant(ctx, w.tenant[tenant], yes); err != nil || !changed {
				w.Fatalf("%v, %v", changed, err)
			}
		}
		suspend("T2", true)
		if w.works(foreign) || !w.works(own) {
			w.Error("T2 is suspended: its people's tokens stop, others' do not")
		}
		w.refused(w.refresh(c, foreignRefresh), 503, "temporarily_unavailable")
		suspend("T2", false)
		if !w.works(foreign) {
			w.Error("T2 is resumed")
		}
		suspend("T1", true)
		if w.works(own) || w.works(foreign) {
			w.Error("T1 is suspended: its clients work for nobody")
		}
		w.refused(w.refresh(c, ownRefresh), 503, "temporarily_unavailable")
		w.page400Any("B", w.query(c))
		suspend("T1", false)
		if !w.works(own) || !w.works(foreign) {
			w.Error("T1 is resumed")
		}
		w.ok(w.refresh(c, ownRefresh))
		w.ok(w.refresh(c, foreignRefresh))
	})
}

// page400Any is page400 for another person.
func (w *world) page400Any(name, query string) {
	w.Helper()
	_, err := w.begin(w.visitor(name), query)
	if page, ok := err.(*oauth.PageError); !ok || page.Status != 400 {
		w.Errorf("got %v, want a page with status 400", err)
	}
}

// Somebody sees one connection of their own, with what works of it and why nothing does; anybody else's is nothing.
func TestApplication(t *testing.T) {
	onEngines(t, func(w *world) {
		ctx, c := w.Context(), w.published()
		w.connectTo("B", c)
		b, id := w.visitor("B").Principal, w.connections("B")[0].ID
		app, err := w.as.Application(ctx, b, id)
		if err != nil || app.ClientName != "C1" || app.Host != "c1.test" || app.Stopped != "" || !app.Works.Allows("Company", access.Remove) || app.RedirectURI != callback {
			w.Fatalf("%+v, %v", app, err)
		}
		through := b
		through.Client = c.ID
		for who, by := range map[string]access.Principal{
			"an administrator of the client": w.visitor("A").Principal, "nobody": {}, "the operator": w.operator("T2"), "through the app": through, "looked through": b.SeenBy(b),
		} {
			if _, err := w.as.Application(ctx, by, id); !fault.Is(err, fault.NotFound) {
				w.Errorf("%s: %v", who, err)
			}
		}
		less := access.Set{"Company": {Actions: access.View, View: access.AllProperties}}
		in := oauth.ClientInput{Name: c.Name, Kind: c.Kind, RedirectURIs: c.RedirectURIs, Set: less, Enabled: true}
		c, err = w.as.UpdateClient(ctx, w.operator("T1"), c.ID, c.Version, in)
		must(w.T, err)
		if app, err = w.as.Application(ctx, b, id); err != nil || app.Works.Allows("Company", access.Remove) || !app.Set.Allows("Company", access.Remove) {
			w.Errorf("narrowed: %+v, %v", app, err)
		}
		_, err = w.as.SetClientReach(ctx, w.super(), c.ID, c.Version, false, false)
		must(w.T, err)
		if app, err = w.as.Application(ctx, b, id); err != nil || !strings.Contains(app.Stopped, "own organisation only") || len(app.Works) != 0 {
			w.Errorf("unpublished: %+v, %v", app, err)
		}
		must(w.T, w.as.EndConnection(ctx, b, id))
		if _, err = w.as.Application(ctx, b, id); !fault.Is(err, fault.NotFound) {
			w.Errorf("ended: %v", err)
		}
	})
}
