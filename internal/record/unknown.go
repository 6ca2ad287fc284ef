package record

import (
	"fmt"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// unknownModel is the one answer about a model that does not exist or that the principal may not see.
func (r *request) unknownModel(name string, forCreate bool) error {
	var names []string
	for _, m := range r.Registry().Models() {
		if r.Any(m, access.View) || forCreate && r.Any(m, access.Create) {
			names = append(names, m.Name)
		}
	}
	if len(names) == 0 {
		return fault.New(fault.NotFound, "There is no model %q, and nothing else that you may see.", query.Clip(name))
	}
	return fault.New(fault.NotFound, "There is no model %q.%s", query.Clip(name), suggest(name, names, "The models are"))
}

// Me and Unknown are the parts of query.Sight that a decider alone cannot give.
func (r *request) Me() string { return r.p.Person }

// Unknown is the one answer about a property that does not exist or that the principal may not see.
func (r *request) Unknown(m *model.Model, field, name string) error {
	return fault.BadField(field, "%s", r.unknownField(m, name, access.View).Msg)
}

// unknownField suggests only what the action may name.
func (r *request) unknownField(m *model.Model, name string, a access.Action) fault.Field {
	var names []string
	for _, p := range m.Props() {
		if r.known(m, p, a) {
			names = append(names, p.Name)
		}
	}
	return fault.Field{Path: query.Clip(name), Msg: fmt.Sprintf("%s has no such property.%s", m.Label, suggest(name, names, ""))}
}

func notFound(m *model.Model, id string) error {
	return fault.New(fault.NotFound, "There is no %s with the _id %q.", m.Label, query.Clip(id))
}

// suggest names the nearest of names, or lists all where intro is given and nothing is near.
func suggest(name string, names []string, intro string) string {
	if best, ok := model.Nearest(name, names); ok {
		return fmt.Sprintf(" Did you mean %q?", best)
	}
	if intro == "" {
		return ""
	}
	return fmt.Sprintf(" %s %s.", intro, strings.Join(names, ", "))
}
