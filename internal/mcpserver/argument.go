package mcpserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mandorla/internal/model"
	"strconv"
	"strings"

	"mandorla/internal/fault"
	"mandorla/internal/query"
)

// argument is one named input of a tool: its schema and its check come from the same declaration.
type argument struct {
	name     string
	form     form
	doc      string
	required bool
	min, max int // of integers; max 0: no bounds
	preset   any // told to clients as the default; the tool applies it
}

// form is what an argument's value looks like, and what besides is understood.
type form struct {
	name  string // for errors: "text", "an object"
	json  map[string]any
	parse func(a argument, v any) (any, bool)
}

var (
	formText    = form{"text", map[string]any{"type": "string"}, parseText}
	formModel   = form{"the name of a model", map[string]any{"type": "string"}, parseText} // the enum is filled in per principal
	formInteger = form{"a whole number", map[string]any{"type": "integer"}, parseInteger}
	formBoolean = form{"true or false", map[string]any{"type": "boolean"}, parseBoolean}
	formTexts   = form{"a list of texts", map[string]any{"type": "array", "items": map[string]any{"type": "string"}}, parseTexts}
	formObject  = form{"an object", map[string]any{"type": "object", "additionalProperties": true}, parseObject}
	formObjects = form{"a list of objects", map[string]any{"type": "array", "items": map[string]any{"type": "object"}}, nil} // in answers only
	formFilter  = form{"a filter object", map[string]any{"type": "object", "additionalProperties": true}, parseFilter}
)

func parseText(_ argument, v any) (any, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	default:
		return nil, false
	}
}

func parseInteger(a argument, v any) (any, bool) {
	s := fmt.Sprint(v)
	n, err := strconv.Atoi(strings.TrimSuffix(s, ".0"))
	if err != nil || a.max > 0 && (n < a.min || n > a.max) {
		return nil, false
	}
	return n, true
}

func parseBoolean(_ argument, v any) (any, bool) {
	switch v {
	case true, "true":
		return true, true
	case false, "false":
		return false, true
	default:
		return nil, false
	}
}

// parseTexts understands one text with commas, too.
func parseTexts(_ argument, v any) (any, bool) {
	var items []any
	switch v := v.(type) {
	case []any:
		items = v
	case string:
		if strings.HasPrefix(strings.TrimSpace(v), "[") && decodeText(v, &items) == nil {
			break
		}
		for part := range strings.SplitSeq(v, ",") {
			items = append(items, strings.TrimSpace(part))
		}
	default:
		return nil, false
	}
	out := make([]string, 0, len(items))
	for _, item := range items {
		s, ok := item.(string)
		if !ok {
			return nil, false
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return out, true
}

// parseObject understands JSON text, too: assistants often send objects that way.
func parseObject(_ argument, v any) (any, bool) {
	if s, ok := v.(string); ok {
		var obj map[string]any
		return obj, checkTree([]byte(s)) == nil && decodeText(s, &obj) == nil && obj != nil
	}
	obj, ok := v.(map[string]any)
	return obj, ok
}

// parseFilter leaves the contents to package query, whose errors name the place.
func parseFilter(_ argument, v any) (any, bool) {
	if s, ok := v.(string); ok {
		var in any
		return in, len(s) <= query.MaxBytes && checkTree([]byte(s)) == nil && decodeText(s, &in) == nil
	}
	return v, true
}

func decodeText(s string, into any) error {
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("something follows the value")
	}
	return nil
}

// decodeArguments reads params.arguments; absent means none.
func decodeArguments(raw json.RawMessage) (map[string]any, error) {
	if len(raw) == 0 || string(bytes.TrimSpace(raw)) == "null" {
		return map[string]any{}, nil
	}
	var in map[string]any
	if err := decodeText(string(raw), &in); err != nil {
		return nil, fault.BadField("arguments", "expects an object.")
	}
	return in, nil
}

// arguments are the checked inputs of a call; the getters give the zero value for one that is absent.
type arguments map[string]any

func (a arguments) text(name string) string           { s, _ := a[name].(string); return s }
func (a arguments) texts(name string) []string        { s, _ := a[name].([]string); return s }
func (a arguments) flag(name string) bool             { b, _ := a[name].(bool); return b }
func (a arguments) object(name string) map[string]any { m, _ := a[name].(map[string]any); return m }

func (a arguments) integer(name string, preset int) int {
	if n, ok := a[name].(int); ok {
		return n
	}
	return preset
}

// check reads the arguments of a call against the tool's declaration. Every mistake is reported at once.
func (t *tool) check(raw json.RawMessage) (arguments, error) {
	in, err := decodeArguments(raw)
	if err != nil {
		return nil, err
	}
	var bad []fault.Field
	out := arguments{}
	for _, a := range t.arguments {
		v, there := in[a.name]
		delete(in, a.name)
		if !there || v == nil {
			if a.required {
				bad = append(bad, fault.Field{Path: a.name, Msg: fmt.Sprintf("is required: %s", a.form.name) + "."})
			}
			continue
		}
		parsed, ok := a.form.parse(a, v)
		if !ok || a.required && parsed == "" {
			bad = append(bad, fault.Field{Path: a.name, Msg: a.expects()})
			continue
		}
		out[a.name] = parsed
	}
	for _, name := range sortedKeys(in) {
		bad = append(bad, fault.Field{Path: clip(name, 60), Msg: t.unknownArgument(name)})
	}
	if len(bad) > 0 {
		return nil, fault.BadFields(bad)
	}
	return out, nil
}

func (a argument) expects() string {
	if a.max > 0 {
		return fmt.Sprintf("expects a whole number from %d to %d.", a.min, a.max)
	}
	return "expects " + a.form.name + "."
}

func (t *tool) unknownArgument(name string) string {
	var names []string
	for _, a := range t.arguments {
		names = append(names, a.name)
	}
	if len(names) == 0 {
		return t.name + " takes no arguments."
	}
	if best, ok := model.Nearest(name, names); ok {
		return fmt.Sprintf("is not an argument of %s. Did you mean %q?", t.name, best)
	}
	return fmt.Sprintf("is not an argument of %s; it takes %s.", t.name, strings.Join(names, ", "))
}
