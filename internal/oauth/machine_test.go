package oauth_test

import (
	"flag"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mandorla/internal/oauth"
)

// connection is what the model knows of one authorization.
type connection struct {
	alive   bool
	code    string
	access  map[string]time.Time // when each ends; revoked ones are gone
	refresh []spent              // in order; the last one is current
}

type spent struct {
	token, access string // the pair
	used          time.Time
}

// TestMachine walks at random through connecting, refreshing with old and new tokens, revoking and waiting, and holds after each step
// that exactly those access tokens work that the model says.
func TestMachine(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue { // each walk takes a quarter of a second
		must(t, f.Value.Set("12"))
		defer func() { must(t, f.Value.Set(f.DefValue)) }()
	}
	w := newWorld(t, openStore(t, "sqlite"))
	rapid.Check(t, func(rt *rapid.T) {
		w.clock.Add(time.Minute)
		if _, err := w.as.EndEverything(w.Context(), "a new walk"); err != nil {
			rt.Fatal(err)
		}
		var all []*connection
		pick := func(rt *rapid.T) *connection {
			if len(all) == 0 {
				rt.Skip()
			}
			return rapid.SampledFrom(all).Draw(rt, "connection")
		}
		keep := func(c *connection, a answer) {
			at := a.str("access_token")
			c.access[at] = w.clock.Now().Add(8 * time.Hour)
			c.refresh = append(c.refresh, spent{token: a.str("refresh_token"), access: at})
		}
		rt.Repeat(map[string]func(*rapid.T){
			"connect": func(rt *rapid.T) {
				if len(all) == 4 {
					rt.Skip()
				}
				if _, _, err := w.ids.Session(w.Context(), w.token["A"], ""); err != nil {
					w.token["A"] = ""
				}
				c := &connection{alive: true, code: w.code(w.c1), access: map[string]time.Time{}}
				got := w.exchange(w.c1, c.code)
				if got.Code != 200 {
					rt.Fatalf("exchange: %s", got.Body)
				}
				keep(c, got)
				all = append(all, c)
			},
			"replay code": func(rt *rapid.T) {
				c := pick(rt)
				if got := w.exchange(w.c1, c.code); got.Code != 400 {
					rt.Fatalf("code replay: %d", got.Code)
				}
				c.alive = false
			},
			"refresh": func(rt *rapid.T) {
				c := pick(rt)
				i := rapid.IntRange(0, len(c.refresh)-1).Draw(rt, "token")
				old := &c.refresh[i]
				got := w.refresh(w.c1, old.token)
				last := len(c.refresh) - 1
				retry := i == last-1 && w.clock.Now().Sub(old.used) <= time.Minute
				switch {
				case !c.alive || i < last && !retry:
					if got.Code != 400 {
						rt.Fatalf("token %d of %d: %d", i, last, got.Code)
					}
					c.alive = false
				case got.Code != 200:
					rt.Fatalf("token %d of %d: %s", i, last, got.Body)
				case i == last:
					old.used = w.clock.Now()
					keep(c, got)
				case got.str("refresh_token") != c.refresh[last].token || got.str("access_token") != c.refresh[last].access:
					rt.Fatal("a retry gives another pair")
				}
			},
			"revoke access": func(rt *rapid.T) {
				c := pick(rt)
				token := c.refresh[rapid.IntRange(0, len(c.refresh)-1).Draw(rt, "token")].access
				if got := w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+token); got.Code != 200 {
					rt.Fatal(got.Body)
				}
				c.access[token] = time.Time{}
			},
			"revoke refresh": func(rt *rapid.T) {
				c := pick(rt)
				token := c.refresh[rapid.IntRange(0, len(c.refresh)-1).Draw(rt, "token")].token
				if got := w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+token); got.Code != 200 {
					rt.Fatal(got.Body)
				}
				c.alive = false
			},
			"wait": func(rt *rapid.T) {
				w.clock.Add(time.Duration(rapid.SampledFrom([]int{1, 29, 61, 3600}).Draw(rt, "seconds")) * time.Second)
			},
			"": func(rt *rapid.T) {
				for n, c := range all {
					for token, until := range c.access {
						if want := c.alive && w.clock.Now().Before(until); w.works(token) != want {
							rt.Fatalf("connection %d: a token works: %v", n, !want)
						}
					}
				}
			},
		})
	})
}
