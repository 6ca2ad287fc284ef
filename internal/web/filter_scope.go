package web

import (
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/record"
)

// filterScope is what a filter may name: the properties of a model, and those of the records that its references lead to.
type filterScope struct {
	model record.ModelView
	find  func(name string) (record.ModelView, bool)
	shown bool // the model's listed properties come first, as "Shown in the table"
}

// scope is what the person may see of a model.
func (v *visit) scope(m record.ModelView) filterScope { return filterScope{m, v.byName, true} }

// wholeScope is everything: what an administrator may write into the filter of a portfolio.
func wholeScope(reg *model.Registry, m *model.Model) filterScope {
	whole := func(m *model.Model) record.ModelView {
		out := record.ModelView{Model: m, Actions: access.AllActions}
		for _, p := range m.Props() {
			out.Properties = append(out.Properties, record.PropertyView{Property: p, Read: true})
		}
		return out
	}
	find := func(name string) (record.ModelView, bool) {
		m, ok := reg.Model(name)
		if !ok {
			return record.ModelView{}, false
		}
		return whole(m), true
	}
	return filterScope{model: whole(m), find: find}
}

// property finds what a path names; nil where there is no such property, or it cannot be filtered by.
func (s filterScope) property(path string) *model.Property {
	p, _ := s.follow(s.model, path, 0)
	return p
}

// label names a path: "Owner: Email".
func (s filterScope) label(path string) string {
	if _, label := s.follow(s.model, path, 0); label != "" {
		return label
	}
	return path
}

func (s filterScope) follow(m record.ModelView, path string, depth int) (*model.Property, string) {
	if p := readable(m, path); p != nil {
		return p, p.DisplayLabel()
	}
	if depth == 4 {
		return nil, ""
	}
	for _, ref := range s.references(m) {
		rest, under := strings.CutPrefix(path, ref.Name+".")
		if !under {
			continue
		}
		to, ok := s.find(ref.To)
		if !ok {
			continue
		}
		if p, label := s.follow(to, rest, depth+1); p != nil {
			return p, ref.DisplayLabel() + ": " + label
		}
	}
	return nil, ""
}

// references are the single references of a model that may be followed.
func (s filterScope) references(m record.ModelView) []*model.Property {
	var out []*model.Property
	for _, p := range m.Properties {
		if p.Read && p.Property.IsRef() {
			out = append(out, p.Property)
		}
	}
	return out
}

// choiceGroup is a titled list of properties to choose from.
type choiceGroup struct {
	Label string
	Items []choice
}

// choice is one of them.
type choice struct {
	Path, Label string
	Selected    bool
}

// choices lists the properties to choose from: the model's own, and by each reference those that tables of the other model show.
// A selected path that is none of these is offered as well.
func (s filterScope) choices(selected string) []choiceGroup {
	groups := []choiceGroup{{Label: s.model.Model.Label}, {Label: "More properties"}}
	if s.shown {
		groups[0].Label = "Shown in the table"
	}
	found := selected == ""
	add := func(to *choiceGroup, path, label string) {
		to.Items = append(to.Items, choice{Path: path, Label: label, Selected: path == selected})
		found = found || path == selected
	}
	for _, p := range s.model.Properties {
		if readable(s.model, p.Property.Name) == nil {
			continue
		}
		to := &groups[1]
		if !s.shown || p.Property.List || p.Property.Name == s.model.Model.Title {
			to = &groups[0]
		}
		add(to, p.Property.Name, p.Property.DisplayLabel())
	}
	for _, ref := range s.references(s.model) {
		to, ok := s.find(ref.To)
		if !ok {
			continue
		}
		group := choiceGroup{Label: ref.DisplayLabel()}
		for _, p := range to.Properties {
			if (p.Property.List || p.Property.Name == to.Model.Title) && readable(to, p.Property.Name) != nil {
				add(&group, ref.Name+"."+p.Property.Name, ref.DisplayLabel()+": "+p.Property.DisplayLabel())
			}
		}
		groups = append(groups, group)
	}
	if !found {
		groups = append([]choiceGroup{{Label: "Chosen", Items: []choice{{Path: selected, Label: s.label(selected), Selected: true}}}}, groups...)
	}
	return groups
}

// readable finds a property that the person may read and filter by.
func readable(m record.ModelView, name string) *model.Property {
	for _, p := range m.Properties {
		if p.Read && p.Property.Name == name && len(p.Property.Kind.Operators()) > 0 {
			return p.Property
		}
	}
	return nil
}
