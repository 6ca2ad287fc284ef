package mcpserver

import (
	"context"
	"encoding/json"
	"fmt"

	"mandorla/internal/access"
	"mandorla/internal/query"
	"mandorla/internal/record"
)

// Limits of one list_records.
const (
	defaultLimit = 25
	maxLimit     = 200
)

// listCuts are the lengths to which long values are shortened in lists, tried in turn until the answer fits.
var listCuts = []int{1000, 300, 100}

func toolListRecords() *tool {
	return &tool{
		name: "list_records", title: "List records",
		doc: `Lists the records of one model that match, with their number in all.
filter: {"property": value} means equal; {"property": [a, b]} one of; {"property": {"gte": 10, "lt": 20}} other operators (eq, ne, gt, gte, lt, lte, in, not_in, contains, starts_with, empty, not_empty); several properties must all hold; {"or": [..]}, {"and": [..]} and {"not": {..}} combine. References are followed with a dot ("owner.name"); "me" stands for the connected person.
search: words that must all occur, anywhere in the searchable properties.
select: properties to give, dots allowed, "*" for all; without it the usual columns.
sort: properties, "-" in front for descending; empty values come last.
has_more says that there is more: send next_cursor as cursor, with the same filter, search and sort.
A record's "truncated" names values that were shortened; get_record gives more of them.`,
		example: func(_ []record.ModelView, v record.ModelView) map[string]any {
			return map[string]any{"model": v.Model.Name, "filter": exampleFilter(v), "sort": exampleSort(v), "limit": 10}
		},
		needs: access.View,
		arguments: []argument{
			{name: "model", form: formModel, required: true, doc: "Name of the model."},
			{name: "filter", form: formFilter, doc: "Condition on the records; without it all."},
			{name: "search", form: formText, doc: "Words to look for."},
			{name: "select", form: formTexts, doc: "Properties to give."},
			{name: "sort", form: formTexts, doc: "Properties to order by; without it by title."},
			{name: "limit", form: formInteger, min: 1, max: maxLimit, preset: defaultLimit, doc: "Records at most."},
			{name: "cursor", form: formText, doc: "next_cursor of the answer before."},
		},
		hints: hintsRead,
		output: []argument{
			{name: "model", form: formText}, {name: "total", form: formInteger, doc: "Records that match in all."},
			{name: "has_more", form: formBoolean}, {name: "next_cursor", form: formText}, {name: "note", form: formText},
			{name: "records", form: formObjects, doc: "Each with _id and url."},
		},
		run: runListRecords,
	}
}

func runListRecords(ctx context.Context, c *caller, in arguments) (*answer, error) {
	filter, err := query.ParseFilter(in["filter"])
	if err != nil {
		return nil, err
	}
	req := record.ListRequest{
		Model: in.text("model"), Filter: filter, Search: in.text("search"),
		Select: in.texts("select"), Sort: in.texts("sort"),
		Limit: in.integer("limit", defaultLimit), Cursor: in.text("cursor"),
		Total: true, Titles: true,
	}
	page, err := c.server.opts.Gate.List(ctx, c.principal, req)
	if err != nil {
		return nil, err
	}
	records, note, asked := c.fitRecords(page), "", len(page.Rows)
	if len(records) < asked {
		// A cursor is only right for the page it was made for: ask again for what fits.
		note = fmt.Sprintf("Only %d of the %d records asked for fit into one answer. Go on with next_cursor, or select fewer properties.", len(records), asked)
		total := page.Total
		req.Limit, req.Total = len(records), false
		if page, err = c.server.opts.Gate.List(ctx, c.principal, req); err != nil {
			return nil, err
		}
		page.Total = total
		records = c.fitRecords(page)
	}
	return listAnswer(page, records, note)
}

func listAnswer(page *record.Page, records []json.RawMessage, note string) (*answer, error) {
	out := object{{"model", page.Model.Name}, {"total", page.Total}, {"has_more", page.NextCursor != ""}}
	if page.NextCursor != "" {
		out = append(out, member{"next_cursor", page.NextCursor})
	}
	if note != "" {
		out = append(out, member{"note", note})
	}
	a, err := newAnswer(append(out, member{"records", records}))
	if err == nil {
		a.model, a.rows = page.Model.Name, len(records)
	}
	return a, err
}

// fitRecords renders the rows, shortening long values more and more until all fit; where even that is not enough, it gives only
// the first ones, at least one.
func (c *caller) fitRecords(page *record.Page) []json.RawMessage {
	cut := make([]map[string]bool, len(page.Rows))
	var out []json.RawMessage
	fits := 0
	for _, limit := range listCuts {
		out, fits = make([]json.RawMessage, 0, len(page.Rows)), 0
		size := 2000 // the frame
		for i := range page.Rows {
			rec := c.appendRecord(nil, page, i, c.cut(page, i, limit, cut))
			out = append(out, rec)
			if size += wireSize(rec) + 2; size <= maxWire {
				fits++
			}
		}
		if fits == len(out) {
			return out
		}
	}
	return out[:max(fits, 1)]
}

// cut shortens row i further and gives the names of all that was ever shortened in it, in the order of the columns.
func (c *caller) cut(page *record.Page, i, limit int, so []map[string]bool) []string {
	if so[i] == nil {
		so[i] = map[string]bool{}
	}
	for _, name := range cutValues(page, i, limit) {
		so[i][name] = true
	}
	var out []string
	for _, col := range page.Columns {
		if so[i][col.Name] {
			out = append(out, col.Name)
		}
	}
	return out
}
