package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

type object struct{}

// JSON is any JSON value, kept without spaces and with its keys in order, so that equal values are equal bytes.
// Filters can only ask whether it is there.
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
	if s, ok := in.(string); ok && !utf8.ValidString(s) {
		return nil, errors.New("expects JSON in UTF-8 without NUL, got other bytes")
	}
	value := unquote(in)
	if value == nil || value == "" {
		return nil, nil
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, errWant("JSON", in)
	}
	if bytes.Contains(bytes.ReplaceAll(raw, []byte(`\\`), nil), []byte(`\u0000`)) {
		return nil, errors.New("expects JSON in UTF-8 without NUL, got other bytes")
	}
	if len(raw) > MaxJSON {
		return nil, fmt.Errorf("is %d bytes of JSON; at most 1 MiB fits", len(raw))
	}
	return json.RawMessage(raw), nil
}

// unquote reads a text that is JSON, such as a CSV cell, as that JSON, with its numbers as they are written. Going on until
// nothing is left to read makes a value and its own rendering the same.
func unquote(in any) any {
	for {
		s, ok := in.(string)
		if !ok || !json.Valid([]byte(s)) {
			return in
		}
		d := json.NewDecoder(strings.NewReader(s))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil { // unreachable: the text is valid
			return in
		}
		in = v
	}
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
