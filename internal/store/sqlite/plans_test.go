package sqlite

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"mandorla/internal/catalog"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/store/sqlstore"
)

// TestPlans: typical lists are ranges of an index, not sorts of a whole tenant.
func TestPlans(t *testing.T) {
	base, err := catalog.Registry()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, base, func() string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	path, _ := place(dir)
	d, _ := ourDriver()
	db := sql.OpenDB(connector{d, dataSource(path, pagesToRead, "")})
	defer func() { _ = db.Close() }()

	company, _ := base.Model("Company")
	endUser, _ := base.Model("End User")
	p := func(m *model.Model, name string) *model.Property { p, _ := m.Property(name); return p }
	eq := func(p *model.Property) query.Compare {
		return query.Compare{Property: p, Op: model.Eq, Values: []any{"x"}}
	}
	mine := query.Or{eq(p(company, "owner")), eq(p(company, "coOwner"))}
	by := func(p *model.Property, desc bool) []query.Order {
		return []query.Order{{Field: query.Field{Property: p}, Desc: desc}}
	}
	for name, c := range map[string]struct {
		q    query.Select
		want string
	}{
		"by name":            {query.Select{Model: company, Order: by(p(company, "name"), false)}, "companies_name_order"},
		"of an owner":        {query.Select{Model: company, Where: eq(p(company, "owner")), Order: by(p(company, "name"), false)}, "companies_owner_title"},
		"mine":               {query.Select{Model: company, Where: mine}, "companies_co_owner_title"},
		"by key":             {query.Select{Model: company, Where: eq(p(company, "externalId"))}, "companies_external_id_unique"},
		"by date":            {query.Select{Model: company, Order: by(p(company, "renewalDate"), false)}, "companies_renewal_date_value"},
		"people by name":     {query.Select{Model: endUser, Order: by(p(endUser, "name"), false)}, "endusers_name_order"},
		"people of a firm":   {query.Select{Model: endUser, Where: eq(p(endUser, "companyId")), Order: by(p(endUser, "name"), false)}, "endusers_company_id_title"},
		"begins with":        {query.Select{Model: company, Where: query.Compare{Property: p(company, "name"), Op: model.StartsWith, Values: []any{"a"}}}, "<expr>>? AND <expr><?"},
		"one of mine":        {query.Select{Model: company, Where: query.And{mine, eq(p(company, "_id"))}}, "sqlite_autoindex_companies_1"},
		"person of a firm":   {query.Select{Model: endUser, Where: query.And{query.Via{Ref: p(endUser, "companyId"), To: company, Where: mine}, eq(p(endUser, "_id"))}}, "sqlite_autoindex_companies_1"},
		"further on by name": {query.Select{Model: company, Order: by(p(company, "name"), false), After: &query.After{Keys: []any{"x"}, ID: "x"}, Limit: 10}, "<expr>>?"},
	} {
		t.Run(name, func(t *testing.T) {
			c.q.Tenant, c.q.Columns = "t", []query.Field{{Property: p(c.q.Model, "name")}}
			plan := explainPlan(t, db, s.Dialect(), c.q)
			if !strings.Contains(plan, c.want) || strings.Contains(plan, "FOR ORDER BY") && c.q.Order != nil || strings.Contains(plan, "SCAN t") {
				t.Errorf("the plan lacks %s, or sorts, or reads all:\n%s", c.want, plan)
			}
		})
	}
}

// explainPlan gives SQLite's plan of the first part of a list.
func explainPlan(t *testing.T, db *sql.DB, d *sqlstore.Dialect, q query.Select) string {
	t.Helper()
	text, args, err := d.Render(q)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
