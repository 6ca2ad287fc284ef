package oauth_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
)

// TestGrants covers what the endpoints for programs give, why they refuse, and what the client's administrators are told of it.
func TestGrants(t *testing.T) {
	st := openStore(t, "sqlite")
	for name, run := range map[string]func(*world){
		"why": grantsWhy, "gone": grantsGone, "minute": grantsMinute, "spent": grantsSpent, "answers": grantsAnswers, "short": grantsShort, "scopes": grantsScopes, "apps": grantsOfApps, "suspended": grantsSuspended,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, st, withSite)
			w.first()
			run(w)
		})
	}
}

// grantsWhy: the app is told one and the same, its administrators why; an exchange that works clears it.
func grantsWhy(w *world) {
	for _, c := range []struct {
		do   func() answer
		why  string
		code string
	}{
		{func() answer { return w.exchange(w.c1, "ac_"+strings.Repeat("x", 86)) }, "the code is not known", "invalid_grant"},
		{func() answer { return w.exchange(w.c1, w.code(w.c2)) }, "the code was given to another client", "invalid_grant"},
		{func() answer {
			code := w.code(w.c1)
			w.clock.Add(time.Minute)
			return w.exchange(w.c1, code)
		}, "the code came more than a minute after it was given", "invalid_grant"},
		{func() answer {
			code := w.code(w.c1)
			w.setUser("A", "inactive", true)
			defer w.setUser("A", "inactive", false)
			return w.exchange(w.c1, code)
		}, "the authorization has ended meanwhile", "invalid_grant"},
		{func() answer { return w.exchange(w.c1, w.code(w.c1), "redirect_uri="+callback+"x") }, "the redirect URL is not the one of the authorization request", "invalid_grant"},
		{func() answer {
			return w.post(oauth.PathToken, "grant_type=authorization_code", "client_id="+w.c1.ID, "code="+w.code(w.c1), "code_verifier="+verifier+"x")
		}, "the PKCE verifier does not fit the challenge", "invalid_grant"},
		{func() answer { return w.exchange(w.c1, w.code(w.c1), "resource="+origin+"/api") }, "the resource is not the one that was authorized", "invalid_target"},
		{func() answer {
			code := w.code(w.c1)
			w.ok(w.exchange(w.c1, code))
			return w.exchange(w.c1, code)
		}, "the code was used before", "invalid_grant"},
	} {
		w.clock.Add(time.Minute)
		w.token["A"] = ""
		before := len(w.lines("oauth.token_refused")) + len(w.lines("oauth.code_reuse"))
		w.refused(c.do(), 400, c.code)
		if got := w.client1().Problem; got.Code != oauth.ProblemExchange || got.Detail != c.why {
			w.Errorf("%s: told %+v", c.why, got)
		}
		if now := len(w.lines("oauth.token_refused")) + len(w.lines("oauth.code_reuse")); c.why != "the code is not known" && now != before+1 {
			w.Errorf("%s: %d lines in the log", c.why, now-before)
		}
		w.ok(w.exchange(w.c1, w.code(w.c1), "redirect_uri="+callback, "resource="+origin+"/mcp/"))
		if got := w.client1().Problem; got != (oauth.Problem{}) {
			w.Errorf("after an exchange: %+v", got)
		}
	}
	if line := w.lines("oauth.token")[0]; line.Detail["scope"] != "inclusive" || line.Person != w.user["A"] || line.PersonName != "A Person" || line.IP != "192.0.2.9" || line.Surface != access.SurfaceMCP {
		w.Errorf("log %+v", line)
	}
	if line := w.lines("oauth.token_refused")[0]; line.Detail["by"] != w.c1.ID {
		w.Errorf("log %+v", line)
	}
}

