package oauth_test

import (
	"net/url"
	"slices"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
)

// The permission rules of the product that the authorization server sees to; the others are in package record.

func onEngines(t *testing.T, run func(w *world)) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) { run(newWorld(t, openStore(t, engine))) })
	}
}

// Scopes narrow further. inclusive asks for exactly the overlap of client and role.
func TestRule3_6_ScopesNarrow(t *testing.T) {
	onEngines(t, func(w *world) {
		for _, c := range []struct {
			scope string
			may   map[string]access.Action // of what is looked at
		}{
			{"inclusive", map[string]access.Action{"Company": access.AllActions, "Task": access.AllActions}},
			{"companies:view", map[string]access.Action{"Company": access.View}},
			{"companies:view companies:update tasks:view", map[string]access.Action{"Company": access.View | access.Update, "Task": access.View}},
			{"companies:view offline_access", map[string]access.Action{"Company": access.View}},
			{"offline_access", map[string]access.Action{"Company": access.AllActions, "Task": access.AllActions}},
			{"companies:view inclusive", map[string]access.Action{"Company": access.AllActions, "Task": access.AllActions}},
		} {
			token, _ := w.connect("scope=" + c.scope)
			for _, m := range []string{"Company", "Task", "End User"} {
				for _, a := range access.Actions {
					want := c.may[m]&a != 0 || m == "End User" && len(c.may) == 2 && c.may["Task"] == access.AllActions
					if got := w.may(token, m, a); got != want {
						t.Errorf("scope %q: %s %s: %v, want %v", c.scope, a, m, got, want)
					}
				}
			}
		}
	})
}

// No overlap at all: the page says so and has both sides.
func TestRule3_6_NoOverlapNamesBothSides(t *testing.T) {
	onEngines(t, noOverlap)
}

func noOverlap(w *world) {
	c, _ := w.client(oauth.ClientInput{Name: "N", Kind: oauth.Public, RedirectURIs: []string{callback}, Set: access.Set{"Company": {Actions: access.Remove}}})
	v := w.visitor("V")
	begun, err := w.begin(v, w.query(c))
	must(w.T, err)
	p, err := w.as.Show(w.Context(), begun.Pending, v)
	must(w.T, err)
	if !p.NoOverlap || len(p.ClientAsks) != 1 || len(p.RoleAllows) < 5 || !slices.Equal(p.Roles, []string{identity.CSM}) {
		w.Errorf("page %+v", p)
	}
	if _, err := w.as.Approve(w.Context(), begun.Pending, p.FormToken, nil, v); err == nil {
		w.Error("approved")
	}
	if _, err := w.as.Deny(w.Context(), begun.Pending, p.FormToken, v); err != nil {
		w.Errorf("deny: %v", err)
	}
}

// A role whose people may not connect apps gives nothing to any client: nothing to authorize, and nothing through what is connected.
func TestRule3_1_OnlyRolesThatConnectCount(t *testing.T) {
	onEngines(t, func(w *world) {
		roles, err := w.ids.Roles(w.Context(), w.tenant["T1"])
		must(w.T, err)
		at := slices.IndexFunc(roles, func(r access.Role) bool { return r.Name == identity.CSM })
		csm := roles[at]
		got := w.exchange(w.c1, w.approve("V", w.query(w.c1)).Query().Get("code"))
		w.ok(got)
		token := got.str("access_token")
		if !w.may(token, "Company", access.View) {
			t.Fatal("not connected")
		}
		csm.Switches &^= access.SwitchConnect
		csm, err = w.ids.SaveRole(w.Context(), w.operator("T1"), csm)
		must(w.T, err)
		if w.may(token, "Company", access.View) {
			t.Error("the role may not connect apps any more, its connection still reads")
		}
		v := w.visitor("V")
		begun, err := w.begin(v, w.query(w.c1))
		must(w.T, err)
		page, err := w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		if !page.NoOverlap || !page.MayNotConnect {
			t.Errorf("page %+v", page)
		}
		if _, err := w.as.Approve(w.Context(), begun.Pending, page.FormToken, nil, v); err == nil {
			t.Error("approved")
		}
		csm.Switches |= access.SwitchConnect
		_, err = w.ids.SaveRole(w.Context(), w.operator("T1"), csm)
		must(w.T, err)
		if !w.may(token, "Company", access.View) {
			t.Error("the role may connect apps again, its connection reads nothing")
		}
	})
}

// A client with dynamic permissions has no set of its own: the person picks, inside their role.
func TestRule3_7_DynamicPermissions(t *testing.T) {
	onEngines(t, dynamicClient)
}

