package oauth_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"mandorla/internal/oauth"
	"mandorla/internal/testkit/fuse"
)

// faultAct is something that a person, an app or an administrator does.
type faultAct struct {
	name string
	// ready prepares the act in a state of its own; calling it again repeats the same act.
	ready func(w *world) (do func() error)
	// again says what is right when the act is repeated although it was done before and only its answer was lost.
	again func(w *world, err error)
	least int // statements, so that the test notices when it counts none
}

var errRefused = errors.New("refused")

// told is the error of an answer: nil for a success, errRefused for what was decided, anything else for what went wrong on this side.
func told(a answer) error {
	switch {
	case a.Code == 200:
		return nil
	case a.Code < 500:
		return errRefused
	case a.Code == 503 && a.str("error") == "temporarily_unavailable":
		return errors.New("try again")
	}
	return fmt.Errorf("an answer that nobody expects: %d %s", a.Code, a.Body)
}

func succeeds(w *world, err error) {
	w.Helper()
	if err != nil {
		w.Errorf("the repetition gives %v", err)
	}
}

func closed(w *world, err error) {
	w.Helper()
	if err == nil {
		w.Error("the repetition succeeds a second time")
	}
}

var faultActs = []faultAct{
	{"issue", func(w *world) func() error {
		code := w.code(w.c1)
		return func() error { return told(w.exchange(w.c1, code)) }
	}, closed, 7}, // a code twice ends the authorization
	{"rotate", func(w *world) func() error {
		_, rt := w.connect()
		return func() error { return told(w.refresh(w.c1, rt)) }
	}, succeeds, 6}, // the same pair within a minute
	{"give the same pair again", func(w *world) func() error {
		_, rt := w.connect()
		first := w.refresh(w.c1, rt)
		return func() error {
			got := w.refresh(w.c1, rt)
			if got.Code == 200 && got.str("refresh_token") != first.str("refresh_token") {
				w.Error("another pair")
			}
			return told(got)
		}
	}, succeeds, 5},
	{"end after a reuse", func(w *world) func() error {
		_, rt := w.connect()
		next := w.refresh(w.c1, rt)
		w.ok(w.refresh(w.c1, next.str("refresh_token")))
		return func() error { return refusedIsDone(told(w.refresh(w.c1, rt))) }
	}, succeeds, 6},
	{"end after a code twice", func(w *world) func() error {
		code := w.code(w.c1)
		w.ok(w.exchange(w.c1, code))
		return func() error { return refusedIsDone(told(w.exchange(w.c1, code))) }
	}, succeeds, 7},
	{"revoke a refresh token", func(w *world) func() error {
		_, rt := w.connect()
		return func() error { return told(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+rt)) }
	}, succeeds, 6},
	{"revoke an access token", func(w *world) func() error {
		at, _ := w.connect()
		return func() error { return told(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+at)) }
	}, succeeds, 6},
	{"approve", func(w *world) func() error {
		v, page := w.shown()
		return func() error { return second(w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, v)) }
	}, closed, 7},
	{"deny", func(w *world) func() error {
		v, page := w.shown()
		return func() error { return second(w.as.Deny(w.Context(), page.Pending, page.FormToken, v)) }
	}, closed, 5},
	{"a new secret", func(w *world) func() error {
		w.ok(w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret))
		return func() error {
			secret, err := w.as.RegenerateSecret(w.Context(), w.operator("T1"), w.k1.ID, 0)
			if err == nil {
				w.secret = secret
			}
			return err
		}
	}, succeeds, 5},
	{"delete a client", func(w *world) func() error {
		c, _ := w.client(oauth.ClientInput{Name: "Gone", Kind: oauth.Public, Set: w.full(), RedirectURIs: []string{callback}})
		w.ok(w.exchange(c, w.code(c)))
		return func() error { return w.as.DeleteClient(w.Context(), w.operator("T1"), c.ID) }
	}, closed, 5},
	{"disconnect", func(w *world) func() error {
		w.connect()
		id, p := w.connections("A")[0].ID, w.visitor("A").Principal
		return func() error { return w.as.EndConnection(w.Context(), p, id) }
	}, succeeds, 4},
}

// refusedIsDone: where the act is to refuse, a refusal is the success.
func refusedIsDone(err error) error {
	if errors.Is(err, errRefused) {
		return nil
	}
	if err == nil {
		return errors.New("it was not refused")
	}
	return err
}

func second[T any](_ T, err error) error { return err }

func (w *world) shown() (oauth.Visitor, oauth.Page) {
	w.Helper()
	v := w.visitor("A")
	begun, err := w.begin(v, w.query(w.c1))
	must(w.T, err)
	page, err := w.as.Show(w.Context(), begun.Pending, v)
	must(w.T, err)
	return v, page
}

