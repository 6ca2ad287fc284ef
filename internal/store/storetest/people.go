package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
)

// testPeopleVersion: every change of a person, of a membership, of a role and of who has one moves the version of the tenant's people with it, never
// back; what changes none of these leaves it where it is; what is taken back takes it back; another tenant's is its own.
func testPeopleVersion(t *testing.T, open Open) {
	reg, err := catalog.Registry()
	must(t, err)
	s, ctx := open(t, reg, counter()), context.Background()
	now := at("2026-11-23T09:30:00Z")
	for _, tenant := range []string{here, there} {
		must(t, s.CreateTenant(ctx, tenant, "Tenant "+tenant, tenant))
		for n, role := range []string{"r1", "r2"} {
			must(t, s.InsertRole(ctx, tenant, identity.RoleRecord{ID: role, Name: role, Portfolio: access.MyPortfolio, Set: "{}", Version: 1}, now))
			standingPerson(t, s, reg, tenant, n, []string{"r1"})
		}
	}
	version := func(tenant string) int64 {
		m, err := s.MemberByUser(ctx, tenant, id(0))
		must(t, err)
		return m.PeopleVersion
	}
	users, _ := reg.Model("User")
	set := func(property string, value any) func(context.Context) error {
		p, _ := users.Property(property)
		return func(ctx context.Context) error {
			return s.Update(ctx, here, users, id(0), map[*model.Property]any{p: value})
		}
	}
	role := identity.RoleRecord{ID: "r2", Name: "Another", Portfolio: access.FullAccess, Set: "{}", Version: 2}
	for _, c := range []struct {
		name  string
		moves bool
		do    func(ctx context.Context) error
	}{
		{"first name", true, set("firstName", "Q")},
		{"last name", true, set("lastName", "R")},
		{"inactive", true, set("inactive", true)},
		{"teams", true, set("teams", []string{id(7)})},
		{"another property", false, set("email", "q@here.test")},
		{"a role", true, func(ctx context.Context) error { return s.UpdateRole(ctx, here, role, now) }},
		{"a role from an old version", false, func(ctx context.Context) error {
			if err := s.UpdateRole(ctx, here, role, now); !fault.Is(err, fault.Conflict) {
				return fmt.Errorf("got %w", err)
			}
			return nil
		}},
		{"a role that nobody has", false, func(ctx context.Context) error {
			return s.InsertRole(ctx, here, identity.RoleRecord{ID: "r3", Name: "r3", Portfolio: access.MyPortfolio, Set: "{}", Version: 1}, now)
		}},
		{"roles of a person", true, func(ctx context.Context) error { return s.SetMemberRoles(ctx, here, id(0), []string{"r2"}) }},
		{"a role's end", true, func(ctx context.Context) error { return s.DeleteRole(ctx, here, "r2") }},
		{"a membership's end", true, func(ctx context.Context) error { return s.DeleteMember(ctx, here, id(1)) }},
		{"a membership", true, func(ctx context.Context) error { return s.InsertMember(ctx, here, id(1), here+"1", now) }},
		{"a User record's end", true, func(ctx context.Context) error { return s.Delete(ctx, here, users, id(1)) }},
		{"a User record", true, func(ctx context.Context) error {
			return s.Insert(ctx, here, users, id(1), userValues(reg, "again@here.test", "Q", now))
		}},
	} {
		before, foreign := version(here), version(there)
		undone := errors.New("undone")
		if err := s.InTx(ctx, func(ctx context.Context) error {
			if err := c.do(ctx); err != nil {
				return err
			}
			return undone
		}); !errors.Is(err, undone) {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := version(here); got != before {
			t.Errorf("%s: what was taken back moved the version from %d to %d", c.name, before, got)
		}
		must(t, c.do(ctx))
		if got := version(here); c.moves && got <= before || !c.moves && got != before {
			t.Errorf("%s: from %d to %d", c.name, before, got)
		}
		if got := version(there); got != foreign {
			t.Errorf("%s moves the other tenant's version", c.name)
		}
	}
	// A backup of an earlier hour must not come to the same numbers again.
	if got := version(here); time.UnixMilli(got).Before(time.Now().Add(-time.Hour)) {
		t.Errorf("the version %d does not keep up with the clock", got)
	}
}

// userValues is a User record.
func userValues(reg *model.Registry, email, last string, now time.Time) map[*model.Property]any {
	users, _ := reg.Model("User")
	values := map[*model.Property]any{}
	for name, value := range map[string]any{"email": email, "firstName": "P", "lastName": last, "createdAt": now, "updatedAt": now} {
		p, _ := users.Property(name)
		values[p] = value
	}
	return values
}

// testBearer: what the check of an access token reads is what the whole standing says, less the person; anything missing is no token.
func testBearer(t *testing.T, open Open) {
	reg, err := catalog.Registry()
	must(t, err)
	s, ctx := open(t, reg, counter()), context.Background()
	now := at("2026-11-23T09:30:00Z")
	must(t, s.CreateTenant(ctx, here, "Tenant", here))
	must(t, s.InsertRole(ctx, here, identity.RoleRecord{ID: "r1", Name: "r1", Portfolio: access.MyPortfolio, Set: "{}", Version: 1}, now))
	standingPerson(t, s, reg, here, 0, []string{"r1"})
	client := oauth.ClientRecord{Client: oauth.Client{ID: "pk_1", Tenant: here, Name: "C", Kind: oauth.Public, Enabled: true, Version: 1}, SetText: `{"c":1}`}
	must(t, s.InsertClient(ctx, client))
	give := func(n int, change func(*oauth.AuthorizationRecord)) string {
		a := oauth.AuthorizationRecord{
			ID: id(0xa000 + n), Tenant: here, Person: id(0), Account: here + "0", AccountEpoch: 1, Client: "pk_1", Resource: "r", Scope: "inclusive",
			SetText: `{"a":1}`, Family: fmt.Sprint("family ", n), CreatedAt: now, IdleUntil: now.Add(time.Hour), ExpiresAt: now.Add(2 * time.Hour),
		}
		change(&a)
		must(t, s.InsertAuthorization(ctx, a, oauth.Tokens{Access: []oauth.AccessToken{lasting("1", now, time.Minute), lasting("2", now, 0)}, Refresh: "r1", Spent: "r0", Sealed: "x"}))
		return a.Family
	}
	check := func(what, family string) {
		t.Helper()
		got, err := s.BearerByFamily(ctx, family)
		must(t, err)
		want, err := s.StandingByFamily(ctx, family)
		must(t, err)
		if diff := cmp.Diff(bearerOf(want), got); diff != "" {
			t.Errorf("%s (-whole +bearer):\n%s", what, diff)
		}
	}
	first := give(1, func(*oauth.AuthorizationRecord) {})
	check("at first", first)
	client.Dynamic, client.Published, client.Enabled, client.Version = true, true, false, 2
	must(t, s.UpdateClient(ctx, client))
	must(t, s.SetAccountDisabled(ctx, here+"0", true))
	must(t, s.NoteUses(ctx, []identity.Use{{ID: id(0xa001), Owner: "pk_1", At: now.Add(time.Second)}}))
	if _, err := s.EndAuthorizations(ctx, oauth.Which{ID: id(0xa001)}, "test", now); err != nil {
		t.Fatal(err)
	}
	check("after every change", first)
	must(t, s.CreateTenant(ctx, there, "Another", there))
	foreign := oauth.ClientRecord{Client: oauth.Client{ID: "pk_2", Tenant: there, Name: "F", Kind: oauth.Public, Published: true, Enabled: true, Version: 1}, SetText: "{}"}
	must(t, s.InsertClient(ctx, foreign))
	through := give(5, func(a *oauth.AuthorizationRecord) { a.Client = "pk_2" })
	check("through another tenant's client", through)
	for what, change := range map[string]func() (bool, error){
		"shut out": func() (bool, error) {
			return s.SetShutOut(ctx, oauth.ShutOut{Tenant: here, Client: "pk_2", At: now}, true)
		},
		"its tenant suspended": func() (bool, error) { return s.SuspendTenant(ctx, there, true) },
		"the tenant suspended": func() (bool, error) { return s.SuspendTenant(ctx, here, true) },
	} {
		if changed, err := change(); err != nil || !changed {
			t.Fatalf("%s: %v, %v", what, changed, err)
		}
		check(what, through)
		check(what, first)
	}
	if st, err := s.BearerByFamily(ctx, through); err != nil || !st.ShutOut || !st.Client.Suspended || st.Member.TenantActive {
		t.Errorf("in the end %+v, %v", st, err)
	}
	for what, family := range map[string]string{
		"unknown":    "family",
		"no client":  give(2, func(a *oauth.AuthorizationRecord) { a.Client = "pk_gone" }),
		"no account": give(3, func(a *oauth.AuthorizationRecord) { a.Account = "gone" }),
		"no tenant":  give(4, func(a *oauth.AuthorizationRecord) { a.Tenant = "gone" }),
	} {
		if _, err := s.BearerByFamily(ctx, family); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// bearerOf leaves of a whole standing what BearerByFamily promises.
func bearerOf(st oauth.Standing) oauth.Standing {
	z, c, m := st.Authorization, st.Client, st.Member
	return oauth.Standing{
		ShutOut: st.ShutOut,
		Tokens:  oauth.Tokens{Access: st.Tokens.Access},
		Authorization: oauth.AuthorizationRecord{
			ID: z.ID, Tenant: z.Tenant, Person: z.Person, Account: z.Account, AccountEpoch: z.AccountEpoch, Client: z.Client, Resource: z.Resource,
			Family: z.Family, SetText: z.SetText, UsedAt: z.UsedAt, IdleUntil: z.IdleUntil, ExpiresAt: z.ExpiresAt, EndedAt: z.EndedAt,
		},
		Client: oauth.ClientRecord{SetText: c.SetText, Client: oauth.Client{
			ID: c.ID, Tenant: c.Tenant, Name: c.Name, Dynamic: c.Dynamic, Published: c.Published, Enabled: c.Enabled, Suspended: c.Suspended,
		}},
		Member: identity.Membership{
			Tenant: m.Tenant, TenantName: m.TenantName, TenantActive: m.TenantActive, RegistryVersion: m.RegistryVersion, PeopleVersion: m.PeopleVersion,
			Account: identity.Account{ID: m.Account.ID, Email: m.Account.Email, Disabled: m.Account.Disabled, Epoch: m.Account.Epoch},
		},
	}
}
