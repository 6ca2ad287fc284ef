package mcpserver

import (
	"context"

	"mandorla/internal/access"
	"mandorla/internal/record"
)

func toolUpdateRecord() *tool {
	return &tool{
		name: "update_record", title: "Update a record",
		doc: "Changes properties of one record; those that are not sent stay as they are, and null empties one. The answer lists each " +
			"property that changed with its value before and after. With dry_run everything is checked, the same list is given, and nothing is stored.",
		example: func(_ []record.ModelView, v record.ModelView) map[string]any {
			return map[string]any{"model": v.Model.Name, "id": sampleID, "values": exampleChange(v), "dry_run": true}
		},
		needs: access.View | access.Update,
		arguments: []argument{
			{name: "model", form: formModel, required: true, doc: "Name of the model."},
			{name: "id", form: formText, required: true, doc: "The record's _id: 24 hexadecimal digits."},
			{name: "values", form: formObject, required: true, doc: "Properties to change, by name."},
			{name: "dry_run", form: formBoolean, preset: false, doc: "Check only, store nothing."},
		},
		hints:  hintsUpdate,
		output: outputWrite(),
		run: func(ctx context.Context, c *caller, in arguments) (*answer, error) {
			res, err := c.server.opts.Gate.Update(ctx, c.principal, record.Write{
				Model: in.text("model"), ID: in.text("id"), Values: in.object("values"), DryRun: in.flag("dry_run"),
			})
			if err != nil {
				return nil, err
			}
			return c.writeAnswer(res)
		},
	}
}
