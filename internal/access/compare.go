package access

import "mandorla/internal/model"

// Taken is what one set allows on a model and another does not. A property is named where its action stays; without the action it
// goes along unsaid.
type Taken struct {
	Model        *model.Model
	Actions      Action
	View, Update []string // property ids, in the model's order; Update is also what may be sent at creation
	Later        bool     // properties that are added later were included
}

// Minus lists what s allows and t does not, in the registry's order of models. Internal models, and what the registry does not have
// (any more), are left out: no app ever reaches them.
func (s Set) Minus(t Set, reg *model.Registry) []Taken {
	var out []Taken
	for _, m := range reg.Models() {
		have, less := s[m.Name].normal(), t[m.Name].normal()
		one := Taken{Model: m, Actions: have.Actions &^ less.Actions}
		var view, update bool
		if less.Actions&View != 0 {
			one.View, view = have.View.minus(less.View, m, false)
		}
		if less.Actions&(Create|Update) != 0 {
			one.Update, update = have.Update.minus(less.Update, m, true)
		}
		one.Later = view || update
		if one.Actions != 0 || len(one.View) > 0 || len(one.Update) > 0 || one.Later {
			out = append(out, one)
		}
	}
	return out
}

// minus lists the model's properties that p has and q has not; later tells whether only p has those that are added later.
func (p Properties) minus(q Properties, m *model.Model, write bool) (ids []string, later bool) {
	if q.All {
		return nil, false
	}
	for _, prop := range m.Props() {
		if prop.Name != "_id" && (!write || prop.Writable()) && p.Has(prop.ID) && !q.Has(prop.ID) {
			ids = append(ids, prop.ID)
		}
	}
	return ids, p.All
}

// Gains reports whether s allows anything that none of the others allows.
func (s Set) Gains(reg *model.Registry, others ...Set) bool {
	lanes := make([]Lane, len(others))
	for i, o := range others {
		lanes[i].Set = o
	}
	return len(s.Minus(Union(lanes), reg)) > 0
}

// FewerRows reports whether something that lanes before allowed on the rows of a company, and lanes after still allow somewhere, may
// no longer reach all the rows it did.
func FewerRows(before, after []Lane, reg *model.Registry) bool {
	still := Union(after)
	for _, lane := range before {
		var covering []Lane
		for _, other := range after {
			if other.Portfolio.covers(lane.Portfolio) {
				covering = append(covering, other)
			}
		}
		for _, t := range lane.Set.Intersect(still).Minus(Union(covering), reg) {
			if t.Model.Anchor != "" {
				return true
			}
		}
	}
	return false
}