func dynamicClient(w *world) {
	c, _ := w.client(oauth.ClientInput{Name: "D", Kind: oauth.Public, RedirectURIs: []string{callback}})
	c, err := w.as.SetClientReach(w.Context(), w.super(), c.ID, c.Version, true, false)
	must(w.T, err)
	v := w.visitor("V")
	pick := func(choice access.Set) (string, error) {
		begun, err := w.begin(v, w.query(c))
		must(w.T, err)
		p, err := w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		return w.as.Approve(w.Context(), begun.Pending, p.FormToken, choice, v)
	}
	if _, err := pick(nil); err == nil {
		w.Error("approved nothing")
	}
	to, err := pick(access.Set{"Task": access.FullModel})
	must(w.T, err)
	u, _ := url.Parse(to)
	got := w.exchange(c, u.Query().Get("code"))
	w.ok(got)
	at := got.str("access_token")
	if !w.may(at, "Task", access.Update) || w.may(at, "Task", access.Remove) || w.may(at, "Company", access.View) {
		w.Error("not what was picked inside the role")
	}
}

// Private clients work in their own tenant only; a published one works for people of any tenant.
func TestRule3_8_PrivateAndPublishedClients(t *testing.T) {
	onEngines(t, tenants)
}

func tenants(w *world) {
	b := w.visitor("B")
	begun, err := w.begin(b, w.query(w.c1))
	must(w.T, err)
	_, err = w.as.Show(w.Context(), begun.Pending, b)
	w.page403(err)
	c, err := w.as.SetClientReach(w.Context(), w.super(), w.c1.ID, 1, false, true)
	must(w.T, err)
	p, err := w.as.Show(w.Context(), begun.Pending, b)
	must(w.T, err)
	to, err := w.as.Approve(w.Context(), begun.Pending, p.FormToken, nil, b)
	must(w.T, err)
	u, _ := url.Parse(to)
	got := w.exchange(c, u.Query().Get("code"))
	w.ok(got)
	who, err := w.as.Authenticate(w.Context(), got.str("access_token"), oauth.MCP, access.SurfaceMCP)
	if err != nil || who.Tenant != w.tenant["T2"] {
		w.Errorf("%+v, %v", who, err)
	}
	_, err = w.as.SetClientReach(w.Context(), w.super(), w.c1.ID, 2, false, false)
	must(w.T, err)
	if w.works(got.str("access_token")) {
		w.Error("a private client works in another tenant")
	}
	// Another tenant's administrator does not see the client.
	if _, err := w.as.Client(w.Context(), w.tenant["T2"], w.c1.ID); err == nil {
		w.Error("the client is visible in another tenant")
	}
	if err := w.as.DeleteClient(w.Context(), w.operator("T2"), w.c1.ID); err == nil {
		w.Error("deleted from another tenant")
	}
	if _, _, err := w.as.CreateClient(w.Context(), w.visitor("V").Principal, oauth.ClientInput{Name: "x", Kind: oauth.Public}); err == nil {
		w.Error("a client was made without the administrator switch")
	}
}

// What a person reaches through a client can be asked without a token: by the person and by administrators, of a connection that lives,
// and of one that could be made.
func TestThrough(t *testing.T) {
	onEngines(t, func(w *world) {
		ctx, admin := w.Context(), w.visitor("A").Principal
		would, connected, err := w.as.Through(ctx, admin, w.c1.ID, w.user["V"], access.SurfaceMCP)
		must(w.T, err)
		if connected || would.Person != w.user["V"] || would.Client != w.c1.ID || !would.Can("Task", access.View) || would.Can("Task", access.Remove) || would.Admin {
			t.Errorf("before connecting: %v %+v", connected, would)
		}
		u := w.approve("V", w.query(w.c1, "scope=tasks:view"))
		w.ok(w.exchange(w.c1, u.Query().Get("code")))
		is, connected, err := w.as.Through(ctx, admin, w.c1.ID, w.user["V"], access.SurfaceMCP)
		must(w.T, err)
		if !connected || !is.Can("Task", access.View) || is.Can("Task", access.Update) || is.Can("Company", access.View) || is.Authorization == "" {
			t.Errorf("connected: %v %+v", connected, is)
		}
		v := w.visitor("V").Principal
		if own, connected, err := w.as.Through(ctx, v, w.c1.ID, w.user["V"], access.SurfaceMCP); err != nil || !connected || own.Authorization != is.Authorization {
			t.Errorf("of oneself: %v, %v", connected, err)
		}
		seen := v
		seen.Viewer = &access.Viewer{Person: w.user["A"]}
		for name, by := range map[string]access.Principal{"another person": v, "another tenant": w.visitor("B").Principal, "through a client": is, "looked through": seen} {
			of := w.user["A"]
			if name == "looked through" || name == "through a client" {
				of = w.user["V"]
			}
			if _, _, err := w.as.Through(ctx, by, w.c1.ID, of, access.SurfaceMCP); !fault.Is(err, fault.NotFound) {
				t.Errorf("asked by %s: %v", name, err)
			}
		}
		w.setUser("V", "inactive", true)
		if _, _, err := w.as.Through(ctx, admin, w.c1.ID, w.user["V"], access.SurfaceMCP); !fault.Is(err, fault.NotFound) {
			t.Errorf("inactive: %v", err)
		}
	})
}
