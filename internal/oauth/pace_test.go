package oauth_test

import (
	"net/http"
	"testing"
	"time"

	"mandorla/internal/identity"
	"mandorla/internal/oauth"
)

// TestPaceBehindProtect: who calls too often is told how long to wait, and the handler is not reached; a new token is no way round it.
func TestPaceBehindProtect(t *testing.T) {
	w := newWorld(t, openStore(t, "sqlite"), func(o *oauth.Options) { o.Pace = identity.NewPace(o.Now, 3) })
	token, refresh := w.connect()
	for range 3 {
		if !w.works(token) {
			t.Fatal("a call within the limit is refused")
		}
	}
	next := w.refresh(w.c1, refresh)
	w.ok(next)
	for _, token := range []string{token, next.str("access_token")} {
		got := w.do("POST", oauth.PathMCP, "", "Authorization: Bearer "+token)
		w.refused(got, http.StatusTooManyRequests, "rate_limited")
		h := got.Header()
		if h.Get("Retry-After") != "4" || h.Get("Cache-Control") != "no-store" || h.Get("WWW-Authenticate") != "" ||
			got.str("error_description") != "Too many calls: 3 in ten seconds are the limit. Try again in 4 seconds." {
			t.Errorf("%v %s", h, got.Body)
		}
	}
	if n := w.reach[oauth.PathMCP]; n != 3 {
		t.Errorf("the handler was reached %d times", n)
	}
	w.clock.Add(4 * time.Second)
	if !w.works(token) {
		t.Error("a call after the wait is refused")
	}
}
