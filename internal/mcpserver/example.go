package mcpserver

import (
	"cmp"
	"slices"

	"mandorla/internal/model"
	"mandorla/internal/record"
)

// sampleID has the form of an id and belongs to nothing.
const sampleID = "0123456789abcdef01234567"

// sampleValues are tried in turn; a property's sample is the first that its kind accepts.
var sampleValues = []any{"Example", float64(10), true, "2026-11-23", "someone@example.com", sampleID}

// sample gives a value that the property accepts; ok is false where none is known.
func sample(p *model.Property) (any, bool) {
	if len(p.Options) > 0 {
		return p.Options[0], true
	}
	if p.To == "User" && p.IsRef() {
		return "me", true
	}
	for _, v := range sampleValues {
		if p.Kind.Storage() == model.StoreList {
			v = []any{v}
		}
		if _, err := p.Kind.Parse(p, v); err == nil {
			return v, true
		}
	}
	return nil, false
}

// exampleFilter gives a filter that is right for the model as this principal sees it: a choice, or one's own records, or part of the
// title; and one figure.
func exampleFilter(view record.ModelView) map[string]any {
	out := map[string]any{}
	first, ok := pick(view, func(p record.PropertyView) int {
		switch {
		case !p.Read:
			return 0
		case len(p.Property.Options) > 0:
			return 3
		case p.Property.To == "User" && p.Property.IsRef():
			return 2
		case p.Property.HasOperator(model.Contains) && p.Property.Kind.Storage() == model.StoreText:
			return 1
		}
		return 0
	})
	if ok {
		if v, _ := sample(first); first.HasOperator(model.Contains) {
			out[first.Name] = map[string]any{string(model.Contains): v}
		} else {
			out[first.Name] = v
		}
	}
	if figure, ok := pick(view, func(p record.PropertyView) int {
		if p.Read && p.Property.Kind.Storage() == model.StoreNumber && p.Property.HasOperator(model.Gte) {
			return rank(p.Property)
		}
		return 0
	}); ok {
		out[figure.Name] = map[string]any{string(model.Gte): 1000}
	}
	return out
}

// exampleSort orders by a figure or a time, largest or latest first.
func exampleSort(view record.ModelView) []string {
	p, ok := pick(view, func(p record.PropertyView) int {
		if s := p.Property.Kind.Storage(); p.Read && p.Property.Kind.Sortable() && (s == model.StoreNumber || s == model.StoreInstant) {
			return rank(p.Property)
		}
		return 0
	})
	if !ok {
		return []string{"_id"}
	}
	return []string{"-" + p.Name}
}

// exampleCreation gives values for every required property, and an owner, who keeps the record inside a person's own portfolio;
// a model without any of these gets one value.
func exampleCreation(view record.ModelView) map[string]any {
	out := map[string]any{}
	for _, p := range view.Properties {
		owns := len(view.Model.Owners) > 0 && p.Property.Name == view.Model.Owners[0]
		if v, ok := sample(p.Property); ok && p.Create && (p.Property.Required || owns) {
			out[p.Property.Name] = v
		}
	}
	if len(out) == 0 {
		exampleValue(out, view, func(p record.PropertyView) bool { return p.Create })
	}
	return out
}

// exampleChange gives one value that an update may send.
func exampleChange(view record.ModelView) map[string]any {
	out := map[string]any{}
	exampleValue(out, view, func(p record.PropertyView) bool { return p.Update })
	return out
}

func exampleValue(out map[string]any, view record.ModelView, may func(record.PropertyView) bool) {
	p, ok := pick(view, func(p record.PropertyView) int {
		_, has := sample(p.Property)
		switch {
		case !has || !may(p):
			return 0
		case len(p.Property.Options) > 0:
			return 3
		case p.Property.To == "":
			return 2
		}
		return 1
	})
	if ok {
		out[p.Name], _ = sample(p)
	}
}

// rank prefers what people see in lists.
func rank(p *model.Property) int {
	if p.List {
		return 2
	}
	return 1
}

// pick gives the first property with the highest positive score.
func pick(view record.ModelView, score func(record.PropertyView) int) (*model.Property, bool) {
	if len(view.Properties) == 0 {
		return nil, false
	}
	best := slices.MaxFunc(view.Properties, func(a, b record.PropertyView) int { return cmp.Compare(score(a), score(b)) })
	return best.Property, score(best) > 0
}
