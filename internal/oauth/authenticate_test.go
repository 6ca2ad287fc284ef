package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/store/sqlstore"
)

// TestService runs what has no row in the matrix, on every engine.
func TestService(t *testing.T) {
	onStores(t, func(t *testing.T, st *sqlstore.Store, _ string) {
		for name, run := range map[string]func(*world){
			"effective":         testEffective,
			"shown-is-the-most": testShownIsTheMost,
			"chosen-tenant":     testChosenTenant,
			"uses-are-noted":    testUsesAreNoted,
			"clean":             testClean,
			"sweep in parts":    testSweepInParts,
			"connection-limit":  testConnectionLimit,
		} {
			t.Run(name, func(t *testing.T) { run(newWorld(t, st)) })
		}
	})
}

// testEffective walks step 8 of the product's walk: less works at once, more waits for a new authorization.
func testEffective(w *world) {
	ctx, op := w.Context(), w.operator("T1")
	only := func(a access.Action) access.Set {
		return access.Set{"Company": {Actions: a, View: access.Only("co02"), Update: access.Only("co02")}}
	}
	change := func(version int64, set access.Set) {
		_, err := w.as.UpdateClient(ctx, op, w.c1.ID, version, oauth.ClientInput{Name: "C1", RedirectURIs: w.c1.RedirectURIs, Set: set, Enabled: true})
		must(w.T, err)
	}
	change(1, only(access.View|access.Update))
	at, _ := w.connect()
	p, err := w.as.Authenticate(ctx, at, oauth.MCP, access.SurfaceMCP)
	must(w.T, err)
	if p.Tenant != w.tenant["T1"] || p.Person != w.user["A"] || p.PersonName != "A Person" || p.Client != w.c1.ID || p.ClientName != "C1" ||
		p.Authorization == "" || p.Admin || p.Surface != access.SurfaceMCP || !slices.Equal(p.Roles, []string{identity.Administrator}) {
		w.Errorf("principal %+v", p)
	}
	if len(p.Lanes) != 1 || len(p.Lanes[0].Set) != 1 || p.Lanes[0].Set["Company"].View.All || !p.Lanes[0].Set["Company"].View.Has("co02") {
		w.Errorf("lanes %+v", p.Lanes)
	}
	change(2, only(access.View))
	if w.may(at, "Company", access.Update) {
		w.Error("a reduction of the client does not work at once")
	}
	change(3, w.full())
	if !w.may(at, "Company", access.Update) || w.may(at, "Company", access.Remove) || w.may(at, "Task", access.View) {
		w.Error("the connection has more or less than was accepted")
	}
	// The same with the role.
	roles, err := w.ids.Roles(ctx, w.tenant["T1"])
	must(w.T, err)
	i := slices.IndexFunc(roles, func(r access.Role) bool { return r.Name == identity.Administrator })
	r := roles[i]
	r.Set = only(access.View)
	_, err = w.ids.SaveRole(ctx, op, r)
	must(w.T, err)
	if w.may(at, "Company", access.Update) || !w.may(at, "Company", access.View) {
		w.Error("a reduction of the role does not work at once")
	}
	must(w.T, w.ids.AssignRoles(ctx, op, w.tenant["T1"], w.user["V"], []string{r.ID}))
	if _, err := w.ids.SaveRole(ctx, op, r); err == nil {
		w.Error("a role was changed from an old version")
	}
}

// testShownIsTheMost: what changes between the page and the answer only ever takes away.
func testShownIsTheMost(w *world) {
	client := func(version int64, actions access.Action) {
		set := access.Set{"Company": {Actions: actions, View: access.AllProperties, Update: access.AllProperties}}
		_, err := w.as.UpdateClient(w.Context(), w.operator("T1"), w.c1.ID, version, oauth.ClientInput{Name: "C1", RedirectURIs: w.c1.RedirectURIs, Set: set, Enabled: true})
		must(w.T, err)
	}
	for i, c := range []struct{ before, after, want access.Action }{
		{access.View, access.View | access.Update, access.View},
		{access.View | access.Update, access.View, access.View},
	} {
		v := w.visitor("A")
		client(int64(2*i+1), c.before)
		begun, err := w.begin(v, w.query(w.c1))
		must(w.T, err)
		p, err := w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		client(int64(2*i+2), c.after)
		_, err = w.as.Approve(w.Context(), begun.Pending, p.FormToken, nil, v)
		must(w.T, err)
		list, err := w.store.Authorizations(w.Context(), oauth.Which{Client: w.c1.ID, Alive: w.clock.Now()})
		must(w.T, err)
		var set access.Set
		must(w.T, json.Unmarshal([]byte(list[0].SetText), &set))
		if set["Company"].Actions != c.want {
			w.Errorf("stored %v", set["Company"].Actions)
		}
		w.clock.Add(time.Minute)
	}
}

