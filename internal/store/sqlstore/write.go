package sqlstore

import (
	"fmt"
	"strings"

	"mandorla/internal/model"
)

// writes is what an insert or update changes, in the order of the model's properties so that equal sets of
// properties give equal statements.
type writes struct {
	columns []columnWrite
	set     []string // keys of custom values
	texts   []any    // their JSON
	drop    []string // keys of custom values that become empty
}

type columnWrite struct {
	name, param string
	value       any
}

// writes sorts values by where they are kept. Every property must be a stored one of this very model.
func (d *Dialect) writes(m *model.Model, values map[*model.Property]any) (writes, error) {
	var w writes
	done := 0
	for _, p := range m.Props() {
		v, there := values[p]
		if !there {
			continue
		}
		done++
		if p.Computed() || p.Name == idColumn {
			return w, fmt.Errorf("write %s: %s is not stored", m.Route, p.Name)
		}
		if err := storable(p, v); err != nil {
			return w, err
		}
		st := p.Kind.Storage()
		arg, ok := d.encode(st, v)
		switch {
		case !ok:
			return w, fmt.Errorf("write %s: %s cannot hold a %T", m.Route, p.Name, v)
		case !p.Custom:
			w.columns = append(w.columns, columnWrite{columnName(p), d.Params[st], arg})
		case !customKey(p.ID):
			return w, fmt.Errorf("write %s: property ID %q cannot be a key", m.Route, p.ID)
		case arg == nil:
			w.drop = append(w.drop, p.ID)
		default:
			w.set, w.texts = append(w.set, p.ID), append(w.texts, asJSON(p, v))
		}
	}
	if done != len(values) {
		return w, fmt.Errorf("write %s: %d of %d properties belong to another registry", m.Route, len(values)-done, len(values))
	}
	return w, nil
}

// object gives the custom values as one JSON object.
func (w writes) object() string {
	var b strings.Builder
	for i, key := range w.set {
		b.WriteByte("{,"[min(i, 1)])
		fmt.Fprintf(&b, "%q:%s", key, w.texts[i])
	}
	return b.String() + "}"
}
