package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// MaxListItems is the longest list value.
const MaxListItems = 1000

// list covers the kinds that hold several strings.
type list struct {
	name, label string
	element     Kind
}

// refs is a list of record ids.
type refs struct{ list }

// Tags is a list of free labels; Refs is a list of ids of records of the model named in To.
var (
	Tags Kind = list{"tags", "Labels", Text}
	Refs Kind = refs{list{"refs", "References", Ref}}
)

func (refs) Many() bool         { return true }
func (k list) Name() string     { return k.name }
func (k list) Label() string    { return k.label }
func (k list) Storage() Storage { return StoreList }
func (k list) Sortable() bool   { return false }
func (k list) Operators() []Op  { return []Op{Contains, Empty, NotEmpty} }
func (k list) Schema(p *Property) map[string]any {
	return map[string]any{"type": "array", "items": k.element.Schema(p)}
}

// Parse takes a JSON list, or one text with the elements between semicolons or commas. Doubles are dropped, order is kept.
func (k list) Parse(p *Property, in any) (any, error) {
	items, err := listItems(in)
	if err != nil {
		return nil, err
	}
	if len(items) > MaxListItems {
		return nil, fmt.Errorf("has %d elements; at most %d fit", len(items), MaxListItems)
	}
	var out []string
	seen := map[string]bool{}
	for _, item := range items {
		v, err := k.element.Parse(p, item)
		if err != nil {
			return nil, err
		}
		if s, ok := v.(string); ok && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func listItems(in any) ([]any, error) {
	switch v := in.(type) {
	case nil:
		return nil, nil
	case []any:
		return v, nil
	case []string:
		return anys(v), nil
	case string:
		return anys(splitList(v)), nil
	default:
		return nil, errWant("a list", in)
	}
}

func anys(items []string) []any {
	out := make([]any, len(items))
	for i, s := range items {
		out[i] = s
	}
	return out
}

// splitList reads a list from one text: a JSON list of strings, or elements between semicolons, or else between commas.
func splitList(s string) []string {
	var out []string
	if strings.HasPrefix(s, "[") && json.Unmarshal([]byte(s), &out) == nil {
		return out
	}
	out = nil
	sep := ","
	if strings.Contains(s, ";") {
		sep = ";"
	}
	for item := range strings.SplitSeq(s, sep) {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

func (k list) AppendJSON(dst []byte, v any) []byte {
	items, ok := v.([]string)
	if !ok {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for i, s := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, s)
	}
	return append(dst, ']')
}

// Text puts semicolons between the elements, and gives a JSON list where that would be read as other elements.
func (k list) Text(v any) string {
	items, _ := v.([]string)
	plain := strings.Join(items, "; ")
	switch {
	case slices.Equal(splitList(plain), items):
		return plain
	case slices.Equal(splitList(plain+";"), items): // a single element with a comma in it
		return plain + ";"
	default:
		return string(k.AppendJSON(nil, items))
	}
}
