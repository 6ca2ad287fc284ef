package sqlstore

import (
	"slices"
	"strconv"

	"mandorla/internal/model"
	"mandorla/internal/query"
)

// arms is a list taken apart: what one of a few references has one of a few values for ("owner or co-owner is one of these"), in
// the order of the title. An index on each reference holds each value's rows in that very order, so the page is merged of them,
// while either index alone, or the one of the title, would have to be read far beyond the page.
type arms struct {
	values []query.Compare   // one value each
	refs   []*model.Property // whose values they are; one row may come once for each
	rest   []query.Expr      // what every row must fulfil as well
}

// arms takes a list apart; ok is false where that cannot be done or does not pay.
func (d *Dialect) arms(q query.Select) (a arms, ok bool) {
	if q.Limit == 0 || len(q.Order) != 1 || q.Order[0].Desc || q.After != nil && len(q.After.Keys) != 1 {
		return a, false
	}
	f := q.Order[0].Field
	if len(f.Hops) > 0 || f.Guard != nil || f.Property != q.Model.TitleProperty() || !onRow(f.Property) || f.Property.Custom {
		return a, false
	}
	for _, e := range conjuncts(q.Where, nil) {
		if values := choices(e, d.MaxArms); values != nil && a.values == nil {
			a.values = values
		} else if selective(e) {
			return a, false
		} else {
			a.rest = append(a.rest, e)
		}
	}
	if len(a.values) < 2 || len(a.values) > d.MaxArms {
		return a, false
	}
	for _, c := range a.values {
		if !slices.Contains(a.refs, c.Property) {
			a.refs = append(a.refs, c.Property)
		}
	}
	return a, true
}

func (d *Dialect) armed(q query.Select) bool {
	_, ok := d.arms(q)
	return ok
}

// conjuncts appends the conditions that are joined by AND.
func conjuncts(e query.Expr, out []query.Expr) []query.Expr {
	switch e := e.(type) {
	case nil, query.All:
		return out
	case query.And:
		for _, part := range e {
			out = conjuncts(part, out)
		}
		return out
	}
	return append(out, e)
}

// alternatives appends the conditions that are joined by OR.
func alternatives(e query.Expr, out []query.Expr) []query.Expr {
	or, ok := e.(query.Or)
	if !ok {
		return append(out, e)
	}
	for _, part := range or {
		out = alternatives(part, out)
	}
	return out
}

// choices gives the single values of "this reference is one of these, or that one is one of those", without doubles; nil for anything
// else. It looks no further once there are more than most.
func choices(e query.Expr, most int) []query.Compare {
	var out []query.Compare
	for _, part := range alternatives(e, nil) {
		c, ok := part.(query.Compare)
		if !ok || c.Guard != nil || c.Op != model.Eq && c.Op != model.In || !c.Property.IsRef() || c.Property.Custom || !c.Property.Index || !stored(c.Property) {
			return nil
		}
		for _, v := range c.Values {
			if v == nil {
				return nil
			}
			if len(out) > most {
				return out
			}
			if !slices.ContainsFunc(out, func(o query.Compare) bool { return o.Property == c.Property && o.Values[0] == v }) {
				out = append(out, query.Compare{Property: c.Property, Op: model.Eq, Values: []any{v}})
			}
		}
	}
	return out
}

// selective reports whether a condition has an index of its own that leaves few rows.
func selective(e query.Expr) bool {
	c, ok := e.(query.Compare)
	return ok && (c.Op == model.Eq || c.Op == model.In) && c.Guard == nil && (c.Property.Unique || c.Property.Index || c.Property.Name == idColumn)
}

// fromArms adds FROM, WHERE and ORDER BY of the part of a list that has a title, merged of its arms. Rows that several arms give
// come side by side; whoever reads them drops the copies.
func (r *renderer) fromArms(out *fragment, a arms, key sortKey, after *query.After, limit int) {
	head, title, row := r.head(key), key.value.text.String(), rowAlias+"."+r.d.RowKey
	var common fragment
	r.pinned = false
	for _, e := range a.rest {
		common.add(" AND ")
		r.expr(&common, rowAlias, e, false)
	}
	r.pinned = true
	r.page(&common, []sortKey{key}, after, present)

	cols := "SELECT " + head + " AS arm_head, " + title + " AS arm_title, " + rowAlias + `."_id" AS arm_id, ` + row + " AS arm_row, " + rowAlias + "." + tenantColumn + " AS arm_tenant"
	cols += " FROM " + quoted(r.model.Route) + " AS " + rowAlias + " WHERE " + rowAlias + "." + tenantColumn + " = ? AND "
	out.add(" FROM (")
	if r.d.Lateral {
		r.lateral(out, a, cols, common, limit)
	} else {
		for i, c := range a.values {
			if i > 0 {
				out.add(" UNION ALL ")
			}
			out.add(cols, r.tenant)
			r.expr(out, rowAlias, c, false)
			out.add(common.text.String(), common.args...)
		}
	}
	// SQLite prepares a statement anew at every call where one of its many parameters is a limit: hence no parameter.
	out.add(" ORDER BY 1, 2, 3 LIMIT " + strconv.Itoa(limit*len(a.refs)) + ") AS a CROSS JOIN " + quoted(r.model.Route) + " AS " + rowAlias)
	r.addJoins(out)
	out.add(" WHERE " + rowAlias + "." + tenantColumn + " = a.arm_tenant AND " + row + " = a.arm_row ORDER BY a.arm_head, a.arm_title, a.arm_id")
}

// lateral writes the arms of each reference as a loop over its values, for an engine that does not merge ordered arms by itself.
func (r *renderer) lateral(out *fragment, a arms, cols string, common fragment, limit int) {
	for i, ref := range a.refs {
		if i > 0 {
			out.add(" UNION ALL ")
		}
		out.add("SELECT l.* FROM (VALUES ")
		glue := ""
		for _, c := range a.values {
			if c.Property == ref {
				out.add(glue+"("+r.param(ref)+")", r.arg(ref, c.Values[0]))
				glue = ", "
			}
		}
		out.add(") AS v(x) CROSS JOIN LATERAL ("+cols+r.value(rowAlias, ref)+" = v.x", r.tenant)
		out.add(common.text.String(), common.args...)
		out.add(" ORDER BY 1, 2, 3 LIMIT " + strconv.Itoa(limit) + ") AS l")
	}
}
