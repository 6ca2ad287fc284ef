package doctor_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"mandorla/internal/doctor"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
)

// The sentences that the doctor knows are those of the server, and a healthy examination leaves nothing behind: no tick in the set-up guide, no problem.
func TestRealServer(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	look := func(change func(*doctor.Options)) map[string]doctor.Result {
		o := doctor.Options{
			URL: s.URL + oauth.PathMCP, Client: s.Client.ID, Secret: s.Secret,
			HTTP: http.DefaultClient, Lookup: net.DefaultResolver.LookupHost, Dial: new(net.Dialer).DialContext, Now: time.Now,
		}
		change(&o)
		out := map[string]doctor.Result{}
		for _, r := range doctor.Examine(t.Context(), o) {
			out[r.Check] = r
		}
		return out
	}
	for name, r := range look(func(*doctor.Options) {}) {
		if r.State != doctor.OK && (name != "name" || r.State != doctor.Note) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	c, err := s.OAuth.Client(t.Context(), s.Tenant, s.Client.ID)
	if err != nil || c.Steps != s.Client.Steps || c.Problem != s.Client.Problem {
		t.Errorf("left behind: %+v, %+v, %v", c.Steps, c.Problem, err)
	}
	for _, f := range []struct {
		check, says string
		change      func(*doctor.Options)
	}{
		{"client secret", "do not belong together", func(o *doctor.Options) { o.Secret = "sk_other" }},
		{"authorization", "redirect URLs", func(o *doctor.Options) { o.Redirect = "https://claude.ai/other" }},
		{"authorization", "does not know the client", func(o *doctor.Options) { o.Client = "pk_nobody" }},
	} {
		if r := look(f.change)[f.check]; r.State != doctor.Failed || !strings.Contains(r.Saw+r.Cause, f.says) {
			t.Errorf("%+v", r)
		}
	}
	in := oauth.ClientInput{Name: c.Name, Kind: c.Kind, RedirectURIs: c.RedirectURIs, Set: c.Set}
	if c, err = s.OAuth.Client(t.Context(), s.Tenant, c.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.OAuth.UpdateClient(t.Context(), s.Admin, c.ID, c.Version, in); err != nil {
		t.Fatal(err)
	}
	disabled := look(func(*doctor.Options) {})
	if r := disabled["authorization"]; r.State != doctor.Failed || !strings.Contains(r.Saw, "or it is disabled") {
		t.Errorf("disabled: %+v", r)
	}
}
