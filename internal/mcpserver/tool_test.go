package mcpserver_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/mcpserver"
	"mandorla/internal/record"
)

func TestListRecords(t *testing.T) {
	w := newWorld(t)
	got := w.ok("full", "list_records", m{"model": "Company", "filter": m{"owner.name": m{"contains": "carly"}}, "sort": []string{"-arr"}, "select": []string{"name", "owner"}})
	want := m{"model": "Company", "total": 2.0, "has_more": false, "records": []any{
		m{"_id": w.id["acme"], "name": "Acme", "owner": m{"_id": w.id["carly"], "name": "Carly Diaz"}, "url": origin + "/data/companies/" + w.id["acme"]},
		m{"_id": w.id["cumulus"], "name": "Cumulus", "owner": m{"_id": w.id["carly"], "name": "Carly Diaz"}, "url": origin + "/data/companies/" + w.id["cumulus"]},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	t.Run("own portfolio", func(t *testing.T) {
		if got := w.ok("mine", "list_records", m{"model": "Company"}); got["total"] != 2.0 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("pages", func(t *testing.T) {
		var names []any
		args := m{"model": "Company", "limit": 1, "sort": "name"}
		for {
			page := w.ok("full", "list_records", args)
			if page["total"] != 3.0 {
				t.Fatalf("total %v", page["total"])
			}
			names = append(names, page["records"].([]any)[0].(m)["name"])
			if page["has_more"] == false {
				break
			}
			args["cursor"] = page["next_cursor"]
		}
		if d := cmp.Diff([]any{"Acme", "Borealis", "Cumulus"}, names); d != "" {
			t.Error(d)
		}
	})
	t.Run("loose input", func(t *testing.T) {
		for _, args := range []m{
			{"model": "companies", "filter": `{"status": "customer"}`, "select": "name, arr", "limit": "10"},
			{"model": "COMPANY", "filter": m{"status": "customer"}, "select": `["name"]`, "limit": 10.0, "cursor": nil},
			{"model": "Company", "search": "u", "filter": m{"status": []string{"customer"}}, "select": []string{}},
		} {
			if got := w.ok("full", "list_records", args); got["model"] != "Company" || got["has_more"] != false {
				t.Errorf("%v: %v", args, got)
			}
		}
	})
}

// Answers stay below what hosts cut, whatever the records hold, and nothing is left out in silence.
func TestLargeAnswers(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("läng\" <b>&\\ ", 9_000)
	ids := map[string]bool{}
	for i := range 205 {
		name := fmt.Sprintf("Large %03d", i)
		w.create(t1, name, "Company", m{"name": name, "description": long, "address": long, "city": long, "tags": []any{strings.Repeat("t", 25_000), "b"}})
		ids[w.id[name]] = false
	}
	args := m{"model": "Company", "limit": 200, "filter": m{"name": m{"starts_with": "Large"}}, "select": []string{"name", "description", "address", "city", "tags"}}
	pages := 0
	for {
		pages++
		page := w.ok("full", "list_records", args)
		if page["total"] != 205.0 {
			t.Fatalf("total %v", page["total"])
		}
		for _, r := range page["records"].([]any) {
			rec := r.(m)
			if ids[rec["_id"].(string)] {
				t.Fatalf("%v comes twice", rec["name"])
			}
			ids[rec["_id"].(string)] = true
			if d := cmp.Diff([]any{"description", "address", "city", "tags"}, rec["truncated"]); d != "" {
				t.Fatal(d)
			}
			if s := rec["description"].(string); !strings.HasSuffix(s, "…") || len(s) > 1010 {
				t.Fatalf("description of %d bytes: %.20s", len(s), s)
			}
		}
		if page["has_more"] == false {
			break
		}
		if note, _ := page["note"].(string); pages == 1 && !strings.Contains(note, "of the 200 records") {
			t.Errorf("a shortened page must say so, got note %q", note)
		}
		args["cursor"] = page["next_cursor"]
	}
	for id, seen := range ids {
		if !seen {
			t.Errorf("%s was dropped", id)
		}
	}
	t.Run("one record", func(t *testing.T) {
		rec := w.ok("full", "get_record", m{"model": "Company", "id": w.id["Large 000"]})["record"].(m)
		if d := cmp.Diff([]any{"description", "address", "city", "tags"}, orderOf(rec["truncated"])); d != "" {
			t.Error(d)
		}
		alone := w.ok("full", "get_record", m{"model": "Company", "id": w.id["Large 000"], "select": []string{"description"}})["record"].(m)
		if n := len(alone["description"].(string)); n < 19_000 {
			t.Errorf("alone it has %d bytes", n)
		}
	})
	t.Run("write", func(t *testing.T) {
		ch := w.ok("full", "update_record", m{"model": "Company", "id": w.id["Large 000"], "values": m{"description": "short"}})["changed"].([]any)[0].(m)
		if ch["truncated"] != true || len(ch["from"].(string)) > 310 || ch["to"] != "short" {
			t.Errorf("got %v", ch)
		}
	})
}

func orderOf(names any) []any {
	list, _ := names.([]any)
	want := []any{"description", "address", "city", "tags"}
	slices.SortFunc(list, func(a, b any) int { return slices.Index(want, a) - slices.Index(want, b) })
	return list
}

func TestWrites(t *testing.T) {
	w := newWorld(t)
	dry := w.ok("full", "create_record", m{"model": "company", "values": m{"name": "Dune", "owner": "me"}, "dry_run": true})
	if _, has := dry["id"]; has || dry["dry_run"] != true {
		t.Errorf("dry run: %v", dry)
	}
	made := w.ok("full", "create_record", m{"model": "company", "values": m{"name": "Dune", "owner": "me"}})
	id := made["id"].(string)
	if made["url"] != origin+"/data/companies/"+id || made["title"] != "Dune" {
		t.Errorf("create: %v", made)
	}
	for _, dryRun := range []bool{true, false, false} {
		got := w.ok("full", "update_record", m{"model": "Company", "id": id, "values": m{"arr": 10, "status": "customer"}, "dry_run": dryRun})
		switch changed := got["changed"].([]any); {
		case dryRun:
			want := []any{m{"property": "status", "from": nil, "to": "customer"}, m{"property": "arr", "from": nil, "to": 10.0}}
			if d := cmp.Diff(want, changed); d != "" {
				t.Error(d)
			}
		case len(w.calls) == 4 && len(changed) != 2, len(w.calls) == 5 && len(changed) != 0:
			t.Errorf("after %d calls: %v", len(w.calls), changed)
		}
	}
	if got := w.ok("full", "delete_record", m{"model": "Company", "id": id, "dry_run": true}); got["deleted"] != false {
		t.Errorf("dry run: %v", got)
	}
	if got := w.ok("full", "delete_record", m{"model": "Company", "id": id}); got["deleted"] != true || got["title"] != "Dune" {
		t.Errorf("delete: %v", got)
	}
	w.fails("full", "get_record", m{"model": "Company", "id": id}, fault.NotFound)
}

func TestErrors(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		tool string
		args any
		kind fault.Kind
		says []string
	}{
		{"list_records", m{"model": "Company", "fitler": m{}}, fault.Invalid, []string{`Did you mean "filter"?`}},
		{"list_records", m{"modle": "Company"}, fault.Invalid, []string{`Did you mean "model"?`}},
		{"list_records", m{"Model": "Company"}, fault.Invalid, []string{"model: is required", `Did you mean "model"?`}},
		{"list_records", m{"model": "Company", "tenant_id": t2}, fault.Invalid, []string{"it takes model, filter"}},
		{"list_records", m{"model": "Company", "limit": 201}, fault.Invalid, []string{"from 1 to 200"}},
		{"list_records", m{"model": "Company", "limit": "many"}, fault.Invalid, []string{"from 1 to 200"}},
		{"list_records", m{"model": "Company", "limit": 2.5}, fault.Invalid, []string{"from 1 to 200"}},
		{"list_records", m{"model": "Company", "select": m{}}, fault.Invalid, []string{"a list of texts"}},
		{"list_records", m{"model": "Company", "filter": "status is customer"}, fault.Invalid, []string{"a filter object"}},
		{"list_records", m{"model": "Company", "filter": `{"status":"customer","status":"lost"}`}, fault.Invalid, []string{"a filter object"}},
		{"list_records", m{"model": "Company", "filter": m{"statsu": "customer"}}, fault.Invalid, []string{`Did you mean "status"?`, "describe_model"}},
		{"list_records", m{"model": "Company", "filter": m{"status": "customr"}}, fault.Invalid, []string{"prospect, coming, customer"}},
		{"list_records", m{"model": "Compony"}, fault.NotFound, []string{`Did you mean "Company"?`, "list_models"}},
		{"list_records", m{"model": ""}, fault.Invalid, []string{"model"}},
		{"list_records", m{"model": "Company", "cursor": "abc"}, fault.Invalid, []string{"cursor"}},
		{"list_records", []int{1}, fault.Invalid, []string{"expects an object"}},
		{"who_am_i", m{"verbose": true}, fault.Invalid, []string{"takes no arguments"}},
		{"get_record", m{"model": "Company", "id": "x"}, fault.NotFound, []string{"list_records"}},
		{"update_record", m{"model": "Company", "id": w.id["acme"], "values": m{"nam": "A"}}, fault.Invalid, []string{`Did you mean "name"?`}},
		{"update_record", m{"model": "Company", "id": w.id["acme"], "values": m{"createdAt": "2026-01-01"}}, fault.Invalid, []string{"set by the platform"}},
		{"update_record", m{"model": "Company", "id": w.id["acme"], "values": "name"}, fault.Invalid, []string{"an object"}},
		{"create_record", m{"model": "Company", "values": m{"status": "lost"}}, fault.Invalid, []string{"name", "required"}},
		{"delete_record", m{"model": "Company", "id": w.id["acme"]}, fault.Conflict, []string{"tasks"}},
	} {
		msg := w.fails("full", c.tool, c.args, c.kind)
		for _, want := range c.says {
			if !strings.Contains(msg, want) {
				t.Errorf("%s %v: %q does not say %q", c.tool, c.args, msg, want)
			}
		}
	}
	w.fails("mine", "update_record", m{"model": "Company", "id": w.id["borealis"], "values": m{"name": "B"}}, fault.NotFound)
}

func TestDescribeModel(t *testing.T) {
	w := newWorld(t)
	full := w.ok("full", "describe_model", m{"model": "companies"})
	byName := map[string]m{}
	for _, p := range full["properties"].([]any) {
		byName[p.(m)["name"].(string)] = p.(m)
	}
	owner := byName["owner"]
	if owner["refers_to"] != "User" || !slices.Contains(owner["aliases"].([]any), any("ownerId")) {
		t.Errorf("owner: %v", owner)
	}
	if d := cmp.Diff([]any{"read"}, byName["createdAt"]["can"]); d != "" {
		t.Error(d)
	}
	if len(byName["status"]["options"].([]any)) != 5 || byName["name"]["required"] != true {
		t.Errorf("status %v, name %v", byName["status"], byName["name"])
	}
}

// Every example in a description, and every example filter, is right for the principal that is shown it.
func TestExamplesAreRight(t *testing.T) {
	w := newWorld(t)
	for _, token := range []string{"full", "mine", "reader", "writer"} {
		p := w.tokens[token].(access.Principal)
		views, err := w.gate.Models(t.Context(), p)
		must(t, err)
		for _, v := range views {
			if v.Actions&access.View == 0 {
				continue
			}
			got := w.ok(token, "describe_model", m{"model": v.Model.Name})
			filter := got["example_filter"].(m)
			if len(filter) == 0 {
				t.Errorf("%s: no example filter for %s", token, v.Model.Name)
			}
			w.ok(token, "list_records", m{"model": v.Model.Name, "filter": filter})
		}
		for name, tool := range w.tools(token) {
			_, example, ok := strings.Cut(tool["description"].(string), "\nExample: ")
			if !ok {
				continue
			}
			var args m
			must(t, json.Unmarshal([]byte(example), &args))
			r := w.call(token, name, args)
			e, _ := r.Result.StructuredContent["error"].(m)
			if _, about := args["id"]; about { // the sample id belongs to nothing
				if e["kind"] != "not_found" {
					t.Errorf("%s: %s %s: %s", token, name, example, r.raw)
				}
				continue
			}
			if r.Result.IsError && !strings.Contains(fmt.Sprint(e), "there is no") {
				t.Errorf("%s: %s %s: %s", token, name, example, r.raw)
			}
		}
	}
}

// The creation and change examples are right for every model, not only for the one that is shown.
func TestWriteExamples(t *testing.T) {
	w := newWorld(t)
	p := w.tokens["full"].(access.Principal)
	views, err := w.gate.Models(t.Context(), p)
	must(t, err)
	for _, v := range views {
		values := mcpserver.ExampleCreation(v)
		for _, prop := range v.Properties { // the sample reference belongs to nothing
			if prop.Property.Required && prop.Property.To == "Company" {
				values[prop.Property.Name] = w.id["acme"]
			}
		}
		res, err := w.gate.Create(t.Context(), p, record.Write{Model: v.Model.Name, Values: values})
		if err != nil {
			t.Errorf("%s %v: %v", v.Model.Name, values, err)
			continue
		}
		change := mcpserver.ExampleChange(v)
		if _, err := w.gate.Update(t.Context(), p, record.Write{Model: v.Model.Name, ID: res.ID, Values: change}); err != nil || len(change) == 0 {
			t.Errorf("%s %v: %v", v.Model.Name, change, err)
		}
	}
}

// What hosts choke on or reject must never be in the list.
func TestToolDeclarations(t *testing.T) {
	w := newWorld(t)
	name := regexp.MustCompile(`^[a-z]+(_[a-z]+)+$`)
	for _, token := range []string{"full", "reader", "nothing"} {
		for tool, d := range w.tools(token) {
			if !name.MatchString(tool) || len(tool) > 30 {
				t.Errorf("name %s", tool)
			}
			doc := d["description"].(string)
			if len(doc) > 2048 || d["title"] == "" || strings.Contains(strings.ToLower(doc), "you must") {
				t.Errorf("%s: description of %d bytes, title %v", tool, len(doc), d["title"])
			}
			hints := d["annotations"].(m)
			for _, h := range []string{"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"} {
				if _, there := hints[h].(bool); !there {
					t.Errorf("%s: %s is not said", tool, h)
				}
			}
			writes := slices.Contains([]string{"create_record", "update_record", "delete_record"}, tool)
			if hints["readOnlyHint"] == writes || hints["openWorldHint"] != false {
				t.Errorf("%s: hints %v", tool, hints)
			}
			in, out := d["inputSchema"].(m), d["outputSchema"].(m)
			if in["type"] != "object" || in["additionalProperties"] != false || out["type"] != "object" {
				t.Errorf("%s: schemas %v %v", tool, in, out)
			}
			checkSchema(t, tool, in)
			checkSchema(t, tool, out)
		}
	}
}

func checkSchema(t *testing.T, tool string, s any) {
	switch s := s.(type) {
	case m:
		for key, v := range s {
			if key == "anyOf" || key == "oneOf" || key == "allOf" || key == "$ref" {
				t.Errorf("%s: %s", tool, key)
			}
			if typ, isList := v.([]any); key == "type" && isList {
				t.Errorf("%s: a union %v", tool, typ)
			}
			checkSchema(t, tool, v)
		}
	case []any:
		for _, v := range s {
			checkSchema(t, tool, v)
		}
	}
}

func TestToolsGolden(t *testing.T) {
	w := newWorld(t)
	for _, token := range []string{"full", "reader"} {
		rec := w.send(request(token, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
		got := indent(t, rec.Body.Bytes())
		golden(t, "tools_"+token+".json", got)
		if again := w.send(request(token, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)).Body.String(); again != rec.Body.String() {
			t.Error("the list differs from one request to the next")
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		must(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-update rewrites it):\n%s", path, d)
	}
}

func TestToolsPerPrincipal(t *testing.T) {
	w := newWorld(t)
	reads := []string{"describe_model", "get_record", "list_models", "list_records", "who_am_i"}
	for token, want := range map[string][]string{
		"full":    slices.Sorted(slices.Values(append([]string{"create_record", "update_record", "delete_record"}, reads...))),
		"reader":  reads,
		"writer":  slices.Sorted(slices.Values(append([]string{"create_record"}, reads...))),
		"nothing": {"list_models", "who_am_i"},
	} {
		tools := w.tools(token)
		if d := cmp.Diff(want, slices.Sorted(maps.Keys(tools))); d != "" {
			t.Errorf("%s: %s", token, d)
		}
	}
	enum := func(token, tool string) any {
		return w.tools(token)[tool]["inputSchema"].(m)["properties"].(m)["model"].(m)["enum"]
	}
	for _, c := range []struct {
		tool string
		want []any
	}{{"list_records", []any{"Company"}}, {"create_record", []any{"Conversation"}}, {"describe_model", []any{"Company", "Conversation"}}} {
		if d := cmp.Diff(c.want, enum("writer", c.tool)); d != "" {
			t.Errorf("%s: %s", c.tool, d)
		}
	}
}

func TestOnCall(t *testing.T) {
	w := newWorld(t)
	w.ok("full", "list_records", m{"model": "companies"})
	w.fails("full", "get_record", m{"model": "Company", "id": w.id["foreign"]}, fault.NotFound)
	w.call("reader", "update_record", m{"model": "Company", "id": w.id["acme"], "values": m{"name": "x"}})
	w.call("full", "no_such_tool", m{})
	var got []string
	for _, c := range w.calls {
		if c.Principal.Person != w.id["carly"] || c.Principal.Surface != access.SurfaceMCP {
			t.Errorf("principal %v", c.Principal)
		}
		got = append(got, fmt.Sprintf("%s %s %d %s", c.Tool, c.Model, c.Rows, c.Outcome))
	}
	want := []string{"list_records Company 3 ok", "get_record Company 0 not_found", "update_record Company 0 forbidden", "no_such_tool  0 unknown_tool"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if logged := w.log.String(); strings.Contains(logged, "Acme") || strings.Contains(logged, "Bearer") {
		t.Errorf("the log holds data or tokens: %s", logged)
	}
}
