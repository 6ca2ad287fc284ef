package oauth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/oauth"
	"mandorla/internal/store/sqlstore"
)

// TestFamily covers what the tokens of one authorization have to do with each other.
func TestFamily(t *testing.T) {
	onStores(t, func(t *testing.T, st *sqlstore.Store, _ string) {
		for name, run := range map[string]func(*world){
			"made up": familyMadeUp, "forever": familyForever, "many": familyMany, "revoked": familyRevoked, "from before": familyFromBefore,
			"kept": familyKept, "away": familyAway, "meanwhile": familyMeanwhile,
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
	if lines := w.lines("oauth.revoke"); w.works(at) || !w.works(next.str("access_token")) || len(lines) != 1 || lines[0].Detail["token"] != "access" {
		w.Errorf("log %+v", lines)
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

// familyKept: what is stored at each step, and nothing that has done its part.
func familyKept(w *world) {
	start := w.clock.Now()
	code := w.code(w.c1)
	a, kept := w.tokens(code)
	if diff := cmp.Diff(oauth.Tokens{Code: oauth.Code{Hash: sum(code), RedirectURI: callback, Challenge: challenge(verifier), Sealed: kept.Code.Sealed}}, kept); diff != "" || kept.Code.Sealed == "" || !a.ConnectedAt.IsZero() {
		w.Errorf("a code (-want +got):\n%s%+v", diff, a)
	}
	w.clock.Add(time.Second)
	pair := w.exchange(w.c1, code)
	at, rt := pair.str("access_token"), pair.str("refresh_token")
	exchanged := oauth.Tokens{
		Version: 1, Code: oauth.Code{Hash: sum(code), UsedAt: start.Add(time.Second)}, Refresh: sum(rt),
		Access: []oauth.AccessToken{{Hash: sum(at), Scope: "inclusive", CreatedAt: start.Add(time.Second), ExpiresAt: start.Add(8*time.Hour + time.Second)}},
	}
	a, kept = w.tokens(at)
	if diff := cmp.Diff(exchanged, kept); diff != "" || !a.ConnectedAt.Equal(start.Add(time.Second)) || !a.IdleUntil.Equal(start.Add(90*24*time.Hour+time.Second)) {
		w.Errorf("exchanged (-want +got):\n%s%+v", diff, a)
	}
	w.clock.Add(time.Minute)
	pair = w.refresh(w.c1, rt)
	rotated := exchanged
	rotated.Version, rotated.Spent, rotated.SpentAt, rotated.Refresh = 2, sum(rt), w.clock.Now(), sum(pair.str("refresh_token"))
	rotated.Access = append(rotated.Access, oauth.AccessToken{Hash: sum(pair.str("access_token")), Scope: "inclusive", CreatedAt: w.clock.Now(), ExpiresAt: w.clock.Now().Add(8 * time.Hour)})
	a, kept = w.tokens(rt)
	rotated.Sealed = kept.Sealed
	if diff := cmp.Diff(rotated, kept); diff != "" || kept.Sealed == "" || !a.ConnectedAt.Equal(start.Add(time.Second)) || !a.IdleUntil.Equal(w.clock.Now().Add(90*24*time.Hour)) {
		w.Errorf("rotated (-want +got):\n%s%+v", diff, a)
	}
}

// familyAway: of somebody who is no member for a while a refresh is refused, and ends nothing; what is given back then does not come back.
func familyAway(w *world) {
	roles, err := w.ids.Roles(w.Context(), w.tenant["T1"])
	must(w.T, err)
	first := w.exchange(w.c1, w.approve("V", w.query(w.c1)).Query().Get("code"))
	w.clock.Add(time.Second)
	second := w.exchange(w.c1, w.approve("V", w.query(w.c1)).Query().Get("code"))
	must(w.T, w.ids.RemoveMember(w.Context(), w.operator("T1"), w.tenant["T1"], w.user["V"]))
	w.refused(w.refresh(w.c1, first.str("refresh_token")), 400, "invalid_grant")
	w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+second.str("access_token")))
	must(w.T, w.ids.AddMember(w.Context(), w.operator("T1"), w.tenant["T1"], w.user["V"], w.acct["V"].ID, []string{roles[0].ID}))
	w.ok(w.refresh(w.c1, first.str("refresh_token")))
	if w.works(second.str("access_token")) {
		w.Error("an access token that was given back works")
	}
}

// familyMeanwhile: where the row changed in spite of the lock, or what is sealed cannot be read, nothing is done by half and nothing is said to be done.
func familyMeanwhile(w *world) {
	as := w.as
	with := func(st oauth.Store) {
		w.as = w.remake(st)
		w.serve()
	}
	at, _ := w.connect()
	code := w.code(w.c1)
	with(spentBefore{w.store})
	w.refused(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+at), 503, "temporarily_unavailable")
	w.refused(w.exchange(w.c1, code), 503, "temporarily_unavailable")
	w.refused(w.exchange(w.c1, code, "redirect_uri="+callback+"x"), 503, "temporarily_unavailable")
	with(unreadable{w.store})
	w.refused(w.exchange(w.c1, code), 503, "temporarily_unavailable")
	w.as = as
	w.serve()
	if !w.works(at) {
		w.Error("an access token ended although its revocation failed")
	}
	w.ok(w.exchange(w.c1, code))
}
