package privateapp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/privateapp"
)

var reads = access.Set{"Company": {Actions: access.View, View: access.AllProperties}}

// What a program is: its own permission set on every row, nobody's account, nobody's administrator.
func TestPrincipal(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		a := w.app("Portal sync", reads)
		_, token := w.token(a, 0)
		got, err := w.authenticate(token)
		must(t, err)
		want := access.Principal{
			Tenant: here, TenantName: "Acme", PrivateApp: a.ID, PrivateAppName: "Portal sync", Token: "nightly", Surface: access.SurfaceMCP,
			Switches: access.SwitchImport | access.SwitchExport, Lanes: []access.Lane{{Role: "Portal sync", Portfolio: access.FullAccess, Set: reads}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("principal (-want +got):\n%s", diff)
		}
		for _, in := range access.Internals {
			if got.Manages(in.Name, access.View) {
				t.Errorf("manages %s", in.Plural)
			}
		}
	})
}

// Whatever is wrong with a token, from the next call on, is one and the same refusal.
func TestWhatEndsAToken(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		save := func(a privateapp.App, enabled bool) {
			_, err := w.apps.Update(ctx, w.admin, a.ID, a.Version, privateapp.Input{Name: a.Name, Set: a.Set, Enabled: enabled})
			must(t, err)
		}
		for name, end := range map[string]func(a privateapp.App, k privateapp.Token){
			"expiry":  func(privateapp.App, privateapp.Token) { w.clock.Add(30 * 24 * time.Hour) },
			"revoked": func(a privateapp.App, k privateapp.Token) { must(t, w.apps.RevokeToken(ctx, w.admin, a.ID, k.ID)) },
			"disabled": func(a privateapp.App, _ privateapp.Token) {
				save(a, false)
			},
			"deleted": func(a privateapp.App, _ privateapp.Token) { must(t, w.apps.Delete(ctx, w.admin, a.ID)) },
			"suspended": func(privateapp.App, privateapp.Token) {
				w.exec(`UPDATE sys_tenant SET status = 'suspended' WHERE id = '` + here + `'`)
			},
		} {
			t.Run(name, func(t *testing.T) {
				a := w.app(name, reads)
				k, token := w.token(a, 30*24*time.Hour)
				w.clock.Add(30*24*time.Hour - time.Second)
				if _, err := w.authenticate(token); err != nil {
					t.Fatalf("a second before its end: %v", err)
				}
				end(a, k)
				_, err := w.authenticate(token)
				_, unknown := w.authenticate(privateapp.TokenPrefix + strings.Repeat("x", 43))
				if !fault.Is(err, fault.Unauthenticated) || err.Error() != unknown.Error() {
					t.Errorf("%v, and for an unknown one: %v", err, unknown)
				}
				w.exec(`UPDATE sys_tenant SET status = 'active' WHERE id = '` + here + `'`)
			})
		}
		for _, bad := range []string{"", "pat_", privateapp.TokenPrefix + strings.Repeat("x", 44), "at_" + strings.Repeat("x", 44), privateapp.TokenPrefix + strings.Repeat("\x00", 43)} {
			if _, err := w.authenticate(bad); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

// A token is given once and kept as its hash: neither the lists nor a copy of the database give it back.
func TestTokenIsKeptAsHash(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		a := w.app("Portal sync", reads)
		k, token := w.token(a, 0)
		list, err := w.apps.Tokens(t.Context(), w.admin, a.ID)
		must(t, err)
		if len(list) != 1 || list[0].ID != k.ID || list[0].Last4 != token[len(token)-4:] || list[0].CreatedBy != w.admin.Person || !list[0].ExpiresAt.IsZero() {
			t.Errorf("tokens %+v", list)
		}
		var hash string
		must(t, w.db.QueryRowContext(t.Context(), `SELECT hash FROM sys_private_app_token`).Scan(&hash))
		for _, text := range []string{hash, fmt.Sprintf("%+v %+v %+v", k, list, w.acts())} {
			if body := strings.TrimPrefix(token, privateapp.TokenPrefix); strings.Contains(text, body) || strings.Contains(text, body[:20]) {
				t.Errorf("the token is in %s", text)
			}
		}
		if strings.Contains(fmt.Sprintf("%+v %+v", k, list), hash) {
			t.Error("the hash is handed out")
		}
	})
}

