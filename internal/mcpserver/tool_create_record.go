package mcpserver

import (
	"context"

	"mandorla/internal/access"
	"mandorla/internal/record"
)

func toolCreateRecord() *tool {
	return &tool{
		name: "create_record", title: "Create a record",
		doc: "Creates one record. values holds the properties by name; references take the _id of the other record, or \"me\" for the connected " +
			"person; dates are written 2026-11-23. With dry_run everything is checked and nothing is stored. " +
			"It is not repeated safely: a second call makes a second record.",
		example: func(_ []record.ModelView, v record.ModelView) map[string]any {
			return map[string]any{"model": v.Model.Name, "values": exampleCreation(v), "dry_run": true}
		},
		needs: access.Create,
		arguments: []argument{
			{name: "model", form: formModel, required: true, doc: "Name of the model."},
			{name: "values", form: formObject, required: true, doc: "Properties by name."},
			{name: "dry_run", form: formBoolean, preset: false, doc: "Check only, store nothing."},
		},
		hints:  hintsCreate,
		output: outputWrite(),
		run: func(ctx context.Context, c *caller, in arguments) (*answer, error) {
			res, err := c.server.opts.Gate.Create(ctx, c.principal, record.Write{
				Model: in.text("model"), Values: in.object("values"), DryRun: in.flag("dry_run"),
			})
			if err != nil {
				return nil, err
			}
			return c.writeAnswer(res)
		},
	}
}

func outputWrite() []argument {
	return []argument{
		{name: "model", form: formText}, {name: "id", form: formText, doc: "Absent for a creation that was a dry run."},
		{name: "title", form: formText}, {name: "url", form: formText}, {name: "dry_run", form: formBoolean},
		{name: "changed", form: formObjects, doc: "What changed, or would change: property, from, to."},
	}
}

// writeAnswer says what a write did, or would do.
func (c *caller) writeAnswer(res *record.Result) (*answer, error) {
	out := object{{"model", res.Model.Name}}
	if res.ID != "" {
		out = append(out, member{"id", res.ID})
	}
	if res.Title != "" {
		title, _ := cutValue(res.Title, 200)
		out = append(out, member{"title", title})
	}
	if res.ID != "" {
		out = append(out, member{"url", c.recordURL(res.Model.Route, res.ID)})
	}
	if res.DryRun {
		out = append(out, member{"dry_run", true})
	}
	changed := make([]object, 0, len(res.Changes))
	for _, ch := range res.Changes {
		changed = append(changed, changeJSON(ch))
	}
	a, err := newAnswer(append(out, member{"changed", changed}))
	if err == nil {
		a.model, a.record, a.rows = res.Model.Name, res.ID, 1
	}
	return a, err
}

// changeJSON shortens long values: the caller sent the new one, and the history keeps both.
func changeJSON(ch record.Change) object {
	const limit = 300
	from, cutFrom := cutValue(ch.Old, limit)
	to, cutTo := cutValue(ch.New, limit)
	out := object{{"property", ch.Property.Name}, {"from", valueJSON(ch.Property, from)}, {"to", valueJSON(ch.Property, to)}}
	if cutFrom || cutTo {
		out = append(out, member{"truncated", true})
	}
	return out
}
