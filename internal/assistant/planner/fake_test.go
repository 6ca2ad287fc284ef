package planner

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mandorla/internal/catalog"
	"mandorla/internal/model"
)

// now is a Monday.
var now = time.Date(2026, 11, 23, 15, 4, 0, 0, time.UTC)

// describe makes the answer of describe_model from a declaration, as the server does.
func describe(m *model.Model) map[string]any {
	var props []map[string]any
	for _, p := range m.Props() {
		d := map[string]any{"name": p.Name, "label": p.DisplayLabel(), "kind": p.Kind.Name(), "doc": p.Doc, "required": p.Required,
			"can": []string{"read"}, "operators": p.Kind.Operators(), "aliases": p.Aliases}
		if len(p.Options) > 0 {
			d["options"] = p.Options
		}
		if p.To != "" {
			d["refers_to"] = p.To
		}
		props = append(props, d)
	}
	return map[string]any{"name": m.Name, "label": m.Label, "title": m.Title, "properties": props}
}

// server is a tool server in memory: the product's models, two custom properties, and whatever records a test gives it.
type server struct {
	registry *model.Registry
	records  map[string][]map[string]any
	calls    []string
	pageSize int
}

func newServer(t testing.TB) *server {
	t.Helper()
	r, err := model.New(catalog.Models(), map[string][]model.Property{"Company": {
		{ID: "cf_1", Name: "custom.Sector", Kind: model.Text, Custom: true, Doc: "Sector."},
		{ID: "cf_2", Name: "custom.Sub-Industry (GICS)", Kind: model.Text, Custom: true, Doc: "Industry."},
	}})
	if err != nil {
		t.Fatal(err)
	}
	user := func(id, name, email string) map[string]any {
		return map[string]any{"_id": strings.Repeat(id, 24), "name": name, "email": email}
	}
	return &server{registry: r, pageSize: 100, records: map[string][]map[string]any{
		"User": {user("a", "Carly Lindgren", "carly@example.com"), user("b", "Bob Stone", "bob@example.com"), user("c", "Bob Marsh", "bm@example.com"), user("d", "Carlyle Ash", "ash@example.com")},
		"Company": {
			{"_id": strings.Repeat("1", 24), "name": "Acme", "url": "https://x.test/companies/1", "arr": 120000.5, "owner": map[string]any{"_id": strings.Repeat("a", 24), "name": "Carly Lindgren"}, "renewalDate": "2027-01-31T00:00:00.000Z"},
			{"_id": strings.Repeat("2", 24), "name": "Acme Robotics", "status": "customer"},
			{"_id": strings.Repeat("3", 24), "name": "Bank of America", "status": "lost"},
			{"_id": strings.Repeat("4", 24), "name": "Johnson & Johnson"},
		},
	}}
}

func (s *server) Call(_ context.Context, tool string, args map[string]any) (json.RawMessage, error) {
	line, _ := json.Marshal(args)
	s.calls = append(s.calls, tool+" "+string(line))
	switch tool {
	case "list_models":
		var list []map[string]any
		for _, m := range s.registry.Models() {
			list = append(list, map[string]any{"name": m.Name, "label": m.Label, "plural": m.Plural, "route": m.Route, "doc": m.Doc, "actions": []string{"view"}})
		}
		return json.Marshal(map[string]any{"models": list})
	case "describe_model":
		m, _ := s.registry.Model(args["model"].(string))
		return json.Marshal(describe(m))
	case "who_am_i":
		return json.Marshal(map[string]any{"user": map[string]any{"_id": strings.Repeat("a", 24), "name": "Carly Lindgren"}, "client": "Claude Connector"})
	case "get_record":
		for _, rec := range s.records[args["model"].(string)] {
			if rec["_id"] == args["id"] {
				return json.Marshal(map[string]any{"record": rec})
			}
		}
		return nil, fmt.Errorf("there is no such record")
	case "list_records":
		return s.list(args)
	}
	return nil, fmt.Errorf("unknown tool %s", tool)
}

// list knows only the filters that looking up names uses, and equality.
func (s *server) list(args map[string]any) (json.RawMessage, error) {
	all := s.records[args["model"].(string)]
	if f, ok := args["filter"].(map[string]any); ok && f["property"] != nil {
		all = slices.DeleteFunc(slices.Clone(all), func(rec map[string]any) bool {
			have, _ := rec[f["property"].(string)].(string)
			if ref, ok := rec[f["property"].(string)].(map[string]any); ok {
				have, _ = ref["_id"].(string)
			}
			want, _ := f["value"].(string)
			if f["op"] == "contains" {
				return !strings.Contains(strings.ToLower(have), strings.ToLower(want))
			}
			return have != want
		})
	}
	from := 0
	if c, ok := args["cursor"].(string); ok {
		_, _ = fmt.Sscan(c, &from)
	}
	limit, _ := args["limit"].(int)
	to := min(from+min(limit, s.pageSize), len(all))
	out := map[string]any{"model": args["model"], "total": len(all), "has_more": to < len(all), "records": all[from:to]}
	if to < len(all) {
		out["next_cursor"] = fmt.Sprint(to)
	}
	return json.Marshal(out)
}

// schema gives the schema of the server, for parsing without calls.
func schema(t testing.TB) *Schema {
	t.Helper()
	s, err := Learn(context.Background(), newServer(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
