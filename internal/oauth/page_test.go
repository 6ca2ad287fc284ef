package oauth_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
)

// TestPage covers what the authorization page shows, to whom, and who may answer it.
func TestPage(t *testing.T) {
	st := openStore(t, "sqlite")
	for name, run := range map[string]func(*world){
		"unable": pageUnable, "tenants": pageTenants, "steps": pageSteps, "ticked": pageTicked, "who answers": pageAnswered, "how long": pageExpires,
		"shows": pageShows, "outsiders": pageOutsiders, "changed": pageChanged,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, st, withSite)
			w.first()
			run(w)
		})
	}
}

// pageUnable: who gets nothing is told why, and so are the client's administrators, without the names of people of other tenants.
func pageUnable(w *world) {
	c := w.published()
	shows := func(name string, mayNot, nothing bool, code oauth.ProblemCode, detail string) {
		w.Helper()
		w.clock.Add(time.Minute)
		page, err := w.show(name, w.query(c))
		must(w.T, err)
		got, err := w.as.Client(w.Context(), w.tenant["T1"], c.ID)
		must(w.T, err)
		if page.MayNotConnect != mayNot || page.NoOverlap != nothing || got.Problem.Code != code || got.Problem.Detail != detail {
			w.Errorf("%s: %v %v, problem %+v", name, page.MayNotConnect, page.NoOverlap, got.Problem)
		}
	}
	shows("A", false, false, "", "")
	for _, tenant := range []string{"T1", "T2"} {
		roles, err := w.ids.Roles(w.Context(), w.tenant[tenant])
		must(w.T, err)
		none, err := w.ids.SaveRole(w.Context(), w.operator(tenant), access.Role{Tenant: w.tenant[tenant], Name: "Nothing", Portfolio: access.FullAccess, Switches: access.SwitchConnect})
		must(w.T, err)
		csm := roles[slices.IndexFunc(roles, func(r access.Role) bool { return r.Name == identity.CSM })]
		csm.Switches &^= access.SwitchConnect
		csm, err = w.ids.SaveRole(w.Context(), w.operator(tenant), csm)
		must(w.T, err)
		cannot, nothing, named := "X", "Y", map[string]string{"X": "X Person", "Y": "Y Person"}
		if tenant == "T2" {
			cannot, nothing, named = "U", "W", map[string]string{"U": "Somebody", "W": "Somebody"}
		}
		w.addMember(tenant, cannot, csm.ID)
		w.addMember(tenant, nothing, none.ID)
		shows(cannot, true, true, oauth.ProblemConnect, named[cannot])
		shows(nothing, false, true, oauth.ProblemOverlap, named[nothing])
	}
}

// addMember makes a new person with one role.
func (w *world) addMember(tenant, name, role string) {
	w.Helper()
	a := identity.Account{ID: newID(), Email: "x-" + newID() + "@people.test", Epoch: 1, CreatedAt: w.clock.Now()}
	must(w.T, w.store.InsertAccount(w.Context(), a, passwordHash))
	w.acct[name] = a
	w.addUser(tenant, name, role)
}

// pageTenants: a choice between tenants is offered where the app may be used in several.
func pageTenants(w *world) {
	w.trust()
	roles, err := w.ids.Roles(w.Context(), w.tenant["T2"])
	must(w.T, err)
	w.addUser("T2", "A", roles[0].ID)
	v := w.visitor("A")
	session, p, err := w.ids.Session(w.Context(), w.token["A"], w.tenant["T1"])
	must(w.T, err)
	v.Session, v.Principal = session, p
	offers := func(app oauth.Client, want ...string) {
		w.Helper()
		begun, err := w.begin(v, w.query(app))
		must(w.T, err)
		page, err := w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		var got []string
		for _, t := range page.Tenants {
			got = append(got, t.Name)
		}
		if !slices.Equal(got, want) {
			w.Errorf("%s offers %v, want %v", page.Client.Name, got, want)
		}
	}
	offers(w.c1, "T1")
	offers(appM1, "T1", "T2")
	offers(w.published(), "T1", "T2")
}

// pageSteps: an app that registered itself is wanted whenever its page is shown; a client of an administrator when its request comes.
func pageSteps(w *world) {
	w.trust()
	w.code(appM1)
	for _, app := range []oauth.Client{w.c1, appM1} {
		w.clock.Add(2 * time.Minute) // steps are noted to the minute
		show, asked := w.shows("A", w.query(app)), w.clock.Now()
		w.clock.Add(2 * time.Minute)
		must(w.T, show())
		c := w.c1
		want := asked
		if app.ID == m1 {
			c, want = w.own("T1", m1), w.clock.Now()
		}
		got, err := w.as.Client(w.Context(), w.tenant["T1"], c.ID)
		if err != nil || !got.Steps.AuthorizeLast.Equal(want) {
			w.Errorf("%s: %v, %v, want %v", got.Name, got.Steps.AuthorizeLast, err, want)
		}
	}
}

