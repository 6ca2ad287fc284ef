package identity_test

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
)

const fresh = "another handful of plain words"

// record makes a User record that nobody signs in as.
func (w *world) record(name string) string {
	w.Helper()
	users, _ := w.reg.Model("User")
	values := map[*model.Property]any{}
	for prop, v := range map[string]any{"email": newID() + "@people.test", "firstName": name, "lastName": "Person", "createdAt": w.clock.Now(), "updatedAt": w.clock.Now()} {
		p, _ := users.Property(prop)
		values[p] = v
	}
	id := newID()
	must(w.T, w.store.Insert(w.Context(), w.tenant, users, id, values))
	return id
}

// admin is the world's administrator as a principal of the pages.
func (w *world) admin() access.Principal {
	w.Helper()
	p, err := w.ids.PrincipalFor(w.Context(), w.tenant, w.user, access.SurfaceWeb)
	must(w.T, err)
	return p
}

func (w *world) invite(email string, roles ...string) (identity.Invitation, string) {
	w.Helper()
	in, token, err := w.ids.Invite(w.Context(), w.admin(), identity.Invitation{Tenant: w.tenant, User: w.record("Nora"), Email: email, Roles: roles})
	must(w.T, err)
	return in, token
}

func (w *world) address() string { return "n" + newID() + "@people.test" }

// neighbour is a second tenant in the same database, with an administrator of its own.
func (w *world) neighbour() *world { return newWorld(w.T, w.store) }

// join makes an account a member of the tenant, with a role that is no administrator's.
func (w *world) join(a identity.Account) string {
	w.Helper()
	id := w.record("Member")
	must(w.T, w.ids.AddMember(w.Context(), w.operator(), w.tenant, id, a.ID, []string{w.roles[identity.CSM].ID}))
	return id
}

func (w *world) dead(token string) {
	w.Helper()
	_, _, err := w.ids.OpenInvitation(w.Context(), token)
	w.fails(err, fault.NotFound)
	_, err = w.ids.JoinNew(w.Context(), token, fresh, "")
	w.fails(err, fault.NotFound)
	_, err = w.ids.JoinAs(w.Context(), token, w.acct, "")
	w.fails(err, fault.NotFound)
	_, err = w.ids.OpenReset(w.Context(), token)
	w.fails(err, fault.NotFound)
	_, err = w.ids.Reset(w.Context(), token, fresh, "")
	w.fails(err, fault.NotFound)
}

// links is row 186: a link is hashed, works once, for a while, and for what it was made only.
func links(w *world) {
	for _, made := range []string{"", "iv_", "rs_", "x", "iv_" + strings.Repeat("A", 43), "rs_" + strings.Repeat("A", 43), "iv_" + strings.Repeat("A", 5000)} {
		w.dead(made)
	}
	csm := w.roles[identity.CSM].ID
	in, token := w.invite(w.address(), csm)
	if len(token) != len("iv_")+43 { // 256 bits
		w.Errorf("token %q", token)
	}
	_, err := w.ids.OpenReset(w.Context(), token)
	w.fails(err, fault.NotFound)
	_, err = w.ids.Reset(w.Context(), token, fresh, "")
	w.fails(err, fault.NotFound)
	for range 3 { // opening uses nothing up
		got, known, err := w.ids.OpenInvitation(w.Context(), token)
		if err != nil || known || got.Email != in.Email || got.TenantName != "T" || got.UserName != "Nora Person" || got.ByName != "Ada Person" || !slices.Equal(got.Roles, []string{csm}) {
			w.Errorf("%+v %v %v", got, known, err)
		}
	}
	_, err = w.ids.JoinNew(w.Context(), token, "short", "")
	w.fails(err, fault.Invalid) // and a bad password does not, either
	_, err = w.ids.JoinAs(w.Context(), token, w.acct, "")
	w.fails(err, fault.Forbidden) // somebody else
	_, err = w.ids.JoinNew(w.Context(), token, fresh, "192.0.2.7")
	must(w.T, err)
	w.dead(token)
	session, err := w.ids.SignIn(w.Context(), in.Email, fresh, identity.From{})
	must(w.T, err)
	_, p, err := w.ids.Session(w.Context(), session, "")
	if err != nil || p.Person != in.User || p.Tenant != w.tenant || p.Admin || !slices.Equal(p.Roles, []string{identity.CSM}) {
		w.Errorf("%+v, %v", p, err)
	}
	log, err := w.store.TenantAudit(w.Context(), w.tenant, "invitation.", 10)
	if err != nil || len(log) != 2 || log[0].Act != "invitation.accept" || log[0].Person != in.User || log[0].IP != "192.0.2.7" || log[1].Act != "invitation.create" || log[1].Person != w.user {
		w.Errorf("%+v, %v", log, err)
	}
	for _, e := range log {
		for _, v := range e.Detail {
			if strings.Contains(v, token) {
				w.Error("the log holds the link")
			}
		}
	}
}

