package sqlstore

import (
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// sortKey is one key of an order. A folded one sorts by its folded text first and by its bytes among equals.
type sortKey struct {
	value    fragment
	property *model.Property
	desc     bool
	folded   bool
	id       bool // the row's own id: what follows it changes nothing
}

// sign compares what comes behind with what comes before.
func (s sortKey) sign() string {
	if s.desc {
		return " < "
	}
	return " > "
}

func (r *renderer) sorts(order []query.Order) []sortKey {
	out := make([]sortKey, len(order))
	for i, o := range order {
		p := o.Field.Property
		st := p.Kind.Storage()
		if st == model.StoreList || st == model.StoreJSON {
			fail("property %s has no order", p.Name)
		}
		out[i] = sortKey{property: p, desc: o.Desc, folded: folds(p), id: isID(o.Field)}
		r.field(&out[i].value, o.Field)
	}
	return out
}

// segment is a part of a list: the rows that have a value in its first key come before those that have none. Asked for one after the
// other, each is a range of an index, which the whole is not.
type segment uint8

const (
	whole segment = iota
	present
	absent
)

// segments gives the parts to ask for in turn. Cutting pays where an index holds the first key, and the rows before the page would
// have to be passed over otherwise, or the engine's own order puts empty values first.
func (d *Dialect) segments(q query.Select) []segment {
	if q.Limit == 0 || len(q.Order) == 0 || q.After != nil && len(q.After.Keys) != len(q.Order) {
		return []segment{whole}
	}
	f := q.Order[0].Field
	p := f.Property
	indexed := !p.Custom && (p.Index || p.Unique || p == q.Model.TitleProperty() && onRow(p))
	switch {
	case !indexed || len(f.Hops) > 0 || f.Guard != nil || isID(f):
		return []segment{whole}
	case q.After != nil && q.After.Keys[0] == nil:
		return []segment{absent}
	case d.armed(q):
		return []segment{present, absent}
	case q.After != nil || q.Order[0].Desc && d.EmptyFirst:
		return []segment{present, absent}
	}
	return []segment{whole}
}

// orderBy puts empty values last in both directions and ends in the id. Where a folded text and the text itself are both keys,
// only the first needs telling: the two are empty together.
func (r *renderer) orderBy(out *fragment, sorts []sortKey, part segment) {
	out.add(" ORDER BY ")
	for i, s := range sorts {
		text, way, nulls := s.value.text.String(), " ASC", " NULLS LAST, "
		if s.desc {
			way = " DESC"
		}
		switch {
		case s.id:
			out.add(text + way)
			return
		case i == 0 && part == absent:
			continue
		case i == 0 && part == present:
			nulls = ", "
		}
		if s.folded {
			out.add(r.d.Fold(text)+way+nulls, s.value.args...)
			nulls = ", "
		}
		out.add(text+way+nulls, s.value.args...)
	}
	out.add(rowAlias + `."_id" ASC`)
}

// page adds what leaves the rows of a segment that come behind the given place.
func (r *renderer) page(out *fragment, sorts []sortKey, a *query.After, part segment) {
	if a != nil && len(a.Keys) != len(sorts) {
		fail("page after %d keys of a list ordered by %d", len(a.Keys), len(sorts))
	}
	switch {
	case part == absent:
		out.add(" AND "+r.head(sorts[0])+" IS NULL", sorts[0].value.args...)
		if a != nil && a.Keys[0] == nil {
			out.add(" AND ")
			r.after(out, sorts[1:], a.Keys[1:], a.ID, false)
		}
	case part == present && a == nil:
		out.add(" AND "+r.head(sorts[0])+" IS NOT NULL", sorts[0].value.args...)
	case part == present:
		r.bound(out, sorts[0], a.Keys[0])
		fallthrough
	case a != nil:
		out.add(" AND ")
		r.after(out, sorts, a.Keys, a.ID, part == present)
	}
}

// head is what an index on the key begins with.
func (r *renderer) head(s sortKey) string {
	if s.folded {
		return r.d.Fold(s.value.text.String())
	}
	return s.value.text.String()
}

// bound repeats what follows from the condition of the page in a form that an index understands.
func (r *renderer) bound(out *fragment, s sortKey, key any) {
	sign, param := " >= ", r.param(s.property)
	if s.desc {
		sign = " <= "
	}
	if s.folded {
		param = r.d.Fold(param)
	}
	out.add(" AND "+r.head(s)+sign+param, withLast(s.value.args, r.arg(s.property, key))...)
}

// after adds the condition that a row comes behind the given place; full says that no first key is empty.
func (r *renderer) after(out *fragment, sorts []sortKey, keys []any, id string, full bool) {
	if len(sorts) == 0 {
		out.add(rowAlias+`."_id" > ?`, id)
		return
	}
	rest := func() { r.after(out, sorts[1:], keys[1:], id, false) }
	s, key := sorts[0], keys[0]
	text, args := s.value.text.String(), s.value.args
	if key == nil { // among the empty ones, behind which nothing comes
		out.add("("+text+" IS NULL AND ", args...)
		rest()
		out.add(")")
		return
	}
	param, v := r.param(s.property), r.arg(s.property, key)
	if s.id { // never empty, never twice
		out.add(text+s.sign()+param, v)
		return
	}
	out.add("(")
	if !full {
		out.add(text+" IS NULL OR ", args...)
	}
	if s.folded {
		r.behind(out, s, r.d.Fold(text), r.d.Fold(param), v, func() { r.behind(out, s, text, param, v, rest) })
	} else {
		r.behind(out, s, text, param, v, rest)
	}
	out.add(")")
}

// behind is "further than v, or at v and then what follows".
func (r *renderer) behind(out *fragment, s sortKey, text, param string, v any, follows func()) {
	out.add(text+s.sign()+param, withLast(s.value.args, v)...)
	out.add(" OR ("+text+" = "+param+" AND (", withLast(s.value.args, v)...)
	follows()
	out.add("))")
}

func withLast(args []any, v any) []any { return append(args[:len(args):len(args)], v) }
