package mcpserver

import (
	"context"

	"mandorla/internal/record"
)

func toolDescribeModel() *tool {
	return &tool{
		name: "describe_model", title: "Describe a model",
		doc: "Gives the properties of one model as this connection may know them: name, label, kind, meaning, whether it is required, whether " +
			"it can be read, set at creation and updated, the filter operators it takes, the options of a choice, the model a reference " +
			"refers to, and other accepted names. Ends with a filter that works on the model.",
		example: func(_ []record.ModelView, v record.ModelView) map[string]any {
			return map[string]any{"model": v.Model.Name}
		},
		anyModel:  true,
		arguments: []argument{{name: "model", form: formModel, required: true, doc: "Name of the model."}},
		hints:     hintsRead,
		output: []argument{
			{name: "name", form: formText}, {name: "label", form: formText}, {name: "plural", form: formText}, {name: "doc", form: formText},
			{name: "actions", form: formTexts}, {name: "title", form: formText}, {name: "properties", form: formObjects}, {name: "example_filter", form: formObject},
		},
		run: runDescribeModel,
	}
}

func runDescribeModel(ctx context.Context, c *caller, in arguments) (*answer, error) {
	view, err := c.server.opts.Gate.Describe(ctx, c.principal, in.text("model"))
	if err != nil {
		return nil, err
	}
	views, err := c.models(ctx)
	if err != nil {
		return nil, err
	}
	properties := make([]object, 0, len(view.Properties))
	for _, p := range view.Properties {
		properties = append(properties, describeProperty(p, views))
	}
	m := view.Model
	out := object{{"name", m.Name}, {"label", m.Label}, {"plural", m.Plural}, {"doc", m.Doc}, {"actions", actionNames(view.Actions)}}
	for _, p := range view.Properties {
		if p.Read && p.Property.Name == m.Title { // a title that is hidden is not named
			out = append(out, member{"title", m.Title})
		}
	}
	a, err := newAnswer(append(out, member{"properties", properties}, member{"example_filter", exampleFilter(view)}))
	if err == nil {
		a.model, a.rows = m.Name, len(properties)
	}
	return a, err
}

func describeProperty(v record.PropertyView, views []record.ModelView) object {
	p := v.Property
	out := object{{"name", p.Name}, {"label", p.DisplayLabel()}, {"kind", p.Kind.Name()}}
	if p.Doc != "" {
		out = append(out, member{"doc", p.Doc})
	}
	if p.Required {
		out = append(out, member{"required", true})
	}
	out = append(out, member{"can", can(v)})
	if v.Read {
		out = append(out, member{"operators", p.Kind.Operators()})
	}
	if len(p.Options) > 0 {
		out = append(out, member{"options", p.Options})
	}
	if p.To != "" { // a model that the principal does not reach is not named
		if to, ok := findModel(views, p.To); ok {
			out = append(out, member{"refers_to", to.Model.Name})
		}
	}
	if len(p.Aliases) > 0 {
		out = append(out, member{"aliases", p.Aliases})
	}
	return out
}

func can(v record.PropertyView) []string {
	out := []string{}
	for _, one := range []struct {
		name string
		may  bool
	}{{"read", v.Read}, {"create", v.Create}, {"update", v.Update}} {
		if one.may {
			out = append(out, one.name)
		}
	}
	return out
}