func TestInvitations(t *testing.T) {
	onEngines(t, map[string]func(*world){
		"newer-link-and-withdrawal": func(w *world) {
			in, first := w.invite(w.address())
			_, second, err := w.ids.RenewInvitation(w.Context(), w.admin(), w.tenant, in.ID)
			must(w.T, err)
			w.dead(first)
			if _, _, err := w.ids.OpenInvitation(w.Context(), second); err != nil {
				w.Error(err)
			}
			must(w.T, w.ids.NoteMail(w.Context(), w.tenant, second, identity.MailSent, ""))
			must(w.T, w.ids.NoteMail(w.Context(), w.tenant, first, identity.MailFailed, "late news of the link before"))
			list, err := w.ids.Invitations(w.Context(), w.admin(), w.tenant)
			if err != nil || len(list) != 1 || list[0].Mail.Kind != identity.MailSent || list[0].Mail.Note != "" {
				w.Errorf("%+v, %v", list, err)
			}
			must(w.T, w.ids.WithdrawInvitation(w.Context(), w.admin(), w.tenant, in.ID))
			w.dead(second)
			w.fails(w.ids.WithdrawInvitation(w.Context(), w.admin(), w.tenant, in.ID), fault.NotFound)
			_, _, err = w.ids.RenewInvitation(w.Context(), w.admin(), w.tenant, in.ID)
			w.fails(err, fault.NotFound)
		},
		"expiry": func(w *world) {
			in, token := w.invite(w.address())
			w.clock.Add(7*24*time.Hour - time.Second)
			if _, _, err := w.ids.OpenInvitation(w.Context(), token); err != nil {
				w.Error(err)
			}
			w.clock.Add(time.Second)
			w.dead(token)
			_, token, err := w.ids.RenewInvitation(w.Context(), w.admin(), w.tenant, in.ID)
			must(w.T, err)
			if _, err := w.ids.JoinNew(w.Context(), token, fresh, ""); err != nil {
				w.Error(err)
			}
		},
		"known-address-never-gets-a-password": func(w *world) {
			there := w.neighbour()
			in, token := w.invite(there.acct.Email, w.roles[identity.CSM].ID)
			if _, known, err := w.ids.OpenInvitation(w.Context(), token); err != nil || !known {
				w.Errorf("known %v, %v", known, err)
			}
			_, err := w.ids.JoinNew(w.Context(), token, fresh, "")
			w.fails(err, fault.Conflict)
			if _, err := there.signIn(password, ""); err != nil {
				w.Errorf("the password was changed: %v", err)
			}
			_, err = w.ids.JoinAs(w.Context(), token, w.acct, "")
			w.fails(err, fault.Forbidden)
			_, err = w.ids.JoinAs(w.Context(), token, there.acct, "")
			must(w.T, err)
			s, p, err := w.ids.Session(w.Context(), there.in(), w.tenant)
			if err != nil || p.Person != in.User || len(s.Tenants) != 2 {
				w.Errorf("%+v, %v", p, err)
			}
			w.dead(token)
		},
		"once": func(w *world) {
			_, token := w.invite(w.address())
			var good atomic.Int32
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					if _, err := w.ids.JoinNew(w.Context(), token, fresh, ""); err == nil {
						good.Add(1)
					}
				})
			}
			wg.Wait()
			if good.Load() != 1 {
				w.Errorf("used %d times", good.Load())
			}
		},
		"who-is-invited": func(w *world) {
			email := w.address()
			in, _ := w.invite(email)
			_, _, err := w.ids.Invite(w.Context(), w.admin(), identity.Invitation{Tenant: w.tenant, User: in.User, Email: email})
			w.fails(err, fault.Conflict) // invited already
			_, _, err = w.ids.Invite(w.Context(), w.admin(), identity.Invitation{Tenant: w.tenant, User: w.user, Email: w.address()})
			w.fails(err, fault.Conflict) // a member
			_, _, err = w.ids.Invite(w.Context(), w.admin(), identity.Invitation{Tenant: w.tenant, User: w.record("Twin"), Email: w.acct.Email})
			w.fails(err, fault.Conflict) // a member's account
			_, _, err = w.ids.Invite(w.Context(), w.admin(), identity.Invitation{Tenant: w.tenant, User: w.record("X"), Email: "x"})
			w.fails(err, fault.Invalid)
			_, _, err = w.ids.Invite(w.Context(), w.admin(), identity.Invitation{Tenant: w.tenant, User: w.record("X"), Email: w.address(), Roles: []string{"other"}})
			w.fails(err, fault.NotFound)
		},
		"who-may": func(w *world) {
			in, _ := w.invite(w.address())
			there := w.neighbour()
			member, err := w.ids.PrincipalFor(w.Context(), w.tenant, w.join(w.account()), access.SurfaceWeb)
			must(w.T, err)
			through := w.admin()
			through.Client = "pk_x"
			for _, by := range []access.Principal{there.admin(), member, through, w.admin().SeenBy(w.admin())} {
				_, _, err := w.ids.Invite(w.Context(), by, identity.Invitation{Tenant: w.tenant, User: w.record("X"), Email: w.address()})
				w.fails(err, fault.Forbidden)
				_, err = w.ids.Invitations(w.Context(), by, w.tenant)
				w.fails(err, fault.Forbidden)
				_, _, err = w.ids.RenewInvitation(w.Context(), by, w.tenant, in.ID)
				w.fails(err, fault.Forbidden)
				w.fails(w.ids.WithdrawInvitation(w.Context(), by, w.tenant, in.ID), fault.Forbidden)
			}
			_, _, err = w.ids.RenewInvitation(w.Context(), there.admin(), there.tenant, in.ID)
			w.fails(err, fault.NotFound)
		},
		"roles-that-are-gone": func(w *world) {
			csm, manager := w.roles[identity.CSM].ID, w.roles[identity.Manager].ID
			in, token := w.invite(w.address(), csm, manager)
			must(w.T, w.ids.DeleteRole(w.Context(), w.operator(), w.tenant, csm, ""))
			_, err := w.ids.JoinNew(w.Context(), token, fresh, "")
			must(w.T, err)
			m, err := w.ids.Member(w.Context(), w.tenant, in.User)
			if err != nil || len(m.Roles) != 1 || m.Roles[0].ID != manager {
				w.Errorf("%+v, %v", m.Roles, err)
			}
		},
	})
}

