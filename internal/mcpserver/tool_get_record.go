package mcpserver

import (
	"context"
	"encoding/json"

	"mandorla/internal/access"
	"mandorla/internal/record"
)

// getCuts are the lengths to which long values of a single record are shortened, tried in turn until it fits.
var getCuts = []int{20_000, 5_000, 1_000, 200}

func toolGetRecord() *tool {
	return &tool{
		name: "get_record", title: "Get a record",
		doc: "Gives one record by its _id, with every property that this connection may read and that is not empty, or with those selected. " +
			"References come with the title of the record they refer to. \"truncated\" names values that were shortened; " +
			"selecting one of them alone gives the most of it.",
		example: func(_ []record.ModelView, v record.ModelView) map[string]any {
			return map[string]any{"model": v.Model.Name, "id": sampleID}
		},
		needs: access.View,
		arguments: []argument{
			{name: "model", form: formModel, required: true, doc: "Name of the model."},
			{name: "id", form: formText, required: true, doc: "The record's _id: 24 hexadecimal digits."},
			{name: "select", form: formTexts, doc: "Properties to give, dots allowed; without it all."},
		},
		hints:  hintsRead,
		output: []argument{{name: "model", form: formText}, {name: "record", form: formObject, doc: "The record, with _id and url."}},
		run:    runGetRecord,
	}
}

func runGetRecord(ctx context.Context, c *caller, in arguments) (*answer, error) {
	page, err := c.server.opts.Gate.Get(ctx, c.principal, in.text("model"), in.text("id"), in.texts("select"))
	if err != nil {
		return nil, err
	}
	cut := make([]map[string]bool, 1)
	var rec json.RawMessage
	for _, limit := range getCuts {
		if rec = c.appendRecord(nil, page, 0, c.cut(page, 0, limit, cut)); wireSize(rec) < maxWire {
			break
		}
	}
	a, err := newAnswer(object{{"model", page.Model.Name}, {"record", rec}})
	if err == nil {
		a.model, a.record, a.rows = page.Model.Name, page.Rows[0].ID, 1
	}
	return a, err
}
