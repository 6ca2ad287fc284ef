package oauth_test

import (
	"strings"
	"testing"
	"time"

	"mandorla/internal/oauth"
	"mandorla/internal/store/sqlstore"
)

// TestFamily covers what the tokens of one authorization have to do with each other.
func TestFamily(t *testing.T) {
	onStores(t, func(t *testing.T, st *sqlstore.Store, _ string) {
		for name, run := range map[string]func(*world){
			"made up": familyMadeUp, "forever": familyForever, "many": familyMany, "revoked": familyRevoked, "from before": familyFromBefore,
		} {
			t.Run(name, func(t *testing.T) { run(newWorld(t, st)) })
		}
	})
}

// familyMadeUp: who has an access token cannot make up a refresh token, and one that only looks like one of a family ends nothing. One with
// the family's secret was made by somebody who had a refresh token, and ends it.
func familyMadeUp(w *world) {
	at, rt := w.connect()
	other := strings.Repeat("A", 43)
	for _, token := range []string{"rt_" + at[3:46], "rt_" + at[3:46] + rt[46:], "rt_" + at[3:46] + other, "rt_" + other + rt[46:], "rt_" + rt[46:], "rt_" + rt[46:] + rt[3:46]} {
		w.refused(w.refresh(w.c1, token), 400, "invalid_grant")
		w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+token))
	}
	for _, token := range []string{"at_" + at[3:46] + other, "at_" + other + at[46:], "at_" + at[46:] + at[3:46], "at_" + rt[3:], "at_" + at[3:46] + rt[46:], at[:46], "at_" + at[46:]} {
		if w.works(token) {
			w.Errorf("%s works", token)
		}
		w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+token))
	}
	if !w.works(at) || len(w.lines("oauth.refresh_")) != 0 || len(w.lines("oauth.revoke")) != 0 {
		w.Errorf("a token that was made up ended something: %+v", w.lines("oauth."))
	}
	w.refused(w.refresh(w.c1, rt[:46]+other), 400, "invalid_grant")
	if w.works(at) || len(w.lines("oauth.refresh_reuse")) != 1 {
		w.Error("a refresh token that was never given, of the family, ends nothing")
	}
}

// familyForever: a spent refresh token is recognised however long ago and many turns before it was spent.
func familyForever(w *world) {
	_, rt := w.connect()
	last := w.refresh(w.c1, rt)
	for range 4 {
		w.clock.Add(80 * 24 * time.Hour)
		must(w.T, w.as.Clean(w.Context()))
		last = w.refresh(w.c1, last.str("refresh_token"))
		w.ok(last)
	}
	w.refused(w.refresh(w.c1, rt), 400, "invalid_grant")
	w.dead(last)
}

// familyMany: of one authorization's access tokens the newest 32 work, and those that have run out count for none.
func familyMany(w *world) {
	at, rt := w.connect()
	all := []string{at}
	turn := func() {
		got := w.refresh(w.c1, rt)
		w.ok(got)
		all, rt = append(all, got.str("access_token")), got.str("refresh_token")
	}
	for range 31 {
		turn()
	}
	for i, token := range all {
		if !w.works(token) {
			w.Errorf("of 32 the one at %d does not work", i)
		}
	}
	w.clock.Add(time.Hour)
	turn()
	turn()
	for i, token := range all {
		if w.works(token) != (i > 1) {
			w.Errorf("of 34 the one at %d works: %t", i, i <= 1)
		}
	}
	w.clock.Add(7 * time.Hour) // all but the last two have run out
	turn()
	if _, tokens := w.tokens(rt); len(tokens.Access) != 3 {
		w.Errorf("%d access tokens are kept", len(tokens.Access))
	}
}

// familyRevoked: an access token that is given back ends alone, once, and those beside it stay.
func familyRevoked(w *world) {
	at, rt := w.connect()
	next := w.refresh(w.c1, rt)
	for range 2 {
		w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+at))
	}
	w.ok(w.post(oauth.PathRevoke, "client_id="+w.c2.ID, "token="+next.str("access_token")))
	if w.works(at) || !w.works(next.str("access_token")) || len(w.lines("oauth.revoke")) != 1 {
		w.Errorf("log %+v", w.lines("oauth.revoke"))
	}
	w.ok(w.refresh(w.c1, next.str("refresh_token")))
}

// familyFromBefore: a refresh token of an authorization from before there were families is the secret of its own.
func familyFromBefore(w *world) {
	old := "rt_" + strings.Repeat("b", 43)
	w.connect()
	a := w.authorizations("A")[0]
	a.ID, a.Family = newID(), sum(old)
	must(w.T, w.store.InsertAuthorization(w.Context(), a, oauth.Tokens{Refresh: sum(old)}))
	first := w.refresh(w.c1, old)
	w.ok(first)
	if !w.works(first.str("access_token")) || !strings.HasPrefix(first.str("refresh_token"), old) {
		w.Errorf("%s", first.Body)
	}
	if again := w.refresh(w.c1, old); again.str("refresh_token") != first.str("refresh_token") {
		w.Errorf("the retry: %d %s", again.Code, again.Body)
	}
	last := w.refresh(w.c1, first.str("refresh_token"))
	w.ok(last)
	w.refused(w.refresh(w.c1, old), 400, "invalid_grant")
	w.dead(last)
}