func TestResets(t *testing.T) {
	onEngines(t, map[string]func(*world){
		"ends-everything": func(w *world) {
			session := w.in()
			token, err := w.ids.LinkReset(w.Context(), w.admin(), w.acct.ID)
			must(w.T, err)
			for range 3 {
				if a, err := w.ids.OpenReset(w.Context(), token); err != nil || a.ID != w.acct.ID {
					w.Errorf("%+v, %v", a, err)
				}
			}
			_, err = w.ids.Reset(w.Context(), token, "short", "")
			w.fails(err, fault.Invalid)
			_, _, err = w.ids.OpenInvitation(w.Context(), token)
			w.fails(err, fault.NotFound)
			_, err = w.ids.JoinNew(w.Context(), token, fresh, "")
			w.fails(err, fault.NotFound)
			if !w.alive(session) {
				w.Error("ended before the link was used")
			}
			_, err = w.ids.Reset(w.Context(), token, fresh, "192.0.2.7")
			must(w.T, err)
			a, err := w.ids.Account(w.Context(), w.acct.ID)
			if err != nil || a.Epoch != w.acct.Epoch+1 || w.alive(session) { // the epoch is what ends OAuth authorizations
				w.Errorf("%+v, %v", a, err)
			}
			w.dead(token)
			_, err = w.signIn(password, "")
			w.fails(err, fault.Unauthenticated)
			if _, err := w.signIn(fresh, ""); err != nil {
				w.Error(err)
			}
			log, err := w.store.TenantAudit(w.Context(), w.tenant, "account.", 10)
			if err != nil || len(log) != 2 || log[0].Act != "account.password" || log[0].IP != "192.0.2.7" || log[1].Act != "account.reset_link" || log[1].Person != w.user {
				w.Errorf("%+v, %v", log, err)
			}
		},
		"newer-link-expiry-and-new-password": func(w *world) {
			first, err := w.ids.LinkReset(w.Context(), w.admin(), w.acct.ID)
			must(w.T, err)
			_, second, err := w.ids.MailReset(w.Context(), strings.ToUpper(w.acct.Email), "")
			must(w.T, err)
			w.dead(first)
			w.clock.Add(time.Hour - time.Second)
			if _, err := w.ids.OpenReset(w.Context(), second); err != nil {
				w.Error(err)
			}
			w.clock.Add(time.Second)
			w.dead(second)
			_, third, err := w.ids.MailReset(w.Context(), w.acct.Email, "")
			must(w.T, err)
			must(w.T, w.ids.SetPassword(w.Context(), w.acct.ID, fresh, false))
			w.dead(third)
		},
		"once": func(w *world) {
			token, err := w.ids.LinkReset(w.Context(), w.admin(), w.acct.ID)
			must(w.T, err)
			var good atomic.Int32
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					if _, err := w.ids.Reset(w.Context(), token, fresh, ""); err == nil {
						good.Add(1)
					}
				})
			}
			wg.Wait()
			if good.Load() != 1 {
				w.Errorf("used %d times", good.Load())
			}
		},
		"no-account": func(w *world) {
			for _, email := range []string{"nobody@people.test", "x", ""} {
				_, token, err := w.ids.MailReset(w.Context(), email, "")
				w.fails(err, fault.NotFound)
				if token != "" {
					w.Error("a link for nobody")
				}
			}
			w.addUser("Second", w.account(), identity.Administrator)
			_, token, err := w.ids.MailReset(w.Context(), w.acct.Email, "")
			must(w.T, err)
			must(w.T, w.ids.DisableAccount(w.Context(), w.acct.ID, true))
			w.dead(token)
			_, _, err = w.ids.MailReset(w.Context(), w.acct.Email, "")
			w.fails(err, fault.NotFound)
		},
		// An administrator must not become people who reach further than the tenant.
		"reach": func(w *world) {
			there := w.neighbour()
			mine, both, super := w.account(), w.account(), w.account()
			for _, a := range []identity.Account{mine, both, super} {
				w.join(a)
			}
			there.join(both)
			must(w.T, w.ids.AppointSuper(w.Context(), super.ID, true))
			link := func(by access.Principal, a identity.Account) error {
				_, err := w.ids.LinkReset(w.Context(), by, a.ID)
				return err
			}
			must(w.T, link(w.admin(), mine))
			w.fails(link(w.admin(), both), fault.Forbidden)
			w.fails(link(w.admin(), super), fault.Forbidden)
			w.fails(link(w.admin(), there.acct), fault.NotFound)
			w.fails(link(there.admin(), mine), fault.NotFound)
			for _, a := range []identity.Account{mine, both, super, there.acct} {
				must(w.T, link(w.operator(), a))
			}
			member, err := w.ids.PrincipalFor(w.Context(), w.tenant, w.join(w.account()), access.SurfaceWeb)
			must(w.T, err)
			through := w.admin()
			through.Client = "pk_x"
			for _, by := range []access.Principal{member, through, w.admin().SeenBy(w.admin())} {
				w.fails(link(by, mine), fault.Forbidden)
			}

			// Nor with a link that was made while they did not.
			early, err := w.ids.LinkReset(w.Context(), w.admin(), mine.ID)
			must(w.T, err)
			there.join(mine)
			w.dead(early)
			late := w.account()
			w.join(late)
			early, err = w.ids.LinkReset(w.Context(), w.admin(), late.ID)
			must(w.T, err)
			must(w.T, w.ids.AppointSuper(w.Context(), late.ID, true))
			w.dead(early)
			_, mailed, err := w.ids.MailReset(w.Context(), late.Email, "")
			must(w.T, err)
			if _, err := w.ids.OpenReset(w.Context(), mailed); err != nil {
				w.Errorf("their own mail: %v", err)
			}
		},
	})
}

