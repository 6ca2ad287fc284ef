package query

import (
	"fmt"
	"strings"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/model"
)

// Compile checks every path and value of a filter and gives what a store can run. Errors are faults that name the place.
func Compile(s Sight, m *model.Model, f Filter) (Expr, error) {
	switch {
	case f.IsZero():
		return All{}, nil
	case f.And != nil:
		parts, err := compileAll(s, m, f.And)
		return And(parts), err
	case f.Or != nil:
		parts, err := compileAll(s, m, f.Or)
		return Or(parts), err
	case f.Not != nil:
		x, err := Compile(s, m, *f.Not)
		return Not{X: x}, err
	default:
		return leaf(s, m, f)
	}
}

func compileAll(s Sight, m *model.Model, filters []Filter) ([]Expr, error) {
	out := make([]Expr, len(filters))
	for i, f := range filters {
		x, err := Compile(s, m, f)
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return out, nil
}

// leaf checks "path op value". Negative operators through a reference are the negation of the positive ones, so that a missing
// or hidden record at the other end counts as empty.
func leaf(s Sight, m *model.Model, f Filter) (Expr, error) {
	name := "filter." + Clip(f.Path)
	field, shown, err := Resolve(s, m, f.Path, name)
	if err != nil {
		return nil, err
	}
	if !shown.HasOperator(f.Op) {
		words := make([]string, 0, 12)
		for _, op := range shown.Kind.Operators() {
			words = append(words, string(op))
		}
		return nil, fault.BadField(name, "%s cannot be filtered with %s; use %s.", shown.Name, f.Op, strings.Join(words, ", "))
	}
	vals, err := values(s, field.Property, f)
	if err != nil {
		return nil, fault.BadField(name, "%v.", err)
	}
	op, negate := f.Op, false
	if len(field.Hops) > 0 {
		if positive, ok := negations[op]; ok {
			op, negate = positive, true
		}
	}
	x := compare(field.Property, op, vals, field.Guard)
	for i := len(field.Hops) - 1; i >= 0; i-- {
		h := field.Hops[i]
		x = Via{Ref: h.Ref, To: h.To, Where: Both(h.Where, x), Guard: h.Guard}
	}
	if negate {
		return Not{X: x}, nil
	}
	return x, nil
}

var negations = map[model.Op]model.Op{model.Ne: model.Eq, model.NotIn: model.In, model.Empty: model.NotEmpty}

// values turns what the caller wrote into canonical values.
func values(s Sight, p *model.Property, f Filter) ([]any, error) {
	raw := []any{f.Value}
	switch f.Op {
	case model.Empty, model.NotEmpty:
		return nil, nil
	case model.In, model.NotIn:
		list, ok := f.Value.([]any)
		if !ok {
			return nil, fmt.Errorf("%s expects a list", f.Op)
		}
		raw = list
	}
	out := make([]any, 0, len(raw))
	for _, v := range raw {
		parsed, err := value(s, p, f.Op, v)
		if err != nil {
			return nil, err
		}
		if parsed == nil {
			return nil, fmt.Errorf("%s expects a value; use empty or not_empty to ask whether there is one", f.Op)
		}
		out = append(out, parsed)
	}
	return out, nil
}

func value(s Sight, p *model.Property, op model.Op, v any) (any, error) {
	if v == "me" && p.To == "User" && s.Me() != "" {
		return s.Me(), nil
	}
	switch {
	case op == model.Contains && p.IsRefs():
		return model.Ref.Parse(p, v)
	case op == model.Contains || op == model.StartsWith:
		return model.Text.Parse(p, v) // part of a value need not have the form of a whole one
	case p.Kind.Storage() == model.StoreInstant:
		return parseMoment(p, v)
	default:
		return p.Kind.Parse(p, v)
	}
}

// day is a whole day given for an instant: "on or before 2026-12-31" includes that day.
type day struct{ from, to time.Time }

func parseMoment(p *model.Property, v any) (any, error) {
	parsed, err := p.Kind.Parse(p, v)
	if err != nil {
		return nil, err
	}
	s, isText := v.(string)
	if t, ok := parsed.(time.Time); ok && isText && len(strings.TrimSpace(s)) == len(time.DateOnly) {
		return day{t, t.AddDate(0, 0, 1)}, nil
	}
	return parsed, nil
}

// compare builds the leaf; days are spelled out as ranges.
func compare(p *model.Property, op model.Op, values []any, guard Expr) Expr {
	is := func(op model.Op, v ...any) Expr {
		return Compare{Property: p, Op: op, Values: v, Guard: guard}
	}
	hasDay := false
	for _, v := range values {
		_, isDay := v.(day)
		hasDay = hasDay || isDay
	}
	if !hasDay {
		return is(op, values...)
	}
	switch d, _ := values[0].(day); op {
	case model.Lt:
		return is(model.Lt, d.from)
	case model.Gte:
		return is(model.Gte, d.from)
	case model.Lte:
		return is(model.Lt, d.to)
	case model.Gt:
		return is(model.Gte, d.to)
	}
	var days Or
	for _, v := range values {
		if d, isDay := v.(day); isDay {
			days = append(days, And{is(model.Gte, d.from), is(model.Lt, d.to)})
		} else {
			days = append(days, is(model.Eq, v))
		}
	}
	if op == model.Ne || op == model.NotIn {
		return Not{X: days}
	}
	return days
}

// Clip shortens what a caller sent, for an error message.
func Clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
