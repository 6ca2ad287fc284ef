package demo_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/demo"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
	"mandorla/internal/schema"
	"mandorla/internal/store/sqlite"
)

var day = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

type world struct {
	tenant   string
	gate     *record.Service
	identity *identity.Service
	admin    access.Principal
}

func seed(t *testing.T) world {
	t.Helper()
	ctx := context.Background()
	now := func() time.Time { return day }
	ids, err := model.NewIDs(now, bytes.NewReader([]byte("fixed")))
	if err != nil {
		t.Fatal(err)
	}
	base, err := model.New(catalog.Models(), nil)
	if err != nil {
		t.Fatal(err)
	}
	st, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "demo.db"), base, ids.New)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	sch, err := schema.New(st, catalog.Models(), ids.New)
	if err != nil {
		t.Fatal(err)
	}
	w := world{
		gate:     record.New(record.Options{Store: st, Registries: sch, Now: now, NewID: ids.New, CursorKey: make([]byte, 32)}),
		identity: identity.New(identity.Options{Store: st, Registries: sch, Now: now, Rand: rand.Reader, NewID: ids.New}),
	}
	w.tenant, err = demo.Seeder{
		Tenants: st, Registries: sch, Gate: w.gate, Identity: w.identity, NewID: ids.New, Today: day,
		Client: func(_ context.Context, admin access.Principal) error { w.admin = admin; return nil },
	}.Seed(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// all gives every readable value of every record of a model, as JSON.
func (w world) all(t *testing.T, modelName string) []string {
	t.Helper()
	page, err := w.gate.List(context.Background(), w.admin, record.ListRequest{Model: modelName, Select: []string{"*"}, Sort: []string{"_id"}, Limit: record.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(page.Rows))
	for i := range page.Rows {
		out[i] = string(page.AppendRow(nil, i))
	}
	return out
}

func TestTwoDemosAreEqual(t *testing.T) {
	a, b := seed(t), seed(t)
	for _, m := range catalog.Models() {
		if diff := cmp.Diff(a.all(t, m.Name), b.all(t, m.Name)); diff != "" {
			t.Errorf("%s differs:\n%s", m.Name, diff)
		}
	}
}

func TestDemoIsFull(t *testing.T) {
	w := seed(t)
	for name, atLeast := range map[string]int{"Company": demo.Companies, "End User": 360, "License": 80, "Asset": 60, "Conversation": 240, "Task": 120, "User": len(demo.People), "Team": 2} {
		if got := len(w.all(t, name)); got < atLeast {
			t.Errorf("%d of %s, want at least %d", got, name, atLeast)
		}
	}
}

// Each kind of portfolio has somebody, and no two reach the same companies.
func TestEveryKindOfPortfolioHasSomebody(t *testing.T) {
	w, ctx := seed(t), context.Background()
	count := func(first string) int {
		users, err := w.gate.List(ctx, w.admin, record.ListRequest{Model: "User", Filter: query.Where("firstName", model.Eq, first)})
		if err != nil || len(users.Rows) != 1 {
			t.Fatal(users, err)
		}
		p, err := w.identity.PrincipalFor(ctx, w.tenant, users.Rows[0].ID, access.SurfaceWeb)
		if err != nil {
			t.Fatal(err)
		}
		page, err := w.gate.List(ctx, p, record.ListRequest{Model: "Company", Total: true, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		return page.Total
	}
	ada, carly, jonas, sofia := count("Ada"), count("Carly"), count("Jonas"), count("Sofia")
	if ada != demo.Companies || carly < 36 || jonas <= carly || jonas >= ada || sofia >= jonas || sofia < 20 {
		t.Errorf("Ada %d, Carly %d, Jonas (team) %d, Sofia (own and filter) %d", ada, carly, jonas, sofia)
	}
}

// Carly sees exactly the companies she owns or co-owns, and no contact of any other.
func TestCarlySeesHerPortfolio(t *testing.T) {
	w, ctx := seed(t), context.Background()
	users, err := w.gate.List(ctx, w.admin, record.ListRequest{Model: "User", Filter: query.Where("email", model.Eq, demo.Carly.Email)})
	if err != nil || len(users.Rows) != 1 {
		t.Fatal(users, err)
	}
	carly, err := w.identity.PrincipalFor(ctx, w.tenant, users.Rows[0].ID, access.SurfaceWeb)
	if err != nil {
		t.Fatal(err)
	}
	mine := query.Filter{Or: []query.Filter{query.Where("owner", model.Eq, carly.Person), query.Where("coOwner", model.Eq, carly.Person)}}
	for _, m := range []struct{ name, prefix string }{{"Company", ""}, {"End User", "companyId."}} {
		hers := mine
		if m.prefix != "" {
			hers = query.Filter{Or: []query.Filter{query.Where(m.prefix+"owner", model.Eq, carly.Person), query.Where(m.prefix+"coOwner", model.Eq, carly.Person)}}
		}
		want, err := w.gate.List(ctx, w.admin, record.ListRequest{Model: m.name, Filter: hers, Total: true, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.gate.List(ctx, carly, record.ListRequest{Model: m.name, Total: true, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if got.Total != want.Total || got.Total < 20 {
			t.Errorf("%s: Carly sees %d, her portfolio has %d", m.name, got.Total, want.Total)
		}
	}
}
