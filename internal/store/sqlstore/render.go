package sqlstore

import (
	"fmt"
	"slices"
	"strings"

	"mandorla/internal/model"
	"mandorla/internal/query"
)

// rowAlias is the alias of the rows that a statement is about.
const rowAlias = "t"

// fragment is a piece of SQL with the arguments of its placeholders, in their order.
type fragment struct {
	text strings.Builder
	args []any
}

func (f *fragment) add(text string, args ...any) {
	f.text.WriteString(text)
	f.args = append(f.args, args...)
}

// statement is a rendered query with what its reader must know.
type statement struct {
	text    string
	args    []any
	decode  []model.Storage // storage classes of the columns after the id
	columns int             // how many of them are Select.Columns
	keys    []int           // for each order: where its value is among the columns
}

// renderer builds one statement. It is used once.
type renderer struct {
	d      *Dialect
	tenant string
	model  *model.Model
	joins  []*join
	subs   int  // subqueries so far, for their aliases
	pinned bool // the rows in question are few and known: those of a page, or one with a given id
}

// Render gives the SQL of a select, or of its first segment, with ? placeholders and its arguments: for golden files and for explaining
// slow lists.
func (d *Dialect) Render(q query.Select) (text string, args []any, err error) {
	st, err := d.selectStatement(q, d.segments(q)[0], false)
	return st.text, st.args, err
}

func (d *Dialect) selectStatement(q query.Select, part segment, forEdit bool) (st statement, err error) {
	defer recoverRender(&err)
	r := &renderer{d: d, tenant: q.Tenant, model: q.Model, pinned: true}
	st.columns = len(q.Columns)

	var cols, where, order, out fragment
	cols.add("SELECT " + rowAlias + `."_id"`)
	for _, f := range q.Columns {
		st.decode = append(st.decode, r.column(&cols, f))
	}
	sorts := r.sorts(q.Order)
	for i, s := range sorts {
		if at := sameColumn(q.Columns, q.Order[i].Field); at >= 0 {
			st.keys = append(st.keys, at)
			continue
		}
		st.keys = append(st.keys, len(st.decode))
		st.decode = append(st.decode, s.property.Kind.Storage())
		cols.add(", "+s.value.text.String(), s.value.args...)
	}
	out.add(cols.text.String(), cols.args...)
	if a, ok := d.arms(q); ok && part == present && !forEdit {
		r.fromArms(&out, a, sorts[0], q.After, q.Limit)
		st.text, st.args = out.text.String(), out.args
		return st, nil
	}
	r.where(&where, q.Where)
	r.page(&where, sorts, q.After, part)
	r.orderBy(&order, sorts, part)
	r.from(&out)
	out.add(where.text.String(), where.args...)
	out.add(order.text.String(), order.args...)
	if q.Limit > 0 {
		out.add(" LIMIT ?", int64(q.Limit))
	}
	if forEdit {
		out.add(d.ForEdit)
	}
	st.text, st.args = out.text.String(), out.args
	return st, nil
}

func (d *Dialect) countStatement(q query.Select) (st statement, err error) {
	defer recoverRender(&err)
	r := &renderer{d: d, tenant: q.Tenant, model: q.Model}
	var out fragment
	out.add("SELECT count(*)")
	r.from(&out)
	r.where(&out, q.Where)
	st.text, st.args = out.text.String(), out.args
	return st, nil
}

// column adds one column to read and says what it holds.
func (r *renderer) column(out *fragment, f query.Field) model.Storage {
	out.add(", ")
	r.field(out, f)
	return f.Property.Kind.Storage()
}

func (r *renderer) from(out *fragment) {
	out.add(" FROM " + quoted(r.model.Route) + " AS " + rowAlias)
	r.addJoins(out)
}

func (r *renderer) addJoins(out *fragment) {
	for _, j := range r.joins {
		out.add(j.on.text.String(), j.on.args...)
	}
}

// where adds the tenant, always, and the condition.
func (r *renderer) where(out *fragment, e query.Expr) {
	out.add(" WHERE "+rowAlias+"."+tenantColumn+" = ?", r.tenant)
	switch e.(type) {
	case nil, query.All:
	default:
		out.add(" AND ")
		r.pinned = pins(e)
		r.expr(out, rowAlias, e, false)
		r.pinned = true
	}
}

// pins reports whether a condition leaves rows of given ids only.
func pins(e query.Expr) bool {
	switch e := e.(type) {
	case query.And:
		return slices.ContainsFunc(e, pins)
	case query.Compare:
		return e.Property.Name == idColumn && (e.Op == model.Eq || e.Op == model.In) && e.Guard == nil
	}
	return false
}

// renderError carries a query that no gate would make out of the depths of rendering.
type renderError struct{ error }

func fail(format string, args ...any) { panic(renderError{fmt.Errorf(format, args...)}) }

func recoverRender(err *error) {
	switch p := recover().(type) {
	case nil:
	case renderError:
		*err = p.error
	default:
		panic(p)
	}
}
