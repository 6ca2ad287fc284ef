package sqlstore

import (
	"slices"
	"strconv"

	"mandorla/internal/model"
	"mandorla/internal/query"
)

// expr adds a condition on the row of alias, or its opposite. Every condition it writes may be unknown where it should be false,
// but never where it should be true: negation happens here, before SQL, so unknown always counts as false.
func (r *renderer) expr(out *fragment, alias string, e query.Expr, not bool) {
	switch e := e.(type) {
	case nil, query.All:
		out.add(truth(!not))
	case query.None:
		out.add(truth(not))
	case query.Not:
		r.expr(out, alias, e.X, !not)
	case query.And:
		r.list(out, alias, e, not, !not)
	case query.Or:
		r.list(out, alias, e, not, not)
	case query.Compare:
		if parts, and := aboutEmpty(e); parts != nil {
			r.list(out, alias, parts, not, and != not)
			return
		}
		op, opposite := e.Op, not
		if matchesEmpty(op) {
			op, opposite = positive[op], !not
		}
		r.guarded(out, alias, e.Guard, opposite, func() { r.leaf(out, alias, e.Property, op, e.Values, opposite) })
	case query.Via:
		r.guarded(out, alias, e.Guard, not, func() { r.via(out, alias, e, not) })
	default:
		fail("unknown condition %T", e)
	}
}

func truth(yes bool) string {
	if yes {
		return "1 = 1"
	}
	return "1 = 0"
}

// list joins conditions by AND or OR; none of them is true for AND, false for OR.
func (r *renderer) list(out *fragment, alias string, parts []query.Expr, not, and bool) {
	if len(parts) == 0 {
		out.add(truth(and))
		return
	}
	word := " OR "
	if and {
		word = " AND "
	}
	if !and && !not && !r.pinned && r.d.SplitOr && r.split(out, alias, parts) {
		return
	}
	out.add("(")
	for i, p := range parts {
		if i > 0 {
			out.add(word)
		}
		r.expr(out, alias, p, not)
	}
	out.add(")")
}

// split writes "owner is x, or co-owner is x" as the ids that one index after the other gives. SQLite, which has no figures about a
// tenant's rows, would read them all instead. It writes nothing for other conditions.
func (r *renderer) split(out *fragment, alias string, parts []query.Expr) bool {
	for _, e := range parts {
		c, ok := e.(query.Compare)
		if !ok || len(parts) < 2 || c.Guard != nil || c.Op != model.Eq && c.Op != model.In || slices.Contains(c.Values, nil) ||
			!stored(c.Property) || !c.Property.Index && !c.Property.Unique {
			return false
		}
	}
	out.add(alias + `."_id" IN (`)
	for i, e := range parts {
		if i > 0 {
			out.add(" UNION ALL ")
		}
		sub := r.subquery(out, e.(query.Compare).Property.Model())
		r.expr(out, sub, e, false)
	}
	out.add(")")
	return true
}

// subquery begins a list of the ids of a model's rows, up to the word AND, and gives the alias of the rows.
func (r *renderer) subquery(out *fragment, m *model.Model) string {
	r.subs++
	sub := "s" + strconv.Itoa(r.subs)
	out.add("SELECT "+sub+`."_id" FROM `+quoted(m.Route)+" AS "+sub+" WHERE "+sub+"."+tenantColumn+" = ? AND ", r.tenant)
	return sub
}

// positive gives, for the operators that match empty values, the one they are the opposite of.
var positive = map[model.Op]model.Op{model.Ne: model.Eq, model.NotIn: model.In, model.Empty: model.NotEmpty}

func matchesEmpty(op model.Op) bool { _, ok := positive[op]; return ok }

// guarded adds a condition that is false on an empty value, or its opposite: where the guard is false the value counts as
// empty. That is CASE WHEN guard THEN value END, written so that the engine can still use an index on the value.
func (r *renderer) guarded(out *fragment, alias string, guard query.Expr, not bool, leaf func()) {
	if guard == nil || guard == query.Expr(query.All{}) {
		leaf()
		return
	}
	out.add("(")
	r.expr(out, alias, guard, not)
	if not {
		out.add(" OR ")
	} else {
		out.add(" AND ")
	}
	leaf()
	out.add(")")
}

