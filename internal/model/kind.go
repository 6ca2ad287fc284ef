package model

import (
	"encoding/json"
	"fmt"
	"time"
)

// Op is a filter operator, as spelled in every filter.
type Op string

// The operators. Empty and NotEmpty take no value, In and NotIn a list, the others one value.
// Ne and NotIn also match records whose value is empty: "status is not lost" includes those without a status.
const (
	Eq         Op = "eq"
	Ne         Op = "ne"
	Lt         Op = "lt"
	Lte        Op = "lte"
	Gt         Op = "gt"
	Gte        Op = "gte"
	In         Op = "in"
	NotIn      Op = "not_in"
	Contains   Op = "contains"    // text: case-insensitive substring; lists: has this element
	StartsWith Op = "starts_with" // text: case-insensitive prefix
	Empty      Op = "empty"
	NotEmpty   Op = "not_empty"
)

// Storage is how a kind's values are stored; a storage engine maps it to a column type.
type Storage uint8

// The storage classes, and the Go type of a canonical value in each. A missing value is nil in all of them.
const (
	StoreText    Storage = iota // string
	StoreInteger                // int64
	StoreNumber                 // float64
	StoreBool                   // bool
	StoreInstant                // time.Time, UTC, milliseconds
	StoreList                   // []string, stored as a JSON array
	StoreJSON                   // json.RawMessage, valid JSON
)

// Kind is what sort of value a property holds. Each kind is one file; nothing outside switches on a kind's name.
// Implementations are stateless and safe for concurrent use.
type Kind interface {
	// Name is the stable word used in the API, such as "text".
	Name() string
	// Label is the word for people, such as "Text".
	Label() string
	// Storage says how values are kept.
	Storage() Storage
	// Parse turns a decoded JSON value (string, float64, json.Number, bool, []any, map[string]any) or a text from a CSV or a form
	// into the canonical value. nil and "" mean empty and give nil. Its errors are one sentence, safe for people, without the property's name.
	Parse(p *Property, in any) (any, error)
	// Schema is the JSON Schema of one value, without null.
	Schema(p *Property) map[string]any
	// Operators lists the operators a filter may use, in the order people should see.
	Operators() []Op
	// AppendJSON appends a canonical value as JSON; nil gives null.
	AppendJSON(dst []byte, v any) []byte
	// Text gives a canonical value as text for CSV, tables and comparison of old and new; "" for nil.
	Text(v any) string
	// Sortable reports whether lists can be ordered by it.
	Sortable() bool
}

// CustomKinds are the kinds that a tenant's own property may have, in the order people choose from them.
var CustomKinds = []Kind{Text, RichText, Enum, Tags, Number, Integer, Bool, Date, DateTime, Ref, Refs, Email, Phone, URL, JSON, Days}

// CustomKind finds a kind that a tenant's own property may have by its stable name.
func CustomKind(name string) (Kind, bool) {
	for _, k := range CustomKinds {
		if k.Name() == name {
			return k, true
		}
	}
	return nil, false
}

// Linker is implemented by kinds whose values are ids of other records.
type Linker interface {
	// Many reports whether a value is a list of ids rather than one.
	Many() bool
}

// IsRef reports whether the property refers to exactly one record, so that a path may continue through it.
func (p *Property) IsRef() bool {
	l, ok := p.Kind.(Linker)
	return ok && !l.Many()
}

// IsRefs reports whether the property refers to a list of records.
func (p *Property) IsRefs() bool {
	l, ok := p.Kind.(Linker)
	return ok && l.Many()
}

// HasOperator reports whether filters on the property may use op.
func (p *Property) HasOperator(op Op) bool {
	for _, o := range p.Kind.Operators() {
		if o == op {
			return true
		}
	}
	return false
}

func errWant(what string, in any) error { return fmt.Errorf("expects %s, got %s", what, describe(in)) }

// describe names an input without repeating long values back.
func describe(in any) string {
	switch v := in.(type) {
	case string:
		if r := []rune(v); len(r) > 40 {
			return fmt.Sprintf("%q…", string(r[:40]))
		}
		return fmt.Sprintf("%q", v)
	case bool, float64, int, int64, fmt.Stringer:
		if s := fmt.Sprint(v); len(s) > 40 {
			return fmt.Sprintf("%.40s…", s)
		}
		return fmt.Sprint(v)
	case []any, []string:
		return "a list"
	case nil:
		return "nothing"
	default:
		return "an object"
	}
}

// instantLayout is the one rendering of an instant: UTC, milliseconds, fixed width, so that text order is time order.
const instantLayout = "2006-01-02T15:04:05.000Z"

// FormatInstant renders an instant the one way it appears in JSON and CSV.
func FormatInstant(t time.Time) string { return t.UTC().Format(instantLayout) }

// appendString appends a JSON string, or null for a value that is not one.
func appendString(dst []byte, v any) []byte {
	s, ok := v.(string)
	if !ok {
		return append(dst, "null"...)
	}
	b, err := json.Marshal(s)
	if err != nil { // unreachable: a Go string always marshals
		return append(dst, "null"...)
	}
	return append(dst, b...)
}
