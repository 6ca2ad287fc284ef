package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/store/sqlstore"
)

// read gives one property of one record.
func read(t testing.TB, s *sqlstore.Store, tenant, id string, p *model.Property) any {
	t.Helper()
	rows, err := s.Select(context.Background(), query.Select{Tenant: tenant, Model: p.Model(), Columns: columns(p), Where: is(prop(p.Model(), "_id"), model.Eq, id)})
	must(t, err)
	if len(rows) != 1 {
		t.Fatalf("%d records %s", len(rows), id)
	}
	return rows[0].Values[0]
}

func is(p *model.Property, op model.Op, values ...any) query.Expr {
	return query.Compare{Property: p, Op: op, Values: values}
}

// testValues writes every value of every kind, reads it, empties it, and writes it again by Update.
func testValues(t *testing.T, open Open) {
	everyValue(t, open, func(p *model.Property) bool { return !p.Custom && !p.Computed() && p.Name != "_id" })
}

// testCustomValues does the same in the JSON column and checks that its keys do not disturb each other.
func testCustomValues(t *testing.T, open Open) {
	everyValue(t, open, func(p *model.Property) bool { return p.Custom })
	s, ctx := openEmpty(t, open), context.Background()
	sector, score, labels := prop(firm, "custom.Sector"), prop(firm, "custom.Score"), prop(firm, "custom.Labels")
	must(t, s.Insert(ctx, here, firm, id(1), map[*model.Property]any{prop(firm, "name"): "x"}))
	must(t, s.Update(ctx, here, firm, id(1), map[*model.Property]any{sector: "a", score: 1.5, labels: []string{"l"}}))
	must(t, s.Update(ctx, here, firm, id(1), map[*model.Property]any{sector: nil, score: 2.5}))
	for p, want := range map[*model.Property]any{sector: nil, score: 2.5, labels: []string{"l"}} {
		if got := read(t, s, here, id(1), p); !cmp.Equal(got, want) {
			t.Errorf("%s = %v, want %v", p.Name, got, want)
		}
	}
}

func everyValue(t *testing.T, open Open, which func(*model.Property) bool) {
	s, ctx := openEmpty(t, open), context.Background()
	n := 1000
	for _, p := range propsOf(firm, which) {
		t.Run(p.Name, func(t *testing.T) {
			for _, v := range slices.Concat(pool(p), extremes(p)) {
				n++
				must(t, s.Insert(ctx, here, firm, id(n), map[*model.Property]any{p: v}))
				same(t, v, read(t, s, here, id(n), p))
				must(t, s.Update(ctx, here, firm, id(n), map[*model.Property]any{p: nil}))
				same(t, nil, read(t, s, here, id(n), p))
				must(t, s.Update(ctx, here, firm, id(n), map[*model.Property]any{p: v}))
				same(t, v, read(t, s, here, id(n), p))
				must(t, s.Delete(ctx, here, firm, id(n)))
			}
		})
	}
}

// extremes are values at the edges of what a kind holds.
func extremes(p *model.Property) []any {
	switch {
	case p.Kind.Storage() == model.StoreInteger:
		return []any{int64(-1 << 53), int64(1<<53 - 1)}
	case p.Kind.Storage() == model.StoreText && (p.Index || p.Custom):
		return []any{strings.Repeat("Ⱥ", sqlstore.MaxIndexed/2), "\x01\x7f"}
	case p.Kind == model.RichText:
		return []any{strings.Repeat("x", model.MaxText)}
	case p.Kind == model.Tags:
		many := make([]string, model.MaxListItems)
		for i := range many {
			many[i] = fmt.Sprint("tag ", i)
		}
		return []any{many}
	}
	return nil
}

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, Same); diff != "" {
		t.Errorf("value (-want +got):\n%.400s", diff)
	}
	if at, ok := got.(time.Time); ok && at.Location() != time.UTC {
		t.Errorf("%v is not in UTC", at)
	}
}

// testWrites checks what writes refuse, and that each refusal names the property.
func testWrites(t *testing.T, open Open) {
	s, ctx := openEmpty(t, open), context.Background()
	code, name, note := prop(firm, "code"), prop(firm, "name"), prop(firm, "note")
	must(t, s.Insert(ctx, here, firm, id(1), values{"code": "X", "name": "n"}.of(firm)))
	must(t, s.Insert(ctx, there, firm, id(1), values{"code": "X"}.of(firm))) // another tenant is another world
	must(t, s.Insert(ctx, here, firm, id(2), values{"name": "n"}.of(firm)))  // empty values are not equal
	must(t, s.Insert(ctx, here, firm, id(3), values{"code": "x"}.of(firm)))  // text is equal exactly
	foreign, _ := base.Model("Firm")
	for _, c := range []struct {
		name string
		err  error
		kind fault.Kind
		prop string
	}{
		{"insert of a taken value", s.Insert(ctx, here, firm, id(9), values{"code": "X"}.of(firm)), fault.Conflict, "code"},
		{"update to a taken value", s.Update(ctx, here, firm, id(2), values{"code": "X"}.of(firm)), fault.Conflict, "code"},
		{"insert of a taken id", s.Insert(ctx, here, firm, id(2), values{"name": "n"}.of(firm)), fault.Conflict, ""},
		{"update of nothing", s.Update(ctx, here, firm, id(9), values{"name": "n"}.of(firm)), fault.NotFound, ""},
		{"empty update of nothing", s.Update(ctx, here, firm, id(9), nil), fault.NotFound, ""},
		{"delete of nothing", s.Delete(ctx, here, firm, id(9)), fault.NotFound, ""},
		{"a text too long for an index", s.Update(ctx, here, firm, id(1), values{"name": strings.Repeat("x", sqlstore.MaxIndexed+1)}.of(firm)), fault.Invalid, "name"},
		{"a NUL", s.Update(ctx, here, firm, id(1), values{"note": "a\x00b"}.of(firm)), fault.Invalid, "note"},
		{"other bytes", s.Update(ctx, here, firm, id(1), values{"note": "\xff"}.of(firm)), fault.Invalid, "note"},
		{"a NUL in a label", s.Update(ctx, here, firm, id(1), values{"tags": []string{"\x00"}}.of(firm)), fault.Invalid, "tags"},
		{"a NUL in JSON", s.Update(ctx, here, firm, id(1), values{"extra": json.RawMessage(`{"a":"\u0000"}`)}.of(firm)), fault.Invalid, "extra"},
		{"half a character in JSON", s.Update(ctx, here, firm, id(1), values{"custom.Blob": json.RawMessage(`"\ud800x"`)}.of(firm)), fault.Invalid, "custom.Blob"},
		{"another type", s.Update(ctx, here, firm, id(1), values{"size": 1.5}.of(firm)), fault.Internal, ""},
		{"another registry's property", s.Update(ctx, here, foreign, id(1), map[*model.Property]any{note: "x"}), fault.Internal, ""},
	} {
		_, fields := fault.Safe(c.err)
		if c.err == nil || fault.KindOf(c.err) != c.kind || c.prop != "" && (len(fields) != 1 || fields[0].Path != c.prop) {
			t.Errorf("%s: %v (%v), want %v about %q", c.name, c.err, fault.KindOf(c.err), c.kind, c.prop)
		}
	}
	same(t, "X", read(t, s, here, id(1), code))
	same(t, "n", read(t, s, here, id(1), name))
	must(t, s.Update(ctx, here, firm, id(1), nil))
	must(t, s.Update(ctx, here, firm, id(1), values{"tags": []string{}}.of(firm)))
	same(t, nil, read(t, s, here, id(1), prop(firm, "tags")))
}
