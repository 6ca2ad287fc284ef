package transfer_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/record"
	"mandorla/internal/schema"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/testkit/fuse"
	"mandorla/internal/transfer"
)

// TestMatrix holds rows of docs/threats.md about files that come in.
func TestMatrix(t *testing.T) {
	t.Run("253-cells-are-text", func(t *testing.T) { engines(t, cellsAreText) })
	t.Run("255-columns-that-give-rights", func(t *testing.T) { engines(t, columnsThatGiveRights) })
	t.Run("256-broken-in-the-middle", brokenInTheMiddle)
}

var nastyCells = []string{"=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\uff1d1", `<img src=x onerror=alert(1)>`, `"><svg onload=1>`, `{{.}}`, "a\r\nb"}

// cellsAreText: what looks like a formula or like markup is stored as it was written.
func cellsAreText(t *testing.T, f *fixture) {
	var file strings.Builder
	file.WriteString("externalId,name,description\n")
	for i, cell := range nastyCells {
		fmt.Fprintf(&file, "X-%d,\"%s\",\"%s\"\n", i, strings.ReplaceAll(cell, `"`, `""`), strings.ReplaceAll(cell, `"`, `""`))
	}
	same(t, "import", f.run("Company", file.String(), transfer.Columns{}, nil), fmt.Sprintf("%d created, 0 updated, 0 unchanged, 0 refused", len(nastyCells)))
	same(t, "again", f.run("Company", file.String(), transfer.Columns{}, nil), fmt.Sprintf("0 created, 0 updated, %d unchanged, 0 refused", len(nastyCells)))
	page, err := f.gate.List(context.Background(), f.as, record.ListRequest{Model: "Company", Select: []string{"description"}, Sort: []string{"_id"}})
	must(t, err)
	if len(page.Rows) != len(nastyCells) {
		t.Fatalf("%d companies", len(page.Rows))
	}
	for i, row := range page.Rows {
		want := strings.ReplaceAll(nastyCells[i], "\r\n", "\n") // as the reader of CSV gives lines in a cell
		if got := fmt.Sprint(row.Values[len(row.Values)-1]); got != want {
			t.Errorf("%q is stored as %q", want, got)
		}
	}
}

func columnsThatGiveRights(t *testing.T, f *fixture) {
	for _, column := range []string{"tenant_id", "tenant", "role", "roles", "password", "password_hash", "isAdmin", "admin", "account", "_id; DROP TABLE sys_account"} {
		got := f.run("User", "email,"+column+"\nnew@people.test,Administrator\n", transfer.Columns{}, nil)
		if !strings.HasPrefix(got, "invalid: "+column+":") {
			t.Errorf("%s: %s", column, got)
		}
	}
	// The same property under two of its names is twice the same property.
	same(t, "twice under two names", f.run("Company", "name,Name\na,b\n", transfer.Columns{}, nil), "invalid: Name: goes to name, and so does name. Leave one of them out with --ignore.")
	page, err := f.gate.List(context.Background(), f.as, record.ListRequest{Model: "User", Total: true, Limit: 1})
	must(t, err)
	same(t, "people", fmt.Sprint(page.Total), "0")
}

// brokenInTheMiddle lets each statement of an import fail in turn: whatever was stored until then, running it again ends with each row once.
func brokenInTheMiddle(t *testing.T) {
	const file = "externalId,name\nA-1,Acme\nB-2,Birch\nC-3\n,nobody,too long\nD-4,Delta\n"
	base, err := catalog.Registry()
	must(t, err)
	var id atomic.Int64
	newID := func() string { return fmt.Sprintf("%024x", id.Add(1)) }
	blow := &fuse.Fuse{}
	st, err := sqlite.Open(t.Context(), t.TempDir(), base, newID, blow.Wrap)
	must(t, err)
	defer func() { must(t, st.Close()) }()
	schemas, err := schema.New(st, catalog.Models(), newID)
	must(t, err)
	for n, stopped := 1, 0; ; n++ {
		tenant := newID()
		must(t, st.CreateTenant(t.Context(), tenant, "Here", tenant))
		reg, err := schemas.Current(t.Context(), tenant)
		must(t, err)
		f := &fixture{t, record.New(record.Options{
			Store: st, Registries: schemas, Now: func() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) }, NewID: newID, CursorKey: make([]byte, 32),
		}), access.Operator(tenant, reg, 0)}
		f.run("Company", "name\n", transfer.Columns{}, nil) // so that what is read once per tenant is there
		blow.Set(n, n%2 == 0)
		first := f.run("Company", file, transfer.Columns{}, nil)
		statement := blow.Off()
		if statement != "" && strings.Contains(first, "stopped: ") {
			stopped++
		}
		second := f.run("Company", file, transfer.Columns{}, nil)
		if strings.Contains(second, "stopped: ") {
			t.Fatalf("statement %d failed (%s); the second run: %s", n, statement, second)
		}
		page, err := f.gate.List(t.Context(), f.as, record.ListRequest{Model: "Company", Select: []string{"externalId", "name"}, Sort: []string{"_id"}})
		must(t, err)
		var names []string
		for _, row := range page.Rows {
			names = append(names, fmt.Sprint(row.Values...))
			h, err := f.gate.History(t.Context(), f.as, "Company", row.ID)
			if err != nil || len(h) != 1 {
				t.Errorf("statement %d failed: %v has %d entries in its history, %v", n, row.Values, len(h), err)
			}
		}
		slices.Sort(names)
		if len(names) != 3 || !strings.Contains(strings.Join(names, " "), "Delta") {
			t.Errorf("statement %d failed (%s): stored are %q\n%s\n%s", n, statement, names, first, second)
		}
		if statement == "" {
			if stopped < 10 {
				t.Errorf("only %d of %d failures stopped the import", stopped, n)
			}
			return
		}
	}
}
