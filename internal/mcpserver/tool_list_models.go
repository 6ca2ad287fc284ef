package mcpserver

import "context"

func toolListModels() *tool {
	return &tool{
		name: "list_models", title: "List models",
		doc: "Lists the models (kinds of records) that this connection reaches, with what each is and the actions allowed on it. " +
			"The name is what every other tool expects as model.",
		hints:  hintsRead,
		output: []argument{{name: "models", form: formObjects, doc: "name, label, plural, doc, actions, and title: the property that names a record."}},
		run:    runListModels,
	}
}

func runListModels(ctx context.Context, c *caller, _ arguments) (*answer, error) {
	views, err := c.models(ctx)
	if err != nil {
		return nil, err
	}
	models := []object{}
	for _, v := range views {
		m := object{{"name", v.Model.Name}, {"label", v.Model.Label}, {"plural", v.Model.Plural}, {"doc", v.Model.Doc}, {"actions", actionNames(v.Actions)}}
		for _, p := range v.Properties {
			if p.Property.Name == v.Model.Title && p.Read {
				m = append(m, member{"title", v.Model.Title})
			}
		}
		models = append(models, m)
	}
	a, err := newAnswer(object{{"models", models}})
	if err == nil {
		a.rows = len(models)
	}
	return a, err
}
