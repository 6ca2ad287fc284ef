package storetest

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/model"
	"mandorla/internal/query"
)

// testOrder orders by every property in both directions.
func testOrder(t *testing.T, open Open) {
	s, w := openWorld(t, open)
	for _, p := range propsOf(firm, sortable) {
		t.Run(p.Name, func(t *testing.T) {
			for _, desc := range []bool{false, true} {
				q := query.Select{Tenant: here, Model: firm, Columns: columns(p), Order: []query.Order{{Field: query.Field{Property: p}, Desc: desc}}}
				Compare(t, s, q, w.naive(here).run(q))
			}
		})
	}
	t.Run("spelled out", func(t *testing.T) {
		s, ctx := openEmpty(t, open), context.Background()
		name := prop(firm, "name")
		for i, text := range []any{"b", "Ä", nil, "a", "B", "A", "ä", nil, "Z", "a"} {
			must(t, s.Insert(ctx, here, firm, id(i), map[*model.Property]any{name: text}))
		}
		for desc, want := range map[bool][]int{
			false: {5, 3, 9, 4, 0, 8, 1, 6, 2, 7}, // A a a B b Z Ä ä and then the empty ones
			true:  {6, 1, 8, 0, 4, 3, 9, 5, 2, 7},
		} {
			got := ids(t, s, query.Select{Tenant: here, Model: firm, Columns: columns(name), Order: []query.Order{{Field: query.Field{Property: name}, Desc: desc}}})
			var wantIDs []string
			for _, n := range want {
				wantIDs = append(wantIDs, id(n))
			}
			if diff := cmp.Diff(wantIDs, got); diff != "" {
				t.Errorf("descending %v (-want +got):\n%s", desc, diff)
			}
		}
	})
}

// testPages walks whole lists in pages of several sizes: the pages together are the list.
func testPages(t *testing.T, open Open) {
	s, _ := openWorld(t, open)
	by := func(desc string, names ...string) []query.Order {
		var out []query.Order
		for i, n := range names {
			out = append(out, query.Order{Field: query.Field{Property: prop(firm, n)}, Desc: desc[i] == 'd'})
		}
		return out
	}
	boss := query.Order{Desc: true, Field: query.Field{
		Hops: []query.Hop{{Ref: prop(firm, "owner"), To: person}, {Ref: prop(person, "boss"), To: person}}, Property: prop(person, "name"),
		Guard: is(prop(person, "firstName"), model.NotEmpty),
	}}
	for name, order := range map[string][]query.Order{
		"none": nil, "id": by("a", "_id"), "id descending": by("d", "_id"),
		"text": by("a", "name"), "text descending": by("d", "name"), "mixed": by("ada", "status", "size", "name"),
		"instants": by("d", "seenAt"), "custom": by("ad", "custom.Sector", "custom.When"), "over references": append([]query.Order{boss}, by("a", "active")...),
	} {
		t.Run(name, func(t *testing.T) {
			q := query.Select{Tenant: here, Model: firm, Columns: columns(prop(firm, "name"), prop(firm, "size")), Order: order}
			want := ids(t, s, q)
			for _, size := range []int{1, 2, 7, 39, 40, 41} {
				q.Limit, q.After = size, nil
				var got []string
				for range len(want) + 1 {
					rows, err := s.Select(context.Background(), q)
					must(t, err)
					for _, r := range rows {
						got = append(got, r.ID)
					}
					if len(rows) < size {
						break
					}
					last := rows[len(rows)-1]
					q.After = &query.After{Keys: last.Keys, ID: last.ID}
				}
				if !slices.Equal(got, want) {
					t.Fatalf("pages of %d give %d rows in another order than the %d of the list:\n%v\n%v", size, len(got), len(want), got, want)
				}
			}
		})
	}
}

