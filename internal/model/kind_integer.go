package model

import (
	"math"
	"strconv"
)

type integer struct{ name, label string }

// Integer is a whole number. Days is a whole number of days since 1970-01-01, as the published API uses for some dates.
var (
	Integer Kind = integer{"integer", "Whole number"}
	Days    Kind = integer{"days", "Days since 1970-01-01"}
)

func (k integer) Name() string                  { return k.name }
func (k integer) Label() string                 { return k.label }
func (integer) Storage() Storage                { return StoreInteger }
func (integer) Sortable() bool                  { return true }
func (integer) Operators() []Op                 { return orderedOps }
func (integer) Schema(*Property) map[string]any { return map[string]any{"type": "integer"} }

func (integer) Parse(_ *Property, in any) (any, error) {
	f, empty, err := parseNumber(in)
	if err != nil || empty {
		return nil, err
	}
	if f != math.Trunc(f) {
		return nil, errWant("a whole number", in)
	}
	if math.Abs(f) >= 1<<53 { // from there on a float64 would stand for several numbers
		return nil, errWant("a whole number below 2^53", in)
	}
	return int64(f), nil
}

func (integer) AppendJSON(dst []byte, v any) []byte {
	n, ok := v.(int64)
	if !ok {
		return append(dst, "null"...)
	}
	return strconv.AppendInt(dst, n, 10)
}

func (integer) Text(v any) string {
	n, ok := v.(int64)
	if !ok {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
