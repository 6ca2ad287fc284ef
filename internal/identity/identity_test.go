package identity_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/schema"
	"mandorla/internal/store/postgres"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/testkit/clock"
	"mandorla/internal/testkit/pg"
)

const password = "four unrelated plain words"

var lastID atomic.Int64

// newID gives ids in the order in which they are asked for.
func newID() string { return fmt.Sprintf("%024x", lastID.Add(1)) }

// world is a tenant with one administrator.
type world struct {
	*testing.T
	store   *sqlstore.Store
	reg     *model.Registry
	clock   *clock.Clock
	ids     *identity.Service
	schemas *schema.Service
	tenant  string
	user    string
	acct    identity.Account
	roles   map[string]access.Role
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T, st *sqlstore.Store) *world {
	reg, err := catalog.Registry()
	must(t, err)
	w := &world{T: t, store: st, reg: reg, clock: clock.At(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)), tenant: newID()}
	schemas, err := schema.New(st, catalog.Models(), newID)
	must(t, err)
	w.schemas = schemas
	w.ids = identity.New(identity.Options{Store: st, Registries: schemas, Now: w.clock.Now, Rand: rand.Reader, NewID: newID})
	must(t, st.CreateTenant(t.Context(), w.tenant, "T", "t-"+w.tenant))
	w.roles, err = w.ids.CreateDefaultRoles(t.Context(), w.operator(), reg, w.tenant)
	must(t, err)
	w.acct, err = w.ids.CreateAccount(t.Context(), identity.NewAccount{Email: " A-" + newID() + "@People.Test ", Password: password})
	must(t, err)
	w.user = w.addUser("Ada", w.acct, identity.Administrator)
	return w
}

func (w *world) operator() access.Principal {
	return access.Principal{Tenant: w.tenant, Surface: access.SurfaceCommand}
}

func (w *world) addUser(name string, a identity.Account, role string) string {
	w.Helper()
	users, _ := w.reg.Model("User")
	values := map[*model.Property]any{}
	for prop, v := range map[string]any{"email": newID() + "@people.test", "firstName": name, "lastName": "Person", "createdAt": w.clock.Now(), "updatedAt": w.clock.Now()} {
		p, _ := users.Property(prop)
		values[p] = v
	}
	id := newID()
	must(w.T, w.store.Insert(w.Context(), w.tenant, users, id, values))
	must(w.T, w.ids.AddMember(w.Context(), w.operator(), w.tenant, id, a.ID, []string{w.roles[role].ID}))
	return id
}

func (w *world) inactive(user string, v bool) {
	w.Helper()
	users, _ := w.reg.Model("User")
	p, _ := users.Property("inactive")
	must(w.T, w.store.Update(w.Context(), w.tenant, users, user, map[*model.Property]any{p: v}))
}

func (w *world) signIn(pw, ip string) (string, error) {
	return w.ids.SignIn(w.Context(), w.acct.Email, pw, identity.From{IP: ip, Agent: "test"})
}

func (w *world) in() string {
	w.Helper()
	token, err := w.signIn(password, "192.0.2.1")
	must(w.T, err)
	return token
}

func (w *world) alive(token string) bool {
	_, _, err := w.ids.Session(w.Context(), token, "")
	if err != nil && !fault.Is(err, fault.Unauthenticated) {
		w.Errorf("session: %v", err)
	}
	return err == nil
}

func (w *world) fails(err error, kind fault.Kind) {
	w.Helper()
	if !fault.Is(err, kind) {
		w.Errorf("got %v, want %v", err, kind)
	}
}

func onEngines(t *testing.T, checks map[string]func(*world)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		reg, err := catalog.Registry()
		must(t, err)
		var st *sqlstore.Store
		if engine == "sqlite" {
			st, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), reg, newID)
		} else {
			st, err = postgres.Open(t.Context(), pg.DSN(t), reg, newID)
		}
		must(t, err)
		t.Cleanup(func() { _ = st.Close() })
		for name, run := range checks {
			t.Run(name+"/"+engine, func(t *testing.T) { run(newWorld(t, st)) })
		}
	}
}

