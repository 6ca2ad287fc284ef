package planner

import (
	"fmt"
	"strings"
)

// Examples gives up to three questions this connection can answer, made from the models it really has.
func Examples(s *Schema) []string {
	var out []string
	add := func(format string, args ...any) {
		if len(out) < 3 {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	var first *Model
	for _, short := range s.Models[:min(len(s.Models), 2)] {
		m, err := s.model(short.Name)
		if err != nil || m == nil || m.Plural == "" {
			continue
		}
		if first == nil {
			first = m
		}
		for i := range m.Properties {
			if p := &m.Properties[i]; p.is("enum") && len(p.Options) > 0 {
				add("list the %s where %s is %s", m.plural(), strings.ToLower(p.Label), p.Options[len(p.Options)/2])
				break
			}
		}
		for i := range m.Properties {
			if p := &m.Properties[i]; p.is("number") && p.takes("gt") {
				add("top 5 %s by %s", m.plural(), strings.ToLower(p.Label))
				break
			}
		}
	}
	for i := len(s.Models) - 1; i >= 0 && len(out) < 3; i-- {
		if m := s.Models[i]; m.Plural != "" {
			add("how many %s", m.plural())
		}
	}
	if first != nil && len(out) < 3 {
		add("list %s", first.plural())
	}
	add("who am I")
	return out
}