func TestChangesAreNoted(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		a := w.app("Portal sync", reads)
		k, _ := w.token(a, 24*time.Hour)
		must(t, w.apps.RevokeToken(ctx, w.admin, a.ID, k.ID))
		_, err := w.apps.Update(ctx, w.admin, a.ID, a.Version, privateapp.Input{Name: "Renamed", Set: reads})
		must(t, err)
		must(t, w.apps.Delete(ctx, w.admin, a.ID))
		var got []string
		for _, e := range w.acts() {
			if e.Person != w.admin.Person || e.Detail["app"] != a.ID || e.App != "" {
				t.Errorf("entry %+v", e)
			}
			got = append(got, e.Act+" "+e.Detail["name"]+e.Detail["enabled"]+e.Detail["expires"])
		}
		want := []string{"private_app.create Portal sync", "private_app.token Portal sync2026-11-24", "private_app.revoke Portal sync", "private_app.update Renamedfalse", "private_app.delete Renamed"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("acts (-want +got):\n%s", diff)
		}
		// What is refused is not noted, and changes nothing.
		if _, err := w.apps.Create(ctx, w.admin, privateapp.Input{Name: "\u200b"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a name of nothing to see: %v", err)
		}
		if n := len(w.acts()); n != len(want) {
			t.Errorf("%d acts", n)
		}
	})
}

// A name stands in the history of records as the doer, so it cannot be made to look like another one.
func TestNamesAreWhatTheySeem(t *testing.T) {
	w := newWorld(t, "sqlite")
	a := w.app(" Carly\u202e \u200bHart\x00 ", reads)
	if a.Name != "Carly Hart" {
		t.Errorf("name %q", a.Name)
	}
	if _, err := w.apps.Create(t.Context(), w.admin, privateapp.Input{Name: "Carly\u2066 Hart"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("the same name once more: %v", err)
	}
	k, _, err := w.apps.NewToken(t.Context(), w.admin, a.ID, "a\u202eb", 0)
	if must(t, err); k.Name != "ab" {
		t.Errorf("token %q", k.Name)
	}
}

func TestLastUse(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		a := w.app("Portal sync", reads)
		_, token := w.token(a, 0)
		use := func() {
			t.Helper()
			if _, err := w.authenticate(token); err != nil {
				t.Fatal(err)
			}
		}
		used := func(want time.Time) {
			t.Helper()
			got, err := w.apps.App(ctx, w.admin, a.ID)
			must(t, err)
			list, err := w.apps.Tokens(ctx, w.admin, a.ID)
			must(t, err)
			if !got.UsedAt.Equal(want) || !list[0].UsedAt.Equal(want) {
				t.Errorf("used at %v and %v, want %v", got.UsedAt, list[0].UsedAt, want)
			}
		}
		used(time.Time{})
		first := w.clock.Now()
		use()
		use()
		if n := w.uses.writes.Load(); n != 0 {
			t.Errorf("%d writes while calls run", n)
		}
		used(first)
		w.clock.Add(59 * time.Second)
		use()
		used(first)
		w.clock.Add(time.Second)
		use()
		w.uses.fail.Store(true)
		used(first) // reading goes on
		w.uses.fail.Store(false)
		used(w.clock.Now())
		if n := w.uses.writes.Load(); n != 2 {
			t.Errorf("%d writes, want one a minute", n)
		}
	})
}

// Another tenant's app is one that does not exist, and so is an id of another form.
func TestAnotherTenantsApp(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		a := w.app("Portal sync", reads)
		k, _ := w.token(a, 0)
		other := w.admin
		other.Tenant = there
		for _, try := range []struct {
			by access.Principal
			id string
		}{{other, a.ID}, {w.admin, there}, {w.admin, ""}, {w.admin, "a\x00b"}, {w.admin, strings.Repeat("\xff", 24)}} {
			for name, err := range map[string]error{
				"read":   second(w.apps.App(ctx, try.by, try.id)),
				"tokens": second(w.apps.Tokens(ctx, try.by, try.id)),
				"update": second(w.apps.Update(ctx, try.by, try.id, 1, privateapp.Input{Name: "x"})),
				"delete": w.apps.Delete(ctx, try.by, try.id),
				"revoke": w.apps.RevokeToken(ctx, try.by, try.id, k.ID),
				"token":  third(w.apps.NewToken(ctx, try.by, try.id, "x", 0)),
			} {
				if msg, _ := fault.Safe(err); !fault.Is(err, fault.NotFound) || msg != "There is no such private app." {
					t.Errorf("%s %q: %v", name, try.id, err)
				}
			}
		}
		if err := w.apps.RevokeToken(ctx, w.admin, a.ID, "\x00"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a token of another form: %v", err)
		}
		if list, err := w.apps.Apps(ctx, other); err != nil || len(list) != 0 {
			t.Errorf("the other tenant has %v, %v", list, err)
		}
	})
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }

// Too many tokens are refused, and one that is over makes room.
func TestTokenLimit(t *testing.T) {
	w := newWorld(t, "sqlite")
	a := w.app("Portal sync", reads)
	for range 49 {
		w.token(a, 0)
	}
	w.token(a, time.Hour)
	if _, _, err := w.apps.NewToken(t.Context(), w.admin, a.ID, "one more", 0); !fault.Is(err, fault.Conflict) {
		t.Errorf("the 51st: %v", err)
	}
	w.clock.Add(time.Hour)
	w.token(a, 0)
}
