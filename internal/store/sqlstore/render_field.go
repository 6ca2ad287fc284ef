package sqlstore

import (
	"reflect"
	"strconv"
	"strings"

	"mandorla/internal/model"
	"mandorla/internal/query"
)

// join is one reference followed by LEFT JOIN; columns and order that go the same way share it.
type join struct {
	parent string // alias of the row with the reference
	hop    query.Hop
	alias  string
	on     fragment
}

// value is a property of the row of alias as an SQL expression without placeholders.
func (r *renderer) value(alias string, p *model.Property) string { return r.d.value(alias+".", p) }

// value does the same behind any qualifier of columns; index expressions have none.
func (d *Dialect) value(qualifier string, p *model.Property) string {
	switch {
	case p.Via != "":
		fail("property %s is computed over references", p.Name)
	case p.Custom:
		if !customKey(p.ID) {
			fail("property ID %q cannot be a key", p.ID)
		}
		return d.Field(qualifier+customColumn, p.ID, p.Kind.Storage())
	case len(p.Concat) > 0:
		return d.concat(qualifier, p)
	}
	return qualifier + quoted(columnName(p))
}

// concat joins the parts that have a value by one space; no part at all gives NULL. It is written in functions that both engines
// let into an index: each part brings its space along, and the first one is cut off.
func (d *Dialect) concat(qualifier string, p *model.Property) string {
	parts := make([]string, len(p.Concat))
	for i, name := range p.Concat {
		part, ok := p.Model().Property(name)
		if !ok {
			fail("property %s joins the unknown %s", p.Name, name)
		}
		parts[i] = "coalesce(' ' || nullif(" + d.value(qualifier, part) + ", ''), '')"
	}
	return "nullif(substr(" + strings.Join(parts, " || ") + ", 2), '')"
}

// customKey reports whether a property ID can be written into SQL between quotes.
func customKey(id string) bool {
	for i := range len(id) {
		c := id[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '_' && c != '-' {
			return false
		}
	}
	return id != ""
}

// field adds a value to read or to order by.
func (r *renderer) field(out *fragment, f query.Field) {
	alias := rowAlias
	for _, h := range f.Hops {
		alias = r.join(alias, h)
	}
	value := r.value(alias, f.Property)
	if f.Guard == nil || f.Guard == query.Expr(query.All{}) {
		out.add(value)
		return
	}
	out.add("CASE WHEN ")
	r.expr(out, alias, f.Guard, false)
	out.add(" THEN " + value + " END")
}

// join follows a reference and gives the alias of the record it leads to.
func (r *renderer) join(parent string, h query.Hop) string {
	for _, j := range r.joins {
		if j.parent == parent && sameHop(j.hop, h) {
			return j.alias
		}
	}
	j := &join{parent: parent, hop: h, alias: "j" + strconv.Itoa(len(r.joins)+1)}
	r.joins = append(r.joins, j)
	j.on.add(" LEFT JOIN "+quoted(h.To.Route)+" AS "+j.alias+" ON "+j.alias+"."+tenantColumn+" = ? AND "+
		j.alias+`."_id" = `+r.value(parent, h.Ref), r.tenant)
	if h.Guard != nil {
		j.on.add(" AND ")
		r.expr(&j.on, parent, h.Guard, false)
	}
	if h.Where != nil {
		j.on.add(" AND ")
		r.expr(&j.on, j.alias, h.Where, false)
	}
	return j.alias
}

func sameHop(a, b query.Hop) bool {
	return a.Ref == b.Ref && a.To == b.To && sameExpr(a.Where, b.Where) && sameExpr(a.Guard, b.Guard)
}

// sameExpr compares conditions by structure; properties and models in them are the same where their pointers are.
func sameExpr(a, b query.Expr) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return reflect.DeepEqual(a, b)
}

func sameField(a, b query.Field) bool {
	if a.Property != b.Property || len(a.Hops) != len(b.Hops) || !sameExpr(a.Guard, b.Guard) {
		return false
	}
	for i := range a.Hops {
		if !sameHop(a.Hops[i], b.Hops[i]) {
			return false
		}
	}
	return true
}

// sameColumn gives the index of the column that reads the field, -1 for none.
func sameColumn(columns []query.Field, f query.Field) int {
	for i := range columns {
		if sameField(columns[i], f) {
			return i
		}
	}
	return -1
}
