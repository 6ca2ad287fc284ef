// Package storetest is the suite that every storage engine passes: the semantics that package record and the system tables rely on,
// each as a small subtest, and random queries compared with a naive evaluation in memory.
//
// Two tenants are in every database, with the same record ids and other values, so that a missing tenant condition shows. Tests only.
package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/store/sqlstore"
)

// Open makes a fresh, empty database for one test and closes it at its end.
type Open func(t testing.TB, base *model.Registry, newID func() string) *sqlstore.Store

// Run runs the whole suite.
func Run(t *testing.T, open Open) {
	for _, group := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"values", testValues}, {"custom values", testCustomValues}, {"filters", testFilters}, {"opposites", testOpposites},
		{"views", testViews},
		{"text search", testTextSearch}, {"order", testOrder}, {"pages", testPages}, {"references", testReferences}, {"guards", testGuards},
		{"tenants", testTenants}, {"writes", testWrites}, {"transactions", testTransactions}, {"writers", testWriters},
		{"system", testSystem}, {"audit", testAudit}, {"custom properties", testCustomProperties}, {"custom indexes", testCustomIndexes},
		{"standings", testStandings}, {"bearer", testBearer}, {"people's version", testPeopleVersion}, {"random", testRandom}, {"arms", testArms},
		{"private apps", testPrivateApps}, {"registration", testRegistration}, {"links", testLinks}, {"console", testConsole},
		{"logos", testLogos}, {"signs", testSigns}, {"secrets", testSecrets}, {"tokens", testTokens}, {"living tokens", testLivingTokens}, {"calls", testCalls},
	} {
		t.Run(group.name, func(t *testing.T) { group.run(t, open) })
	}
}

// counter gives ids that grow.
func counter() func() string {
	var n atomic.Int64
	return func() string { return id(0xfff000 + int(n.Add(1))) }
}

// id makes the n-th record id.
func id(n int) string { return fmt.Sprintf("%024x", n) }

// openEmpty gives a store with the models of this package and both tenants, without records.
func openEmpty(t testing.TB, open Open) *sqlstore.Store {
	t.Helper()
	s := open(t, base, counter())
	for _, tenant := range []string{here, there} {
		must(t, s.CreateTenant(context.Background(), tenant, "Tenant "+tenant, tenant))
	}
	return s
}

// openWorld gives a store with the records of the world in it.
func openWorld(t testing.TB, open Open) (*sqlstore.Store, *world) {
	t.Helper()
	s, w := openEmpty(t, open), newWorld()
	must(t, w.fill(s))
	return s, w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// columns reads properties of the row itself.
func columns(ps ...*model.Property) []query.Field {
	out := make([]query.Field, len(ps))
	for i, p := range ps {
		out[i] = query.Field{Property: p}
	}
	return out
}

// ids runs a select and gives the ids in order.
func ids(t testing.TB, s *sqlstore.Store, q query.Select) []string {
	t.Helper()
	rows, err := s.Select(context.Background(), q)
	must(t, err)
	out := []string{}
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out
}

// Upgrade checks the planner: what an older program left behind gains what is new, and keeps its records. reopen opens the same
// database again.
func Upgrade(t *testing.T, reopen func(base *model.Registry) *sqlstore.Store) {
	ctx := context.Background()
	older := []model.Model{models[0]}
	older[0].Properties = slices.DeleteFunc(slices.Clone(older[0].Properties), func(p model.Property) bool { return p.Name == "email" || p.Name == "boss" })
	before, err := model.New(older, nil)
	must(t, err)
	s := reopen(before)
	old := before.Models()[0]
	must(t, s.CreateTenant(ctx, here, "Here", "here"))
	must(t, s.Insert(ctx, here, old, id(1), map[*model.Property]any{prop(old, "firstName"): "kept"}))
	must(t, s.Close())
	for range 2 { // the second time there is nothing to do
		s = reopen(base)
		if got := read(t, s, here, id(1), prop(person, "name")); got != "kept" {
			t.Errorf("after the upgrade the record has %v", got)
		}
		must(t, s.Close())
	}
	s = reopen(base)
	must(t, s.Update(ctx, here, person, id(1), values{"email": "a@example.com"}.of(person)))
	if err := s.Insert(ctx, here, person, id(2), values{"email": "a@example.com"}.of(person)); !fault.Is(err, fault.Conflict) {
		t.Errorf("the new unique property takes a value twice: %v", err)
	}
	must(t, s.Insert(ctx, here, firm, id(1), values{"name": "new model"}.of(firm)))
	must(t, s.Close())
}

// OpenWorld gives a store with the records that [Query] asks about.
func OpenWorld(t testing.TB, open Open) *sqlstore.Store {
	s, _ := openWorld(t, open)
	return s
}
