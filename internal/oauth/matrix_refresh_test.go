package oauth_test

import (
	"sync"
	"sync/atomic"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
)

var refreshRows = []row{
	{name: "093-rotation", stored: true, run: func(w *world) {
		at, rt := w.connect()
		got := w.refresh(w.c1, rt)
		w.ok(got)
		if got.str("refresh_token") == rt || got.str("access_token") == at || !w.works(got.str("access_token")) {
			w.Error("not rotated")
		}
		w.ok(w.refresh(w.c1, got.str("refresh_token")))
	}},
	{name: "094-reuse", stored: true, run: func(w *world) {
		// after the window
		_, rt := w.connect()
		next := w.refresh(w.c1, rt)
		w.ok(next)
		w.clock.Add(61 * time.Second)
		w.refused(w.refresh(w.c1, rt), 400, "invalid_grant")
		w.dead(next)
		// within the window, but the successor was used
		_, rt = w.connect()
		next = w.refresh(w.c1, rt)
		after := w.refresh(w.c1, next.str("refresh_token"))
		w.ok(after)
		w.refused(w.refresh(w.c1, rt), 400, "invalid_grant")
		w.dead(after)
		if w.audited("oauth.refresh_reuse") != 2 {
			w.Errorf("%d audit entries", w.audited("oauth.refresh_reuse"))
		}
	}},
	{name: "095-lost-answer", stored: true, run: func(w *world) {
		_, rt := w.connect()
		one := w.refresh(w.c1, rt)
		w.ok(one)
		w.clock.Add(30 * time.Second)
		two := w.refresh(w.c1, rt)
		w.ok(two)
		for _, f := range []string{"access_token", "refresh_token", "scope"} {
			if one.str(f) != two.str(f) {
				w.Errorf("%s differs", f)
			}
		}
		if two.body["expires_in"] != float64(8*3600-30) {
			w.Errorf("expires_in %v", two.body["expires_in"])
		}
		if !w.works(two.str("access_token")) {
			w.Error("the pair does not work")
		}
		w.ok(w.refresh(w.c1, two.str("refresh_token")))
	}},
	{name: "096-parallel-refresh", stored: true, run: func(w *world) {
		_, rt := w.connect()
		var mu sync.Mutex
		seen := map[string]int{}
		together(50, func(int) {
			got := w.refresh(w.c1, rt)
			mu.Lock()
			defer mu.Unlock()
			if got.Code != 200 {
				w.Errorf("%d %s", got.Code, got.Body)
			}
			seen[got.str("refresh_token")]++
		})
		if len(seen) != 1 {
			w.Errorf("%d successors", len(seen))
		}
		for next := range seen {
			w.ok(w.refresh(w.c1, next))
		}
	}},
	{name: "097-other-client", stored: true, run: func(w *world) {
		at, rt := w.connect()
		w.refused(w.refresh(w.c2, rt), 400, "invalid_grant")
		if w.works(at) {
			w.Error("the authorization lives although its token was in other hands")
		}
		_, rt = w.connect()
		w.refused(w.refresh(w.k1, rt, "client_secret="+w.secret), 400, "invalid_grant")
	}},
	{name: "098-confidential-without-secret", stored: true, run: func(w *world) {
		got := w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret)
		w.refused(w.refresh(w.k1, got.str("refresh_token")), 401, "invalid_client")
		w.ok(w.refresh(w.k1, got.str("refresh_token"), "client_secret="+w.secret))
	}},
	{name: "099-widening", stored: true, run: func(w *world) {
		_, rt := w.connect("scope=companies:view")
		for _, scope := range []string{"companies:view companies:update", "inclusive", "admin", "tasks:view"} {
			w.refused(w.refresh(w.c1, rt, "scope="+scope), 400, "invalid_scope")
		}
		w.ok(w.refresh(w.c1, rt, "scope=companies:view"))
	}},
	{name: "100-narrow-and-back", stored: true, run: func(w *world) {
		_, rt := w.connect("scope=companies:view companies:update")
		got := w.refresh(w.c1, rt, "scope=companies:view")
		w.ok(got)
		if got.str("scope") != "companies:view" || w.may(got.str("access_token"), "Company", access.Update) || !w.may(got.str("access_token"), "Company", access.View) {
			w.Error("not narrowed")
		}
		got = w.refresh(w.c1, got.str("refresh_token"))
		w.ok(got)
		if !w.may(got.str("access_token"), "Company", access.Update) {
			w.Error("the whole scope did not come back")
		}
		_, rt = w.connect()
		got = w.refresh(w.c1, rt, "scope=companies:view")
		w.ok(got)
		if w.may(got.str("access_token"), "Task", access.View) {
			w.Error("inclusive was not narrowed")
		}
	}},
	{name: "101-resource-swap", stored: true, run: func(w *world) {
		_, rt := w.connect()
		w.refused(w.refresh(w.c1, rt, "resource="+origin+"/api"), 400, "invalid_target")
		w.refused(w.refresh(w.c1, rt, "resource=https://evil/"), 400, "invalid_target")
		w.refused(w.refresh(w.c1, rt, "resource="+mcp, "resource="+mcp), 400, "invalid_target")
		w.ok(w.refresh(w.c1, rt, "resource="+origin+"/mcp"))
	}},
	{name: "102-lifetimes", stored: true, run: func(w *world) {
		at, rt := w.connect()
		w.clock.Add(8 * time.Hour)
		if w.works(at) {
			w.Error("the access token outlived its lifetime")
		}
		w.clock.Add(90*24*time.Hour - 8*time.Hour)
		w.refused(w.refresh(w.c1, rt), 400, "invalid_grant")
		w.token["A"] = ""
		at, rt = w.connect()
		for range 8 { // kept busy for 320 days
			w.clock.Add(40 * 24 * time.Hour)
			got := w.refresh(w.c1, rt)
			w.ok(got)
			at, rt = got.str("access_token"), got.str("refresh_token")
		}
		w.clock.Add(45*24*time.Hour - time.Hour)
		got := w.refresh(w.c1, rt)
		w.ok(got)
		if got.body["expires_in"] != float64(3600) {
			w.Errorf("an access token outlives the authorization: %v", got.body["expires_in"])
		}
		w.clock.Add(time.Hour)
		w.refused(w.refresh(w.c1, got.str("refresh_token")), 400, "invalid_grant")
		if w.works(got.str("access_token")) || w.works(at) {
			w.Error("a token outlived the authorization")
		}
	}},
	{name: "103-person-gone", stored: true, run: func(w *world) {
		at, rt := w.connect()
		must(w.T, w.ids.SignOut(w.Context(), w.token["A"]))
		w.token["A"] = ""
		if !w.works(at) {
			w.Error("signing out ended the connection")
		}
		w.setUser("A", "inactive", true)
		if w.works(at) {
			w.Error("works for an inactive user")
		}
		w.refused(w.refresh(w.c1, rt), 400, "invalid_grant")
		w.setUser("A", "inactive", false)
		if !w.works(at) {
			w.Error("does not work again")
		}
		must(w.T, w.ids.SetPassword(w.Context(), w.acct["A"].ID, password+" new", false))
		if w.works(at) {
			w.Error("works after a new password")
		}
		w.refused(w.refresh(w.c1, rt), 400, "invalid_grant")
		v := w.exchange(w.c1, w.approve("V", w.query(w.c1)).Query().Get("code"))
		w.ok(v)
		must(w.T, w.ids.RemoveMember(w.Context(), w.operator("T1"), w.tenant["T1"], w.user["V"]))
		w.dead(v)
	}},
	{name: "104-revoke-against-refresh", stored: true, run: func(w *world) {
		for range 25 {
			_, rt := w.connect()
			var minted [4]answer
			var revoked atomic.Int32
			together(5, func(i int) {
				if i == 4 {
					revoked.Store(int32(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+rt).Code))
					return
				}
				minted[i] = w.refresh(w.c1, rt)
			})
			if revoked.Load() != 200 {
				w.Fatalf("revocation: %d", revoked.Load())
			}
			for _, m := range minted {
				if m.Code == 200 {
					w.dead(m)
				}
			}
		}
	}},
	{name: "105-restore", stored: true, run: func(w *world) {
		at, rt := w.connect()
		n, err := w.as.EndEverything(w.Context(), "restored from a backup")
		if err != nil || n < 1 || w.works(at) {
			w.Errorf("ended %d, %v", n, err)
		}
		w.refused(w.refresh(w.c1, rt), 400, "invalid_grant")
	}},
	{name: "106-partial-withdrawal", stored: true, run: func(w *world) {
		at, rt := w.connect()
		keep := access.Set{"Company": {Actions: access.View, View: access.AllProperties}}
		must(w.T, w.as.NarrowConnection(w.Context(), w.visitor("A").Principal, w.connections("A")[0].ID, keep))
		if w.may(at, "Company", access.Update) || w.may(at, "Task", access.View) || !w.may(at, "Company", access.View) {
			w.Error("the call still has what was taken away")
		}
		got := w.refresh(w.c1, rt)
		w.ok(got)
		if w.may(got.str("access_token"), "Company", access.Update) {
			w.Error("the refresh brought it back")
		}
		must(w.T, w.as.NarrowConnection(w.Context(), w.visitor("A").Principal, w.connections("A")[0].ID, w.full()))
		if w.may(at, "Company", access.Update) {
			w.Error("narrowing widened")
		}
	}},
}

// dead checks that nothing of a pair works.
func (w *world) dead(pair answer) {
	w.Helper()
	if w.works(pair.str("access_token")) {
		w.Error("the access token works")
	}
	w.refused(w.refresh(w.c1, pair.str("refresh_token")), 400, "invalid_grant")
}

// may asks what a token allows at the MCP server.
func (w *world) may(token, modelName string, a access.Action) bool {
	w.Helper()
	p, err := w.as.Authenticate(w.Context(), token, oauth.MCP, access.SurfaceMCP)
	must(w.T, err)
	return p.Can(modelName, a)
}
