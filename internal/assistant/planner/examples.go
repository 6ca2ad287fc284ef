package planner

import (
	"fmt"
	"slices"
)

// Examples gives up to three questions this connection can answer, made from the models it really has: a list and a ranking of
// the first model, and a count of the second.
func Examples(s *Schema) []string {
	var out []string
	for i, short := range s.Models {
		if len(out) == 3 {
			break
		}
		m, err := s.model(short.Name)
		if err != nil || m == nil || m.Plural == "" {
			continue
		}
		if i > 0 {
			out = append(out, "how many "+m.plural())
			continue
		}
		out = append(out, listExample(m))
		if p := rankable(m); p != nil {
			out = append(out, fmt.Sprintf("top 5 %s by %s", m.plural(), low(p.Label)))
		}
	}
	for _, more := range []string{"who am I", "how many"} {
		if len(out) < 3 && len(s.Models) > 0 {
			if more == "how many" {
				more += " " + s.Models[0].plural()
			}
			out = append(out, more)
		}
	}
	return out
}

func listExample(m *Model) string {
	for i := range m.Properties {
		if p := &m.Properties[i]; p.is("enum") && len(p.Options) > 0 {
			return fmt.Sprintf("list the %s where %s is %s", m.plural(), low(p.Label), p.Options[len(p.Options)/2])
		}
	}
	return "list the " + m.plural()
}

// rankable gives the number people ask about first.
func rankable(m *Model) *Property {
	var best *Property
	known := []string{"arr", "mrr", "value", "h", "nps"}
	for i := range m.Properties {
		p := &m.Properties[i]
		if !p.isNumber() {
			continue
		}
		rank := slices.Index(known, p.Name)
		if best == nil || rank >= 0 && (slices.Index(known, best.Name) < 0 || rank < slices.Index(known, best.Name)) {
			best = p
		}
	}
	return best
}
