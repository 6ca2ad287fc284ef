package oauth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/oauth"
)

// TestAdmission covers the way of an app that registered itself from the first request to the page: what is checked when, and what is told.
func TestAdmission(t *testing.T) {
	st := openStore(t, "sqlite")
	for name, run := range map[string]func(*world){
		"before a sign-in": admissionBegins, "told why": admissionTold, "allowed no more": admissionEnds, "known": admissionOfKnown,
		"not fetched again": admissionFetches, "another address": admissionMoved, "one more address": admissionAdded, "read elsewhere": admissionElsewhere, "met twice": admissionTwice, "read twice": admissionRenewedTwice,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, st, withSite)
			w.first()
			run(w)
		})
	}
}

// page checks that a person met this problem.
func (w *world) page(code string, err error) {
	w.Helper()
	var page *oauth.PageError
	if !errors.As(err, &page) || page.Code != code {
		w.Errorf("got %v, want the page %q", err, code)
	}
}

// first what is wrong for everybody, and nothing unchecked is kept.
func admissionBegins(w *world) {
	v := w.visitor("A")
	d1 := w.registered(goodRegistration)
	for _, app := range []oauth.Client{appM1, d1, w.c1} {
		for _, c := range []struct {
			change, code string
		}{
			{"redirect_uri=http://m1.test/cb", oauth.PageRedirect}, {"redirect_uri=", oauth.PageRedirect}, {"state=" + strings.Repeat("x", 4097), oauth.PageDamagedLink},
		} {
			_, err := w.begin(v, w.query(app, c.change))
			w.page(c.code, err)
		}
		if _, err := w.begin(v, w.query(app, "state="+strings.Repeat("x", 4096))); err != nil {
			w.Errorf("a long state: %v", err)
		}
		for _, cookie := range []string{"", v.Browser[1:], v.Browser + "x"} {
			other := v
			other.Browser = cookie
			_, err := w.begin(other, w.query(app))
			w.page(oauth.PageCookiesOff, err)
		}
	}
	begun, err := w.begin(v, w.query(appM1, "code_challenge=x\x00"))
	must(w.T, err)
	p, err := w.store.PendingByHash(w.Context(), sum(begun.Pending))
	if err != nil || p.Refusal != "invalid_request" || p.Challenge != "" {
		w.Errorf("kept %+v, %v", p, err)
	}
	if begun, err = w.begin(v, w.query(appM1)); err != nil {
		w.Error(err)
	}
	if p, err = w.store.PendingByHash(w.Context(), sum(begun.Pending)); err != nil || p.Challenge != challenge(verifier) {
		w.Errorf("kept %+v, %v", p, err)
	}
}

// admissionTold: the page says why, of which app, in which tenant, and the log has it too.
func admissionTold(w *world) {
	d1 := w.registered(goodRegistration)
	is := func(app oauth.Client, want oauth.Admission, code, name, host string) {
		w.Helper()
		got := w.admission("A", w.query(app), want)
		p := got.Problem()
		if p.Code != code || !strings.Contains(p.Text, "T1") && strings.Contains(oauth.PageProblemOf(code).Text, "%s") || strings.Contains(p.Text, "%") {
			w.Errorf("the page says %+v", p)
		}
		if got.App != name || got.Host != host || got.Tenant.ID != w.tenant["T1"] || got.Pending == "" || len(got.Tenants) != 1 || !strings.Contains(got.Error(), string(want)) {
			w.Errorf("told %+v: %v", got, got)
		}
	}
	w.rules("T1", func(p *oauth.Policy) { p.Registered = oauth.RuleOff })
	is(appM1, oauth.NotLetIn, oauth.PageAppNotLetIn, "", "m1.test")
	is(d1, oauth.NotLetIn, oauth.PageAppNotLetIn, "", "")
	w.rules("T1", func(p *oauth.Policy) { p.Documents, p.Registered = oauth.RuleAsk, oauth.RuleAsk })
	is(appM1, oauth.AwaitsChoice, oauth.PageAppWaits, "M1", "m1.test")
	is(d1, oauth.AwaitsChoice, oauth.PageAppWaits, "D1", "")
	c := w.own("T1", m1)
	_, err := w.as.DecideClient(w.Context(), w.operator("T1"), c.ID, c.Version, false)
	must(w.T, err)
	is(appM1, oauth.WasRefused, oauth.PageAppRefused, "M1", "m1.test")
}