var rows = map[string]func(*world){
	"175-session-fixation": func(w *world) {
		old := w.in()
		fresh, err := w.ids.SignIn(w.Context(), w.acct.Email, password, identity.From{Replaces: old})
		must(w.T, err)
		if fresh == old || w.alive(old) || !w.alive(fresh) {
			w.Error("the old session lives or is the new one")
		}
		_, err = w.ids.SignIn(w.Context(), w.acct.Email, password, identity.From{Replaces: "se_chosen-by-somebody-else"})
		must(w.T, err)
		if w.alive("se_chosen-by-somebody-else") {
			w.Error("a chosen token became a session")
		}
	},
	"179-enumeration": func(w *world) {
		_, wrong := w.signIn("not the password at all", "192.0.2.1")
		_, unknown := w.ids.SignIn(w.Context(), "nobody@people.test", "not the password at all", identity.From{IP: "192.0.2.2"})
		_, malformed := w.ids.SignIn(w.Context(), "no address", "x", identity.From{IP: "192.0.2.3"})
		w.addUser("Second", w.account(), identity.Administrator)
		must(w.T, w.ids.DisableAccount(w.Context(), w.acct.ID, true))
		_, disabled := w.signIn(password, "192.0.2.4")
		for _, err := range []error{wrong, unknown, malformed, disabled} {
			w.fails(err, fault.Unauthenticated)
			if err == nil || err.Error() != wrong.Error() {
				w.Errorf("%v differs from %v", err, wrong)
			}
		}
	},
	"180-brute-force": func(w *world) {
		tried := 0
		for range 200 {
			_, err := w.signIn("not the password at all", "2001:db8::1")
			if fault.Is(err, fault.Unauthenticated) {
				tried++
			} else if identity.RetryAfter(err) <= 0 {
				w.Fatalf("got %v", err)
			}
		}
		if tried > 6 {
			w.Errorf("%d guesses at once", tried)
		}
		_, err := w.signIn(password, "2001:db8::ffff")
		w.fails(err, fault.RateLimited) // the same prefix
		if _, err := w.signIn(password, "198.51.100.1"); err != nil {
			w.Errorf("the owner is locked out: %v", err)
		}
		w.clock.Add(15 * time.Minute)
		if _, err := w.signIn(password, "2001:db8::1"); err != nil {
			w.Errorf("after the wait: %v", err)
		}
		if _, err := w.signIn("not the password at all", "2001:db8::1"); !fault.Is(err, fault.Unauthenticated) {
			w.Errorf("a good sign-in does not count the failures anew: %v", err)
		}
	},
	"186-links":          links,
	"263-lockout-as-dos": lockoutAsDoS,
	"190-hash-flood": func(w *world) {
		small := identity.New(identity.Options{Store: w.store, Registries: w.schemas, Now: w.clock.Now, Rand: rand.Reader, NewID: newID, HashSlots: 1})
		var limited, good atomic.Int32
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				_, err := small.SignIn(w.Context(), fmt.Sprintf("n%d@people.test", i), "x", identity.From{IP: fmt.Sprintf("10.0.0.%d", i)})
				if fault.Is(err, fault.RateLimited) {
					limited.Add(1)
				} else {
					good.Add(1)
				}
			})
		}
		wg.Wait()
		if limited.Load() == 0 || good.Load() < 16 {
			w.Errorf("%d refused, %d worked out", limited.Load(), good.Load())
		}
	},
	"191-odd-passwords": func(w *world) {
		for _, pw := range []string{strings.Repeat("ab c", 300), strings.Repeat("x", 1<<20), "\xff\xfe a broken password text", "short", "passwordpassword", "aaaaaaaaaaaaaaaa", "abcdefghijklmnop", "Password12345678!", w.acct.Email,
			"password password", "Password. Password. 1", "pa55word-Pa55word", "summer2026summer2027", strings.ReplaceAll(w.acct.Email, "@", " @ ")} {
			if err := w.ids.SetPassword(w.Context(), w.acct.ID, pw, false); !fault.Is(err, fault.Invalid) {
				w.Errorf("%.20q: %v", pw, err)
			}
		}
		long := strings.Repeat("a sentence ", 93) // 1023 bytes
		must(w.T, w.ids.SetPassword(w.Context(), w.acct.ID, long, false))
		if _, err := w.signIn(long[:1022], "192.0.2.1"); err == nil {
			w.Error("the password was cut off")
		}
		if _, err := w.signIn(long, "192.0.2.1"); err != nil {
			w.Error(err)
		}
		if _, err := w.signIn(strings.Repeat("x", 1<<20), "192.0.2.1"); !fault.Is(err, fault.Unauthenticated) {
			w.Error(err)
		}
		must(w.T, w.ids.SetPassword(w.Context(), w.acct.ID, "un café très calme \x00 ici", false))
		if _, err := w.signIn("un cafe\u0301 tre\u0300s calme \x00 ici", "192.0.2.1"); err != nil { // NFC
			w.Error(err)
		}
		w.fails(w.ids.SetPassword(w.Context(), w.acct.ID, "nine char", false), fault.Invalid)
		must(w.T, w.ids.SetPassword(w.Context(), w.acct.ID, "nine char", true))
	},
	"192-lifetime": func(w *world) {
		token := w.in()
		w.clock.Add(12*time.Hour - time.Second)
		if !w.alive(token) {
			w.Fatal("ended before twelve idle hours")
		}
		w.clock.Add(12 * time.Hour)
		if w.alive(token) {
			w.Error("alive after twelve idle hours")
		}
		token = w.in()
		for range 7*4 - 1 {
			w.clock.Add(6 * time.Hour)
			if !w.alive(token) {
				w.Fatal("ended although it was used")
			}
		}
		w.clock.Add(6 * time.Hour)
		if w.alive(token) {
			w.Error("alive after seven days")
		}
	},
	"193-fresh-sign-in": func(w *world) { // pages ask Session.Fresh, and Confirm
		token := w.in()
		w.clock.Add(11 * time.Minute)
		s, _, err := w.ids.Session(w.Context(), token, "")
		must(w.T, err)
		if w.clock.Now().Sub(s.ConfirmedAt) != 11*time.Minute || s.Fresh(w.clock.Now()) || !s.Fresh(w.clock.Now().Add(-time.Minute)) {
			w.Errorf("confirmed at %v", s.ConfirmedAt)
		}
		w.fails(w.ids.Confirm(w.Context(), s, "wrong", "192.0.2.1"), fault.Unauthenticated)
		stale, _, err := w.ids.Session(w.Context(), token, "")
		if err != nil || stale.Fresh(w.clock.Now()) {
			w.Errorf("a wrong password made the session fresh: %v", err)
		}
		other, _, err := w.ids.Session(w.Context(), w.in(), "")
		must(w.T, err)
		must(w.T, w.ids.Confirm(w.Context(), s, password, "192.0.2.1"))
		w.clock.Add(10 * time.Minute)
		again, _, err := w.ids.Session(w.Context(), token, "")
		if err != nil || !again.Fresh(w.clock.Now()) || again.Fresh(w.clock.Now().Add(time.Second)) || !again.CreatedAt.Equal(s.CreatedAt) {
			w.Errorf("%+v, %v", again, err)
		}
		list, err := w.ids.Sessions(w.Context(), w.acct.ID, s.ID)
		if err != nil || len(list) != 2 || list[0].ID != other.ID || !list[0].ConfirmedAt.Equal(other.CreatedAt) {
			w.Errorf("%+v, %v", list, err)
		}
		for range 20 { // strangers at the sign-in page, from the same network
			_, _ = w.signIn("not the password at all", "192.0.2.1")
		}
		must(w.T, w.ids.CheckPassword(w.Context(), w.acct.ID, password, "192.0.2.1"))
		w.fails(w.ids.CheckPassword(w.Context(), w.acct.ID, "wrong", "192.0.2.1"), fault.Unauthenticated)
		w.fails(w.ids.CheckPassword(w.Context(), "nobody", password, "192.0.2.1"), fault.Unauthenticated)
	},
	"194-sign-out": func(w *world) {
		token, other := w.in(), w.in()
		must(w.T, w.ids.SignOut(w.Context(), token))
		must(w.T, w.ids.SignOut(w.Context(), token))
		if w.alive(token) || !w.alive(other) {
			w.Error("the wrong session ended")
		}
	},
}

