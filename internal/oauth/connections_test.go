package oauth_test

import (
	"strings"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
)

// TestConnections covers lists of connections, who may end which, and why one does not work.
func TestConnections(t *testing.T) {
	st := openStore(t, "sqlite")
	for name, run := range map[string]func(*world){
		"stopped": connectionStopped, "without addresses": connectionWithoutAddresses, "who may end": connectionsEnded, "all are noted": connectionsNoted,
		"far too many": connectionsTooMany, "sides": connectionSides, "quiet": connectionQuiet,
	} {
		t.Run(name, func(t *testing.T) { run(newWorld(t, st)) })
	}
}

// connectionStopped: its person is told why a connection does not work, whatever of that can be undone.
func connectionStopped(w *world) {
	c := w.published()
	w.connectTo("A", c)
	w.connectTo("B", c)
	a, b := w.visitor("A").Principal, w.visitor("B").Principal
	own, foreign := w.connections("A")[0].ID, w.connections("B")[0].ID
	stopped := func(by access.Principal, id, want string) {
		w.Helper()
		app, err := w.as.Application(w.Context(), by, id)
		if err != nil || !strings.Contains(app.Stopped, want) || (want == "") != (app.Stopped == "") {
			w.Errorf("stopped because %q, %v, want %q", app.Stopped, err, want)
		}
	}
	private, _ := w.connectTo("A", w.c2)
	of := w.principal(private).Authorization
	w.setUser("A", "inactive", true)
	stopped(a, own, "your membership changed")
	stopped(a, of, "your membership changed")
	stopped(b, foreign, "")
	w.setUser("A", "inactive", false)
	for _, suspended := range []bool{true, false} {
		_, err := w.store.SuspendTenant(w.Context(), w.tenant["T1"], suspended)
		must(w.T, err)
		stopped(b, foreign, map[bool]string{true: "organisation that the app belongs to is suspended"}[suspended])
	}
	_, err := w.as.SetClientReach(w.Context(), w.super(), c.ID, c.Version, false, false)
	must(w.T, err)
	stopped(a, own, "")
	stopped(b, foreign, "own organisation only")
	users, _ := w.reg.Model("User")
	must(w.T, w.store.Delete(w.Context(), w.tenant["T2"], users, w.user["B"]))
	if _, err := w.as.Application(w.Context(), b, foreign); !fault.Is(err, fault.NotFound) {
		w.Errorf("of somebody whose record is gone: %v", err)
	}
}

// connectionWithoutAddresses: what was connected stays so when the client's redirect URLs are taken away.
func connectionWithoutAddresses(w *world) {
	w.code(w.c1)
	if list := w.connections("A"); len(list) != 0 {
		w.Errorf("a code that nobody has exchanged is a connection: %+v", list)
	}
	at, _ := w.connect()
	w.update(func(in *oauth.ClientInput) { in.RedirectURIs = nil })
	app, err := w.as.Application(w.Context(), w.visitor("A").Principal, w.connections("A")[0].ID)
	if err != nil || app.RedirectURI != "" || app.Stopped != "" || !w.works(at) {
		w.Errorf("%+v, %v", app, err)
	}
}

