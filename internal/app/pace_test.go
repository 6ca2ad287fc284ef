package app_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/app"
	"mandorla/internal/audit"
	"mandorla/internal/demo"
	"mandorla/internal/oauth"
	"mandorla/internal/privateapp"
	"mandorla/internal/testkit"
)

// Row 258: one person through one app is slowed down, whatever tokens they use and at which door; everybody else is not, and Activity says why.
func TestCallLimit(t *testing.T) {
	s := testkit.StartWith(t, "sqlite", nil, app.Config{CallLimit: 5})
	login := func(first string) demo.Login {
		for _, p := range demo.People {
			if p.First == first {
				return p
			}
		}
		t.Fatal(first)
		return demo.Login{}
	}
	works := func(token string) int {
		t.Helper()
		status, _, _ := s.Call(t, token, "who_am_i", map[string]any{})
		return status
	}
	carly, again, marcus := s.Connect(t, login("Carly")).Access, s.Connect(t, login("Carly")).Access, s.Connect(t, login("Marcus")).Access
	for i := range 8 {
		want := http.StatusOK
		if i >= 5 {
			want = http.StatusTooManyRequests
		}
		if got := works(carly); got != want {
			t.Errorf("call %d: %d", i+1, got)
		}
	}
	if got := works(again); got != http.StatusTooManyRequests {
		t.Errorf("another connection of hers: %d", got)
	}
	rest := s.OAuth.Protect(oauth.PathMCP, access.SurfaceREST, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	atDoor := func(token string) *httptest.ResponseRecorder {
		r, rec := httptest.NewRequest(http.MethodGet, oauth.PathMCP, nil), httptest.NewRecorder()
		r.Header.Set("Authorization", "Bearer "+token)
		rest.ServeHTTP(rec, r)
		return rec
	}
	if rec := atDoor(carly); rec.Code != http.StatusTooManyRequests || rec.Header().Get("Retry-After") != "2" || rec.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("at the other door: %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	program, err := s.Apps.Create(t.Context(), s.Admin, privateapp.Input{Name: "Portal sync"})
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := s.Apps.NewToken(t.Context(), s.Admin, program.ID, "Nightly", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string]string{"Marcus": marcus, "a program": token} {
		if got := works(other); got != http.StatusOK {
			t.Errorf("%s is answered %d", name, got)
		}
	}
	calls, err := s.Calls.List(t.Context(), audit.CallQuery{Tenant: s.Tenant, Client: s.Client.ID, Outcome: "failed", Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	if len(calls) != 1 || calls[0].Outcome != "rate_limited" || calls[0].PersonName != "Carly Hart" || calls[0].ID == "" {
		t.Errorf("the log has %+v", calls)
	}
	s.Clock.Add(2 * time.Second)
	if got := works(carly); got != http.StatusOK {
		t.Errorf("after the wait: %d", got)
	}
}
