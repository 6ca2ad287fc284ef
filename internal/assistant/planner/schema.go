package planner

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Caller calls one tool of a connection and gives its structured result. Errors are sentences for people.
type Caller interface {
	Call(ctx context.Context, tool string, arguments map[string]any) (json.RawMessage, error)
}

// Property is one property as describe_model tells it.
type Property struct {
	Name      string   `json:"name"`
	Label     string   `json:"label"`
	Kind      string   `json:"kind"` // text, number, enum, ref …
	Doc       string   `json:"doc"`
	Required  bool     `json:"required"`
	Operators []string `json:"operators"`
	Options   []string `json:"options"`
	Aliases   []string `json:"aliases"`
	RefersTo  string   `json:"refers_to"`
	Can       []string `json:"can"` // read, create, update; absent: all
}

func (p *Property) readable() bool          { return p.Can == nil || slices.Contains(p.Can, "read") }
func (p *Property) is(kinds ...string) bool { return slices.Contains(kinds, p.Kind) }
func (p *Property) isNumber() bool          { return p.is("number", "integer") }
func (p *Property) isDate() bool            { return p.is("date", "datetime") }

// takes reports whether filters on the property may use op; a server that lists no operators is believed to take all.
func (p *Property) takes(op string) bool {
	return len(p.Operators) == 0 || slices.Contains(p.Operators, op)
}

// Model is one model as list_models and describe_model tell it.
type Model struct {
	Name       string     `json:"name"`
	Label      string     `json:"label"`
	Plural     string     `json:"plural"`
	Route      string     `json:"route"`
	Doc        string     `json:"doc"`
	Title      string     `json:"title"` // name of the property that names a record
	Properties []Property `json:"properties"`
}

func (m *Model) property(name string) *Property {
	for i := range m.Properties {
		if m.Properties[i].Name == name {
			return &m.Properties[i]
		}
	}
	return nil
}

func (m *Model) singular() string { return strings.ToLower(first(m.Label, m.Name)) }
func (m *Model) plural() string   { return strings.ToLower(first(m.Plural, m.Label+"s")) }

// count gives the noun for n records.
func (m *Model) noun(n int) string {
	if n == 1 {
		return m.singular()
	}
	return m.plural()
}

// Schema is what a connection lets one ask about. Models are described when they are first needed; not safe for concurrent use.
type Schema struct {
	Models    []*Model
	Describe  func(name string) (*Model, error) // gives the model with its properties
	described map[string]*Model
}

// Learn asks the connection for its models. The context is kept for the descriptions that follow.
func Learn(ctx context.Context, c Caller) (*Schema, error) {
	raw, err := c.Call(ctx, "list_models", map[string]any{})
	if err != nil {
		return nil, err
	}
	var list struct {
		Models []*Model `json:"models"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("read the answer of list_models: %w", err)
	}
	s := &Schema{Models: slices.DeleteFunc(list.Models, func(m *Model) bool { return m == nil || m.Name == "" })}
	s.Describe = func(name string) (*Model, error) {
		raw, err := c.Call(ctx, "describe_model", map[string]any{"model": name})
		if err != nil {
			return nil, err
		}
		m := &Model{}
		if err := json.Unmarshal(raw, m); err != nil {
			return nil, fmt.Errorf("read the answer of describe_model: %w", err)
		}
		return m, nil
	}
	return s, nil
}

// model gives a model with its properties, or nil if the connection has none of that name.
func (s *Schema) model(name string) (*Model, error) {
	if m, ok := s.described[name]; ok {
		return m, nil
	}
	i := slices.IndexFunc(s.Models, func(m *Model) bool { return m.Name == name })
	if i < 0 {
		return nil, nil
	}
	full, err := s.Describe(name)
	if err != nil {
		return nil, err
	}
	m := *full
	short := s.Models[i]
	m.Name, m.Label = short.Name, first(m.Label, short.Label, short.Name)
	m.Plural, m.Route = first(m.Plural, short.Plural), first(m.Route, short.Route)
	m.Properties = slices.DeleteFunc(slices.Clone(m.Properties), func(p Property) bool { return !p.readable() || p.Name == "" })
	if s.described == nil {
		s.described = map[string]*Model{}
	}
	s.described[name] = &m
	return &m, nil
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
