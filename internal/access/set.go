// Package access owns the permission rules: permission sets and their intersection, portfolios, roles, principals, and the
// compiled form (Lanes) that answers "which rows, which properties, which actions" for one principal.
//
// It is pure: no storage, no clock, no HTTP. identity and oauth build principals with it, record asks it, surfaces only show it.
package access

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"mandorla/internal/model"
)

// Action is one of the five things that a permission set may allow on a model; values combine as bits.
type Action uint8

// The actions. View is needed for any of the others to have an effect on existing records.
const (
	Create Action = 1 << iota
	View
	Update
	Remove
	Export

	AllActions = Create | View | Update | Remove | Export
)

// Actions lists the single actions in the order people see them.
var Actions = []Action{View, Create, Update, Remove, Export}

var actionNames = map[Action]string{Create: "create", View: "view", Update: "update", Remove: "remove", Export: "export"}

// String gives "view" for a single action, "view, create" for several.
func (a Action) String() string {
	var parts []string
	for _, one := range Actions {
		if a&one != 0 {
			parts = append(parts, actionNames[one])
		}
	}
	return strings.Join(parts, ", ")
}

// ParseAction reads a single action's name.
func ParseAction(s string) (Action, bool) {
	for a, name := range actionNames {
		if name == s {
			return a, true
		}
	}
	return 0, false
}

// Properties is a set of properties of one model, by stable ID. The zero value is none.
type Properties struct {
	All bool     // every property, also future ones; IDs is then empty
	IDs []string // sorted, without doubles
}

// AllProperties is every property of a model, also future ones.
var AllProperties = Properties{All: true}

// Only is the set of exactly these property IDs.
func Only(ids ...string) Properties {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return Properties{IDs: slices.Compact(ids)}
}

// Has reports whether the set contains the property ID.
func (p Properties) Has(id string) bool {
	if p.All {
		return true
	}
	_, found := slices.BinarySearch(p.IDs, id)
	return found
}

// Empty reports whether the set contains nothing.
func (p Properties) Empty() bool { return !p.All && len(p.IDs) == 0 }

// Intersect keeps what both have.
func (p Properties) Intersect(q Properties) Properties {
	switch {
	case p.All:
		return q
	case q.All:
		return p
	}
	var out []string
	for _, id := range p.IDs {
		if q.Has(id) {
			out = append(out, id)
		}
	}
	return Properties{IDs: out}
}

// ModelPermission is what a set allows on one model. Properties without their action have no effect: see normal.
type ModelPermission struct {
	Actions Action
	View    Properties
	Update  Properties // also what may be sent at creation
}

// Set is the one shape used by roles, OAuth clients, private apps and authorizations: permissions by model name.
// A model that is not in it is not allowed at all. Sets are values: nothing here changes one in place.
type Set map[string]ModelPermission

// FullModel allows everything on a model.
var FullModel = ModelPermission{Actions: AllActions, View: AllProperties, Update: AllProperties}

// Intersect keeps, per model, action and property, what both sets allow.
// It is commutative, associative, idempotent, and never gives more than either side.
func (s Set) Intersect(t Set) Set {
	out := Set{}
	for name, a := range s {
		b := t[name]
		both := ModelPermission{Actions: a.Actions & b.Actions, View: a.View.Intersect(b.View), Update: a.Update.Intersect(b.Update)}
		if both = both.normal(); both.Actions != 0 {
			out[name] = both
		}
	}
	return out
}

// Normal drops what has no effect: models without an action, property lists without their action.
func (s Set) Normal() Set {
	out := Set{}
	for name, p := range s {
		if p = p.normal(); p.Actions != 0 {
			out[name] = p
		}
	}
	return out
}

// Without drops actions everywhere.
func (s Set) Without(a Action) Set {
	out := Set{}
	for name, p := range s {
		p.Actions &^= a
		out[name] = p
	}
	return out.Normal()
}

