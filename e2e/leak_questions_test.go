package e2e

import (
	"fmt"
	"net/url"
	"strings"

	"mandorla/internal/model"
	"mandorla/internal/record"
	"mandorla/internal/transfer"
)

// mcpQuestions asks the tools: each clause that can name the property, and what is told without naming it.
func mcpQuestions(w *leakWorld, m *model.Model, p *model.Property) []leakQuestion {
	id, old, now := w.ids[m.Name][1], w.text(p, 1, 0), w.text(p, 1, 1)
	list := func(args map[string]any) func(w *leakWorld, property string) string {
		return func(w *leakWorld, property string) string {
			in := map[string]any{"model": m.Name}
			for k, v := range args {
				in[k] = named(v, property)
			}
			return w.call("list_records", in)
		}
	}
	out := []leakQuestion{
		{"select", byName, list(map[string]any{"select": []any{property{}}})},
		{"sort", byName, list(map[string]any{"sort": []any{property{}}})},
		{"sort down", byName, list(map[string]any{"sort": []any{property{down: true}}})},
		{"sort second", byName, list(map[string]any{"sort": []any{"createdAt", property{}}})},
		{"filter empty", byName, list(map[string]any{"filter": map[string]any{"not": map[string]any{"property": property{}, "op": "empty"}}})},
		{"filter old", byName, list(map[string]any{"filter": map[string]any{"property": property{}, "op": "eq", "value": old}})},
		{"filter new", byName, list(map[string]any{"filter": map[string]any{"or": []any{map[string]any{"property": property{}, "op": "in", "value": []any{now}}}}})},
		{"search old", about, list(map[string]any{"search": fmt.Sprint(old)})},
		{"search new", about, list(map[string]any{"search": fmt.Sprint(now)})},
		{"list", once, list(nil)},
		{"get", once, func(w *leakWorld, _ string) string {
			return w.call("get_record", map[string]any{"model": m.Name, "id": id})
		}},
		{"get select", byName, func(w *leakWorld, property string) string {
			return w.call("get_record", map[string]any{"model": m.Name, "id": id, "select": []any{property}})
		}},
		{"update", byName, func(w *leakWorld, property string) string {
			return w.call("update_record", map[string]any{"model": m.Name, "id": id, "values": map[string]any{property: now}, "dry_run": true})
		}},
		{"describe", once, func(w *leakWorld, _ string) string { return w.call("describe_model", map[string]any{"model": m.Name}) }},
	}
	// Over a reference from another model.
	for _, from := range w.reg.Models() {
		for _, ref := range from.Props() {
			if ref.IsRef() && ref.To == m.Name && from != m && !ref.Computed() {
				return append(out, leakQuestion{"over " + from.Name, byName, func(w *leakWorld, property string) string {
					path := ref.Name + "." + property
					return w.call("list_records", map[string]any{"model": from.Name, "select": []any{path}, "sort": []any{path}})
				}}, leakQuestion{"titles in " + from.Name, once, func(w *leakWorld, _ string) string {
					return w.call("list_records", map[string]any{"model": from.Name, "select": []any{ref.Name}, "sort": []any{ref.Name}})
				}})
			}
		}
	}
	return out
}

// property stands for the name of the property in a question's arguments.
type property struct{ down bool }

func named(v any, name string) any {
	switch v := v.(type) {
	case property:
		if v.down {
			return "-" + name
		}
		return name
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = named(v[i], name)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, one := range v {
			out[k] = named(one, name)
		}
		return out
	}
	return v
}

// pageQuestions asks the pages of the model and of its records.
func pageQuestions(w *leakWorld, m *model.Model, p *model.Property) []leakQuestion {
	data, id := "/data/"+m.Route, w.ids[m.Name][1]
	old, now := fmt.Sprint(w.text(p, 1, 0)), fmt.Sprint(w.text(p, 1, 1))
	page := func(query func(name string) url.Values) func(w *leakWorld, property string) string {
		return func(w *leakWorld, property string) string { return w.get(data + "?" + query(property).Encode()) }
	}
	return []leakQuestion{
		{"sort", byName, page(func(name string) url.Values { return url.Values{"sort": {name}} })},
		{"filter", byName, page(func(name string) url.Values { return url.Values{"f": {name + ":eq:" + old}} })},
		{"search", about, page(func(string) url.Values { return url.Values{"q": {now}} })},
		{"table", once, page(func(string) url.Values { return nil })},
		{"record", once, func(w *leakWorld, _ string) string { return w.get(data + "/" + id) }},
		{"history", once, func(w *leakWorld, _ string) string { return w.get(data + "/" + id + "?tab=history") }},
		{"home", once, func(w *leakWorld, _ string) string { return w.get("/") }},
	}
}

