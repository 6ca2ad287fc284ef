package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/privateapp"
)

// testPrivateApps covers private apps and their tokens. Both tenants have an app and a token of the same ids.
func testPrivateApps(t *testing.T, open Open) {
	s, ctx := openEmpty(t, open), context.Background()
	made := at("2026-11-23T09:30:00.123Z")
	app := func(tenant string, n int, name string) privateapp.Record {
		return privateapp.Record{
			App:     privateapp.App{ID: id(n), Tenant: tenant, Name: name, Description: "Ünter?", Enabled: true, Version: 1, CreatedAt: made, CreatedBy: "p", UpdatedAt: made},
			SetText: `{"Firm":{"actions":["view"],"view":"all"}}`,
		}
	}
	token := func(tenant string, n, of int, hash string) privateapp.Token {
		return privateapp.Token{ID: id(n), Tenant: tenant, App: id(of), Hash: hash, Name: "nightly", Last4: "wxyz", CreatedAt: made, CreatedBy: "p", ExpiresAt: made.Add(time.Hour)}
	}
	for _, tenant := range []string{here, there} {
		must(t, s.InsertPrivateApp(ctx, app(tenant, 1, "Portal "+tenant)))
		must(t, s.InsertPrivateToken(ctx, token(tenant, 11, 1, "hash of "+tenant)))
	}
	must(t, s.InsertPrivateApp(ctx, app(here, 2, "Alpha")))
	must(t, s.InsertPrivateToken(ctx, token(here, 12, 1, "another")))
	if err := s.InsertPrivateApp(ctx, app(here, 3, "Alpha")); !fault.Is(err, fault.Conflict) {
		t.Errorf("a taken name: %v", err)
	}
	must(t, s.NotePrivateUses(ctx, []identity.Use{{ID: id(11), Owner: here, At: made.Add(time.Minute)}, {ID: id(12), Owner: here, At: made}}))
	must(t, s.NotePrivateUses(ctx, []identity.Use{{ID: id(11), Owner: here, At: made}}))

	want := app(here, 1, "Portal "+here)
	want.UsedAt = made.Add(time.Minute)
	got, err := s.PrivateAppByID(ctx, here, id(1))
	equal(t, "app", want, got, err)
	list, err := s.PrivateApps(ctx, here)
	equal(t, "apps by name", []privateapp.Record{app(here, 2, "Alpha"), want}, list, err)
	other, err := s.PrivateAppByID(ctx, there, id(1))
	equal(t, "the other tenant's", app(there, 1, "Portal "+there), other, err)

	first, second := token(here, 11, 1, ""), token(here, 12, 1, "")
	first.UsedAt, second.UsedAt = made.Add(time.Minute), made
	tokens, err := s.PrivateTokens(ctx, here, id(1))
	equal(t, "tokens", []privateapp.Token{second, first}, tokens, err)
	bare := want
	bare.UsedAt = time.Time{}
	st, err := s.PrivateStandingByToken(ctx, "hash of "+here)
	equal(t, "standing", privateapp.Standing{Token: first, App: bare, TenantName: "Tenant " + here, TenantActive: true}, st, err)
	if _, err := s.PrivateStandingByToken(ctx, "hash"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown token: %v", err)
	}
	testPrivateChanges(t, s, want, first)
}

func testPrivateChanges(t *testing.T, s privateapp.Store, app privateapp.Record, token privateapp.Token) {
	ctx := context.Background()
	must(t, s.RevokePrivateToken(ctx, here, app.ID, token.ID, app.CreatedAt))
	for _, wrong := range []error{
		s.RevokePrivateToken(ctx, here, app.ID, token.ID, app.CreatedAt), s.RevokePrivateToken(ctx, here, id(2), id(12), app.CreatedAt),
		s.DeletePrivateApp(ctx, "nobody", app.ID),
	} {
		if !fault.Is(wrong, fault.NotFound) {
			t.Errorf("revoked twice, or of another app, or of nobody: %v", wrong)
		}
	}
	if st, err := s.PrivateStandingByToken(ctx, "hash of "+here); err != nil || !st.Token.RevokedAt.Equal(app.CreatedAt) {
		t.Errorf("revoked: %+v, %v", st.Token, err)
	}
	if st, err := s.PrivateStandingByToken(ctx, "hash of "+there); err != nil || !st.Token.RevokedAt.IsZero() || !st.Token.UsedAt.IsZero() {
		t.Errorf("the other tenant's token: %+v, %v", st.Token, err)
	}
	app.Name, app.Description, app.SetText, app.Enabled, app.Version, app.UpdatedAt = "Renamed", "", "{}", false, 2, app.UpdatedAt.Add(time.Second)
	must(t, s.UpdatePrivateApp(ctx, app))
	got, err := s.PrivateAppByID(ctx, here, app.ID)
	equal(t, "changed app", app, got, err)
	if err := s.UpdatePrivateApp(ctx, app); !fault.Is(err, fault.Conflict) {
		t.Errorf("from an old version: %v", err)
	}
	must(t, s.DeletePrivateApp(ctx, here, app.ID))
	if _, err := s.PrivateAppByID(ctx, here, app.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("deleted: %v", err)
	}
	if _, err := s.PrivateStandingByToken(ctx, "another"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a token of a deleted app: %v", err)
	}
	if tokens, err := s.PrivateTokens(ctx, there, app.ID); err != nil || len(tokens) != 1 {
		t.Errorf("the other tenant's tokens: %v, %v", tokens, err)
	}
}