func TestMatrix(t *testing.T) { onEngines(t, rows) }

func TestService(t *testing.T) {
	onEngines(t, map[string]func(*world){
		"session": func(w *world) {
			s, p, err := w.ids.Session(w.Context(), w.in(), "")
			must(w.T, err)
			if s.Tenant != w.tenant || len(s.Tenants) != 1 || s.Account.Email != strings.ToLower(s.Account.Email) || !s.CheckCSRF(s.CSRF) || s.CheckCSRF("") || s.CheckCSRF("x") {
				w.Errorf("session %+v", s)
			}
			if p.Person != w.user || p.PersonName != "Ada Person" || p.TenantName != "T" || !p.Admin || len(p.Lanes) != 1 || p.Surface != access.SurfaceWeb || p.Email != w.acct.Email {
				w.Errorf("principal %+v", p)
			}
			_, _, err = w.ids.Session(w.Context(), w.in(), "other")
			w.fails(err, fault.NotFound)
			for _, token := range []string{"", "x", "se_", "se_" + strings.Repeat("A", 43), strings.Repeat("se_", 1000)} {
				if w.alive(token) {
					w.Errorf("%.10q is a session", token)
				}
			}
		},
		"inactive-and-membership": func(w *world) {
			token := w.in()
			w.inactive(w.user, true)
			s, p, err := w.ids.Session(w.Context(), token, "")
			if err != nil || s.Tenant != "" || len(p.Lanes) != 0 || p.Admin || p.Tenant != "" {
				w.Errorf("inactive: %+v %+v %v", s, p, err)
			}
			_, err = w.ids.PrincipalFor(w.Context(), w.tenant, w.user, access.SurfaceCommand)
			w.fails(err, fault.NotFound)
			w.inactive(w.user, false)
			p, err = w.ids.PrincipalFor(w.Context(), w.tenant, w.user, access.SurfaceCommand)
			if err != nil || !p.Admin || p.Surface != access.SurfaceCommand {
				w.Errorf("%+v, %v", p, err)
			}
			w.addUser("Second", w.account(), identity.Administrator)
			must(w.T, w.ids.DisableAccount(w.Context(), w.acct.ID, true))
			if w.alive(token) {
				w.Error("a disabled account is signed in")
			}
		},
		"sessions": func(w *world) {
			one := w.in()
			w.clock.Add(time.Minute)
			two := w.in()
			s, _, err := w.ids.Session(w.Context(), two, "")
			must(w.T, err)
			list, err := w.ids.Sessions(w.Context(), w.acct.ID, s.ID)
			if err != nil || len(list) != 2 || !list[0].Current || list[1].Current || list[0].Agent != "test" {
				w.Errorf("%+v, %v", list, err)
			}
			w.fails(w.ids.EndSession(w.Context(), "another", list[1].ID), fault.NotFound)
			if !w.alive(one) {
				w.Error("another account ended it")
			}
			must(w.T, w.ids.EndSessions(w.Context(), w.acct.ID, s.ID))
			if w.alive(one) || !w.alive(two) {
				w.Error("the wrong sessions ended")
			}
			must(w.T, w.ids.SetPassword(w.Context(), w.acct.ID, password+"!", false))
			if w.alive(two) {
				w.Error("alive after a new password")
			}
			a, err := w.ids.Account(w.Context(), w.acct.ID)
			if err != nil || a.Epoch != w.acct.Epoch+1 {
				w.Errorf("epoch %d, %v", a.Epoch, err)
			}
		},
		"accounts": func(w *world) {
			_, err := w.ids.CreateAccount(w.Context(), identity.NewAccount{Email: strings.ToUpper(w.acct.Email), Password: password})
			w.fails(err, fault.Conflict)
			for _, email := range []string{"", "x", "a@", "A <a@b.test>", "a@b.test\x00", strings.Repeat("a", 260) + "@b.test"} {
				_, err := w.ids.CreateAccount(w.Context(), identity.NewAccount{Email: email, Password: password})
				w.fails(err, fault.Invalid)
			}
			none, err := w.ids.CreateAccount(w.Context(), identity.NewAccount{Email: newID() + "@people.test"})
			must(w.T, err)
			_, err = w.ids.SignIn(w.Context(), none.Email, "", identity.From{})
			w.fails(err, fault.Unauthenticated)
		},
		"roles": func(w *world) {
			ctx := context.Background()
			list, err := w.ids.Roles(ctx, w.tenant)
			if err != nil || len(list) != 4 {
				w.Fatalf("%d roles, %v", len(list), err)
			}
			r := w.roles[identity.CSM]
			r.Set = access.Set{"Company": {Actions: access.View, View: access.Only("co02")}}
			saved, err := w.ids.SaveRole(ctx, w.operator(), r)
			if err != nil || saved.Version != 2 {
				w.Errorf("%+v, %v", saved, err)
			}
			_, err = w.ids.SaveRole(ctx, w.operator(), r)
			w.fails(err, fault.Conflict)
			back, err := w.ids.Role(ctx, w.tenant, r.ID)
			if err != nil || !back.Set.Covers(r.Set) || !r.Set.Covers(back.Set) || back.Portfolio != access.MyPortfolio {
				w.Errorf("%+v, %v", back, err)
			}
			person, err := w.ids.PrincipalFor(ctx, w.tenant, w.user, access.SurfaceWeb)
			must(w.T, err)
			person.Admin = false
			_, err = w.ids.SaveRole(ctx, person, saved)
			w.fails(err, fault.Forbidden)
			person.Admin, person.Client = true, "pk_x"
			_, err = w.ids.SaveRole(ctx, person, saved)
			w.fails(err, fault.Forbidden)
			person.Client, person.Tenant = "", "other"
			_, err = w.ids.SaveRole(ctx, person, saved)
			w.fails(err, fault.Forbidden)
			w.fails(w.ids.AssignRoles(ctx, w.operator(), w.tenant, w.user, []string{"other"}), fault.NotFound)
			w.fails(w.ids.AssignRoles(ctx, w.operator(), w.tenant, w.user, []string{r.ID}), fault.Conflict) // the last administrator
			admin := w.roles[identity.Administrator]
			admin.Admin = false
			_, err = w.ids.SaveRole(ctx, w.operator(), admin)
			w.fails(err, fault.Conflict)
			w.fails(w.ids.RemoveMember(ctx, w.operator(), w.tenant, w.user), fault.Conflict)
			must(w.T, w.ids.AssignRoles(ctx, w.operator(), w.tenant, w.user, []string{r.ID, w.roles[identity.Administrator].ID}))
			p, err := w.ids.PrincipalFor(ctx, w.tenant, w.user, access.SurfaceWeb)
			if err != nil || len(p.Lanes) != 2 || len(p.Roles) != 2 {
				w.Errorf("%+v, %v", p, err)
			}
			must(w.T, w.ids.DeleteRole(ctx, w.operator(), w.tenant, w.roles[identity.Developer].ID, ""))
			log, err := w.store.TenantAudit(ctx, w.tenant, "role.", 100)
			if err != nil || len(log) != 6 {
				w.Errorf("%d entries, %v", len(log), err)
			}
		},
		"audit": func(w *world) {
			w.in()
			w.clock.Add(time.Second)
			_, _ = w.signIn("wrong", "192.0.2.1")
			log, err := w.store.TenantAudit(w.Context(), w.tenant, "session.", 100)
			if err != nil || len(log) != 2 || log[0].Act != "session.refused" || log[1].Act != "session.start" || log[1].Person != w.user || log[1].IP != "192.0.2.1" {
				w.Errorf("%+v, %v", log, err)
			}
		},
	})
}

func TestThrottleIsBounded(t *testing.T) {
	c := clock.At(time.Unix(0, 0))
	th := identity.NewThrottle(c.Now, identity.ThrottleRule{Free: 2, First: time.Second, Longest: time.Minute})
	for i := range 120_000 {
		th.Take(fmt.Sprint(i))
	}
	if n := th.Size(); n > 50_000 {
		t.Errorf("%d keys", n)
	}
	th.Take("k")
	th.Take("k")
	if w := th.Take("k"); w != time.Second {
		t.Errorf("wait %v", w)
	}
	c.Add(time.Hour)
	if w := th.Wait("k"); w != 0 {
		t.Errorf("wait %v after an hour", w)
	}
}
