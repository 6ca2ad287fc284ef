package oauth_test

import (
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit/fuse"
)

// What cannot be an id, code, token or hash of ours is refused before the database is asked, so that trying costs next to nothing and NUL
// bytes never get there.
func TestMalformedIsNotLookedUp(t *testing.T) {
	f := &fuse.Fuse{}
	w := newWorld(t, openStore(t, "sqlite", f.Wrap), withSite)
	w.first()
	long := strings.Repeat("x", 43)
	v := w.visitor("A")
	refuses := func(what string, reads int, err func() error) {
		t.Helper()
		f.Set(reads+1, false)
		got := err()
		if statement := f.Off(); got != nil || statement != "" {
			t.Errorf("%s: %v, asked for %.80q", what, got, statement)
		}
	}
	is := func(want fault.Kind, err error) error {
		if fault.Is(err, want) {
			return nil
		}
		return err
	}
	answers := func(a answer, status int, text string) error {
		if a.Code == status && strings.Contains(a.Body.String(), text) {
			return nil
		}
		return told(a)
	}
	for _, prefix := range []string{"at_", "rt_", "ac_", "xx_", ""} {
		for _, rest := range []string{"", "short", long, long + "x", long[:42], long + long, long + long + "x", long + long[1:], "\x00" + long[1:] + long, "é" + long[2:] + long} {
			token, one, two := prefix+rest, len(rest) == 43, len(rest) == 86
			family := two && strings.HasPrefix(rest, "x") // what a family is named is asked for as it is, so that nothing else may be in it
			if prefix != "at_" || !family {
				refuses("authenticate "+token, 0, func() error {
					return is(fault.Unauthenticated, second(w.as.Authenticate(w.Context(), token, oauth.MCP, access.SurfaceMCP)))
				})
				if token != "" {
					refuses("introspect "+token, 1, func() error { return answers(w.asks(token), 200, `{"active":false}`) })
				}
			}
			if (prefix != "at_" || !family) && (prefix != "rt_" || !one && !two) && token != "" {
				refuses("revoke "+token, 1, func() error { return answers(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+token), 200, "") })
			}
			if (prefix != "ac_" || !family) && token != "" {
				refuses("exchange "+token, 1, func() error { return answers(w.exchange(w.c1, token), 400, "invalid_grant") })
			}
			if (prefix != "rt_" || !one && !two) && token != "" {
				refuses("refresh "+token, 1, func() error { return answers(w.refresh(w.c1, token), 400, "invalid_grant") })
			}
		}
	}
	for _, id := range []string{"", "nope", "pk_\x00", "pk_" + strings.Repeat("x", 78), "dc_\x00", "https://x"} {
		refuses("client "+id, 0, func() error { return is(fault.NotFound, second(w.as.Client(w.Context(), w.tenant["T1"], id))) })
		refuses("request of "+id, 0, func() error {
			if page, ok := second(w.begin(v, w.query(w.c1, "client_id="+id))).(*oauth.PageError); !ok || page.Code != oauth.PageUnknownClient {
				return page
			}
			return nil
		})
		if id != "" {
			refuses("token for "+id, 0, func() error { return answers(w.exchange(self(id, callback), "ac_"+long), 401, "invalid_client") })
		}
	}
	for _, logo := range [][2]string{{"nope", long}, {w.c1.ID, long[1:]}, {w.c1.ID, long[1:] + "\x00"}, {w.c1.ID, "\x00" + long[1:]}, {w.c1.ID, long + "x"}} {
		refuses("logo "+logo[0]+" "+logo[1], 0, func() error { return is(fault.NotFound, second(w.as.ClientLogo(w.Context(), logo[0], logo[1]))) })
	}
}
