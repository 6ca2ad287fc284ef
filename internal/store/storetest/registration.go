package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mandorla/internal/fault"
	"mandorla/internal/oauth"
)

// testRegistration covers apps that register themselves: clients found by the id that the app sends, rules, registrations, the sweep.
func testRegistration(t *testing.T, open Open) {
	s, ctx := openEmpty(t, open), context.Background()
	now := at("2026-11-23T09:30:00Z")
	const app = "https://m1.test/client.json"
	self := func(tenant, id string, approval oauth.Approval, changed time.Time) oauth.ClientRecord {
		return oauth.ClientRecord{SetText: "{}", Client: oauth.Client{
			ID: id, Tenant: tenant, Name: "M1", Kind: oauth.Public, RedirectURIs: []string{"https://m1.test/cb"}, Unverified: true, Enabled: approval == oauth.LetIn,
			Version: 1, CreatedAt: now, UpdatedAt: changed, Origin: oauth.Document, AppID: app, Approval: approval, Follows: true, NoRefresh: true,
			ReadAt: now, FreshUntil: now.Add(time.Hour),
		}}
	}
	one := self(here, "pk_here", oauth.Waiting, now)
	must(t, s.InsertClient(ctx, one))
	if known, err := s.AppKnown(ctx, app); err != nil || known {
		t.Errorf("an app that only waits is known: %v, %v", known, err)
	}
	must(t, s.InsertClient(ctx, self(there, "pk_there", oauth.LetIn, now)))
	if known, err := s.AppKnown(ctx, app); err != nil || !known {
		t.Errorf("known: %v, %v", known, err)
	}
	if err := s.InsertClient(ctx, self(here, "pk_again", oauth.LetIn, now)); !fault.Is(err, fault.Conflict) {
		t.Errorf("two clients of a tenant for one app: %v", err)
	}
	for _, id := range []string{"pk_made", "pk_made2"} { // without an app's id there may be many
		must(t, s.InsertClient(ctx, oauth.ClientRecord{SetText: "{}", Client: oauth.Client{ID: id, Tenant: here, Name: id, Kind: oauth.Public, Version: 1}}))
	}
	check := func(want oauth.ClientRecord) {
		t.Helper()
		got, err := s.ClientByApp(ctx, want.Tenant, app)
		must(t, err)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("client (-want +got):\n%s", diff)
		}
	}
	check(one)
	one.ReadAt, one.FreshUntil = now.Add(time.Minute), now.Add(2*time.Hour)
	must(t, s.MarkRead(ctx, one))
	check(one)
	one.Version, one.Approval, one.Enabled, one.Follows, one.NoRefresh, one.Name, one.FreshUntil = 2, oauth.LetIn, true, false, false, "M2", now.Add(3*time.Hour)
	must(t, s.UpdateClient(ctx, one))
	check(one)
	for tenant, id := range map[string]string{here: "", there: "https://m1.test/client.jso", "nobody": app} {
		if _, err := s.ClientByApp(ctx, tenant, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("the client of %s for %q: %v", tenant, id, err)
		}
	}
	if n, err := s.CountUndecided(ctx, here); err != nil || n != 1 {
		t.Errorf("%d undecided, %v", n, err)
	}
	testPolicies(t, s)
	testRegistrations(t, s, now)
	stale := oauth.Stale{Undecided: now.Add(time.Hour)}
	must(t, s.MarkStep(ctx, "pk_there", oauth.StepExchange, now))
	_, err := s.DeleteStale(ctx, stale, 10)
	must(t, err)
	if _, err := s.ClientByID(ctx, "pk_here"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an app that nobody wanted: %v", err)
	}
	for _, id := range []string{"pk_there", "pk_made"} {
		if _, err := s.ClientByID(ctx, id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	for i, c := range []struct {
		approval oauth.Approval
		changed  time.Time
		opened   time.Time
		kept     bool
	}{
		{oauth.Waiting, now, now, false}, {oauth.Approved, now, now, true}, {oauth.Refused, now, now, true},
		{oauth.LetIn, now.Add(2 * time.Hour), now, true}, {oauth.Waiting, now, now.Add(2 * time.Hour), true},
	} {
		rec := self(here, fmt.Sprint("pk_", i), c.approval, c.changed)
		rec.AppID = fmt.Sprint(app, i)
		must(t, s.InsertClient(ctx, rec))
		must(t, s.MarkStep(ctx, rec.ID, oauth.StepAuthorize, c.opened))
		_, err := s.DeleteStale(ctx, stale, 10)
		must(t, err)
		if _, err := s.ClientByID(ctx, rec.ID); (err == nil) != c.kept {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func testPolicies(t *testing.T, s interface {
	SavePolicy(ctx context.Context, p oauth.PolicyRecord) error
	PolicyOf(ctx context.Context, tenant string) (oauth.PolicyRecord, error)
}) {
	ctx := context.Background()
	if _, err := s.PolicyOf(ctx, here); !fault.Is(err, fault.NotFound) {
		t.Errorf("rules that nobody set: %v", err)
	}
	p := oauth.PolicyRecord{Tenant: here, Documents: oauth.RuleAsk, Hosts: []string{"a.test", "b.test"}, Registered: oauth.RuleOff, SetText: "{}", Version: 1, UpdatedAt: at("2026-11-23T09:30:00Z")}
	must(t, s.SavePolicy(ctx, p))
	for _, version := range []int64{1, 3} {
		stale := p
		stale.Version = version
		if err := s.SavePolicy(ctx, stale); !fault.Is(err, fault.Conflict) {
			t.Errorf("rules saved from version %d: %v", version-1, err)
		}
	}
	p.Version, p.Documents, p.Hosts, p.Registered, p.SetText = 2, oauth.RuleListed, nil, oauth.RuleAtOnce, `{"x":1}`
	must(t, s.SavePolicy(ctx, p))
	got, err := s.PolicyOf(ctx, here)
	must(t, err)
	if diff := cmp.Diff(p, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if _, err := s.PolicyOf(ctx, there); !fault.Is(err, fault.NotFound) {
		t.Errorf("another tenant's rules: %v", err)
	}
}

func testRegistrations(t *testing.T, s oauth.Store, now time.Time) {
	ctx := context.Background()
	add := func(n int) oauth.App {
		a := oauth.App{ID: fmt.Sprint("dc_", n), Origin: oauth.Registered, Name: "D", RedirectURIs: []string{"https://d.test/cb"}, NoRefresh: n%2 == 0, ReadAt: now.Add(time.Duration(n) * time.Minute)}
		must(t, s.InsertRegistration(ctx, a))
		return a
	}
	there := func(n int, want bool) {
		t.Helper()
		if _, err := s.RegistrationByID(ctx, fmt.Sprint("dc_", n)); (err == nil) != want || err != nil && !fault.Is(err, fault.NotFound) {
			t.Errorf("registration %d: %v", n, err)
		}
	}
	for n := range 6 {
		want := add(n)
		got, err := s.RegistrationByID(ctx, want.ID)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("registration (-want +got):\n%s", diff)
		}
	}
	must(t, s.InsertClient(ctx, oauth.ClientRecord{SetText: "{}", Client: oauth.Client{ID: "pk_d0", Tenant: here, Name: "D", Kind: oauth.Public, Version: 1, Origin: oauth.Registered, AppID: "dc_0", Approval: oauth.Approved}}))
	left, err := s.TrimRegistrations(ctx, 2, now.Add(3*time.Minute)) // 3, 4 and 5 are too young, 0 has a client
	if err != nil || left != 3 {
		t.Errorf("%d left, %v", left, err)
	}
	for n, want := range []bool{true, false, false, true, true, true} {
		there(n, want)
	}
	_, err = s.DeleteStale(ctx, oauth.Stale{Unclaimed: now.Add(5 * time.Minute)}, 10)
	must(t, err)
	for n, want := range []bool{true, false, false, false, false, true} {
		there(n, want)
	}
}
