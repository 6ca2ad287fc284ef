package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/store/sqlstore"
)

// testStandings covers lists of what authorizations depend on: the same as one by one, in pages, and only of those that match.
func testStandings(t *testing.T, open Open) {
	reg, err := catalog.Registry()
	must(t, err)
	s, ctx := open(t, reg, counter()), context.Background()
	now := at("2026-11-23T09:30:00Z")
	for _, tenant := range []string{here, there} {
		must(t, s.CreateTenant(ctx, tenant, "Tenant "+tenant, tenant))
		for _, role := range []string{"r1", "r2"} {
			must(t, s.InsertRole(ctx, tenant, identity.RoleRecord{ID: role, Name: role, Portfolio: access.MyPortfolio, Set: "{}", Version: 1}, now))
		}
		must(t, s.InsertClient(ctx, oauth.ClientRecord{Client: oauth.Client{ID: "pk_" + tenant, Tenant: tenant, Name: "C", Kind: oauth.Public, Enabled: true, Version: 1}, SetText: "{}"}))
		roles := [][]string{{"r1"}, {"r1", "r2"}, {}}
		if tenant == there {
			roles = [][]string{{}, {"r1"}, {"r1", "r2"}}
		}
		for n, roles := range roles {
			standingPerson(t, s, reg, tenant, n, roles)
		}
	}
	give := func(n int, tenant, client string, person int, ends time.Time) string {
		a := oauth.AuthorizationRecord{
			ID: id(0xa000 + n), Tenant: tenant, Person: id(person), Account: fmt.Sprint(tenant, person), Client: client,
			Resource: "r", Scope: "inclusive", Family: fmt.Sprint("family ", n), SetText: fmt.Sprintf(`{"n":%d}`, n), CreatedAt: now, IdleUntil: ends, ExpiresAt: ends.Add(time.Hour),
		}
		must(t, s.InsertAuthorization(ctx, a, oauth.Tokens{}))
		return a.ID
	}
	later := now.Add(time.Hour)
	one, two, three := give(1, here, "pk_"+here, 0, later), give(2, here, "pk_"+here, 1, later), give(3, here, "pk_"+here, 2, later)
	foreign, idle := give(4, there, "pk_"+here, 1, later), give(5, here, "pk_"+here, 0, now)
	give(6, here, "pk_"+here, 99, later) // nobody
	give(7, here, "pk_gone", 0, later)
	ended := give(8, here, "pk_"+here, 0, later)
	if _, err := s.EndAuthorizations(ctx, oauth.Which{ID: ended}, "test", now); err != nil {
		t.Fatal(err)
	}
	for _, hash := range []string{"h1", ""} { // lists show the client as it is now, and one that is gone as nothing
		must(t, s.SetClientLogo(ctx, here, "pk_"+here, oauth.Logo{Hash: hash, PNG: []byte(hash)}))
		list, err := s.Authorizations(ctx, oauth.Which{Tenant: here, Person: id(0)})
		must(t, err)
		for _, a := range list {
			if a.Client == "pk_gone" && a.ClientName+a.ClientLogo != "" || a.Client != "pk_gone" && (a.ClientName != "C" || a.ClientLogo != hash) {
				t.Errorf("%s is shown as %q with the logo %q, which is %q", a.Client, a.ClientName, a.ClientLogo, hash)
			}
		}
		if len(list) != 4 {
			t.Errorf("%d authorizations", len(list))
		}
	}
	for _, c := range []struct {
		name  string
		which oauth.Which
		want  []string
	}{
		{"through a client, of every tenant", oauth.Which{Client: "pk_" + here, Alive: now}, []string{one, two, three, foreign}},
		{"with those that are over", oauth.Which{Client: "pk_" + here}, []string{one, two, three, foreign, idle, ended}},
		{"of a tenant", oauth.Which{Tenant: here, Alive: now}, []string{one, two, three}},
		{"of a role", oauth.Which{Tenant: here, Role: "r2", Alive: now}, []string{two}},
		{"of a role of both", oauth.Which{Tenant: here, Role: "r1", Alive: now}, []string{one, two}},
		{"of no role", oauth.Which{Tenant: here, Role: "r9", Alive: now}, nil},
		{"of another tenant's role", oauth.Which{Tenant: there, Role: "r1", Alive: now}, []string{foreign}},
	} {
		for _, limit := range []int{1, 2, 100} {
			var got []string
			for after := ""; ; after = got[len(got)-1] {
				page, err := s.Standings(ctx, c.which, after, limit)
				must(t, err)
				for _, st := range page {
					got = append(got, st.Authorization.ID)
					want, err := s.Standing(ctx, st.Authorization.ID)
					must(t, err)
					if diff := cmp.Diff(want, st, cmpopts.EquateEmpty()); diff != "" {
						t.Errorf("%s: not as read alone (-want +got):\n%s", c.name, diff)
					}
				}
				if len(page) < limit {
					break
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s, %d at a time: %v, want %v", c.name, limit, got, c.want)
			}
		}
	}
}

// standingPerson adds the n-th person of a tenant.
func standingPerson(t *testing.T, s *sqlstore.Store, reg *model.Registry, tenant string, n int, roles []string) {
	t.Helper()
	ctx, now := context.Background(), at("2026-11-23T09:30:00Z")
	users, _ := reg.Model("User")
	a := identity.Account{ID: fmt.Sprint(tenant, n), Email: fmt.Sprint(n, "@", tenant, ".test"), Epoch: 1, CreatedAt: now}
	must(t, s.InsertAccount(ctx, a, "hash"))
	must(t, s.Insert(ctx, tenant, users, id(n), userValues(reg, a.Email, fmt.Sprint(n), now)))
	must(t, s.InsertMember(ctx, tenant, id(n), a.ID, now))
	must(t, s.SetMemberRoles(ctx, tenant, id(n), roles))
}
