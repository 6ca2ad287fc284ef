package planner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"mandorla/internal/fault"
)

// bareIDs reports whether a value is a list of record ids, which tells people nothing.
func bareIDs(v any) bool {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return false
	}
	id, ok := list[0].(string)
	return ok && isID(id)
}

// show answers with one record, or some values of it.
func (r *run) show(ctx context.Context, q *Question) (*Answer, error) {
	hit, err := r.named(ctx, q)
	if err != nil {
		return nil, err
	}
	args := map[string]any{"model": hit.model.Name, "id": hit.id}
	sub := &Question{Model: hit.model, Columns: q.Columns}
	if q.Intent == Value {
		args["select"] = selected(sub)
	}
	raw, err := r.call(ctx, "get_record", args)
	if err != nil {
		return nil, err
	}
	var got struct {
		Record map[string]any `json:"record"`
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		return nil, fmt.Errorf("read the answer of get_record: %w", err)
	}
	if got.Record == nil {
		return nil, errors.New("read the answer of get_record: it has no record")
	}
	a := &Answer{Rows: []map[string]any{got.Record}, Total: 1, Single: true}
	a.Columns, a.Labels = columnsOf(sub, a.Rows)
	name := first(Text(got.Record[hit.model.Title]), hit.name, hit.id)
	if q.Intent == Value {
		a.Answer, a.Said = valueSentence(q.Columns, name, got.Record), true
		return a, nil
	}
	a.Answer = first(hit.model.Label, hit.model.Name) + " " + name
	if url, ok := got.Record["url"].(string); ok && url != "" {
		a.Answer += ", " + url
	}
	a.Answer += "."
	return a, nil
}

func (r *run) named(ctx context.Context, q *Question) (found, error) {
	if !isID(q.Name) {
		return r.lookup(ctx, q.Name, q.Models)
	}
	return found{model: q.Models[0], id: strings.ToLower(q.Name)}, nil
}

func valueSentence(columns []*Property, name string, rec map[string]any) string {
	parts := make([]string, len(columns))
	for i, p := range columns {
		value := Text(rec[p.Name])
		if value == "" {
			value = "empty"
		}
		parts[i] = low(p.Label) + " is " + value
	}
	return name + ": " + andList(parts) + "."
}

// whoAmI answers with the person, the client and what the connection may do, as the server tells it.
func (r *run) whoAmI(ctx context.Context) (*Answer, error) {
	raw, err := r.call(ctx, "who_am_i", map[string]any{})
	if err != nil {
		return nil, err
	}
	var me map[string]any
	if err := json.Unmarshal(raw, &me); err != nil {
		return nil, fmt.Errorf("read the answer of who_am_i: %w", err)
	}
	if len(me) == 0 {
		return nil, fault.New(fault.Unavailable, "The server does not say who is signed in.")
	}
	a := &Answer{Answer: "You are signed in.", Rows: []map[string]any{me}, Total: 1, Single: true}
	for _, key := range []string{"user", "person"} {
		if person, ok := me[key].(map[string]any); ok {
			a.Answer = "You are " + first(Text(person["name"]), Text(person["email"]), "signed in") + "."
		}
	}
	for name := range me {
		a.Columns = append(a.Columns, name)
	}
	slices.Sort(a.Columns)
	for _, name := range a.Columns {
		a.Labels = append(a.Labels, heading(name))
	}
	return a, nil
}

// heading turns "signed_in_as" into "Signed in as".
func heading(name string) string {
	r := []rune(strings.ReplaceAll(name, "_", " "))
	if len(r) > 0 {
		r[0] = unicode.ToUpper(r[0])
	}
	return string(r)
}