// connectionsEnded: people end their own, those who manage clients anybody's, an app none.
func connectionsEnded(w *world) {
	ctx := w.Context()
	at, _ := w.connectTo("A", w.c1)
	vt, _ := w.connectTo("V", w.c1)
	a, v := w.visitor("A").Principal, w.visitor("V").Principal
	app, err := w.as.Authenticate(ctx, at, oauth.MCP, access.SurfaceMCP)
	must(w.T, err)
	ofA, ofV := w.connections("A")[0].ID, w.connections("V")[0].ID
	for who, by := range map[string]access.Principal{"an app": app, "another person": v, "another tenant": w.visitor("B").Principal, "nobody": {}} {
		if err := w.as.EndConnection(ctx, by, ofA); !fault.Is(err, fault.NotFound) {
			w.Errorf("%s ends a connection: %v", who, err)
		}
	}
	if err := w.as.EndConnection(ctx, a.SeenBy(a), ofA); !fault.Is(err, fault.Forbidden) {
		w.Errorf("somebody who looks on ends a connection: %v", err)
	}
	for who, by := range map[string]access.Principal{"an app": app, "another person": v, "somebody who looks on": a.SeenBy(a)} {
		if err := w.as.EndPersonConnections(ctx, by, w.user["A"]); !fault.Is(err, fault.Forbidden) {
			w.Errorf("%s ends all connections: %v", who, err)
		}
	}
	if err := w.as.EndClientConnections(ctx, v, w.c1.ID); !fault.Is(err, fault.Forbidden) {
		w.Errorf("somebody without the permission ends those of a client: %v", err)
	}
	if err := w.as.EndClientConnections(ctx, w.operator("T2"), w.c1.ID); !fault.Is(err, fault.NotFound) {
		w.Errorf("another tenant ends those of a client: %v", err)
	}
	if !w.works(at) || !w.works(vt) {
		w.Error("one of them did")
	}
	must(w.T, w.as.EndConnection(ctx, v, ofV))
	if !w.works(at) || w.works(vt) {
		w.Error("somebody cannot end their own connection")
	}
	vt, _ = w.connectTo("V", w.c1)
	must(w.T, w.as.EndPersonConnections(ctx, v, w.user["V"]))
	if !w.works(at) || w.works(vt) {
		w.Error("somebody cannot end their own connections")
	}
	vt, _ = w.connectTo("V", w.c1)
	must(w.T, w.as.EndPersonConnections(ctx, a, w.user["V"]))
	if !w.works(at) || w.works(vt) {
		w.Error("an administrator cannot end a person's connections")
	}
}

// connectionsNoted: each connection that ends is in the log.
func connectionsNoted(w *world) {
	for range 3 {
		w.connect()
	}
	must(w.T, w.as.EndPersonConnections(w.Context(), w.visitor("A").Principal, w.user["A"]))
	lines := w.lines("oauth.end")
	if len(lines) != 3 || lines[0].Detail["person"] != w.user["A"] || lines[0].Detail["because"] == "" || lines[0].Person != w.user["A"] {
		w.Errorf("in the log is %+v", lines)
	}
}

// connectionsTooMany: however many there are, the newest twenty stay.
func connectionsTooMany(w *world) {
	w.connect()
	a := w.authorizations("A")[0]
	for i := range 24 {
		a.ID, a.CreatedAt = newID(), w.clock.Now().Add(time.Duration(i)*time.Second)
		a.Family, a.IdleUntil = "family of "+a.ID, a.ExpiresAt
		must(w.T, w.store.InsertAuthorization(w.Context(), a, oauth.Tokens{}))
	}
	w.clock.Add(time.Minute)
	w.connect()
	if n := len(w.connections("A")); n != 20 {
		w.Errorf("%d connections", n)
	}
}

// authorizations are a person's as stored.
func (w *world) authorizations(name string) []oauth.AuthorizationRecord {
	w.Helper()
	list, err := w.store.Authorizations(w.Context(), oauth.Which{Tenant: w.tenant["T1"], Person: w.user[name]})
	must(w.T, err)
	return list
}

// connectionSides: what a principal knows of the sides that limit it, by which explanations go, and of what the roles let it do with files.
func connectionSides(w *world) {
	for version, dynamic := range []bool{false, true} {
		c, err := w.as.SetClientReach(w.Context(), w.super(), w.c1.ID, int64(version+1), dynamic, false)
		must(w.T, err)
		v := w.visitor("A")
		page, err := w.show("A", w.query(c))
		must(w.T, err)
		to, err := w.as.Approve(w.Context(), page.Pending, page.FormToken, w.full(), v)
		must(w.T, err)
		got := w.exchange(c, codeIn(to))
		w.ok(got)
		p := w.principal(got.str("access_token"))
		if p.Sides.Dynamic != dynamic || (p.Sides.Client == nil) != dynamic || len(p.Sides.Authorization) == 0 || !p.Sides.Inclusive {
			w.Errorf("dynamic %v: %+v", dynamic, p.Sides)
		}
		if p.Switches != access.SwitchImport|access.SwitchExport {
			w.Errorf("switches %v", p.Switches)
		}
	}
}

// connectionQuiet: where nothing is wrong, nothing is told to whoever runs the server.
func connectionQuiet(w *world) {
	at, rt := w.connect()
	w.ok(w.refresh(w.c1, rt))
	if !w.works(at) || strings.Contains(w.log.String(), "level=WARN") || strings.Contains(w.log.String(), "level=ERROR") {
		w.Errorf("the log says %s", w.log)
	}
}