func equal[T any](t *testing.T, what string, want, got T, err error) {
	t.Helper()
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// testCalls covers the call log.
func testCalls(t *testing.T, open Open) {
	s, ctx := openEmpty(t, open), context.Background()
	made := at("2026-11-23T09:30:00.123Z")
	call := func(tenant string, n int, change func(*audit.Call)) audit.Call {
		c := audit.Call{
			ID: id(n), Tenant: tenant, At: made, Person: "p", PersonName: "Pé", Client: "c", ClientName: "Client", Authorization: "z", App: "a", AppName: "App", Token: "k",
			Surface: access.SurfaceMCP, Tool: "list_records", Model: "Firm", Record: id(1), Rows: 3, Bytes: 5 << 20, Duration: 1234 * time.Microsecond, Outcome: "ok",
			Agent: "agent?", IP: "::1",
		}
		change(&c)
		return c
	}
	as := func(*audit.Call) {}
	one := call(here, 1, as)
	two := call(here, 2, func(c *audit.Call) { c.Client, c.Outcome = "c2", "not_found" })
	three := call(here, 3, func(c *audit.Call) {
		c.App, c.Person, c.Outcome, c.At = "a2", "p2", "forbidden", made.Add(time.Millisecond)
	})
	foreign := call(there, 2, as)
	must(t, s.AppendCalls(ctx, []audit.Call{two, one, foreign}))
	must(t, s.AppendCalls(ctx, []audit.Call{call(here, 1, func(c *audit.Call) { c.Tool = "another" }), three})) // one that is there stays as it is
	for _, ask := range []struct {
		what string
		q    audit.CallQuery
		want []audit.Call
	}{
		{"all", audit.CallQuery{Limit: 9}, []audit.Call{three, two, one}},
		{"two", audit.CallQuery{Limit: 2}, []audit.Call{three, two}},
		{"older ones", audit.CallQuery{Before: id(2), Limit: 9}, []audit.Call{one}},
		{"of a client", audit.CallQuery{Client: "c2", Limit: 9}, []audit.Call{two}},
		{"of an app", audit.CallQuery{App: "a", Limit: 9}, []audit.Call{two, one}},
		{"of a person", audit.CallQuery{Person: "p2", Limit: 9}, []audit.Call{three}},
		{"that failed", audit.CallQuery{Outcome: "failed", Limit: 9}, []audit.Call{three, two}},
		{"that worked", audit.CallQuery{Outcome: "ok", Limit: 9}, []audit.Call{one}},
		{"of one outcome", audit.CallQuery{Outcome: "forbidden", Limit: 9}, []audit.Call{three}},
		{"of one app that failed", audit.CallQuery{App: "a", Outcome: "failed", Limit: 9}, []audit.Call{two}},
	} {
		ask.q.Tenant = here
		got, err := s.Calls(ctx, ask.q)
		equal(t, "calls "+ask.what, ask.want, got, err)
	}
	must(t, s.DeleteCalls(ctx, three.At))
	got, err := s.Calls(ctx, audit.CallQuery{Tenant: here, Limit: 9})
	equal(t, "calls after the sweep", []audit.Call{three}, got, err)
	got, err = s.Calls(ctx, audit.CallQuery{Tenant: there, Limit: 9})
	equal(t, "the other tenant's after the sweep", nil, got, err)
}
