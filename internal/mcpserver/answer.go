package mcpserver

import (
	"bytes"
	"encoding/json"

	"mandorla/internal/fault"
	"mandorla/internal/model"
)

// answer is what a tool gives back, and what is noted about the call.
type answer struct {
	doc    []byte // one JSON object
	model  string
	record string
	rows   int
}

func newAnswer(members object) (*answer, error) {
	doc, err := marshal(members)
	if err != nil {
		return nil, err
	}
	return &answer{doc: doc}, nil
}

// marshal is json.Marshal without the escapes that only HTML needs.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// valueJSON gives a canonical value as it appears in answers.
func valueJSON(p *model.Property, v any) json.RawMessage { return p.Kind.AppendJSON(nil, v) }

// failure is the one way an error becomes an answer. It never holds more than what is safe for people.
func failure(t *tool, err error) *answer {
	kind := fault.KindOf(err)
	msg, fields := fault.Safe(err)
	e := object{{"kind", kind.String()}, {"message", msg}}
	if len(fields) > 0 {
		e = append(e, member{"fields", fields})
	}
	if h := t.hint(kind); h != "" {
		e = append(e, member{"hint", h})
	}
	return &answer{doc: mustJSON(object{{"error", e}})}
}

// hint says what gets a caller further after an error of this kind.
func (t *tool) hint(kind fault.Kind) string {
	switch kind {
	case fault.NotFound:
		if t.has("id") {
			return "list_models names the models, and list_records finds the _id of a record. Records outside your reach are not found either."
		}
		return "list_models names the models."
	case fault.Invalid:
		if t.has("values") || t.has("filter") {
			return "describe_model gives the properties of a model with their kinds, options and operators."
		}
	case fault.Forbidden:
		return "Trying again does not change this; the message says what would have to."
	case fault.Conflict:
		return "Read the records concerned and decide again."
	case fault.RateLimited, fault.Unavailable:
		return "The same call may work in a few seconds."
	}
	return ""
}

func (t *tool) has(name string) bool {
	for _, a := range t.arguments {
		if a.name == name {
			return true
		}
	}
	return false
}
