package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mandorla/internal/audit"
	"mandorla/internal/catalog"
	"mandorla/internal/console"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
)

// testConsole covers what super admins see and change: tenants with their figures, clients that reach other tenants, the log in pages.
func testConsole(t *testing.T, open Open) {
	reg, err := catalog.Registry()
	must(t, err)
	s, ctx, now := open(t, reg, counter()), context.Background(), at("2026-11-23T09:30:00Z")
	for _, tenant := range []string{here, there} {
		must(t, s.CreateTenant(ctx, tenant, "Tenant "+tenant, tenant))
		standingPerson(t, s, reg, tenant, 0, nil)
		standingPerson(t, s, reg, tenant, 1, nil)
		must(t, s.InsertClient(ctx, oauth.ClientRecord{Client: oauth.Client{
			ID: "pk_" + tenant, Tenant: tenant, Name: "Client " + tenant, Kind: oauth.Public, Enabled: true, Published: tenant == here, Version: 1,
		}, SetText: `{"Company":{}}`}))
	}
	n := 0
	give := func(tenant, client string, person int, connected bool, ends time.Time) {
		n++
		a := oauth.AuthorizationRecord{
			ID: id(0xb000 + n), Tenant: tenant, Person: id(person), Account: tenant + "0", Client: client, Resource: "r", Scope: "inclusive", SetText: "{}",
			Family: fmt.Sprint("family ", n), RedirectHost: "claude.ai", CreatedAt: now, IdleUntil: ends, ExpiresAt: ends,
		}
		if connected {
			a.ConnectedAt = now
		}
		must(t, s.InsertAuthorization(ctx, a, oauth.Tokens{}))
	}
	later := now.Add(time.Hour)
	give(here, "pk_"+here, 0, true, later)
	give(here, "pk_"+here, 0, true, later)
	give(here, "pk_"+here, 1, true, now) // over
	give(there, "pk_"+here, 0, true, later)
	give(there, "pk_"+here, 1, true, later)
	give(there, "pk_"+here, 1, false, later) // waits for its code

	figures := []console.Tenant{
		{ID: here, Name: "Tenant " + here, Slug: here, People: 2, Clients: 1, Connections: 2},
		{ID: there, Name: "Tenant " + there, Slug: there, People: 2, Clients: 1, Connections: 2},
	}
	same := func(name string, want, got any, err error) {
		t.Helper()
		must(t, err)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(console.Tenant{}, "CreatedAt"), cmpopts.IgnoreFields(audit.Entry{}, "ID", "At"), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	got, err := s.TenantFigures(ctx, "", now)
	same("all tenants", figures, got, err)
	got, err = s.TenantFigures(ctx, there, now)
	same("one tenant", figures[1:], got, err)
	got, err = s.TenantFigures(ctx, "nobody", now)
	same("no tenant", []console.Tenant{}, got, err)
	used, err := s.ConnectionsByTenant(ctx, "pk_"+here, now)
	same("connections by tenant", []oauth.Elsewhere{
		{Tenant: here, TenantName: "Tenant " + here, People: 1, Connections: 2}, {Tenant: there, TenantName: "Tenant " + there, People: 2, Connections: 2},
	}, used, err)

	foreign := func(tenant string) (out []string) {
		t.Helper()
		list, err := s.ForeignClients(ctx, tenant, now)
		must(t, err)
		for _, f := range list {
			if f.Tenant == tenant || f.TenantName != "Tenant "+f.Tenant || f.Set != nil {
				t.Errorf("foreign client %+v", f)
			}
			out = append(out, f.ID)
		}
		return out
	}
	same("published and used there", []string{"pk_" + here}, foreign(there), nil)
	same("neither published nor used here", []string{}, foreign(here), nil)
	give(here, "pk_"+there, 1, true, later)
	same("used here", []string{"pk_" + there}, foreign(here), nil)

	testShutOut(t, func(yes bool) (bool, error) {
		return s.SetShutOut(ctx, oauth.ShutOut{Tenant: there, Client: "pk_" + here, At: now}, yes)
	}, func() bool {
		t.Helper()
		st, err := s.Standing(ctx, id(0xb004))
		must(t, err)
		own, err := s.Standing(ctx, id(0xb001))
		must(t, err)
		list, err := s.ShutOuts(ctx, there, "")
		must(t, err)
		one, err := s.ShutOuts(ctx, there, "pk_"+here)
		must(t, err)
		none, err := s.ShutOuts(ctx, here, "pk_"+here)
		must(t, err)
		if own.ShutOut || len(none) != 0 || len(list) != len(one) || (len(one) == 1) != st.ShutOut || st.Authorization.RedirectHost != "claude.ai" {
			t.Errorf("%v, %v, %v, %v, %v", own.ShutOut, none, list, one, st.ShutOut)
		}
		return st.ShutOut
	})

	must(t, s.RenameTenant(ctx, here, "Renamed"))
	if err := s.RenameTenant(ctx, "nobody", "x"); !fault.Is(err, fault.NotFound) {
		t.Errorf("rename nobody: %v", err)
	}
	for _, c := range []struct{ suspended, changed bool }{{true, true}, {true, false}, {false, true}, {false, false}, {true, true}} {
		if changed, err := s.SuspendTenant(ctx, here, c.suspended); err != nil || changed != c.changed {
			t.Errorf("suspend %v: %v, %v", c.suspended, changed, err)
		}
	}
	st, err := s.Standing(ctx, id(0xb004))
	must(t, err)
	client, err := s.ClientByID(ctx, "pk_"+here)
	must(t, err)
	if !st.Client.Suspended || !client.Suspended || !st.Member.TenantActive {
		t.Errorf("a suspended tenant's client: %v, %v, %v", st.Client.Suspended, client.Suspended, st.Member.TenantActive)
	}
	got, err = s.TenantFigures(ctx, here, now)
	must(t, err)
	if len(got) != 1 || !got[0].Suspended || got[0].Name != "Renamed" || got[0].Slug != here {
		t.Errorf("%+v", got)
	}
	testAuditPages(t, s.AppendAudit, s.AuditPage, same)
	testSupers(t, s.InsertAccount, s.Supers, s.LockSupers)
}

func testShutOut(t *testing.T, set func(bool) (bool, error), is func() bool) {
	t.Helper()
	for _, c := range []struct{ out, changed bool }{{true, true}, {true, false}, {false, true}, {false, false}, {true, true}} {
		if changed, err := set(c.out); err != nil || changed != c.changed || is() != c.out {
			t.Errorf("shut out %v: %v, %v", c.out, changed, err)
		}
	}
}

func testAuditPages(t *testing.T, add func(context.Context, ...audit.Entry) error, page func(context.Context, string, string, string, int) ([]audit.Entry, error), same func(string, any, any, error)) {
	t.Helper()
	ctx := context.Background()
	must(t, add(ctx, audit.Entry{Act: "tenant.create"}, audit.Entry{Act: "account.super"}, audit.Entry{Act: "tenant.rename"}, audit.Entry{Tenant: here, Act: "tenant.rename"}))
	all, err := page(ctx, "", "", "", 10)
	same("above tenants", []audit.Entry{{Act: "tenant.rename"}, {Act: "account.super"}, {Act: "tenant.create"}}, all, err)
	second, err := page(ctx, "", "", all[0].ID, 1)
	same("second page", all[1:2], second, err)
	only, err := page(ctx, "", "tenant.", "", 10)
	same("of one kind", []audit.Entry{{Act: "tenant.rename"}, {Act: "tenant.create"}}, only, err)
}

func testSupers(t *testing.T, add func(context.Context, identity.Account, string) error, list func(context.Context) ([]identity.Account, error), lock func(context.Context) (int, error)) {
	t.Helper()
	ctx := context.Background()
	for _, a := range []identity.Account{{ID: "s2", Email: "b@super.test", Super: true, Disabled: true}, {ID: "s1", Email: "a@super.test", Super: true}, {ID: "s3", Email: "c@super.test"}} {
		must(t, add(ctx, a, "hash"))
	}
	got, err := list(ctx)
	must(t, err)
	n, err := lock(ctx)
	must(t, err)
	if len(got) != 2 || got[0].ID != "s1" || got[1].ID != "s2" || n != 1 {
		t.Errorf("super admins %+v, %d can sign in", got, n)
	}
}