// admissionEnds: between the request and the page, documents are switched off, and a registration is removed.
func admissionEnds(w *world) {
	w.trust()
	show := w.shows("A", w.query(appM1))
	w.allow(false, true)
	w.page(oauth.PageUnknownClient, show())
	d1 := w.registered(goodRegistration)
	show = w.shows("A", w.query(d1))
	_, err := w.store.TrimRegistrations(w.Context(), 0, w.clock.Now().Add(time.Hour))
	must(w.T, err)
	w.page(oauth.PageClientChanged, show())
	_, err = w.begin(w.visitor("A"), w.query(d1))
	w.page(oauth.PageUnknownClient, err)
}

// admissionOfKnown: an app that the tenant switched off or forgot is not known there any more, and is not met anew by an answer.
func admissionOfKnown(w *world) {
	w.trust()
	v := w.visitor("A")
	page, err := w.show("A", w.query(appM1))
	must(w.T, err)
	c := w.own("T1", m1)
	must(w.T, w.as.DeleteClient(w.Context(), w.operator("T1"), c.ID))
	w.page(oauth.PageUnknownClient, second(w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, v)))
	show := w.shows("A", w.query(appM1))
	must(w.T, show())
	c = w.own("T1", m1)
	_, err = w.as.UpdateClient(w.Context(), w.operator("T1"), c.ID, c.Version, oauth.ClientInput{Set: c.Set})
	must(w.T, err)
	w.page(oauth.PageUnknownClient, show())
}

// admissionFetches: a document that is fresh is not fetched again by another copy of the server, nor by an answer; a registration is read once.
func admissionFetches(w *world) {
	w.trust()
	v := w.visitor("A")
	page, err := w.show("A", w.query(appM1))
	must(w.T, err)
	w.restart()
	must(w.T, w.shows("A", w.query(appM1))())
	w.clock.Add(6 * time.Minute)
	must(w.T, second(w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, v)))
	if n := w.site().fetches(); n != 1 {
		w.Errorf("the document was fetched %d times", n)
	}
	must(w.T, w.shows("A", w.query(appM1))())
	if n := w.site().fetches(); n != 2 {
		w.Errorf("a document that is old was fetched %d times", n)
	}
	d1 := w.registered(goodRegistration)
	must(w.T, w.shows("A", w.query(d1))())
	show := w.shows("A", w.query(d1))
	w.as = w.remake(&forgetful{Store: w.store, registrations: true})
	must(w.T, show())
}

// admissionMoved: an app that says it is answered elsewhere by now is not answered where it was, and its administrators see what was asked.
func admissionMoved(w *world) {
	w.trust()
	w.code(appM1)
	w.clock.Add(6 * time.Minute)
	w.site().set(m1, serving(document(m1, `redirect_uris=["https://m1.test/new"]`)))
	w.page(oauth.PageRedirect, w.shows("A", w.query(appM1))())
	if got := w.own("T1", m1).Problem; got.Code != oauth.ProblemRedirect || got.Detail != m1Answer {
		w.Errorf("problem %+v", got)
	}
	w.code(self(m1, "https://m1.test/new"))
	lines := w.lines("client.document")
	if len(lines) != 1 || lines[0].Detail["redirects_before"] != m1Answer || lines[0].Detail["name_before"] != "M1" {
		w.Errorf("log %+v", lines)
	}
	w.paged(400, w.query(appM1))
	if len(w.lines("client.document")) != 1 {
		w.Error("what did not change is in the log")
	}
}

