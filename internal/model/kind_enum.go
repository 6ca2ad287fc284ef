package model

import (
	"fmt"
	"slices"
	"strings"
)

type enum struct{}

// Enum is one of the property's Options, matched without regard to case and stored as declared.
var Enum Kind = enum{}

func (enum) Name() string     { return "enum" }
func (enum) Label() string    { return "Choice" }
func (enum) Storage() Storage { return StoreText }
func (enum) Sortable() bool   { return true }
func (enum) Operators() []Op  { return []Op{Eq, Ne, In, NotIn, Empty, NotEmpty} }
func (enum) Schema(p *Property) map[string]any {
	return map[string]any{"type": "string", "enum": slices.Clone(p.Options)}
}

func (enum) Parse(p *Property, in any) (any, error) {
	if in == nil {
		return nil, nil
	}
	s, ok := in.(string)
	if ok {
		if s = strings.TrimSpace(s); s == "" {
			return nil, nil
		}
		for _, o := range p.Options {
			if strings.EqualFold(o, s) {
				return o, nil
			}
		}
	}
	return nil, fmt.Errorf("%s is not one of %s", describe(in), strings.Join(p.Options, ", "))
}

func (enum) AppendJSON(dst []byte, v any) []byte { return appendString(dst, v) }
func (enum) Text(v any) string                   { s, _ := v.(string); return s }
