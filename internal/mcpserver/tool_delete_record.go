package mcpserver

import (
	"context"

	"mandorla/internal/access"
	"mandorla/internal/record"
)

func toolDeleteRecord() *tool {
	return &tool{
		name: "delete_record", title: "Delete a record",
		doc: "Removes one record for good. A record that others cannot be without is refused. With dry_run everything is checked and nothing is removed.",
		example: func(_ []record.ModelView, v record.ModelView) map[string]any {
			return map[string]any{"model": v.Model.Name, "id": sampleID, "dry_run": true}
		},
		needs: access.View | access.Remove,
		arguments: []argument{
			{name: "model", form: formModel, required: true, doc: "Name of the model."},
			{name: "id", form: formText, required: true, doc: "The record's _id: 24 hexadecimal digits."},
			{name: "dry_run", form: formBoolean, preset: false, doc: "Check only, remove nothing."},
		},
		hints: hintsDelete,
		output: []argument{
			{name: "model", form: formText}, {name: "id", form: formText}, {name: "title", form: formText},
			{name: "dry_run", form: formBoolean}, {name: "deleted", form: formBoolean, doc: "Whether the record is gone now."},
		},
		run: runDeleteRecord,
	}
}

func runDeleteRecord(ctx context.Context, c *caller, in arguments) (*answer, error) {
	res, err := c.server.opts.Gate.Delete(ctx, c.principal, record.Write{
		Model: in.text("model"), ID: in.text("id"), DryRun: in.flag("dry_run"),
	})
	if err != nil {
		return nil, err
	}
	title, _ := cutValue(res.Title, 200)
	a, err := newAnswer(object{
		{"model", res.Model.Name}, {"id", res.ID}, {"title", title}, {"dry_run", res.DryRun}, {"deleted", !res.DryRun},
	})
	if err == nil {
		a.model, a.record, a.rows = res.Model.Name, res.ID, 1
	}
	return a, err
}
