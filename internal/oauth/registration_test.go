package oauth_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/store/sqlstore"
)

// TestRegistration covers what the matrix has no row for: whom the rules let in, and that tenants decide for themselves.
func TestRegistration(t *testing.T) {
	onStores(t, func(t *testing.T, st *sqlstore.Store, _ string) {
		for name, run := range map[string]func(*world){
			"off": registrationOff, "asks first": asksFirst, "two tenants": twoTenants, "stolen": stolen, "ceiling": ceiling, "rules": ruleChanges, "full": tooMany,
			"deleted": deletedApp, "who may": whoMay, "forgotten": forgottenApps,
		} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, st, withSite)
				w.first()
				run(w)
			})
		}
	})
}

// TestAllowedAtFirst: documents may be, registration may not.
func TestAllowedAtFirst(t *testing.T) {
	w := newWorld(t, openStore(t, "sqlite"), withSite)
	if a, err := w.as.Allowed(t.Context()); err != nil || !a.Documents || a.Registration {
		t.Errorf("%+v, %v", a, err)
	}
}

// principal is who a token is.
func (w *world) principal(token string) access.Principal {
	w.Helper()
	p, err := w.as.Authenticate(w.Context(), token, oauth.MCP, access.SurfaceMCP)
	must(w.T, err)
	return p
}

// ruleChanges: what nobody decided about follows the rules, what an administrator approved does not.
func ruleChanges(w *world) {
	first, err := w.as.Policy(w.Context(), w.tenant["T1"])
	must(w.T, err)
	if first.Documents != oauth.RuleListed || first.Registered != oauth.RuleOff || !slices.Contains(first.Hosts, "claude.ai") || first.Version != 0 {
		w.Errorf("the first rules: %+v", first)
	}
	for name, p := range first.Set {
		if p.Actions != access.View {
			w.Errorf("at first an app may %s %s", p.Actions, name)
		}
	}
	w.admission("A", w.query(appM1), oauth.NotLetIn)
	w.rules("T1", func(p *oauth.Policy) { p.Documents = oauth.RuleAsk })
	w.admission("A", w.query(appM1), oauth.AwaitsChoice)
	w.rules("T1", func(p *oauth.Policy) { p.Hosts = append(p.Hosts, "m1.test") })
	got := w.exchange(appM1, w.code(appM1))
	w.ok(got)
	w.rules("T1", func(p *oauth.Policy) { p.Hosts = nil })
	if c := w.own("T1", m1); c.Approval != oauth.Waiting || c.Enabled || w.works(got.str("access_token")) {
		w.Errorf("a host that was taken out is let in: %+v", c)
	}
	c := w.own("T1", m1)
	_, err = w.as.DecideClient(w.Context(), w.operator("T1"), c.ID, c.Version, true)
	must(w.T, err)
	w.rules("T1", func(p *oauth.Policy) { p.Documents = oauth.RuleOff })
	w.ok(w.exchange(appM1, w.code(appM1)))
	if _, err := w.as.SetPolicy(w.Context(), w.operator("T1"), first); !fault.Is(err, fault.Conflict) {
		w.Errorf("rules saved over newer ones: %v", err)
	}
	for _, bad := range []func(*oauth.Policy){
		func(p *oauth.Policy) { p.Documents = oauth.RuleAtOnce }, func(p *oauth.Policy) { p.Registered = oauth.RuleListed }, func(p *oauth.Policy) { p.Documents = "" },
		func(p *oauth.Policy) { p.Hosts = []string{"*.test"} }, func(p *oauth.Policy) { p.Hosts = []string{"https://m1.test"} }, func(p *oauth.Policy) { p.Hosts = []string{"m1"} },
		func(p *oauth.Policy) { p.Hosts = []string{"127.0.0.1"} }, func(p *oauth.Policy) { p.Hosts = make([]string, 101) },
	} {
		p, err := w.as.Policy(w.Context(), w.tenant["T1"])
		must(w.T, err)
		bad(&p)
		if _, err := w.as.SetPolicy(w.Context(), w.operator("T1"), p); !fault.Is(err, fault.Invalid) {
			w.Errorf("%+v: %v", p, err)
		}
	}
	if w.audited("client.policy") != 4 {
		w.Errorf("%d changes of the rules in the log", w.audited("client.policy"))
	}
}

