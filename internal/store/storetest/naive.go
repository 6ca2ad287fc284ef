package storetest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/store/sqlstore"
)

// naive evaluates queries in memory, the plainest way, straight from the words of packages query and model.
type naive struct {
	rows map[*model.Model][]record // of one tenant
}

func (w *world) naive(tenant string) naive { return naive{w.rows[tenant]} }

func (n naive) find(m *model.Model, id any) *record {
	for i, r := range n.rows[m] {
		if r.id == id {
			return &n.rows[m][i]
		}
	}
	return nil
}

// value is a property's value; Concat ones are joined.
func (n naive) value(r *record, p *model.Property) any {
	if p.Name == "_id" {
		return r.id
	}
	if len(p.Concat) == 0 {
		return r.values[p]
	}
	var parts []string
	for _, name := range p.Concat {
		if s, ok := r.values[prop(p.Model(), name)].(string); ok && s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return strings.Join(parts, " ")
}

func (n naive) visible(r *record, p *model.Property, guard query.Expr) any {
	if guard != nil && !n.is(r, guard) {
		return nil
	}
	return n.value(r, p)
}

// field reads a value over references.
func (n naive) field(r *record, f query.Field) any {
	for _, h := range f.Hops {
		to := n.find(h.To, n.visible(r, h.Ref, h.Guard))
		if to == nil || h.Where != nil && !n.is(to, h.Where) {
			return nil
		}
		r = to
	}
	return n.visible(r, f.Property, f.Guard)
}

func (n naive) is(r *record, e query.Expr) bool {
	switch e := e.(type) {
	case nil, query.All:
		return true
	case query.None:
		return false
	case query.Not:
		return !n.is(r, e.X)
	case query.And:
		return !slices.ContainsFunc(e, func(x query.Expr) bool { return !n.is(r, x) })
	case query.Or:
		return slices.ContainsFunc(e, func(x query.Expr) bool { return n.is(r, x) })
	case query.Compare:
		return compare(n.visible(r, e.Property, e.Guard), e.Op, e.Values)
	case query.Via:
		to := n.find(e.To, n.visible(r, e.Ref, e.Guard))
		return to != nil && n.is(to, e.Where)
	}
	panic("unknown condition")
}

func compare(v any, op model.Op, want []any) bool {
	switch op {
	case model.Empty:
		return v == nil
	case model.NotEmpty:
		return v != nil
	case model.Ne:
		return !compare(v, model.Eq, want)
	case model.NotIn:
		return !compare(v, model.In, want)
	case model.Eq, model.In:
		return slices.ContainsFunc(want, func(w any) bool {
			if v == nil || w == nil {
				return v == nil && w == nil
			}
			return order(v, w) == 0
		})
	}
	if v == nil || want[0] == nil {
		return false
	}
	switch op {
	case model.Contains:
		if items, ok := v.([]string); ok {
			return slices.Contains(items, want[0].(string))
		}
		return strings.Contains(sqlstore.Fold(v.(string)), sqlstore.Fold(want[0].(string)))
	case model.StartsWith:
		return strings.HasPrefix(sqlstore.Fold(v.(string)), sqlstore.Fold(want[0].(string)))
	case model.Lt:
		return order(v, want[0]) < 0
	case model.Lte:
		return order(v, want[0]) <= 0
	case model.Gt:
		return order(v, want[0]) > 0
	case model.Gte:
		return order(v, want[0]) >= 0
	}
	panic("unknown operator " + op)
}

// order compares two values by their bytes, size or time.
func order(a, b any) int {
	switch a := a.(type) {
	case string:
		return cmp.Compare(a, b.(string))
	case int64:
		return cmp.Compare(a, b.(int64))
	case float64:
		return cmp.Compare(a, b.(float64))
	case time.Time:
		return a.Compare(b.(time.Time))
	case bool:
		switch {
		case a == b.(bool):
			return 0
		case a:
			return 1
		}
		return -1
	}
	panic("no order")
}

// ranked compares two values as lists do: without regard to case first, empty ones last in both directions.
func ranked(a, b any, desc bool) int {
	switch {
	case a == nil || b == nil:
		return cmp.Compare(btoi(a == nil), btoi(b == nil))
	}
	c := 0
	if s, ok := a.(string); ok {
		c = cmp.Compare(sqlstore.Fold(s), sqlstore.Fold(b.(string)))
	}
	if c == 0 {
		c = order(a, b)
	}
	if desc {
		return -c
	}
	return c
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// run answers a select.
func (n naive) run(q query.Select) []query.Row {
	var out []query.Row
	for i := range n.rows[q.Model] {
		r := &n.rows[q.Model][i]
		if !n.is(r, q.Where) {
			continue
		}
		row := query.Row{ID: r.id}
		for _, f := range q.Columns {
			row.Values = append(row.Values, n.field(r, f))
		}
		for _, o := range q.Order {
			row.Keys = append(row.Keys, n.field(r, o.Field))
		}
		out = append(out, row)
	}
	slices.SortFunc(out, func(a, b query.Row) int { return rank(q.Order, a, b) })
	if q.After != nil {
		last := query.Row{ID: q.After.ID, Keys: q.After.Keys}
		out = slices.DeleteFunc(out, func(r query.Row) bool { return rank(q.Order, r, last) <= 0 })
	}
	if q.Limit > 0 && len(out) > q.Limit {
		out = out[:q.Limit]
	}
	return out
}

// rank compares two rows. The row's own id decides: no two rows share it, so keys that come after it are not looked at, whatever
// a place in a list says of them that was noted before the row changed.
func rank(by []query.Order, a, b query.Row) int {
	for i, o := range by {
		c := ranked(a.Keys[i], b.Keys[i], o.Desc)
		if f := o.Field; c != 0 || f.Property.Name == "_id" && len(f.Hops) == 0 && f.Guard == nil {
			return c
		}
	}
	return cmp.Compare(a.ID, b.ID)
}