// pageTicked: of a dynamic client looking is ticked at first, later what was picked last, with what is asked for by name.
func pageTicked(w *world) {
	c, err := w.as.SetClientReach(w.Context(), w.super(), w.c1.ID, w.c1.Version, true, false)
	must(w.T, err)
	ticked := func(query string, want access.Set) oauth.Page {
		w.Helper()
		page, err := w.show("A", query)
		must(w.T, err)
		if diff := cmp.Diff(want.Normal(), page.Picked.Normal()); diff != "" {
			w.Errorf("%s (-want +got):\n%s", query, diff)
		}
		return page
	}
	page := ticked(w.query(c), w.full().Without(access.AllActions&^access.View))
	if page.Last != nil {
		w.Errorf("last %+v", page.Last)
	}
	ticked(w.query(c, "scope=companies:view"), viewing("Company"))
	v := w.visitor("A")
	to, err := w.as.Approve(w.Context(), page.Pending, page.FormToken, viewing("Task"), v)
	must(w.T, err)
	w.ok(w.exchange(c, codeIn(to)))
	page = ticked(w.query(c), viewing("Task"))
	if page.Last == nil || page.Last.Living != 1 || page.Last.Scopes != "inclusive" || !page.Last.At.Equal(w.clock.Now()) {
		w.Errorf("last %+v", page.Last)
	}
	both := viewing("Company")
	both["Task"] = viewing("Task")["Task"]
	ticked(w.query(c, "scope=companies:view inclusive"), both)
	if page, err := w.show("A", w.query(w.k1)); err != nil || page.Picked != nil || page.Last != nil {
		w.Errorf("a client with a set of its own: %+v, %v", page.Picked, err)
	}
}

// pageAnswered: only who saw the page last answers it, with its form, and once.
func pageAnswered(w *world) {
	c := w.published()
	for what, change := range map[string]func(*oauth.Visitor){
		"session": func(v *oauth.Visitor) { v.Session.ID = "another" },
		"account": func(v *oauth.Visitor) { v.Session.Account.ID = "another" },
		"tenant":  func(v *oauth.Visitor) { v.Principal.Tenant = w.tenant["T2"] },
		"person":  func(v *oauth.Visitor) { v.Principal.Person = "another" },
		"nothing": func(*oauth.Visitor) {},
	} {
		v := w.visitor("A")
		begun, err := w.begin(v, w.query(c))
		must(w.T, err)
		page, err := w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		other := v
		change(&other)
		must(w.T, second(w.as.Show(w.Context(), begun.Pending, other)))
		another, err := w.show("A", w.query(c))
		must(w.T, err)
		for _, form := range []string{"", page.FormToken + "x", another.FormToken, page.FormToken} {
			_, err = w.as.Approve(w.Context(), begun.Pending, form, nil, v)
			if what == "nothing" && form == page.FormToken {
				must(w.T, err)
				continue
			}
			w.page(oauth.PagePersonChanged, err)
		}
		if what == "nothing" {
			w.page(oauth.PageAnswered, second(w.as.Approve(w.Context(), begun.Pending, page.FormToken, nil, v)))
			w.page(oauth.PageAnswered, second(w.as.Show(w.Context(), begun.Pending, v)))
		}
	}
}

// pageExpires: a request is good for ten minutes, in its browser.
func pageExpires(w *world) {
	v := w.visitor("A")
	show := w.shows("A", w.query(w.c1))
	w.clock.Add(10*time.Minute - time.Millisecond)
	must(w.T, show())
	w.clock.Add(time.Millisecond)
	w.page(oauth.PageExpired, show())
	w.page(oauth.PageExpired, second(w.as.Show(w.Context(), "au_nothing", v)))
	begun, err := w.begin(v, w.query(w.c1, "prompt=login"))
	if err != nil || !begun.SignIn {
		w.Errorf("%+v, %v", begun, err)
	}
	w.clock.Add(time.Minute)
	if err := second(w.as.Show(w.Context(), begun.Pending, v)); !errors.Is(err, oauth.ErrSignIn) {
		w.Errorf("without a new sign-in: %v", err)
	}
	w.signIn("A")
	must(w.T, second(w.as.Show(w.Context(), begun.Pending, w.visitor("A"))))
	v.Session = identity.Session{}
	if err := second(w.as.Show(w.Context(), begun.Pending, v)); !errors.Is(err, oauth.ErrSignIn) {
		w.Errorf("signed out: %v", err)
	}
}