// tooMany: a tenant keeps so many apps that nobody decided about, and no more.
func tooMany(w *world) {
	w.rules("T1", func(p *oauth.Policy) { p.Documents = oauth.RuleAsk })
	for n := range 200 {
		rec := oauth.ClientRecord{SetText: "{}", Client: oauth.Client{ID: "pk_full" + newID(), Tenant: w.tenant["T1"], Name: "x", Kind: oauth.Public, Version: 1, UpdatedAt: w.clock.Now(),
			Origin: oauth.Document, AppID: fmt.Sprint("https://x.test/", n), Approval: oauth.Waiting}}
		must(w.T, w.store.InsertClient(w.Context(), rec))
	}
	w.admission("A", w.query(appM1), oauth.TooManyWait)
	w.clock.Add(8 * 24 * time.Hour)
	must(w.T, w.as.Clean(w.Context()))
	w.token["A"] = ""
	w.admission("A", w.query(appM1), oauth.AwaitsChoice)
}

// deletedApp: deleting forgets the app; it comes again as one that nobody decided about.
func deletedApp(w *world) {
	w.trust()
	got := w.exchange(appM1, w.code(appM1))
	w.ok(got)
	before := w.own("T1", m1)
	must(w.T, w.as.DeleteClient(w.Context(), w.operator("T1"), before.ID))
	if w.works(got.str("access_token")) {
		w.Error("a token of a deleted app works")
	}
	if again := w.refresh(appM1, got.str("refresh_token")); again.Code < 400 {
		w.Errorf("refresh: %s", again.Body)
	}
	w.ok(w.exchange(appM1, w.code(appM1)))
	if after := w.own("T1", m1); after.ID == before.ID || after.Approval != oauth.LetIn {
		w.Errorf("%+v", after)
	}
	c := w.own("T1", m1)
	_, err := w.as.UpdateClient(w.Context(), w.operator("T1"), c.ID, c.Version, oauth.ClientInput{Set: c.Set})
	must(w.T, err)
	w.paged(400, w.query(appM1)) // disabled: switched off, and no other is made in its place
}

// whoMay: the rules of a tenant are for those who may make clients, those of the installation for super admins.
func whoMay(w *world) {
	p, err := w.as.Policy(w.Context(), w.tenant["T1"])
	must(w.T, err)
	if _, err := w.as.SetPolicy(w.Context(), w.visitor("V").Principal, p); !fault.Is(err, fault.Forbidden) {
		w.Errorf("a team member sets rules: %v", err)
	}
	root := w.super()
	must(w.T, w.store.SetAccountSuper(w.Context(), root.Account(), false))
	for _, by := range []identity.Super{{}, root} {
		if err := w.as.SetAllowed(w.Context(), by, oauth.Allowed{Registration: true}); !fault.Is(err, fault.NotFound) {
			w.Errorf("%+v sets what may register: %v", by, err)
		}
	}
	w.allow(true, true)
	log, err := w.store.TenantAudit(w.Context(), "", "installation.", 1)
	if err != nil || len(log) != 1 || log[0].Detail["registration"] != "true" || log[0].Detail["by"] != w.acct["S"].ID {
		w.Errorf("log %+v, %v", log, err)
	}
	w.fetching(nil)
	if a, err := w.as.Allowed(w.Context()); err != nil || a.Documents {
		w.Errorf("without a way to fetch: %+v, %v", a, err)
	}
	w.allow(true, false)
	w.page400(w.query(appM1))
	if _, err := w.as.DecideClient(w.Context(), w.operator("T1"), w.c1.ID, w.c1.Version, true); !fault.Is(err, fault.Invalid) {
		w.Errorf("an administrator's own client was approved: %v", err)
	}
	var page *oauth.PageError
	v := w.visitor("A")
	w.fetching(newSite())
	begun, err := w.begin(v, w.query(appM1))
	must(w.T, err)
	v.Principal.Tenant, v.Principal.Person = "", ""
	if _, err := w.as.Show(w.Context(), begun.Pending, v); !errors.As(err, &page) || page.Status != 403 {
		w.Errorf("somebody in no tenant: %v", err)
	}
}

// forgottenApps: what was let in, never got a token and is not asked for any more goes after a week.
func forgottenApps(w *world) {
	w.trust()
	_, err := w.show("A", w.query(appM1))
	must(w.T, err)
	w.clock.Add(6 * 24 * time.Hour)
	must(w.T, w.as.Clean(w.Context()))
	id := w.own("T1", m1).ID
	w.clock.Add(2 * 24 * time.Hour)
	must(w.T, w.as.Clean(w.Context()))
	if _, err := w.store.ClientByApp(w.Context(), w.tenant["T1"], m1); !fault.Is(err, fault.NotFound) {
		w.Errorf("%s: %v", id, err)
	}
}
