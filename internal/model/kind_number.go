package model

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
)

var orderedOps = []Op{Eq, Ne, Gt, Gte, Lt, Lte, In, NotIn, Empty, NotEmpty}

type number struct{}

// Number is a decimal number; money is a number beside the record's currency code.
var Number Kind = number{}

func (number) Name() string                    { return "number" }
func (number) Label() string                   { return "Number" }
func (number) Storage() Storage                { return StoreNumber }
func (number) Sortable() bool                  { return true }
func (number) Operators() []Op                 { return orderedOps }
func (number) Schema(*Property) map[string]any { return map[string]any{"type": "number"} }

func (number) Parse(_ *Property, in any) (any, error) {
	f, empty, err := parseNumber(in)
	if err != nil || empty {
		return nil, err
	}
	return f, nil
}

func (number) AppendJSON(dst []byte, v any) []byte {
	f, ok := v.(float64)
	if !ok {
		return append(dst, "null"...)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

func (number) Text(v any) string {
	f, ok := v.(float64)
	if !ok {
		return ""
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// parseNumber reads a finite number from JSON or text; "1,200.50" with grouping commas is accepted as text.
func parseNumber(in any) (f float64, empty bool, err error) {
	switch v := in.(type) {
	case nil:
		return 0, true, nil
	case float64:
		f = v
	case int:
		f = float64(v)
	case int64:
		f = float64(v)
	case json.Number:
		return parseNumber(v.String())
	case string:
		s := strings.TrimSpace(v)
		if s == "" {
			return 0, true, nil
		}
		f, err = strconv.ParseFloat(ungroup(s), 64)
		if err != nil {
			return 0, false, errWant("a number such as 1200.50", in)
		}
	default:
		return 0, false, errWant("a number", in)
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false, errWant("a finite number", in)
	}
	return f, false, nil
}

var grouped = regexp.MustCompile(`^[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$`)

// ungroup drops commas only where they part groups of three digits: a decimal comma must not become another number.
func ungroup(s string) string {
	if !grouped.MatchString(s) {
		return s
	}
	return strings.ReplaceAll(s, ",", "")
}
