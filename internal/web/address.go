package web

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/web/kit"
)

// address is the state of a data page. All of it is in the query, so every view of the data is a link.
type address struct {
	Search  string
	Filters []condition
	Any     bool     // one of the filters is enough
	Sort    string   // a path, "-" before it for descending; "" by title
	After   string   // cursor of the page before this one
	Before  []string // cursors of the pages before that, oldest first, the newest maxBefore of them
	Offset  int      // rows before this page
}

// condition is one f=path:op:value.
type condition struct{ Path, Op, Value string }

const (
	maxBefore     = 8
	maxConditions = 20
)

func parseAddress(q url.Values) address {
	a := address{Search: q.Get("q"), Sort: q.Get("sort"), After: q.Get("after"), Before: q["before"], Any: q.Get(fieldMatch) == "any"}
	for _, f := range q["f"] {
		if c, ok := parseCondition(f); ok && len(a.Filters) < maxConditions {
			a.Filters = append(a.Filters, c)
		}
	}
	if n, err := strconv.Atoi(q.Get("n")); err == nil && n > 0 && a.After != "" {
		a.Offset = n
	}
	if len(a.Before) > maxBefore {
		a.Before = a.Before[len(a.Before)-maxBefore:]
	}
	return a
}

func parseCondition(f string) (condition, bool) {
	path, rest, ok := strings.Cut(f, ":")
	op, value, _ := strings.Cut(rest, ":")
	return condition{path, op, value}, ok && path != "" && op != ""
}

func (c condition) String() string {
	if c.noValue() {
		return c.Path + ":" + c.Op
	}
	return c.Path + ":" + c.Op + ":" + c.Value
}

func (c condition) noValue() bool {
	return c.Op == string(model.Empty) || c.Op == string(model.NotEmpty)
}

func (c condition) list() bool { return c.Op == string(model.In) || c.Op == string(model.NotIn) }

// filter is what the gate is asked; it checks the path, the operator and the value.
func (a address) filter() query.Filter {
	var parts []query.Filter
	for _, c := range a.Filters {
		parts = append(parts, c.filter())
	}
	if a.Any && len(parts) > 1 {
		return query.Filter{Or: parts}
	}
	return query.AllOf(parts...)
}

func (c condition) filter() query.Filter {
	switch {
	case c.noValue():
		return query.Where(c.Path, model.Op(c.Op), nil)
	case c.list():
		var list []any
		for one := range strings.SplitSeq(c.Value, ",") {
			if one = strings.TrimSpace(one); one != "" {
				list = append(list, one)
			}
		}
		return query.Where(c.Path, model.Op(c.Op), list)
	default:
		return query.Where(c.Path, model.Op(c.Op), c.Value)
	}
}

func (a address) values() url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("q", a.Search)
	set("sort", a.Sort)
	set("after", a.After)
	for _, c := range a.Filters {
		q.Add("f", c.String())
	}
	if a.Any && len(a.Filters) > 1 {
		q.Set(fieldMatch, "any")
	}
	if a.After != "" {
		for _, b := range a.Before {
			q.Add("before", b)
		}
		q.Set("n", strconv.Itoa(a.Offset))
	}
	return q
}

func (a address) query() string { return a.values().Encode() }

// at gives the address of the page in this state.
func (a address) at(path string) string {
	if q := a.query(); q != "" {
		return path + "?" + q
	}
	return path
}

// first is the same view from its beginning.
func (a address) first() address {
	a.After, a.Before, a.Offset = "", nil, 0
	return a
}

func (a address) without(i int) address {
	a = a.first()
	a.Filters = slices.Delete(slices.Clone(a.Filters), i, i+1)
	return a
}

func (a address) sorted(sort string) address {
	a = a.first()
	a.Sort = sort
	return a
}

func (a address) next(cursor string, rows int) address {
	if a.After != "" || a.Offset > 0 {
		a.Before = append(slices.Clone(a.Before), a.After)
	} else {
		a.Before = nil
	}
	if len(a.Before) > maxBefore {
		a.Before = a.Before[1:]
	}
	a.After, a.Offset = cursor, a.Offset+rows
	return a
}

// prev is the page before; beyond the remembered ones it is the first.
func (a address) prev(pageSize int) address {
	n := len(a.Before)
	if n == 0 || a.Offset <= pageSize {
		return a.first()
	}
	a.After, a.Before, a.Offset = a.Before[n-1], a.Before[:n-1], a.Offset-pageSize
	return a
}

// badInput reports whether the person's input is to blame and can be mended on the same page.
func badInput(err error) bool { return fault.Is(err, fault.Invalid) || fault.Is(err, fault.TooLarge) }

// operatorWords are how operators read in a chip and in the list of operators.
var operatorWords = map[model.Op]string{
	model.Eq: "is", model.Ne: "is not", model.Lt: "<", model.Lte: "≤", model.Gt: ">", model.Gte: "≥",
	model.In: "is one of", model.NotIn: "is none of", model.Contains: "contains", model.StartsWith: "starts with",
	model.Empty: "is empty", model.NotEmpty: "is not empty",
}

var instantWords = map[model.Op]string{
	model.Eq: "is on", model.Ne: "is not on", model.Lt: "is before", model.Lte: "is on or before", model.Gt: "is after", model.Gte: "is on or after",
}

func operatorWord(p *model.Property, op model.Op) string {
	if p != nil && p.Kind.Storage() == model.StoreInstant {
		if word, ok := instantWords[op]; ok {
			return word
		}
	}
	if word, ok := operatorWords[op]; ok {
		return word
	}
	return string(op)
}

// hiddenFields carries an address through a form, always in the same order.
func hiddenFields(q url.Values) []kit.Hidden {
	var out []kit.Hidden
	for _, name := range slices.Sorted(maps.Keys(q)) {
		for _, value := range q[name] {
			out = append(out, kit.Hidden{Name: name, Value: value})
		}
	}
	return out
}