// grantsGone: of somebody whose record is gone nothing can be redeemed or rotated, and what is given back is taken.
func grantsGone(w *world) {
	at, rt := w.connect()
	code := w.code(w.c1)
	users, _ := w.reg.Model("User")
	must(w.T, w.store.Delete(w.Context(), w.tenant["T1"], users, w.user["A"]))
	w.refused(w.exchange(w.c1, code), 400, "invalid_grant")
	if got := w.client1().Problem; got.Detail != "the person or the client is gone" {
		w.Errorf("told %+v", got)
	}
	w.refused(w.exchange(w.c1, code), 400, "invalid_grant") // twice, and nobody to name
	if list, err := w.store.TenantAudit(w.Context(), "", "oauth.", 10); err != nil || len(list) != 0 {
		w.Errorf("in the log of no tenant is %+v, %v", list, err)
	}
	w.refused(w.refresh(w.c1, rt), 400, "invalid_grant")
	for _, token := range []string{at, rt} {
		w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+token))
	}
	if a, tokens := w.tokens(at); a.EndedAt.IsZero() || len(tokens.Access) != 0 {
		w.Errorf("%+v, %+v", a, tokens)
	}
	if len(w.lines("oauth.revoke")) != 0 || w.works(at) {
		w.Error("nobody is named")
	}
	if got := w.do("POST", oauth.PathMCP, "", "Authorization: Bearer "+at); got.Code != 401 {
		w.Errorf("%d", got.Code)
	}
}

// grantsMinute: the same refresh token gives the same pair for a minute, exactly, and while its successor is good.
func grantsMinute(w *world) {
	_, rt := w.connect()
	next := w.refresh(w.c1, rt)
	w.ok(next)
	w.clock.Add(time.Minute)
	again := w.refresh(w.c1, rt)
	w.ok(again)
	if again.str("refresh_token") != next.str("refresh_token") || again.str("access_token") != next.str("access_token") || again.body["expires_in"] != float64(8*3600-60) {
		w.Errorf("another pair: %s", again.Body)
	}
	w.clock.Add(time.Millisecond)
	w.refused(w.refresh(w.c1, rt), 400, "invalid_grant")
	w.dead(next)
	if len(w.lines("oauth.refresh_retry")) != 1 || len(w.lines("oauth.refresh_reuse")) != 1 {
		w.Errorf("log %+v", w.lines("oauth."))
	}
}

// spentBefore is a store in which a refresh token was spent in spite of the lock.
type spentBefore struct{ oauth.Store }

func (s spentBefore) SaveTokens(ctx context.Context, a oauth.AuthorizationRecord, t oauth.Tokens) error {
	t.Version--
	return s.Store.SaveTokens(ctx, a, t)
}

// unreadable is a store whose sealed pairs cannot be opened.
type unreadable struct{ oauth.Store }

func (s unreadable) StandingByFamily(ctx context.Context, family string) (oauth.Standing, error) {
	st, err := s.Store.StandingByFamily(ctx, family)
	st.Tokens.Sealed, st.Tokens.Code.Sealed = "x", "x"
	return st, err
}

// grantsSpent: what cannot be told apart from a fault gives nothing, and ends nothing.
func grantsSpent(w *world) {
	at, rt := w.connect()
	w.refused(w.refresh(w.c1, at), 400, "invalid_grant")
	as := w.as
	over := func(st oauth.Store) {
		w.as = w.remake(st)
		w.serve()
		w.refused(w.refresh(w.c1, rt), 503, "temporarily_unavailable")
		w.as = as
		w.serve()
		w.ok(w.refresh(w.c1, rt))
	}
	over(spentBefore{w.store})
	over(unreadable{w.store})
}

