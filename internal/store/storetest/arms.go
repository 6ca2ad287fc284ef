package storetest

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mandorla/internal/model"
	"mandorla/internal/query"
)

// testArms draws lists by title of what belongs to some people, which are merged of ranges of indexes, and compares them with the naive
// evaluation: rows that belong to two of them, rows without a title, further conditions, every page.
func testArms(t *testing.T, open Open) {
	s, w := openWorld(t, open)
	merged := 0
	rapid.Check(t, func(rt *rapid.T) {
		q := belonging(rt)
		text, _, err := s.Dialect().Render(q)
		if err != nil {
			rt.Fatal(err)
		}
		if strings.Contains(text, "arm_row") {
			merged++
		}
		Compare(rt, s, q, w.naive(q.Tenant).run(q))
	})
	if merged == 0 {
		t.Error("no list was merged of arms: this test says nothing")
	}
}

func belonging(t *rapid.T) query.Select {
	m := rapid.SampledFrom([]*model.Model{firm, firm, firm, person}).Draw(t, "model")
	q := query.Select{
		Tenant: rapid.SampledFrom([]string{here, there}).Draw(t, "tenant"), Model: m, Limit: rapid.IntRange(1, 50).Draw(t, "limit"),
		Order: []query.Order{{Field: query.Field{Property: m.TitleProperty()}}},
	}
	for range rapid.IntRange(1, 4).Draw(t, "columns") {
		q.Columns = append(q.Columns, field(t, m, false))
	}
	var either query.Or
	for _, ref := range propsOf(m, func(p *model.Property) bool { return p.IsRef() && p.Index && !p.Custom }) {
		c := query.Compare{Property: ref, Op: model.In}
		for range rapid.IntRange(1, 12).Draw(t, "values") {
			c.Values = append(c.Values, rapid.SampledFrom(pool(ref)).Draw(t, "value"))
		}
		either = append(either, c)
	}
	q.Where = either
	if rapid.Bool().Draw(t, "filtered") {
		q.Where = query.Both(either, expr(t, m, 2))
	}
	if rapid.Bool().Draw(t, "behind") {
		q.After = after(t, q)
	}
	return q
}