// pageShows: who is asked by whom, for what, and where the answer goes.
func pageShows(w *world) {
	page, err := w.show("A", w.query(w.c1))
	if err != nil || page.RedirectHost != "c1.test" || page.Loopback || page.PersonName != "A Person" || page.Email != w.acct["A"].Email || page.Tenant.Name != "T1" ||
		len(page.ClientSet) != len(w.reg.Models()) || len(page.Named) != 0 || page.Narrow || len(page.Lanes) != 1 || len(page.Unconnected) != 0 || !page.EndsAt.Equal(w.clock.Now().Add(365*24*time.Hour)) {
		w.Errorf("%+v, %v", page, err)
	}
	page, err = w.show("A", w.query(w.c1, "redirect_uri=http://localhost:5/cb", "scope=companies:view"))
	if err != nil || page.RedirectHost != "localhost:5" || !page.Loopback || len(page.Named) != 1 || !page.Narrow || len(page.Overlap) != 1 {
		w.Errorf("%+v, %v", page, err)
	}
	must(w.T, w.ids.GiveRole(w.Context(), w.operator("T1"), w.tenant["T1"], w.user["V"], w.find(identity.Developer).ID))
	dev := w.find(identity.Developer)
	dev.Switches &^= access.SwitchConnect
	dev.Set[access.OAuthClient] = access.FullModel
	csm := w.find(identity.CSM)
	csm.Set[access.OAuthClient] = access.FullModel
	_, err = w.ids.SaveRole(w.Context(), w.operator("T1"), csm)
	must(w.T, err)
	_, err = w.ids.SaveRole(w.Context(), w.operator("T1"), dev)
	must(w.T, err)
	page, err = w.show("V", w.query(w.c1))
	if err != nil || page.MayNotConnect || len(page.Lanes) != 1 || len(page.Unconnected) != 1 || page.Unconnected[0].Role != identity.Developer {
		w.Errorf("%+v, %v", page.Unconnected, err)
	}
	for _, set := range []access.Set{page.RoleAllows, page.Unconnected[0].Set, page.Lanes[0].Set} {
		for name := range set {
			if _, there := w.reg.Model(name); !there {
				w.Errorf("%s is offered to apps", name)
			}
		}
	}
	v := w.visitor("A")
	v.Principal.Sides = nil
	begun, err := w.begin(v, w.query(w.c1))
	must(w.T, err)
	if page, err = w.as.Show(w.Context(), begun.Pending, v); err != nil || !page.NoOverlap || len(page.Lanes) != 0 {
		w.Errorf("without roles: %+v, %v", page, err)
	}
}

// pageOutsiders: nobody authorizes a client of a tenant that they are not in, or one that is shut out, or while looking on.
func pageOutsiders(w *world) {
	w.page(oauth.PageNotMember, w.shows("B", w.query(w.c1))())
	v := w.visitor("A")
	v.Principal.Tenant, v.Session.Tenants = "", nil
	begun, err := w.begin(v, w.query(w.c1))
	must(w.T, err)
	w.page(oauth.PageNotMember, second(w.as.Show(w.Context(), begun.Pending, v)))
	c := w.published()
	must(w.T, w.shows("B", w.query(c))())
	w.page(oauth.PageNotMember, second(w.as.Show(w.Context(), begun.Pending, v)))
	must(w.T, w.as.ShutOut(w.Context(), w.visitor("B").Principal, c.ID, true))
	w.page(oauth.PageShutOut, w.shows("B", w.query(c))())
	must(w.T, w.shows("A", w.query(c))())
	v = w.visitor("A")
	v.Principal = v.Principal.SeenBy(v.Principal)
	if err := second(w.as.Show(w.Context(), begun.Pending, v)); err == nil {
		w.Error("somebody who looks on is shown the page")
	}
}

// answeredMeanwhile is a store in which somebody else answers a moment earlier.
type answeredMeanwhile struct{ oauth.Store }

func (answeredMeanwhile) AnswerPending(context.Context, string, time.Time) (bool, error) {
	return false, nil
}

// pageChanged: an app that was changed, switched off or deleted while the page was open is not authorized, and two answers are one.
func pageChanged(w *world) {
	v, page := w.shown()
	as := w.remake(answeredMeanwhile{w.store})
	w.page(oauth.PageAnswered, second(as.Approve(w.Context(), page.Pending, page.FormToken, nil, v)))
	w.page(oauth.PageAnswered, second(as.Deny(w.Context(), page.Pending, page.FormToken, v)))
	for _, change := range []func(*oauth.ClientInput){
		func(in *oauth.ClientInput) { in.Enabled = false }, func(in *oauth.ClientInput) { in.RedirectURIs = []string{"https://c1.test/other"} },
	} {
		c := w.client1()
		in := oauth.ClientInput{Name: "C1", RedirectURIs: w.c1.RedirectURIs, Set: w.full(), Enabled: true}
		c, err := w.as.UpdateClient(w.Context(), w.operator("T1"), c.ID, c.Version, in)
		must(w.T, err)
		show := w.shows("A", w.query(w.c1))
		change(&in)
		_, err = w.as.UpdateClient(w.Context(), w.operator("T1"), c.ID, c.Version, in)
		must(w.T, err)
		w.page(oauth.PageClientChanged, show())
	}
	show := w.shows("A", w.query(w.k1))
	must(w.T, w.as.DeleteClient(w.Context(), w.operator("T1"), w.k1.ID))
	w.page(oauth.PageExpired, show()) // its requests went with it
}
