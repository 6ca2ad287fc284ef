package mcpserver_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/identity"
	"mandorla/internal/mcpserver"
)

// A caller that floods is told to wait, in seconds, before anything of the call is read; others go on, and the call log has one line.
func row258(t *testing.T, _ *world) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	w := newWorld(t, func(o *mcpserver.Options) {
		o.Pace = identity.NewPace(func() time.Time { return now }, 10)
	})
	bo := w.tokens["full"].(access.Principal)
	bo.Person = w.id["bo"]
	w.tokens["bo"] = bo
	refused := 0
	for range 40 {
		rec := w.send(request("full", callBody("who_am_i", m{})))
		if rec.Code == http.StatusOK {
			continue
		}
		refused++
		var body struct {
			Error string
			Says  string `json:"error_description"`
		}
		must(t, json.Unmarshal(rec.Body.Bytes(), &body))
		if rec.Code != http.StatusTooManyRequests || rec.Header().Get("Retry-After") != "1" || rec.Header().Get("WWW-Authenticate") != "" ||
			body.Error != "rate_limited" || body.Says != "Too many calls: 10 in ten seconds are the limit. Try again in 1 second." {
			t.Fatalf("%d %v %s", rec.Code, rec.Header(), rec.Body)
		}
	}
	if refused != 30 {
		t.Errorf("%d of 40 calls were refused", refused)
	}
	if rec := w.send(request("full", "not read")); rec.Code != http.StatusTooManyRequests {
		t.Errorf("what is no call at all: %d", rec.Code)
	}
	works := func(token string) bool {
		r := w.call(token, "who_am_i", m{})
		return r.Status == http.StatusOK && r.Error == nil && !r.Result.IsError
	}
	if !works("bo") {
		t.Error("somebody else is refused")
	}
	w.mu.Lock()
	lines := 0
	for _, c := range w.calls {
		if c.Outcome == "rate_limited" && c.Principal.Person == w.id["carly"] {
			lines++
		}
	}
	w.mu.Unlock()
	if lines != 1 {
		t.Errorf("%d lines in the call log", lines)
	}
	now = now.Add(time.Second)
	if !works("full") {
		t.Error("after the wait it is refused")
	}
}
