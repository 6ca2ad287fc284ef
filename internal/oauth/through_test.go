package oauth_test

import (
	"encoding/json"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
)

// What Through says of a person and a client is what a token of theirs would do: connected, narrowed, and not connected at all.
func TestThroughIsWhatATokenDoes(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			w := newWorld(t, openStore(t, engine))
			admin, person := w.visitor("A").Principal, w.visitor("V").Principal
			through := func(by access.Principal, client, person string) (access.Principal, bool, error) {
				return w.as.Through(t.Context(), by, client, person, access.SurfaceMCP)
			}
			is := func(what string, p access.Principal, connected bool, err error, wantConnected bool, lanes []access.Lane) {
				t.Helper()
				must(t, err)
				if connected != wantConnected || (p.Authorization != "") != wantConnected {
					t.Errorf("%s: connected %v (authorization %q), want %v", what, connected, p.Authorization, wantConnected)
				}
				if got, want := asJSON(t, p.Lanes), asJSON(t, lanes); got != want {
					t.Errorf("%s:\n got %s\nwant %s", what, got, want)
				}
				if p.Admin || p.Sides == nil || p.Client == "" || p.Surface != access.SurfaceMCP {
					t.Errorf("%s: %+v", what, p)
				}
			}
			// Not connected: what authorizing everything now would give.
			narrow := access.Set{"Company": {Actions: access.View, View: access.AllProperties}}
			k, _ := w.client(oauth.ClientInput{Name: "Narrow", Kind: oauth.Public, Set: narrow, RedirectURIs: []string{callback}})
			p, connected, err := through(admin, k.ID, w.user["V"])
			is("not connected", p, connected, err, false, access.ThroughClient(person.Lanes, narrow, narrow))
			if asJSON(t, p.Sides.Authorization) != asJSON(t, narrow) {
				t.Errorf("it would authorize %s", asJSON(t, p.Sides.Authorization))
			}

			// Connected: as the token itself.
			token, _ := w.connect()
			want, err := w.as.Authenticate(t.Context(), token, oauth.MCP, access.SurfaceMCP)
			must(t, err)
			p, connected, err = through(admin, w.c1.ID, w.user["A"])
			is("connected", p, connected, err, true, want.Lanes)
			if p.Authorization != want.Authorization {
				t.Errorf("authorization %s, the token's is %s", p.Authorization, want.Authorization)
			}
			must(t, w.as.NarrowConnection(t.Context(), admin, want.Authorization, narrow))
			p, connected, err = through(admin, w.c1.ID, w.user["A"])
			is("narrowed", p, connected, err, true, access.ThroughClient(admin.Lanes, narrow, narrow))
			w.connect("scope=endusers:view")
			p, connected, err = through(admin, w.c1.ID, w.user["A"])
			is("of several the newest", p, connected, err, true, p.Lanes)
			if len(p.Lanes) != 1 || len(p.Lanes[0].Set) != 1 || p.Lanes[0].Set["End User"].Actions != access.View {
				t.Errorf("of several the newest: %s", asJSON(t, p.Lanes))
			}
			must(t, w.as.EndClientConnections(t.Context(), admin, w.c1.ID))
			_, connected, err = through(admin, w.c1.ID, w.user["A"])
			must(t, err)
			if connected {
				t.Error("connected after the end")
			}

			// A role that may not connect apps counts for nothing.
			roles, err := w.ids.Roles(t.Context(), w.tenant["T1"])
			must(t, err)
			for _, r := range roles {
				if r.Name == identity.CSM {
					r.Switches = 0
					_, err := w.ids.SaveRole(t.Context(), admin, r)
					must(t, err)
				}
			}
			p, connected, err = through(admin, k.ID, w.user["V"])
			is("a role without the switch", p, connected, err, false, nil)

			// Who may ask.
			_, _, err = through(w.operator("T1"), k.ID, w.user["V"])
			must(t, err)
			_, _, err = through(w.visitor("V").Principal, k.ID, w.user["V"])
			must(t, err)
			viaClient := admin
			viaClient.Client = k.ID
			for what, c := range map[string]struct {
				by             access.Principal
				client, person string
				says           string
			}{
				"about somebody else":            {person, k.ID, w.user["A"], "no such person"},
				"another tenant's administrator": {w.visitor("B").Principal, k.ID, w.user["V"], "no such"},
				"through a client":               {viaClient, k.ID, w.user["A"], "no such person"},
				"another tenant's person":        {admin, k.ID, w.user["B"], ""},
				"an unknown person":              {admin, k.ID, newID(), ""},
				"an unknown client":              {admin, "pk_AAAAAAAAAAAAAAAAAAAAAA", w.user["V"], "no such client"},
				"no client at all":               {admin, "x", w.user["V"], "no such client"},
			} {
				_, _, err := through(c.by, c.client, c.person)
				if !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%s: %v", what, err)
				}
			}
			// What keeps any connection from working.
			off := oauth.ClientInput{Name: "Narrow", Kind: oauth.Public, Set: narrow, RedirectURIs: []string{callback}}
			_, err = w.as.UpdateClient(t.Context(), admin, k.ID, k.Version, off)
			must(t, err)
			_, _, err = through(admin, k.ID, w.user["V"])
			if !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), "is disabled") {
				t.Errorf("disabled: %v", err)
			}
			w.setUser("V", "inactive", true)
			_, _, err = through(admin, w.c1.ID, w.user["V"])
			if !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), "not active") {
				t.Errorf("inactive: %v", err)
			}
		})
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return string(b)
}
