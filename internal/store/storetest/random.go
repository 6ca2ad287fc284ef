package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/store/sqlstore"
)

// Same compares rows; JSON is equal by what it means, since an engine may write it anew.
var Same = cmp.Options{
	cmp.Comparer(func(a, b json.RawMessage) bool {
		var x, y any
		return bytes.Equal(a, b) || json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && cmp.Equal(x, y)
	}),
	cmp.Transformer("rows", func(r query.Row) [3]any {
		return [3]any{r.ID, append([]any{}, r.Values...), append([]any{}, r.Keys...)}
	}),
}

// testRandom compares random queries with the naive evaluation.
func testRandom(t *testing.T, open Open) {
	s, w := openWorld(t, open)
	rapid.Check(t, func(rt *rapid.T) {
		q := Query(rt)
		Compare(rt, s, q, w.naive(q.Tenant).run(q))
	})
}

// Compare checks the rows and the count of one engine.
func Compare(t rapid.TB, s *sqlstore.Store, q query.Select, want []query.Row) {
	t.Helper()
	got, err := s.Select(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append([]query.Row{}, want...), got, Same); diff != "" {
		text, args, _ := s.Dialect().Render(q)
		t.Fatalf("rows differ (-want +got):\n%s\n%s\n%v", diff, text, args)
	}
	if q.After != nil || q.Limit > 0 {
		return
	}
	n, err := s.Count(context.Background(), q)
	if err != nil || n != len(want) {
		t.Fatalf("Count = %d, %v; want %d", n, err, len(want))
	}
}

// Query draws a query over the world.
func Query(t *rapid.T) query.Select {
	m := rapid.SampledFrom([]*model.Model{firm, firm, person}).Draw(t, "model")
	q := query.Select{Tenant: rapid.SampledFrom([]string{here, there}).Draw(t, "tenant"), Model: m}
	for range rapid.IntRange(1, 5).Draw(t, "columns") {
		q.Columns = append(q.Columns, field(t, m, false))
	}
	if rapid.Bool().Draw(t, "filtered") {
		q.Where = expr(t, m, 3)
	}
	for range rapid.IntRange(0, 3).Draw(t, "keys") {
		f := field(t, m, true)
		if len(q.Columns) > 0 && rapid.IntRange(0, 3).Draw(t, "as column") == 0 && sortable(q.Columns[0].Property) {
			f = q.Columns[0]
		}
		q.Order = append(q.Order, query.Order{Field: f, Desc: rapid.Bool().Draw(t, "desc")})
	}
	if rapid.Bool().Draw(t, "paged") {
		q.Limit = rapid.IntRange(1, 50).Draw(t, "limit")
	}
	if rapid.Bool().Draw(t, "behind") {
		q.After = after(t, q)
	}
	return q
}

// after draws a place to continue from: any values, whether a row has them or not.
func after(t *rapid.T, q query.Select) *query.After {
	a := &query.After{ID: id(rapid.IntRange(0, 150).Draw(t, "id"))}
	for _, o := range q.Order {
		if f := o.Field; f.Property.Name == "_id" && len(f.Hops) == 0 && f.Guard == nil {
			a.Keys = append(a.Keys, a.ID)
			continue
		}
		a.Keys = append(a.Keys, value(t, o.Field.Property, true))
	}
	return a
}

func sortable(p *model.Property) bool {
	return p.Kind.Storage() != model.StoreList && p.Kind.Storage() != model.StoreJSON
}

func field(t *rapid.T, m *model.Model, sorted bool) query.Field {
	var f query.Field
	for range rapid.IntRange(0, 2).Draw(t, "hops") {
		refs := propsOf(m, (*model.Property).IsRef)
		ref := rapid.SampledFrom(refs).Draw(t, "ref")
		to := modelOf(ref.To)
		f.Hops = append(f.Hops, query.Hop{Ref: ref, To: to, Where: maybe(t, to), Guard: maybe(t, m)})
		m = to
	}
	f.Property = rapid.SampledFrom(propsOf(m, func(p *model.Property) bool { return !sorted || sortable(p) })).Draw(t, "property")
	f.Guard = maybe(t, m)
	return f
}

func propsOf(m *model.Model, keep func(*model.Property) bool) []*model.Property {
	var out []*model.Property
	for _, p := range m.Props() {
		if keep(p) {
			out = append(out, p)
		}
	}
	return out
}

// maybe draws a small condition, mostly none.
func maybe(t *rapid.T, m *model.Model) query.Expr {
	if rapid.IntRange(0, 3).Draw(t, "guarded") > 0 {
		return nil
	}
	return expr(t, m, 1)
}

func expr(t *rapid.T, m *model.Model, depth int) query.Expr {
	most := 9
	if depth == 0 {
		most = 5
	}
	switch n := rapid.IntRange(0, most).Draw(t, "expr"); n {
	case 0:
		return rapid.SampledFrom([]query.Expr{query.All{}, query.None{}}).Draw(t, "constant")
	case 6:
		return query.Not{X: expr(t, m, depth-1)}
	case 7:
		return query.And(exprs(t, m, depth-1))
	case 8:
		return query.Or(exprs(t, m, depth-1))
	case 9:
		ref := rapid.SampledFrom(propsOf(m, (*model.Property).IsRef)).Draw(t, "via")
		to := modelOf(ref.To)
		v := query.Via{Ref: ref, To: to, Where: expr(t, to, depth-1)}
		if rapid.IntRange(0, 3).Draw(t, "guarded") == 0 {
			v.Guard = expr(t, m, depth-1)
		}
		return v
	}
	return leaf(t, m, depth)
}

func exprs(t *rapid.T, m *model.Model, depth int) []query.Expr {
	out := make([]query.Expr, rapid.IntRange(0, 3).Draw(t, "parts"))
	for i := range out {
		out[i] = expr(t, m, depth)
	}
	return out
}

func leaf(t *rapid.T, m *model.Model, depth int) query.Expr {
	p := rapid.SampledFrom(m.Props()).Draw(t, "property")
	c := query.Compare{Property: p, Op: rapid.SampledFrom(p.Kind.Operators()).Draw(t, "op")}
	switch c.Op {
	case model.Empty, model.NotEmpty:
	case model.In, model.NotIn:
		for range rapid.IntRange(1, 4).Draw(t, "values") {
			c.Values = append(c.Values, value(t, p, true))
		}
	case model.Contains, model.StartsWith:
		s := rapid.SampledFrom(texts).Draw(t, "needle").(string)
		runes := []rune(s)
		c.Values = []any{string(runes[:rapid.IntRange(1, len(runes)).Draw(t, "length")])}
	default:
		c.Values = []any{value(t, p, true)}
	}
	if depth > 0 && rapid.IntRange(0, 3).Draw(t, "guarded") == 0 {
		c.Guard = expr(t, m, depth-1)
	}
	return c
}

// value draws one of the property's values, now and then none.
func value(t *rapid.T, p *model.Property, orNil bool) any {
	if orNil && rapid.IntRange(0, 9).Draw(t, "empty") == 0 {
		return nil
	}
	if p.Name == "_id" {
		return id(rapid.IntRange(99, 130).Draw(t, "record"))
	}
	return rapid.SampledFrom(pool(p)).Draw(t, "value")
}