// TestEachStatementFails (rows 63 and 265) lets each statement of each act fail in turn, before the database has seen it and with only
// the answer lost. What is stored is then as before or as after the whole act, and the act can be repeated.
func TestEachStatementFails(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			f := &fuse.Fuse{}
			st := openStore(t, engine, f.Wrap)
			past := f.DB()
			t.Cleanup(func() { must(t, past.Close()) })
			for _, a := range faultActs {
				t.Run(a.name, func(t *testing.T) {
					w := newWorld(t, st)
					before := figures(t, past)
					do := a.ready(w)
					ready := figures(t, past)
					must(t, do())
					clean := less(figures(t, past), ready)
					if len(less(ready, before)) == 0 || len(clean) == 0 {
						t.Fatalf("nothing was stored: %v", clean)
					}
					for _, after := range []bool{false, true} {
						failEach(w, f, past, a, after, clean)
					}
					whole(t, past, engine)
				})
			}
		})
	}
}

func failEach(w *world, f *fuse.Fuse, past *sql.DB, a faultAct, after bool, clean map[string]int) {
	w.Helper()
	for n := 1; ; n++ {
		w.clock.Add(time.Minute) // the limits on requests are no part of this
		do := a.ready(w)
		before := figures(w.T, past)
		f.Set(n, after)
		err := do()
		statement := f.Off()
		if statement == "" {
			if err != nil || n <= a.least {
				w.Errorf("after %d statements: %v", n-1, err)
			}
			return
		}
		got := less(figures(w.T, past), before)
		what := fmt.Sprintf("statement %d (%.60s, answer lost: %v)", n, strings.Join(strings.Fields(statement), " "), after)
		switch {
		case err == nil && maps.Equal(got, clean) && f.Committed(): // a hint for administrators, after the act
		case err == nil || errors.Is(err, errRefused):
			w.Errorf("%s failed, and the answer is %v", what, err)
		case maps.Equal(got, clean):
			if statement != "COMMIT" || !after {
				w.Errorf("%s failed, and everything is stored", what)
			}
			a.again(w, do())
		case len(got) > 0:
			w.Errorf("%s failed and left %v of %v", what, got, clean)
		default:
			succeeds(w, do())
			if got := less(figures(w.T, past), before); !maps.Equal(got, clean) {
				w.Errorf("%s: after the repetition there is %v of %v", what, got, clean)
			}
		}
		if w.Failed() {
			return
		}
	}
}

// figures counts what acts leave behind, in the whole database.
func figures(t *testing.T, db *sql.DB) map[string]int {
	t.Helper()
	out := map[string]int{}
	for what, text := range map[string]string{
		"clients": `sys_oauth_client`, "secrets": `sys_oauth_client WHERE secret_changed_at > 0`,
		"requests": `sys_oauth_pending`, "answered": `sys_oauth_pending WHERE answered_at > 0`,
		"authorizations": `sys_oauth_authorization`, "connected": `sys_oauth_authorization WHERE connected_at > 0`, "ended": `sys_oauth_authorization WHERE ended_at > 0`,
		"codes": `sys_oauth_authorization WHERE code_hash <> '' AND code_used_at = 0`, "codes used": `sys_oauth_authorization WHERE code_used_at > 0`,
		"access tokens": `sys_oauth_authorization WHERE access_tokens <> ''`, "refresh tokens": `sys_oauth_authorization WHERE refresh_hash <> ''`,
		"refresh tokens spent": `sys_oauth_authorization WHERE spent_hash <> '' AND spent_at > 0 AND sealed <> ''`,
		"log":                  `sys_audit`,
	} {
		var n int
		must(t, db.QueryRowContext(context.WithoutCancel(t.Context()), "SELECT count(*) FROM "+text).Scan(&n))
		out[what] = n
	}
	return out
}

func less(now, before map[string]int) map[string]int {
	out := map[string]int{}
	for what, n := range now {
		if n != before[what] {
			out[what] = n - before[what]
		}
	}
	return out
}

// whole asks the engine whether the database is in order, and the tables whether they belong together.
func whole(t *testing.T, db *sql.DB, engine string) {
	t.Helper()
	if engine == "sqlite" {
		var says string
		must(t, db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&says))
		if says != "ok" {
			t.Errorf("integrity: %s", says)
		}
	}
	for what, text := range map[string]string{
		"connections whose code is unused": `sys_oauth_authorization WHERE refresh_hash <> '' AND code_used_at = 0`,
		"used codes with what was sent":    `sys_oauth_authorization WHERE code_used_at > 0 AND (code_sealed <> '' OR code_challenge <> '' OR code_redirect_uri <> '')`,
		"connections half made":            `sys_oauth_authorization WHERE (connected_at > 0) <> (refresh_hash <> '')`,
		"spent tokens without successor":   `sys_oauth_authorization WHERE spent_hash <> '' AND (refresh_hash = '' OR sealed = '')`,
	} {
		var n int
		must(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+text).Scan(&n))
		if n > 0 {
			t.Errorf("%d %s", n, what)
		}
	}
}
