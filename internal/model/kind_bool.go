package model

import "strings"

type boolean struct{}

// Bool is yes or no; an empty value is neither.
var Bool Kind = boolean{}

func (boolean) Name() string                    { return "boolean" }
func (boolean) Label() string                   { return "Yes / no" }
func (boolean) Storage() Storage                { return StoreBool }
func (boolean) Sortable() bool                  { return true }
func (boolean) Operators() []Op                 { return []Op{Eq, Ne, Empty, NotEmpty} }
func (boolean) Schema(*Property) map[string]any { return map[string]any{"type": "boolean"} }

func (boolean) Parse(_ *Property, in any) (any, error) {
	switch v := in.(type) {
	case nil:
		return nil, nil
	case bool:
		return v, nil
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "":
			return nil, nil
		case "true", "yes", "1", "on":
			return true, nil
		case "false", "no", "0", "off":
			return false, nil
		}
	}
	return nil, errWant("true or false", in)
}

func (boolean) AppendJSON(dst []byte, v any) []byte {
	b, ok := v.(bool)
	switch {
	case !ok:
		return append(dst, "null"...)
	case b:
		return append(dst, "true"...)
	default:
		return append(dst, "false"...)
	}
}

func (boolean) Text(v any) string {
	b, ok := v.(bool)
	switch {
	case !ok:
		return ""
	case b:
		return "true"
	default:
		return "false"
	}
}
