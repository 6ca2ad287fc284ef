package record_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
)

// Every limit is the last thing that is still allowed, and none at all is an ordinary question.
func TestLimitsAreInclusive(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		many := func(n int, s string) []string { return strings.Fields(strings.Repeat(s+" ", n)) }
		for what, req := range map[string]record.ListRequest{
			"rows": {Limit: record.MaxLimit}, "properties": {Select: many(record.MaxSelect, "name")}, "orders": {Sort: many(record.MaxSort, "name")},
			"words": {Search: strings.Join(many(10, "e"), " ")}, "bytes": {Search: "e" + strings.Repeat(" ", 498) + "e"}, "no words": {Search: " "},
		} {
			req.Model = "Company"
			has(t, what, f.list(f.full(), req), `"name":"Acme"`)
		}
		same(t, "one row", f.ids(f.full(), record.ListRequest{Model: "Company", Limit: 1}), "acme")
	})
}

// A page that ends with the last row says so, and one more row is another page.
func TestTheLastPageHasNoNext(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		for limit, more := range map[int]bool{3: true, 4: false, 5: false} {
			page, err := f.gate.List(t.Context(), f.full(), record.ListRequest{Model: "Company", Limit: limit})
			must(t, err)
			if len(page.Rows) != min(limit, 4) || (page.NextCursor != "") != more {
				t.Errorf("%d rows a page: %d rows, next %q", limit, len(page.Rows), page.NextCursor)
			}
		}
	})
}

// Without an order, rows come by title, and by _id where the title may not be read.
func TestOrderByDefault(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		f.set(here, "Company", delta, values{"name": "Aardvark"})
		same(t, "by title", f.ids(f.full(), record.ListRequest{Model: "Company"}), "delta acme birch cedar")
		same(t, "by _id", f.ids(f.as(carly, wide(f.without(access.Full(f.reg), "Company", "name"))), record.ListRequest{Model: "Company"}), "acme birch cedar delta")
	})
}

// A cursor fits its list by whatever name the model was called, and no longer where the order has become another because something is
// hidden now.
func TestCursorFollowsTheList(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		all := access.Full(f.reg)
		next := func(p access.Principal, req record.ListRequest) string {
			page, err := f.gate.List(t.Context(), p, req)
			must(t, err)
			return page.NextCursor
		}
		p, req := f.full(), record.ListRequest{Model: "companies", Limit: 1}
		req.Cursor = next(p, req)
		req.Model = "Company"
		same(t, "by another name", f.ids(p, req), "birch")
		refused := "invalid: cursor: does not belong to this list"
		has(t, "the title of the order is hidden now", f.list(f.as(carly, wide(f.without(all, "Company", "name"))), req), refused)
		req = record.ListRequest{Model: "Company", Limit: 1, Sort: []string{"owner"}}
		req.Cursor = next(p, req)
		same(t, "behind a reference", f.ids(p, req), "birch")
		has(t, "the title of the reference is hidden now", f.list(f.as(carly, wide(f.without(all, "User", "lastName"))), req), refused)
		has(t, "a cursor of no bytes", f.list(p, record.ListRequest{Model: "Company", Cursor: "AA"}), refused)

		// A filter that cannot be written down has no cursors, and so no list.
		odd := query.Where("name", model.NotEmpty, func() {})
		if _, err := f.gate.List(t.Context(), p, record.ListRequest{Model: "Company", Filter: odd, Limit: 1}); err == nil {
			t.Error("a list whose cursors would fit any other one")
		}
	})
}

// A value and the title of a row are found by name.
func TestPageAnswersByName(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		page, err := f.gate.List(t.Context(), f.full(), record.ListRequest{Model: "Company", Select: []string{"phase", "name", "arr"}})
		must(t, err)
		same(t, "values", fmt.Sprint(page.Value(0, "phase"), page.Value(1, "arr"), page.Value(3, "arr"), page.Value(0, "_id"), page.Value(0, "h")), fmt.Sprint("Live", 300.0, nil, acme, nil))
		same(t, "title", page.TitleOf(1), "birch")
		page, err = f.gate.List(t.Context(), f.full(), record.ListRequest{Model: "Company", Select: []string{"phase"}})
		must(t, err)
		same(t, "without a title", page.TitleOf(1), birch)
		must(t, f.store.InTx(t.Context(), func(ctx context.Context) error {
			f.put(ctx, here, "End User", nobodyID, values{"companyId": acme})
			return nil
		}))
		page, err = f.gate.Get(t.Context(), f.full(), "End User", nobodyID, nil)
		must(t, err)
		same(t, "with an empty one", page.TitleOf(0), nobodyID)
	})
}

// What is known already is not asked of the store again.
func TestReadsAskNoMoreThanTheyNeed(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		full := f.full()
		asks := func(what string, want int, do func(gate *record.Service) error) {
			t.Helper()
			store := &breaking{Store: f.store}
			must(t, do(f.over(store, f.schemas)))
			if store.calls != want {
				t.Errorf("%s: %d questions to the store, want %d", what, store.calls, want)
			}
		}
		count := record.ListRequest{Model: "Company", Total: true}
		asks("the total of the only page", 1, func(g *record.Service) error { return second(g.List(t.Context(), full, count)) })
		count.Limit = 2
		asks("the total of several pages", 2, func(g *record.Service) error { return second(g.List(t.Context(), full, count)) })

		for range record.HistoryLimit {
			e := audit.By(full, "record.update", f.now)
			e.Model, e.Record = "Company", acme
			for _, name := range []string{"arr", "phase"} {
				e.Changes = append(e.Changes, audit.Change{Property: f.prop("Company", name).ID, New: []byte(`"1"`)})
			}
			must(t, f.store.AppendAudit(t.Context(), e))
		}
		history := func(p access.Principal) func(*record.Service) error {
			return func(g *record.Service) error { return second(g.History(t.Context(), p, "Company", acme)) }
		}
		asks("a history of one page", 2, history(full))
		all := access.Full(f.reg)
		asks("a history with a property that is not shown on every row", 3, history(f.as(carly, wide(f.without(all, "Company", "arr")), own(all))))
	})
}

// A history leaves out what the data model no longer has, and empties what it can no longer read.
func TestHistoryOfAnotherDataModel(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.full()
		has(t, "a change", f.update(p, "Company", acme, values{"custom.Sector": "Glass", "custom.Tier": "silver", "phase": "x"}), "Glass")
		e := audit.By(p, "record.update", f.now)
		e.Model, e.Record = "Company", acme
		for _, text := range []string{`"iron"`, `"gold"`} {
			e.Changes = append(e.Changes, audit.Change{Property: f.prop("Company", "custom.Tier").ID, New: []byte(text)})
		}
		must(t, f.store.AppendAudit(t.Context(), e))
		must(t, f.schemas.RemoveCustom(t.Context(), here, "Company", f.prop("Company", "custom.Sector").ID))
		p.RegistryVersion++
		got := f.history(p, "Company", acme)
		has(t, "an option that is no more", got, `[custom.Tier: null→null, custom.Tier: null→"gold"]`)
		has(t, "a property that is no more", got, `[phase: "Live"→"x", custom.Tier: "gold"→"silver"]`)
	})
}
