package mcpserver

import (
	"encoding/json"

	"mandorla/internal/record"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// describe gives the tool as a principal with these views sees it.
func (t *tool) describe(views []record.ModelView) *mcp.Tool {
	reached := t.reaches(views)
	destructive, openWorld := t.hints.destructive, false
	return &mcp.Tool{
		Name:         t.name,
		Title:        t.title,
		Description:  t.description(views, reached),
		InputSchema:  t.inputSchema(reached),
		OutputSchema: t.outputSchema(),
		Annotations: &mcp.ToolAnnotations{
			Title:           t.title,
			ReadOnlyHint:    t.hints.readOnly,
			DestructiveHint: &destructive,
			IdempotentHint:  t.hints.idempotent,
			OpenWorldHint:   &openWorld,
		},
	}
}

// description adds an example made of what the principal reaches, so that it is right and tells nothing hidden.
func (t *tool) description(views, reached []record.ModelView) string {
	if t.example == nil || len(reached) == 0 {
		return t.doc
	}
	example, err := json.Marshal(t.example(views, reached[0]))
	if err != nil { // unreachable: examples are made of texts
		return t.doc
	}
	return t.doc + "\nExample: " + string(example)
}

// inputSchema is plain on purpose: some hosts choke on null unions and on anyOf at the top.
func (t *tool) inputSchema(reached []record.ModelView) json.RawMessage {
	var required []string
	properties := object{}
	for _, a := range t.arguments {
		s := a.schema()
		if a.form.name == formModel.name && len(reached) > 0 {
			s = append(s, member{"enum", modelNames(reached)})
		}
		properties = append(properties, member{a.name, s})
		if a.required {
			required = append(required, a.name)
		}
	}
	schema := object{{"type", "object"}, {"properties", properties}}
	if len(required) > 0 {
		schema = append(schema, member{"required", required})
	}
	return mustJSON(append(schema, member{"additionalProperties", false}))
}

// outputSchema leaves everything optional: an error is an answer, too, and must fit.
func (t *tool) outputSchema() json.RawMessage {
	properties := object{}
	for _, a := range append(t.output, argument{name: "error", form: formObject, doc: "Why the call failed: kind, message, fields and hint. Absent on success."}) {
		properties = append(properties, member{a.name, a.schema()})
	}
	return mustJSON(object{{"type", "object"}, {"properties", properties}})
}

func (a argument) schema() object {
	s := object{}
	for _, key := range sortedKeys(a.form.json) {
		s = append(s, member{key, a.form.json[key]})
	}
	if a.max > 0 {
		s = append(s, member{"minimum", a.min}, member{"maximum", a.max})
	}
	if a.preset != nil {
		s = append(s, member{"default", a.preset})
	}
	if a.doc != "" {
		s = append(s, member{"description", a.doc})
	}
	return s
}

func modelNames(views []record.ModelView) []string {
	names := make([]string, 0, len(views))
	for _, v := range views {
		names = append(names, v.Model.Name)
	}
	return names
}

// object is a JSON object whose members keep their order, so that the same tools are always the same bytes and arguments
// stand in the order they were declared.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := marshal(m.value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

func mustJSON(v any) json.RawMessage {
	b, err := marshal(v)
	if err != nil {
		panic("mcpserver: " + err.Error()) // unreachable: only texts, numbers and lists of them
	}
	return b
}
