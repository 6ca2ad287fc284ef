package identity_test

import (
	"strings"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

// viewing are the checks of "view as", on both engines.
var viewing = map[string]func(*world){
	"is kept with the session": func(w *world) {
		token, seen := w.in(), w.seen("Carly")
		session, by := w.session(token)
		must(w.T, w.ids.StartViewing(w.Context(), by, session, seen))
		w.views(token, identity.ViewAs{Person: seen.Person, Client: "pk_x"})
		w.views(w.in(), identity.ViewAs{}) // another session of the same account
		again := identity.New(w.ids.Options)
		session, _, err := again.Session(w.Context(), token, "")
		must(w.T, err)
		if session.View.Person != seen.Person {
			w.Error("a restart ends it")
		}
		for range 2 { // the second time there is nothing to stop
			must(w.T, w.ids.StopViewing(w.Context(), by, session, "asked"))
		}
		w.views(token, identity.ViewAs{})
		w.log("view_as.start Ada Person Carly Person Claude ", "view_as.stop Ada Person   asked")
	},
	"is for administrators": func(w *world) {
		session, by := w.session(w.in())
		seen := w.seen("Carly")
		member, through, foreign, looking := by, by, seen, by.SeenBy(by)
		member.Admin, through.Client, foreign.Tenant = false, "pk_x", "elsewhere"
		for _, one := range []access.Principal{member, through, looking} {
			w.fails(w.ids.StartViewing(w.Context(), one, session, seen), fault.Forbidden)
		}
		w.fails(w.ids.StartViewing(w.Context(), by, session, foreign), fault.NotFound)
		w.fails(w.ids.StartViewing(w.Context(), by, session, access.Principal{Tenant: by.Tenant}), fault.NotFound)
		w.fails(w.ids.StartViewing(w.Context(), by, identity.Session{ID: "nobody's"}, seen), fault.NotFound)
		w.log()
	},
	"ends with a change of tenant": func(w *world) {
		token := w.in()
		session, by := w.session(token)
		must(w.T, w.ids.StartViewing(w.Context(), by, session, w.seen("Carly")))
		home := w.tenant
		other := w.elsewhere()
		got, _, err := w.ids.Session(w.Context(), token, other)
		must(w.T, err)
		if got.View != (identity.ViewAs{}) || got.Tenant != other {
			w.Errorf("%+v", got)
		}
		_, _, err = w.ids.Session(w.Context(), token, home)
		must(w.T, err)
		w.views(token, identity.ViewAs{}) // nor is it there when the tenant is chosen again
		w.tenant = home
		w.log("view_as.start Ada Person Carly Person Claude ", "view_as.stop Ada Person   the tenant was changed")
	},
	"ends with the tenant": func(w *world) {
		token := w.in()
		session, by := w.session(token)
		must(w.T, w.ids.StartViewing(w.Context(), by, session, w.seen("Carly")))
		w.inactive(w.user, true)
		w.views(token, identity.ViewAs{})
		w.inactive(w.user, false)
		w.views(token, identity.ViewAs{})
		w.log("view_as.start Ada Person Carly Person Claude ", "view_as.stop Ada Person   the person is in no tenant any more")
	},
	"ends with the session": func(w *world) {
		token := w.in()
		session, by := w.session(token)
		must(w.T, w.ids.StartViewing(w.Context(), by, session, w.seen("Carly")))
		must(w.T, w.ids.SignOut(w.Context(), token))
		w.fails(w.ids.StartViewing(w.Context(), by, session, w.seen("Carly")), fault.NotFound)
		must(w.T, w.ids.StopViewing(w.Context(), by, session, "asked"))
		token = w.in()
		session, by = w.session(token)
		must(w.T, w.ids.StartViewing(w.Context(), by, session, w.seen("Carly")))
		fresh, err := w.ids.SignIn(w.Context(), w.acct.Email, password, identity.From{Replaces: token})
		must(w.T, err)
		w.views(fresh, identity.ViewAs{})
		w.log("view_as.start Ada Person Carly Person Claude ", "view_as.stop Ada Person   the session ended",
			"view_as.start Ada Person Carly Person Claude ", "view_as.stop Ada Person   the session ended")
	},
}

func TestViewing(t *testing.T) { onEngines(t, viewing) }

func (w *world) session(token string) (identity.Session, access.Principal) {
	w.Helper()
	session, by, err := w.ids.Session(w.Context(), token, "")
	must(w.T, err)
	return session, by
}

// seen gives the principal of a new team member, as through a client.
func (w *world) seen(name string) access.Principal {
	w.Helper()
	a, err := w.ids.CreateAccount(w.Context(), identity.NewAccount{Email: name + "-" + newID() + "@people.test", Password: password})
	must(w.T, err)
	p, err := w.ids.PrincipalFor(w.Context(), w.tenant, w.addUser(name, a, identity.CSM), access.SurfaceWeb)
	must(w.T, err)
	p.Client, p.ClientName = "pk_x", "Claude"
	return p
}

// elsewhere puts the administrator into a second tenant.
func (w *world) elsewhere() string {
	w.Helper()
	w.tenant = newID()
	must(w.T, w.store.CreateTenant(w.Context(), w.tenant, "Z", "z-"+w.tenant))
	roles, err := w.ids.CreateDefaultRoles(w.Context(), w.operator(), w.reg, w.tenant)
	must(w.T, err)
	w.roles = roles
	w.addUser("Ada", w.acct, identity.Administrator)
	return w.tenant
}

func (w *world) views(token string, want identity.ViewAs) {
	w.Helper()
	w.clock.Add(time.Second)
	if session, _ := w.session(token); session.View != want {
		w.Errorf("the session views as %+v, want %+v", session.View, want)
	}
}

// log holds what the log of the tenant says about viewing, oldest first.
func (w *world) log(want ...string) {
	w.Helper()
	entries, err := w.store.TenantAudit(w.Context(), w.tenant, "view_as.", 10)
	must(w.T, err)
	got := make([]string, len(entries))
	for i, e := range entries {
		if e.Person != w.user || e.Client != "" || e.Detail["session"] == "" || e.Detail["user"] == "" || e.Detail["client"] != "pk_x" {
			w.Errorf("entry %+v", e)
		}
		got[len(got)-1-i] = strings.Join([]string{e.Act, e.PersonName, e.Detail["name"], e.Detail["client_name"], e.Detail["because"]}, " ")
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		w.Errorf("the log says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
