package model

import (
	"encoding/json"
	"fmt"
)

type object struct{}

// JSON is any JSON value, kept as it is; filters can only ask whether it is there.
var JSON Kind = object{}

// MaxJSON is the longest JSON value, in bytes.
const MaxJSON = 1 << 20

func (object) Name() string                    { return "json" }
func (object) Label() string                   { return "Structured data" }
func (object) Storage() Storage                { return StoreJSON }
func (object) Sortable() bool                  { return false }
func (object) Operators() []Op                 { return []Op{Empty, NotEmpty} }
func (object) Schema(*Property) map[string]any { return map[string]any{} }

func (object) Parse(_ *Property, in any) (any, error) {
	if in == nil || in == "" {
		return nil, nil
	}
	var raw []byte
	var err error
	if s, ok := in.(string); ok && json.Valid([]byte(s)) {
		raw = []byte(s)
	} else if raw, err = json.Marshal(in); err != nil {
		return nil, errWant("JSON", in)
	}
	if len(raw) > MaxJSON {
		return nil, fmt.Errorf("is %d bytes of JSON; at most 1 MiB fits", len(raw))
	}
	return json.RawMessage(raw), nil
}

func (object) AppendJSON(dst []byte, v any) []byte {
	raw, ok := v.(json.RawMessage)
	if !ok {
		return append(dst, "null"...)
	}
	return append(dst, raw...)
}

func (object) Text(v any) string {
	raw, _ := v.(json.RawMessage)
	return string(raw)
}
