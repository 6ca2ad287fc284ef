package model

import "strings"

type ref struct{}

// Ref is the id of one record of the model named in To.
var Ref Kind = ref{}

func (ref) Name() string     { return "ref" }
func (ref) Label() string    { return "Reference" }
func (ref) Storage() Storage { return StoreText }
func (ref) Sortable() bool   { return true }
func (ref) Many() bool       { return false }
func (ref) Operators() []Op  { return []Op{Eq, Ne, In, NotIn, Empty, NotEmpty} }
func (ref) Schema(*Property) map[string]any {
	return map[string]any{"type": "string", "pattern": "^[0-9a-f]{24}$"}
}

func (ref) Parse(p *Property, in any) (any, error) {
	switch v := in.(type) {
	case nil:
		return nil, nil
	case string:
		if v = strings.TrimSpace(v); v == "" {
			return nil, nil
		}
		if IsID(v) {
			return strings.ToLower(v), nil
		}
	case map[string]any: // the shape reads give: {"_id": …, "name": …}
		if id, ok := v["_id"].(string); ok && IsID(id) {
			return strings.ToLower(id), nil
		}
	}
	return nil, errWant("the _id of a "+p.To+" (24 hexadecimal digits)", in)
}

func (ref) AppendJSON(dst []byte, v any) []byte { return appendString(dst, v) }
func (ref) Text(v any) string                   { s, _ := v.(string); return s }

// IsID reports whether s has the form of a record id.
func IsID(s string) bool {
	if len(s) != 24 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}