// testReferences reads, filters and orders over references.
func testReferences(t *testing.T, open Open) {
	s, w := openWorld(t, open)
	owner, boss, first := prop(firm, "owner"), prop(person, "boss"), prop(person, "firstName")
	hop := query.Hop{Ref: owner, To: person}
	up := query.Hop{Ref: boss, To: person}
	ruled := query.Hop{Ref: owner, To: person, Where: is(first, model.NotEmpty)}
	barred := query.Hop{Ref: owner, To: person, Guard: is(prop(firm, "active"), model.Eq, true)}
	f := func(p *model.Property, hops ...query.Hop) query.Field { return query.Field{Hops: hops, Property: p} }
	name := prop(person, "name")
	for title, q := range map[string]query.Select{
		"columns":   {Columns: []query.Field{f(name, hop), f(prop(person, "email"), hop), f(name, hop, up), f(name, ruled), f(name, barred)}},
		"order":     {Columns: []query.Field{f(name, hop)}, Order: []query.Order{{Field: f(name, hop)}, {Field: f(first, hop, up), Desc: true}}},
		"shared":    {Columns: []query.Field{f(name, hop), f(name, ruled), f(name, hop)}, Order: []query.Order{{Field: f(name, ruled), Desc: true}}},
		"condition": {Where: query.Via{Ref: owner, To: person, Where: query.Via{Ref: boss, To: person, Where: is(name, model.NotEmpty)}}},
		"opposite":  {Where: query.Not{X: query.Via{Ref: owner, To: person, Where: query.Via{Ref: boss, To: person}}}},
		"guarded":   {Where: query.Not{X: query.Via{Ref: owner, To: person, Guard: is(prop(firm, "size"), model.Gte, int64(1))}}},
	} {
		t.Run(title, func(t *testing.T) {
			q.Tenant, q.Model = here, firm
			if q.Columns == nil {
				q.Columns = columns(owner)
			}
			Compare(t, s, q, w.naive(here).run(q))
		})
	}
}

// testGuards: where a guard is false, a value is empty for reading, filtering, ordering and paging alike.
func testGuards(t *testing.T, open Open) {
	s, w := openWorld(t, open)
	name := prop(firm, "name")
	mine := query.Via{Ref: prop(firm, "owner"), To: person, Where: is(prop(person, "_id"), model.Eq, id(2))}
	guarded := query.Field{Property: name, Guard: mine}
	for title, q := range map[string]query.Select{
		"column":   {Columns: []query.Field{guarded, {Property: name}, {Property: name, Guard: query.None{}}, {Property: name, Guard: query.All{}}}},
		"order":    {Columns: columns(name), Order: []query.Order{{Field: guarded}}},
		"page":     {Columns: columns(name), Order: []query.Order{{Field: guarded, Desc: true}}, After: &query.After{Keys: []any{"zz"}, ID: id(110)}},
		"equal":    {Where: query.Compare{Property: name, Op: model.Gte, Values: []any{"a"}, Guard: mine}},
		"empty":    {Where: query.Compare{Property: name, Op: model.Empty, Guard: mine}},
		"unequal":  {Where: query.Compare{Property: name, Op: model.Ne, Values: []any{"a"}, Guard: mine}},
		"opposite": {Where: query.Not{X: query.Compare{Property: name, Op: model.NotEmpty, Guard: mine}}},
		"nothing":  {Where: query.Compare{Property: name, Op: model.NotIn, Values: []any{"a", nil}, Guard: mine}},
	} {
		t.Run(title, func(t *testing.T) {
			q.Tenant, q.Model = here, firm
			if q.Columns == nil {
				q.Columns = columns(name)
			}
			Compare(t, s, q, w.naive(here).run(q))
		})
	}
}

// testTenants: nothing a tenant does or asks reaches the other one, though all ids are the same.
func testTenants(t *testing.T, open Open) {
	s, w := openWorld(t, open)
	ctx := context.Background()
	hop := query.Hop{Ref: prop(firm, "owner"), To: person}
	q := query.Select{
		Model: firm, Columns: []query.Field{{Property: prop(firm, "name")}, {Hops: []query.Hop{hop}, Property: prop(person, "email")}},
		Where: query.Via{Ref: prop(firm, "owner"), To: person, Where: is(prop(person, "email"), model.NotEmpty)},
	}
	for _, tenant := range []string{here, there, "nobody"} {
		q.Tenant = tenant
		Compare(t, s, q, w.naive(tenant).run(q))
	}
	for _, r := range w.rows[here][firm] {
		must(t, s.Update(ctx, here, firm, r.id, values{"name": "changed"}.of(firm)))
	}
	for _, r := range w.rows[here][person] {
		must(t, s.Delete(ctx, here, person, r.id))
	}
	q.Tenant = there
	Compare(t, s, q, w.naive(there).run(q))
}