// via asks about the record that a reference of the row points to. While many rows are in question, the records that fit are listed
// once; for rows that are known already, each one's record is looked up.
func (r *renderer) via(out *fragment, alias string, v query.Via, not bool) {
	ref := r.value(alias, v.Ref)
	if r.pinned {
		if not {
			out.add("NOT ")
		}
		out.add("EXISTS (")
		sub := r.subquery(out, v.To)
		out.add(sub + `."_id" = ` + ref + " AND ")
		r.expr(out, sub, v.Where, false)
		out.add(")")
		return
	}
	if not {
		out.add("(" + ref + " IS NULL OR " + ref + " NOT IN (")
	} else {
		out.add("(" + ref + " IN (")
	}
	sub := r.subquery(out, v.To)
	r.expr(out, sub, v.Where, false)
	out.add("))")
}

// leaf compares a value with an operator that is false on empty ones, or asks the opposite.
func (r *renderer) leaf(out *fragment, alias string, p *model.Property, op model.Op, values []any, not bool) {
	col := r.value(alias, p)
	switch {
	case op == model.NotEmpty && not:
		out.add(col + " IS NULL")
		return
	case op == model.NotEmpty:
		out.add(col + " IS NOT NULL")
		return
	case len(values) == 0 || values[0] == nil: // compared with nothing
		out.add(truth(not))
		return
	}
	if not {
		out.add("(" + col + " IS NULL OR ")
	}
	r.test(out, col, p, op, values, not)
	if not {
		out.add(")")
	}
}

// opposites are the comparisons that hold for a value exactly where the other does not.
var opposites = map[string]string{"=": "<>", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}

var comparisons = map[model.Op]string{model.Eq: "=", model.Lt: "<", model.Lte: "<=", model.Gt: ">", model.Gte: ">="}

// test compares a value that is not empty.
func (r *renderer) test(out *fragment, col string, p *model.Property, op model.Op, values []any, not bool) {
	switch op {
	case model.Eq, model.Lt, model.Lte, model.Gt, model.Gte:
		sign := comparisons[op]
		if not {
			sign = opposites[sign]
		}
		out.add(col+" "+sign+" "+r.param(p), r.arg(p, values[0]))
	case model.In:
		out.add(col)
		if not {
			out.add(" NOT")
		}
		out.add(" IN (")
		for i, v := range values {
			if i > 0 {
				out.add(", ")
			}
			out.add(r.param(p), r.arg(p, v))
		}
		out.add(")")
	case model.Contains, model.StartsWith:
		if not {
			out.add("NOT ")
		}
		out.add("(")
		r.match(out, col, p.Kind.Storage(), op, values[0])
		out.add(")")
	default:
		fail("unknown operator %q", op)
	}
}

// match is Contains and StartsWith. A prefix is a range, which an index on the folded text answers.
func (r *renderer) match(out *fragment, col string, st model.Storage, op model.Op, value any) {
	s, ok := value.(string)
	switch {
	case !ok:
		fail("%s expects a text, got %T", op, value)
	case st == model.StoreList && op == model.Contains:
		out.add(r.d.Has(col), s)
	case st != model.StoreText:
		fail("%s does not go with this kind", op)
	case op == model.Contains:
		out.add(r.d.Find(r.d.Fold(col)), r.d.Needle(Fold(s)))
	default:
		folded, param := r.d.Fold(col), r.d.Params[model.StoreText]
		out.add(folded+" >= "+param, Fold(s))
		if end, there := afterPrefix(Fold(s)); there {
			out.add(" AND "+folded+" < "+param, end)
		}
	}
}

// aboutEmpty takes nil out of the values of the operators where it means the empty value: "is nothing" is Empty, and "one of a
// or nothing" is two conditions, joined by AND where and is set. It gives nothing for a condition without a nil.
func aboutEmpty(c query.Compare) (parts []query.Expr, and bool) {
	if !slices.Contains([]model.Op{model.Eq, model.Ne, model.In, model.NotIn}, c.Op) || !slices.Contains(c.Values, nil) {
		return nil, false
	}
	and = matchesEmpty(c.Op)
	empty := query.Compare{Property: c.Property, Op: model.Empty, Guard: c.Guard}
	if and {
		empty.Op = model.NotEmpty
	}
	rest := c
	rest.Values = slices.DeleteFunc(slices.Clone(c.Values), func(v any) bool { return v == nil })
	if len(rest.Values) > 0 {
		parts = append(parts, rest)
	}
	return append(parts, empty), and
}
