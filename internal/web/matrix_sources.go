package web

import (
	"net/http"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/web/kit"
)

// presets are sets that a matrix can start from, offered as links to the same page.
var presets = []struct{ key, label, icon string }{
	{"none", "Nothing", "shield-off"},
	{"view", "Read only", "eye"},
	{"work", "Everything except remove and export", "pencil"},
	{"full", "Everything", "shield"},
}

func presetLinks(path string) []kit.Link {
	var out []kit.Link
	for _, p := range presets {
		out = append(out, kit.Link{Label: p.label, Icon: p.icon, Href: path + "?preset=" + p.key})
	}
	return out
}

// preset gives a set by its key, over the internal models as well. Sensitive properties stay out of all but "full".
func preset(reg *model.Registry, key string) (access.Set, bool) {
	var actions access.Action
	switch key {
	case "none":
		return access.Set{}, true
	case "full":
		return access.WithInternals(access.Full(reg)), true
	case "view":
		actions = access.View
	case "work":
		actions = access.AllActions &^ (access.Remove | access.Export)
	default:
		return nil, false
	}
	out := access.WithInternals(withoutSensitive(reg, access.Of(reg, actions)))
	return out.Without(access.AllActions &^ actions), true
}

func withoutSensitive(reg *model.Registry, set access.Set) access.Set {
	for _, m := range reg.Models() {
		var view, update []string
		sensitive := false
		for _, p := range m.Props() {
			sensitive = sensitive || p.Sensitive
			if hasBox(p, false) && !p.Sensitive {
				view = append(view, p.ID)
			}
			if hasBox(p, true) && !p.Sensitive {
				update = append(update, p.ID)
			}
		}
		if p, ok := set[m.Name]; ok && sensitive {
			p.View, p.Update = access.Only(view...), access.Only(update...)
			set[m.Name] = p
		}
	}
	return set.Normal()
}

// copyLinks offers the sources on a page, but for the thing itself.
func copyLinks(path, self string, sources []copySource) []kit.Link {
	var out []kit.Link
	for _, c := range sources {
		if c.id != self {
			out = append(out, kit.Link{Label: c.label, Icon: c.icon, Href: path + "?copy=" + c.key()})
		}
	}
	return out
}

// otherSet gives the set that the address asks for instead of the stored one: a preset or a copy.
func otherSet(reg *model.Registry, v *visit, sources []copySource) (set access.Set, asked bool, err error) {
	q := v.r.URL.Query()
	if set, ok := preset(reg, q.Get("preset")); ok {
		return set, true, nil
	}
	from := q.Get("copy")
	if from == "" {
		return nil, false, nil
	}
	for _, c := range sources {
		if c.key() == from {
			return c.set, true, nil
		}
	}
	return nil, false, fault.New(fault.NotFound, "There is nothing to copy from at this address.")
}

// startSet gives the set that a page of permissions begins with: the one that the address asks for, cut to what the page may hold, or
// the stored one. done says that a script wanted the set alone, and has been answered.
func (s *Server) startSet(w http.ResponseWriter, v *visit, stored access.Set, cut func(access.Set) access.Set) (set access.Set, asked, done bool, err error) {
	reg, err := s.registry(v)
	if err != nil {
		return nil, false, false, err
	}
	sources, err := s.copySources(v)
	if err != nil {
		return nil, false, false, err
	}
	set, asked, err = otherSet(reg, v, sources)
	switch {
	case err != nil:
		return nil, false, false, err
	case !asked:
		return cut(stored), false, false, nil
	case wantsSet(v):
		return nil, true, true, writeSet(w, cut(set))
	}
	return cut(set), true, false, nil
}

// wantsSet reports whether a script asks for the set alone, to tick it in place.
func wantsSet(v *visit) bool { return strings.HasPrefix(v.r.Header.Get("Accept"), "application/json") }

// writeSet answers with the stored form of a set.
func writeSet(w http.ResponseWriter, set access.Set) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, err := w.Write([]byte(identity.EncodeSet(set)))
	return err
}
