package console_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/console"
	"mandorla/internal/demo"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/privateapp"
	"mandorla/internal/testkit"
)

var second = console.NewTenant{Name: "Second Inc", Email: " Tess@Second.example", First: "Tess", Last: "Okafor", Password: "another long sentence of words"}

// Nothing of the console is there for nobody, and for a super admin who is it no more.
func TestOnlySuperAdmins(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ctx, was := t.Context(), s.Super(t)
	other, err := s.Identity.CreateAccount(ctx, identity.NewAccount{Email: "other@operator.example", Password: "operates it as well, now and then"})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Identity.AppointSuper(ctx, other.ID, true), s.Identity.AppointSuper(ctx, was.Account(), false)); err != nil {
		t.Fatal(err)
	}
	for who, by := range map[string]identity.Super{"nobody": {}, "one who was": was} {
		_, tenants := s.Console.Tenants(ctx, by)
		_, tenant := s.Console.Tenant(ctx, by, s.Tenant)
		_, clients := s.Console.Clients(ctx, by, s.Tenant)
		_, create := s.Console.Create(ctx, by, second)
		_, invited := s.Console.Invited(ctx, by, console.Tenant{ID: s.Tenant})
		_, reinvite := s.Console.Reinvite(ctx, by, s.Tenant, "x")
		_, log := s.Console.Log(ctx, by, "", "", 10)
		for act, err := range map[string]error{
			"tenants": tenants, "tenant": tenant, "clients": clients, "create": create, "log": log, "invited": invited, "reinvite": reinvite, "rename": s.Console.Rename(ctx, by, s.Tenant, "X"),
			"suspend": s.Console.Suspend(ctx, by, s.Tenant, true), "make super": s.Console.MakeSuper(ctx, by, demo.Carly.Email),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %s: %v", who, act, err)
			}
		}
	}
	list, err := s.Store.Tenants(ctx)
	if err != nil || len(list) != 1 || list[0].Name != demo.TenantName || list[0].Status != "active" {
		t.Errorf("%+v, %v", list, err)
	}
}

// A tenant is made with its administrator whole, or not at all, on both engines.
func TestCreate(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		ctx, by := t.Context(), s.Super(t)
		for _, c := range []struct {
			field  string
			change func(*console.NewTenant)
		}{
			{"name", func(n *console.NewTenant) { n.Name = " " }},
			{"name", func(n *console.NewTenant) { n.Name = strings.Repeat("x", 81) }},
			{"name", func(n *console.NewTenant) { n.Name = strings.ToUpper(demo.TenantName) }},
			{"email", func(n *console.NewTenant) { n.Email = "nobody" }},
			{"first", func(n *console.NewTenant) { n.First = "" }},
			{"last", func(n *console.NewTenant) { n.Last = "" }},
			{"password", func(n *console.NewTenant) { n.Password = "" }},
			{"password", func(n *console.NewTenant) { n.Password = "short" }},
		} {
			in := second
			c.change(&in)
			_, err := s.Console.Create(ctx, by, in)
			if _, fields := fault.Safe(err); !fault.Is(err, fault.Invalid) || len(fields) != 1 || fields[0].Path != c.field {
				t.Errorf("%s: %v", c.field, err)
			}
		}
		if list, err := s.Console.Tenants(ctx, by); err != nil || len(list) != 1 {
			t.Fatalf("half a tenant: %+v, %v", list, err)
		}
		if _, err := s.Identity.AccountByEmail(ctx, "tess@second.example"); !fault.Is(err, fault.NotFound) {
			t.Errorf("half an account: %v", err)
		}
		made, err := s.Console.Create(ctx, by, second)
		if err != nil {
			t.Fatal(err)
		}
		id := made.ID
		got, err := s.Console.Tenant(ctx, by, id)
		if err != nil || got.Slug != "second-inc" || got.People != 1 || got.Suspended {
			t.Errorf("%+v, %v", got, err)
		}
		p, err := s.CommandPrincipal(ctx, id, "tess@second.example")
		if err != nil || !p.Admin || !p.Can("Company", access.Remove) {
			t.Errorf("the administrator: %+v, %v", p, err)
		}
		// Somebody with an account keeps it; a name without letters of the Latin alphabet has a short name all the same.
		third, err := s.Console.Create(ctx, by, console.NewTenant{Name: "株式会社", Email: demo.Carly.Email, First: "Carly", Last: "Hart"})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Console.Tenant(ctx, by, third.ID); err != nil || !strings.HasPrefix(got.Slug, "tenant-") {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := s.Identity.SignIn(ctx, demo.Carly.Email, demo.Carly.Password, identity.From{}); err != nil {
			t.Errorf("the account's own password: %v", err)
		}
		log, err := s.Console.Log(ctx, by, "tenant.", "", 10)
		if err != nil || len(log) != 2 || log[1].Detail["administrator"] != "tess@second.example" || log[1].PersonName != testkit.SuperLogin.Email {
			t.Errorf("%+v, %v", log, err)
		}
	})
}

// Row 215: a suspended tenant's sessions, tokens and programs stop at once, and go on when it is resumed, on both engines.
func TestSuspend(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		ctx, by := t.Context(), s.Super(t)
		token := s.Connect(t, demo.Carly).Access
		app, err := s.Apps.Create(ctx, s.Admin, privateapp.Input{Name: "Program", Set: access.Of(s.Schema.Base(), access.View)})
		if err != nil {
			t.Fatal(err)
		}
		_, pat, err := s.Apps.NewToken(ctx, s.Admin, app.ID, "Nightly", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		session, err := s.Identity.SignIn(ctx, demo.Carly.Email, demo.Carly.Password, identity.From{})
		if err != nil {
			t.Fatal(err)
		}
		works := func(want bool) {
			t.Helper()
			status := http.StatusUnauthorized
			if want {
				status = http.StatusOK
			}
			for name, bearer := range map[string]string{"a person's token": token, "a program's": pat} {
				if got, _, _ := s.Call(t, bearer, "who_am_i", nil); got != status {
					t.Errorf("%s: %d, want %d", name, got, status)
				}
			}
			at, p, err := s.Identity.Session(ctx, session, "")
			if err != nil || (p.Tenant != "") != want || (len(at.Suspended) == 0) != want {
				t.Errorf("session: %+v, %q, %v", at, p.Tenant, err)
			}
			if _, _, err := s.Identity.Session(ctx, session, s.Tenant); (err == nil) != want {
				t.Errorf("choosing the tenant: %v", err)
			}
		}
		works(true)
		for range 2 { // the second time changes nothing
			if err := s.Console.Suspend(ctx, by, s.Tenant, true); err != nil {
				t.Fatal(err)
			}
		}
		works(false)
		if err := s.Console.Rename(ctx, by, s.Tenant, "Renamed"); err != nil {
			t.Fatal(err)
		}
		if err := s.Console.Suspend(ctx, by, s.Tenant, false); err != nil {
			t.Fatal(err)
		}
		works(true)
		if err := s.Console.Suspend(ctx, by, strings.Repeat("0", 24), true); !fault.Is(err, fault.NotFound) {
			t.Errorf("no tenant: %v", err)
		}
		for _, tenant := range []string{"", s.Tenant} {
			log, err := s.Store.AuditPage(ctx, tenant, "tenant.", "", 10)
			if err != nil || len(log) != 3 || log[0].Act != "tenant.resume" || log[1].Act != "tenant.rename" || log[2].Act != "tenant.suspend" {
				t.Errorf("log of %q: %+v, %v", tenant, log, err)
			}
		}
	})
}