// grantsAnswers: the whole of what is answered.
func grantsAnswers(w *world) {
	is := func(what string, got answer, want map[string]any) {
		w.Helper()
		for name, value := range want {
			if value == "*" && got.body[name] != nil {
				want[name] = got.body[name]
			}
		}
		if diff := cmp.Diff(want, got.body); diff != "" {
			w.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	pair := w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret)
	is("a pair", pair, map[string]any{"access_token": "*", "refresh_token": "*", "token_type": "Bearer", "expires_in": 28800.0, "scope": "inclusive"})
	now := float64(w.clock.Now().Unix())
	is("a token", w.asks(pair.str("access_token")), map[string]any{
		"active": true, "scope": "inclusive", "client_id": w.k1.ID, "token_type": "Bearer", "exp": now + 28800, "iat": now, "sub": w.user["A"], "aud": []any{origin + "/v1/mcp", origin + "/mcp"}, "iss": origin,
	})
	pair = w.exchange(w.k1, w.code(w.k1, "resource="+origin+"/api"), "client_secret="+w.secret)
	if got := w.asks(pair.str("access_token")); !cmp.Equal(got.body["aud"], []any{origin + "/api"}) {
		w.Errorf("%s", got.Body)
	}
	if line := w.lines("oauth.token")[0]; line.Surface != access.SurfaceREST {
		w.Errorf("log %+v", line)
	}
	w.allow(true, true)
	is("a registration", w.register(`{"client_name":"D","redirect_uris":["http://localhost/cb"],"grant_types":["authorization_code"]}`), map[string]any{
		"client_id": "*", "client_id_issued_at": now, "client_name": "D", "redirect_uris": []any{"http://localhost/cb"}, "grant_types": []any{"authorization_code"},
		"response_types": []any{"code"}, "token_endpoint_auth_method": "none", "application_type": "native", "scope": "inclusive",
	})
	if got := w.register(goodRegistration); !cmp.Equal(got.body["grant_types"], []any{"authorization_code", "refresh_token"}) || got.Code != 201 {
		w.Errorf("%s", got.Body)
	}
	w.refused(w.register(`{}`), 400, "invalid_redirect_uri")
	w.refused(w.register(`[]`), 400, "invalid_client_metadata")
	for _, c := range []struct{ path, name string }{{"/v1/mcp", "Mandorla MCP server"}, {"/mcp", "Mandorla MCP server"}, {"/api", "Mandorla REST API"}, {"", "Mandorla MCP server"}} {
		of := c.path
		if of == "" {
			of = "/v1/mcp"
		}
		is("the resource "+c.path, w.do("GET", "/.well-known/oauth-protected-resource"+c.path, ""), map[string]any{
			"resource": origin + of, "resource_name": c.name, "authorization_servers": []any{origin}, "bearer_methods_supported": []any{"header"}, "scopes_supported": []any{"inclusive"},
		})
	}
	r := httptest.NewRequest("POST", origin+oauth.PathToken, iotest.ErrReader(context.Canceled))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, r)
	if rec.Code != 400 || !strings.Contains(rec.Body.String(), "could not be read") {
		w.Errorf("a body that ends: %d %s", rec.Code, rec.Body)
	}
}

// grantsShort: nothing lives longer than the connection, and one that is not used ends.
func grantsShort(w *world) {
	o := w.as.Options
	o.RefreshAbsolute, o.RefreshIdle = time.Hour, 2*time.Hour
	as, err := oauth.New(o)
	must(w.T, err)
	w.as = as
	w.serve()
	got := w.exchange(w.c1, w.code(w.c1))
	if got.body["expires_in"] != 3600.0 {
		w.Errorf("%s", got.Body)
	}
	if end := w.connections("A")[0].EndsAt; !end.Equal(w.clock.Now().Add(time.Hour)) {
		w.Errorf("ends at %v", end)
	}
	w.clock.Add(time.Hour - time.Millisecond)
	if !w.works(got.str("access_token")) {
		w.Error("it ends too early")
	}
	next := w.refresh(w.c1, got.str("refresh_token"))
	w.ok(next)
	w.clock.Add(time.Millisecond)
	w.dead(next)
	o.RefreshAbsolute, o.RefreshIdle = 3*time.Hour, time.Hour
	as, err = oauth.New(o)
	must(w.T, err)
	w.as = as
	w.serve()
	w.token["A"] = ""
	got = w.exchange(w.c1, w.code(w.c1))
	if end := w.connections("A")[0].EndsAt; !end.Equal(w.clock.Now().Add(time.Hour)) {
		w.Errorf("unused it ends at %v", end)
	}
	w.clock.Add(time.Hour)
	w.dead(got)
}

