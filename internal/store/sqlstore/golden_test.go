package sqlstore_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/catalog"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/store/postgres"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/store/sqlstore"
)

var update = flag.Bool("update", false, "write the golden files anew")

var dialects = []*sqlstore.Dialect{sqlite.Dialect(), postgres.Dialect()}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not current; look at the difference, then run go test -update (-want +got):\n%s", path, diff)
	}
}

// TestDDL keeps the whole schema of the catalog in sight: what changes here changes every customer's database.
func TestDDL(t *testing.T) {
	base, err := catalog.Registry()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dialects {
		golden(t, "ddl_"+d.Name+".sql", strings.Join(d.DDL(base), ";\n\n")+";\n")
	}
}

// TestNamesFit: PostgreSQL cuts names at 63 bytes without a word, and two of them could become one.
func TestNamesFit(t *testing.T) {
	base, err := catalog.Registry()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, text := range dialects[1].DDL(base) {
		name := strings.Split(text, `"`)[1]
		if len(name) > 63 || seen[name] {
			t.Errorf("the name %s is too long or there twice", name)
		}
		seen[name] = true
	}
}

// TestRender keeps the statements of typical lists in sight.
func TestRender(t *testing.T) {
	base, err := catalog.Registry()
	if err != nil {
		t.Fatal(err)
	}
	company, _ := base.Model("Company")
	user, _ := base.Model("User")
	endUser, _ := base.Model("End User")
	p := func(m *model.Model, name string) *model.Property { p, _ := m.Property(name); return p }
	mine := query.Or{
		query.Compare{Property: p(company, "owner"), Op: model.Eq, Values: []any{"u1"}},
		query.Compare{Property: p(company, "coOwner"), Op: model.Eq, Values: []any{"u1"}},
	}
	owner := query.Hop{Ref: p(company, "owner"), To: user}
	byName := []query.Order{{Field: query.Field{Property: p(company, "name")}}}
	out := map[string]*strings.Builder{}
	for _, c := range []struct {
		name string
		q    query.Select
	}{
		{"my companies by name, second page", query.Select{
			Model: company, Columns: []query.Field{{Property: p(company, "name")}, {Hops: []query.Hop{owner}, Property: p(user, "name")}},
			Where: mine, Order: byName, After: &query.After{Keys: []any{"Acme"}, ID: "c1"}, Limit: 50,
		}},
		{"one of my end users", query.Select{
			Model: endUser, Columns: []query.Field{{Property: p(endUser, "name")}},
			Where: query.And{query.Compare{Property: p(endUser, "_id"), Op: model.Eq, Values: []any{"e1"}}, query.Via{Ref: p(endUser, "companyId"), To: company, Where: mine}},
		}},
		{"end users of other companies, and a guarded column", query.Select{
			Model: endUser, Columns: []query.Field{{Property: p(endUser, "email"), Guard: query.Via{Ref: p(endUser, "companyId"), To: company, Where: mine}}},
			Where: query.Not{X: query.Via{Ref: p(endUser, "companyId"), To: company, Where: mine}},
			Order: []query.Order{{Field: query.Field{Property: p(endUser, "lastTouch")}, Desc: true}},
		}},
		{"searched", query.Select{
			Model: company, Columns: []query.Field{{Property: p(company, "name")}},
			Where: query.Or{
				query.Compare{Property: p(company, "name"), Op: model.Contains, Values: []any{"100%"}},
				query.Compare{Property: p(company, "name"), Op: model.StartsWith, Values: []any{"Ac"}},
				query.Compare{Property: p(company, "tags"), Op: model.Contains, Values: []any{"vip"}},
				query.Not{X: query.Compare{Property: p(company, "arr"), Op: model.Gte, Values: []any{1e4}}},
			},
		}},
	} {
		for _, d := range dialects {
			c.q.Tenant = "t1"
			text, args, err := d.Render(c.q)
			if err != nil {
				t.Fatal(err)
			}
			if out[d.Name] == nil {
				out[d.Name] = &strings.Builder{}
			}
			text = strings.NewReplacer(" FROM \""+c.q.Model.Route, "\nFROM \""+c.q.Model.Route, " LEFT JOIN", "\n  LEFT JOIN", " WHERE t.", "\nWHERE t.", " AND ", "\n  AND ", " ORDER BY", "\nORDER BY").Replace(text)
			out[d.Name].WriteString("-- " + c.name + "\n" + text + "\n-- " + fmt.Sprint(args) + "\n\n")
		}
	}
	for name, text := range out {
		golden(t, "select_"+name+".sql", text.String())
	}
}