// historyQuestions asks the gate what happened to the record.
func historyQuestions(w *leakWorld, m *model.Model, _ *model.Property) []leakQuestion {
	return []leakQuestion{{"of the record", once, func(w *leakWorld, _ string) string {
		entries, err := w.s.Gate.History(w.t.Context(), w.principal(), m.Name, w.ids[m.Name][1])
		var out strings.Builder
		for _, e := range entries {
			fmt.Fprintf(&out, "%s %s:", e.Act, e.PersonName)
			for _, c := range e.Changes {
				fmt.Fprintf(&out, " %s %v→%v", c.Property.Name, c.Old, c.New)
			}
		}
		return fmt.Sprint(out.String(), err)
	}}}
}

// importQuestions brings in a file whose key or whose column is the property, without storing it.
func importQuestions(w *leakWorld, m *model.Model, p *model.Property) []leakQuestion {
	cell := func(variant int) string { return fmt.Sprint(w.text(p, 1, variant)) }
	run := func(w *leakWorld, header, line string) string {
		r, err := transfer.NewReader(strings.NewReader(header + "\n" + line + "\n"))
		w.must(err)
		who := w.principal()
		view, err := w.s.Gate.Describe(w.t.Context(), who, m.Name)
		if err != nil {
			return err.Error()
		}
		mapping := transfer.Mapping(strings.Split(header, ","))
		_, matched := transfer.Match(strings.Split(header, ","), view, transfer.Columns{})
		var refused []string
		sum, err := transfer.Import{
			Gate: w.s.Gate, As: who, Model: m.Name, Mapping: mapping, DryRun: true,
			Report: func(r transfer.Refused) error { refused = append(refused, r.Reason); return nil },
		}.Run(w.t.Context(), r)
		return fmt.Sprint(matched, sum, refused, err)
	}
	return []leakQuestion{
		{"as key", byName, func(w *leakWorld, property string) string { return run(w, property, cell(1)) }},
		{"as column", byName, func(w *leakWorld, property string) string {
			return run(w, "_id,"+property, w.ids[m.Name][1]+","+cell(1))
		}},
	}
}

// rowQuestion takes the id of a record.
type rowQuestion struct {
	name string
	ask  func(w *leakWorld, id string) string
}

// rowQuestions are all requests that take the id of a record of the model.
func rowQuestions(m *model.Model) []rowQuestion {
	tool := func(name string, more map[string]any) rowQuestion {
		return rowQuestion{"mcp " + name, func(w *leakWorld, id string) string {
			args := map[string]any{"model": m.Name, "id": id}
			for k, v := range more {
				args[k] = v
			}
			return w.call(name, args)
		}}
	}
	return []rowQuestion{
		tool("get_record", nil),
		tool("get_record", map[string]any{"select": []any{"createdAt"}}),
		tool("update_record", map[string]any{"values": map[string]any{}, "dry_run": true}),
		tool("delete_record", map[string]any{"dry_run": true}),
		{"mcp filter", func(w *leakWorld, id string) string {
			return w.call("list_records", map[string]any{"model": m.Name, "filter": map[string]any{"_id": id}})
		}},
		{"page", func(w *leakWorld, id string) string { return w.get("/data/" + m.Route + "/" + id) }},
		{"page history", func(w *leakWorld, id string) string { return w.get("/data/" + m.Route + "/" + id + "?tab=history") }},
		{"history", func(w *leakWorld, id string) string {
			_, err := w.s.Gate.History(w.t.Context(), w.principal(), m.Name, id)
			return fmt.Sprint(err)
		}},
		{"gate", func(w *leakWorld, id string) string {
			_, err := w.s.Gate.Get(w.t.Context(), w.principal(), m.Name, id, nil)
			return fmt.Sprint(err)
		}},
		{"upsert", func(w *leakWorld, id string) string {
			_, outcome, err := w.s.Gate.Upsert(w.t.Context(), w.principal(), record.Write{Model: m.Name, Values: map[string]any{"_id": id}, DryRun: true})
			return fmt.Sprint(outcome, err)
		}},
	}
}

// modelQuestions take the name of a model.
func modelQuestions() []rowQuestion {
	tool := func(name string, more map[string]any) rowQuestion {
		return rowQuestion{"mcp " + name, func(w *leakWorld, modelName string) string {
			args := map[string]any{"model": modelName}
			for k, v := range more {
				args[k] = v
			}
			return w.call(name, args)
		}}
	}
	id := map[string]any{"id": strings.Repeat("a", 24)}
	return []rowQuestion{
		tool("describe_model", nil), tool("list_records", nil), tool("get_record", id),
		tool("create_record", map[string]any{"values": map[string]any{}}),
		tool("update_record", map[string]any{"id": id["id"], "values": map[string]any{}}), tool("delete_record", id),
		{"page", func(w *leakWorld, name string) string {
			route := name
			if m, ok := w.reg.Model(name); ok {
				route = m.Route
			}
			return strings.ReplaceAll(w.get("/data/"+url.PathEscape(route)), route, name)
		}},
	}
}