// grantsScopes: a refresh may ask for less, for itself alone.
func grantsScopes(w *world) {
	got := w.exchange(w.c1, w.code(w.c1, "scope=companies:view tasks:view"))
	w.refused(w.refresh(w.c1, got.str("refresh_token"), "scope=companies:update"), 400, "invalid_scope")
	w.refused(w.refresh(w.c1, got.str("refresh_token"), "scope=x"), 400, "invalid_scope")
	w.refused(w.refresh(w.c1, got.str("refresh_token"), "resource="+origin+"/api"), 400, "invalid_target")
	less := w.refresh(w.c1, got.str("refresh_token"), "scope=companies:view", "resource="+mcp)
	w.ok(less)
	if less.str("scope") != "companies:view" || w.may(less.str("access_token"), "Task", access.View) || !w.may(less.str("access_token"), "Company", access.View) {
		w.Errorf("%s", less.Body)
	}
	all := w.refresh(w.c1, less.str("refresh_token"))
	if w.ok(all); all.str("scope") != "companies:view tasks:view" || !w.may(all.str("access_token"), "Task", access.View) {
		w.Errorf("%s", all.Body)
	}
}

// grantsOfApps: what an app that registered itself does is noted at the tenant's own client.
func grantsOfApps(w *world) {
	w.trust()
	w.refused(w.exchange(appM1, w.code(appM1), "resource="+origin+"/api"), 400, "invalid_target")
	if got := w.own("T1", m1); got.Problem.Code != oauth.ProblemExchange || !got.Steps.ExchangeFirst.IsZero() {
		w.Errorf("%+v", got)
	}
	pair := w.exchange(appM1, w.code(appM1))
	w.ok(pair)
	if got := w.own("T1", m1); got.Problem.Code != "" || !got.Steps.ExchangeFirst.Equal(w.clock.Now()) {
		w.Errorf("%+v", got)
	}
	if line := w.lines("oauth.token_refused")[0]; line.Detail["by"] != m1 {
		w.Errorf("log %+v", line)
	}
	for range 2 {
		pair = w.refresh(appM1, pair.str("refresh_token"))
		w.ok(pair)
	}
	w.allow(true, true)
	once := w.registered(`{"redirect_uris":["https://d1.test/cb"],"grant_types":["authorization_code"]}`)
	got := w.exchange(once, w.code(once))
	if w.ok(got); got.body["refresh_token"] != nil || !w.connections("A")[0].EndsAt.Equal(w.clock.Now().Add(8*time.Hour)) {
		w.Errorf("%s, %+v", got.Body, w.connections("A")[0])
	}
	w.clock.Add(8*time.Hour - time.Millisecond)
	if !w.works(got.str("access_token")) {
		w.Error("it ends too early")
	}
	w.clock.Add(time.Millisecond)
	if w.works(got.str("access_token")) || len(w.authorizations("A")) == 0 {
		w.Error("it does not end")
	}
}

// grantsSuspended: of a suspended tenant what is good works later, and what is over stays so.
func grantsSuspended(w *world) {
	_, good := w.connect()
	_, revoked := w.connect()
	w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+revoked))
	w.refused(w.refresh(w.c1, revoked), 400, "invalid_grant")
	suspend := func(yes bool) {
		w.Helper()
		if changed, err := w.store.SuspendTenant(w.Context(), w.tenant["T1"], yes); err != nil || !changed {
			w.Fatal(changed, err)
		}
	}
	c, err := w.as.SetClientReach(w.Context(), w.super(), w.c1.ID, w.c1.Version, false, true)
	must(w.T, err)
	_, theirs := w.connectTo("B", c)
	_, gone := w.connectTo("B", c)
	w.ok(w.post(oauth.PathRevoke, "client_id="+c.ID, "token="+gone))
	if _, err := w.store.SuspendTenant(w.Context(), w.tenant["T2"], true); err != nil {
		w.Fatal(err)
	}
	w.refused(w.refresh(c, theirs), 503, "temporarily_unavailable")
	w.refused(w.refresh(c, gone), 400, "invalid_grant")
	w.clock.Add(90 * 24 * time.Hour)
	w.refused(w.refresh(c, theirs), 400, "invalid_grant")
	suspend(true)
	w.refused(w.refresh(c, good), 503, "temporarily_unavailable")
	suspend(false)
}
