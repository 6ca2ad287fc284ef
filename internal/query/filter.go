// Package query owns what can be asked of records: the filter a caller writes (Filter: names and raw values), the
// checked form a storage engine runs (Expr, Select), and the parser between text and Filter.
//
// It knows no SQL and decides no permission. Package record turns a Filter into an Expr, checking every path on the way;
// surfaces build Filters; only storage engines read Exprs.
package query

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"mandorla/internal/fault"
	"mandorla/internal/model"
)

// Limits of one filter.
const (
	MaxDepth  = 8
	MaxNodes  = 100
	MaxValues = 500 // elements of one "in" list
	MaxBytes  = 64 << 10
)

// Filter is a condition as a caller wrote it. Exactly one of And, Or, Not and Path is set; the zero value matches everything.
type Filter struct {
	And   []Filter
	Or    []Filter
	Not   *Filter
	Path  string // "status", "owner.name", "custom.Sector"
	Op    model.Op
	Value any // as decoded from JSON, or a text; nil for Empty and NotEmpty
}

// IsZero reports whether the filter matches everything.
func (f Filter) IsZero() bool { return f.And == nil && f.Or == nil && f.Not == nil && f.Path == "" }

// Where is the leaf "path op value".
func Where(path string, op model.Op, value any) Filter {
	return Filter{Path: path, Op: op, Value: value}
}

// AllOf joins filters; zero ones are left out.
func AllOf(filters ...Filter) Filter {
	var parts []Filter
	for _, f := range filters {
		if !f.IsZero() {
			parts = append(parts, f)
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return Filter{And: parts}
}

// ParseFilter reads a filter from decoded JSON. Three shapes are understood, and may be nested:
//
//	{"property": "arr", "op": "gte", "value": 10000}
//	{"and": [...]}, {"or": [...]}, {"not": {...}}
//	{"status": "customer", "arr": {"gte": 10000}, "phase": ["Live", "Growth"]}   (all must hold; a list means "one of")
//
// Errors are fault.Invalid and name the place.
func ParseFilter(in any) (Filter, error) {
	p := parser{}
	f, err := p.filter(in, 0)
	if err != nil {
		return Filter{}, err
	}
	return f, nil
}

// ParseFilterJSON reads the same from text, at most MaxBytes long.
func ParseFilterJSON(text string) (Filter, error) {
	if strings.TrimSpace(text) == "" {
		return Filter{}, nil
	}
	if len(text) > MaxBytes {
		return Filter{}, fault.New(fault.TooLarge, "The filter is %d bytes long; at most %d fit.", len(text), MaxBytes)
	}
	var in any
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		return Filter{}, fault.BadField("filter", `is not JSON. Write for example {"status": "customer"}.`)
	}
	return ParseFilter(in)
}

type parser struct{ nodes int }

func (p *parser) filter(in any, depth int) (Filter, error) {
	p.nodes++
	if depth > MaxDepth || p.nodes > MaxNodes {
		return Filter{}, fault.BadField("filter", "is too large: at most %d conditions, nested %d deep.", MaxNodes, MaxDepth)
	}
	obj, ok := in.(map[string]any)
	if in == nil || ok && len(obj) == 0 {
		return Filter{}, nil
	}
	if !ok {
		return Filter{}, fault.BadField("filter", `expects an object such as {"property": "status", "op": "eq", "value": "customer"}.`)
	}
	if _, leaf := obj["property"]; leaf {
		return p.leaf(obj)
	}
	var parts []Filter
	for _, key := range slices.Sorted(maps.Keys(obj)) {
		part, err := p.entry(key, obj[key], depth)
		if err != nil {
			return Filter{}, err
		}
		if !part.IsZero() {
			parts = append(parts, part)
		}
	}
	return AllOf(parts...), nil
}

func (p *parser) entry(key string, value any, depth int) (Filter, error) {
	switch key {
	case "and", "or":
		list, ok := value.([]any)
		if !ok || len(list) == 0 {
			return Filter{}, fault.BadField("filter."+key, "expects a list of conditions.")
		}
		parts := make([]Filter, 0, len(list))
		for _, item := range list {
			f, err := p.filter(item, depth+1)
			if err != nil {
				return Filter{}, err
			}
			if f.IsZero() {
				return Filter{}, fault.BadField("filter."+key, "has an empty condition.")
			}
			parts = append(parts, f)
		}
		if key == "and" {
			return Filter{And: parts}, nil
		}
		return Filter{Or: parts}, nil
	case "not":
		f, err := p.filter(value, depth+1)
		if err != nil {
			return Filter{}, err
		}
		if f.IsZero() {
			return Filter{}, fault.BadField("filter.not", "expects a condition.")
		}
		return Filter{Not: &f}, nil
	default:
		return p.short(key, value)
	}
}

// short reads one entry of the short shape.
func (p *parser) short(path string, value any) (Filter, error) {
	p.nodes++
	switch v := value.(type) {
	case nil:
		return Where(path, model.Empty, nil), nil
	case []any:
		return p.check(Where(path, model.In, v))
	case map[string]any:
		var parts []Filter
		for _, op := range slices.Sorted(maps.Keys(v)) {
			f, err := p.check(Where(path, model.Op(op), v[op]))
			if err != nil {
				return Filter{}, err
			}
			parts = append(parts, f)
		}
		return AllOf(parts...), nil
	default:
		return Where(path, model.Eq, v), nil
	}
}

func (p *parser) leaf(obj map[string]any) (Filter, error) {
	for key := range obj {
		if key != "property" && key != "op" && key != "value" {
			return Filter{}, fault.BadField("filter", "has an unknown key %q; a condition has property, op and value.", key)
		}
	}
	path, ok := obj["property"].(string)
	if !ok || path == "" {
		return Filter{}, fault.BadField("filter.property", "expects the name of a property.")
	}
	op := model.Eq
	if raw, there := obj["op"]; there {
		s, ok := raw.(string)
		if !ok {
			return Filter{}, fault.BadField("filter."+path, "op expects a word such as eq.")
		}
		op = model.Op(s)
	}
	return p.check(Where(path, op, obj["value"]))
}

// ops lists every operator, for the error about an unknown one.
var ops = []model.Op{model.Eq, model.Ne, model.Lt, model.Lte, model.Gt, model.Gte, model.In, model.NotIn, model.Contains, model.StartsWith, model.Empty, model.NotEmpty}

func (p *parser) check(f Filter) (Filter, error) {
	if !slices.Contains(ops, f.Op) {
		words := make([]string, len(ops))
		for i, op := range ops {
			words[i] = string(op)
		}
		return Filter{}, fault.BadField("filter."+f.Path, "unknown operator %q; use one of %s.", f.Op, strings.Join(words, ", "))
	}
	list, isList := f.Value.([]any)
	switch f.Op {
	case model.In, model.NotIn:
		if !isList || len(list) == 0 || len(list) > MaxValues {
			return Filter{}, fault.BadField("filter."+f.Path, "%s expects a list of 1 to %d values.", f.Op, MaxValues)
		}
	case model.Empty, model.NotEmpty:
		f.Value = nil
	default:
		if isList || f.Value == nil {
			return Filter{}, fault.BadField("filter."+f.Path, "%s expects one value; use in for several, and empty or not_empty to ask whether there is one.", f.Op)
		}
	}
	return f, nil
}