// admissionAdded: a redirect URL that an app adds to its document works a minute after that was last read, for tenants that know the app and for those that do not.
func admissionAdded(w *world) {
	w.trust()
	w.code(appM1)
	w.site().set(m1, serving(document(m1, `redirect_uris=["https://m1.test/cb","https://m1.test/added"]`)))
	added := self(m1, "https://m1.test/added")
	w.page(oauth.PageRedirect, w.shows("A", w.query(added))())
	if n := w.site().fetches(); n != 1 {
		w.Errorf("%d fetches within a minute", n)
	}
	w.clock.Add(time.Minute)
	w.code(added)
	w.code(appM1)
	if n := w.site().fetches(); n != 2 {
		w.Errorf("%d fetches, want one more", n)
	}
	if lines := w.lines("client.document"); len(lines) != 1 || lines[0].Detail["redirects_before"] != m1Answer {
		w.Errorf("log %+v", lines)
	}
}

// admissionElsewhere: what another copy of the server has read since stays, where this one has only an older document.
func admissionElsewhere(w *world) {
	w.trust()
	w.code(appM1)
	here := w.as
	w.site().set(m1, serving(document(m1, `redirect_uris=["https://m1.test/cb","https://m1.test/added"]`)))
	w.clock.Add(time.Minute)
	w.as = w.remake(w.store)
	w.code(self(m1, "https://m1.test/added"))
	w.site().set(m1, nil)
	w.clock.Add(time.Minute)
	w.as = here
	w.page(oauth.PageRedirect, w.shows("A", w.query(self(m1, "https://m1.test/third")))())
	if got := w.own("T1", m1); len(got.RedirectURIs) != 2 {
		w.Errorf("redirect URLs %v", got.RedirectURIs)
	}
	w.code(self(m1, "https://m1.test/added"))
}

// forgetful finds no client for an app the first time, or an older one, as if somebody else wrote it a moment later.
type forgetful struct {
	oauth.Store
	registrations bool // finds none at all
	before        *oauth.ClientRecord
	asked         int
}

func (f *forgetful) ClientByApp(ctx context.Context, tenant, app string) (oauth.ClientRecord, error) {
	if f.asked++; f.asked > 1 || f.registrations {
		return f.Store.ClientByApp(ctx, tenant, app)
	}
	if f.before != nil {
		return *f.before, nil
	}
	return oauth.ClientRecord{}, fault.New(fault.NotFound, "Not yet.")
}

func (f *forgetful) RegistrationByID(ctx context.Context, id string) (oauth.App, error) {
	if f.registrations {
		return oauth.App{}, errors.New("a registration was read")
	}
	return f.Store.RegistrationByID(ctx, id)
}

// admissionTwice: two people open a new app in the same moment, and one client is made.
func admissionTwice(w *world) {
	w.trust()
	w.code(appM1)
	c := w.own("T1", m1)
	show := w.shows("V", w.query(appM1))
	w.as = w.remake(&forgetful{Store: w.store})
	must(w.T, show())
	if got := w.own("T1", m1); got.ID != c.ID || w.audited("client.register") != 1 {
		w.Errorf("%+v", got)
	}
}

// admissionRenewedTwice: two people have a changed document read in the same moment, and it is kept once.
func admissionRenewedTwice(w *world) {
	w.trust()
	w.code(appM1)
	before, err := w.store.ClientByApp(w.Context(), w.tenant["T1"], m1)
	must(w.T, err)
	w.clock.Add(6 * time.Minute)
	w.site().set(m1, serving(document(m1, `client_name="M2"`)))
	w.code(appM1)
	after := w.own("T1", m1)
	show := w.shows("V", w.query(appM1))
	w.as = w.remake(&forgetful{Store: w.store, before: &before})
	must(w.T, show())
	if got := w.own("T1", m1); got.Name != "M2" || got.Version != after.Version || w.audited("client.document") != 1 {
		w.Errorf("%+v", got)
	}
}