// testChosenTenant: a person of both tenants whose session is in the other one is told which to choose.
func testChosenTenant(w *world) {
	roles, err := w.ids.Roles(w.Context(), w.tenant["T2"])
	must(w.T, err)
	w.addUser("T2", "A", roles[0].ID)
	w.visitor("A")
	session, p, err := w.ids.Session(w.Context(), w.token["A"], w.tenant["T2"])
	must(w.T, err)
	v := oauth.Visitor{Session: session, Principal: p, Browser: w.visitor("A").Browser}
	if len(session.Tenants) != 2 || p.Tenant != w.tenant["T2"] {
		w.Fatalf("session %+v", session)
	}
	begun, err := w.begin(v, w.query(w.c1))
	must(w.T, err)
	_, err = w.as.Show(w.Context(), begun.Pending, v)
	var other *oauth.TenantError
	if !errors.As(err, &other) || other.Tenant.ID != w.tenant["T1"] {
		w.Errorf("got %v", err)
	}
}

func testUsesAreNoted(w *world) {
	at, _ := w.connect()
	if !w.works(at) {
		w.Fatal("does not work")
	}
	first := w.clock.Now()
	must(w.T, w.as.Flush(w.Context()))
	if got := w.connections("A")[0].UsedAt; !got.Equal(first) {
		w.Errorf("used at %v, want %v", got, first)
	}
	c, err := w.as.Client(w.Context(), w.tenant["T1"], w.c1.ID)
	must(w.T, err)
	if c.Steps.AuthorizeFirst.IsZero() || c.Steps.ExchangeFirst.IsZero() || !c.Steps.CallFirst.Equal(first) {
		w.Errorf("steps %+v", c.Steps)
	}
	w.clock.Add(30 * time.Second)
	w.works(at)
	must(w.T, w.as.Flush(w.Context()))
	if got := w.connections("A")[0].UsedAt; !got.Equal(first) {
		w.Error("noted twice within a minute")
	}
	w.clock.Add(31 * time.Second)
	w.works(at)
	failing := &failingUses{Store: w.store}
	failing.fail.Store(true)
	w.as = w.remake(failing)
	w.serve()
	w.works(at)
	if err := w.as.Flush(w.Context()); err == nil {
		w.Error("no error")
	}
	failing.fail.Store(false)
	must(w.T, w.as.Flush(w.Context()))
	if got := w.connections("A")[0].UsedAt; !got.Equal(w.clock.Now()) {
		w.Error("a use was lost after a failure")
	}
}

type failingUses struct {
	oauth.Store
	fail atomic.Bool
}

func (f *failingUses) NoteUses(ctx context.Context, uses []identity.Use) error {
	if f.fail.Load() {
		return errBroken
	}
	return f.Store.NoteUses(ctx, uses)
}

func testClean(w *world) {
	at, rt := w.connect()
	gone := w.code(w.c1)
	w.clock.Add(8 * 24 * time.Hour)
	must(w.T, w.as.Clean(w.Context()))
	if _, _, err := w.store.TokensByFamily(w.Context(), family(gone)); !fault.Is(err, fault.NotFound) {
		w.Errorf("an old code is kept: %v", err)
	}
	list, err := w.store.Authorizations(w.Context(), oauth.Which{Client: w.c1.ID})
	if err != nil || len(list) != 1 {
		w.Errorf("%d authorizations, %v", len(list), err)
	}
	w.ok(w.refresh(w.c1, rt))
	if _, tokens := w.tokens(at); len(tokens.Access) != 1 {
		w.Errorf("after a refresh, old tokens are kept: %+v", tokens.Access)
	}
}

func testConnectionLimit(w *world) {
	first, _ := w.connect()
	for range 20 {
		w.clock.Add(time.Second)
		w.connect()
	}
	if n := len(w.connections("A")); n != 20 || w.works(first) {
		w.Errorf("%d connections", n)
	}
}

// A sweep removes a bounded number of rows at a time.
func testSweepInParts(w *world) {
	for range 5 {
		w.connect()
		w.clock.Add(time.Second)
	}
	must(w.T, w.as.EndClientConnections(w.Context(), w.operator("T1"), w.c1.ID))
	w.clock.Add(100 * 24 * time.Hour)
	now, parts := w.clock.Now(), 0
	for more := true; more; parts++ {
		var err error
		more, err = w.store.DeleteStale(w.Context(), oauth.Stale{Pending: now, Authorities: now.Add(-7 * 24 * time.Hour)}, 2)
		must(w.T, err)
		if parts > 20 {
			w.Fatal("the sweep never ends")
		}
	}
	if parts < 3 {
		w.Errorf("five authorizations went in %d parts of two", parts)
	}
	if list, err := w.store.Authorizations(w.Context(), oauth.Which{Client: w.c1.ID}); err != nil || len(list) != 0 {
		w.Errorf("%d authorizations are left, %v", len(list), err)
	}
}