// lockoutAsDoS is row 263, and the known device of row 180.
func lockoutAsDoS(w *world) {
	known, err := w.ids.Remember("", strings.ToUpper(w.acct.Email))
	must(w.T, err)
	for i := range 130 { // from everywhere, until even a new network must wait
		_, _ = w.signIn("not the password at all", "203.0."+string(rune('0'+i/26))+"."+string(rune('0'+i%10)))
		for range 3 {
			_, _ = w.signIn("not the password at all", "192.0.2.1")
		}
	}
	from := func(device string) error {
		_, err := w.ids.SignIn(w.Context(), w.acct.Email, password, identity.From{IP: "192.0.2.1", Device: device})
		return err
	}
	w.fails(from(""), fault.RateLimited)
	must(w.T, from(known))
	must(w.T, from("."+known+".x"))
	another, err := w.ids.Remember("", "somebody@people.test")
	must(w.T, err)
	forged := identity.New(identity.Options{Store: w.store, Registries: w.schemas, Now: w.clock.Now, Rand: strings.NewReader(strings.Repeat("r", 500)), NewID: newID})
	made, err := forged.Remember("", w.acct.Email)
	must(w.T, err)
	for _, wrong := range []string{another, made, known[1:], strings.Repeat(known+".", 50), "x.y.z"} {
		w.fails(from(wrong), fault.RateLimited)
	}
	tried := 0
	for range 50 { // and the device itself does not guess faster than anybody else
		_, err := w.ids.SignIn(w.Context(), w.acct.Email, "not the password at all", identity.From{IP: "192.0.2.1", Device: known})
		if fault.Is(err, fault.Unauthenticated) {
			tried++
		}
	}
	if tried > 6 {
		w.Errorf("%d guesses at once", tried)
	}
	w.fails(from(known), fault.RateLimited)
}

func TestRemember(t *testing.T) {
	onEngines(t, map[string]func(*world){"marks": func(w *world) {
		device, err := "", error(nil)
		for range 6 {
			device, err = w.ids.Remember(device, w.address())
			must(w.T, err)
		}
		if n := strings.Count(device, "."); n != 3 {
			w.Errorf("%d marks", n+1)
		}
		same, err := w.ids.Remember(device, "not an address")
		if err != nil || same != device {
			w.Errorf("%q, %v", same, err)
		}
		mine, err := w.ids.Remember(device, w.acct.Email)
		must(w.T, err)
		if again, err := w.ids.Remember(mine, w.acct.Email); err != nil || again != mine {
			w.Errorf("%q, %v", again, err)
		}
	}})
}