// Known drops what a registry does not have (any more): removed properties and models. Internal models stay.
func (s Set) Known(reg *model.Registry) Set {
	out := Set{}
	for name, p := range s {
		m, ok := reg.Model(name)
		if ok && m.Name == name {
			p.View, p.Update = p.View.known(m), p.Update.known(m)
			out[name] = p
		} else if _, internal := FindInternal(name); internal {
			out[name] = p
		}
	}
	return out.Normal()
}

func (p Properties) known(m *model.Model) Properties {
	if p.All {
		return p
	}
	var ids []string
	for _, id := range p.IDs {
		if _, ok := m.PropertyByID(id); ok {
			ids = append(ids, id)
		}
	}
	return Properties{IDs: ids}
}

func (p ModelPermission) normal() ModelPermission {
	if p.Actions&View == 0 {
		p.View = Properties{}
	}
	if p.Actions&(Create|Update) == 0 {
		p.Update = Properties{}
	}
	return p
}

// Allows reports whether the set allows all of these actions on a model.
func (s Set) Allows(modelName string, a Action) bool { return s[modelName].Actions&a == a }

// Models lists the model names in the set, sorted.
func (s Set) Models() []string {
	out := make([]string, 0, len(s))
	for name := range s {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Covers reports whether s allows everything that t allows.
func (s Set) Covers(t Set) bool {
	for name, want := range t.Normal() {
		have := s[name].normal()
		if have.Actions&want.Actions != want.Actions || !have.View.covers(want.View) || !have.Update.covers(want.Update) {
			return false
		}
	}
	return true
}

func (p Properties) covers(q Properties) bool {
	if p.All {
		return true
	}
	if q.All {
		return false
	}
	for _, id := range q.IDs {
		if !p.Has(id) {
			return false
		}
	}
	return true
}

// Full allows everything on every model of the registry.
func Full(r *model.Registry) Set { return Of(r, AllActions) }

// Of allows these actions, with all properties, on every model of the registry.
func Of(r *model.Registry, a Action) Set {
	out := Set{}
	for _, m := range r.Models() {
		out[m.Name] = ModelPermission{Actions: a, View: AllProperties, Update: AllProperties}.normal()
	}
	return out
}

// storedModel is the stored JSON of one model's permission: {"actions":["view"],"view":"all","update":["co02"]}.
type storedModel struct {
	Actions []string        `json:"actions"`
	View    json.RawMessage `json:"view,omitempty"`
	Update  json.RawMessage `json:"update,omitempty"`
}

// storing is storedModel on the way out.
type storing struct {
	Actions []string `json:"actions"`
	View    any      `json:"view,omitempty"`
	Update  any      `json:"update,omitempty"`
}

// MarshalJSON writes the stored form, the same bytes for equal permissions.
func (p ModelPermission) MarshalJSON() ([]byte, error) {
	p = p.normal()
	out := storing{Actions: []string{}, View: p.View.stored(), Update: p.Update.stored()}
	for _, a := range Actions {
		if p.Actions&a != 0 {
			out.Actions = append(out.Actions, actionNames[a])
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads the stored form; an unknown action is an error, so that a newer file never silently loses one.
func (p *ModelPermission) UnmarshalJSON(data []byte) error {
	var in storedModel
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*p = ModelPermission{}
	for _, name := range in.Actions {
		a, ok := ParseAction(name)
		if !ok {
			return fmt.Errorf("unknown action %q in a permission set", name)
		}
		p.Actions |= a
	}
	var err error
	if p.View, err = readStored(in.View); err != nil {
		return err
	}
	p.Update, err = readStored(in.Update)
	return err
}

// stored is "all", a list, or nil for none.
func (p Properties) stored() any {
	switch {
	case p.All:
		return "all"
	case len(p.IDs) == 0:
		return nil
	default:
		return p.IDs
	}
}

func readStored(raw json.RawMessage) (Properties, error) {
	switch string(raw) {
	case "", "null":
		return Properties{}, nil
	case `"all"`:
		return AllProperties, nil
	}
	var ids []string
	if err := json.Unmarshal(raw, &ids); err != nil {
		return Properties{}, fmt.Errorf("property list of a permission set: %w", err)
	}
	return Only(ids...), nil
}
