package model_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/model"
)

const (
	idA = "65f0c0ffee00000000000001"
	idB = "65f0c0ffee00000000000002"
)

// kinds lists every kind with a property of that kind.
var kinds = []*model.Property{
	{Name: "text", Kind: model.Text},
	{Name: "rich", Kind: model.RichText},
	{Name: "phone", Kind: model.Phone},
	{Name: "url", Kind: model.URL},
	{Name: "email", Kind: model.Email},
	{Name: "number", Kind: model.Number},
	{Name: "integer", Kind: model.Integer},
	{Name: "days", Kind: model.Days},
	{Name: "bool", Kind: model.Bool},
	{Name: "date", Kind: model.Date},
	{Name: "datetime", Kind: model.DateTime},
	{Name: "enum", Kind: model.Enum, Options: []string{"To Do", "in-progress", "done"}},
	{Name: "id", Kind: model.ID},
	{Name: "ref", Kind: model.Ref, To: "Company"},
	{Name: "refs", Kind: model.Refs, To: "User"},
	{Name: "tags", Kind: model.Tags},
	{Name: "json", Kind: model.JSON},
}

func property(t *testing.T, name string) *model.Property {
	t.Helper()
	for _, p := range kinds {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no property of kind %s", name)
	return nil
}

func at(year int, month time.Month, day, hour, minute, second, milli int) time.Time {
	return time.Date(year, month, day, hour, minute, second, milli*1e6, time.UTC)
}

type parseRow struct {
	kind string
	in   any
	want any
	err  string
}

func checkParse(t *testing.T, rows []parseRow) {
	t.Helper()
	for _, row := range rows {
		p := property(t, row.kind)
		got, err := p.Kind.Parse(p, row.in)
		if msg := errorText(err); msg != row.err {
			t.Errorf("%s.Parse(%#v): error %q, want %q", row.kind, short(row.in), msg, row.err)
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s.Parse(%#v): (-want +got)\n%s", row.kind, short(row.in), diff)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func short(v any) any {
	if s, ok := v.(string); ok && len(s) > 60 {
		return s[:60] + "…"
	}
	return v
}

func TestParseEmpty(t *testing.T) {
	for _, p := range kinds {
		for _, in := range []any{nil, ""} {
			if v, err := p.Kind.Parse(p, in); v != nil || err != nil {
				t.Errorf("%s.Parse(%#v) = %#v, %v; want nil", p.Name, in, v, err)
			}
		}
		if got := string(p.Kind.AppendJSON([]byte("x"), nil)); got != "xnull" {
			t.Errorf("%s.AppendJSON(nil) gives %s", p.Name, got)
		}
		if got := p.Kind.Text(nil); got != "" {
			t.Errorf("%s.Text(nil) = %q", p.Name, got)
		}
	}
}

func TestParseText(t *testing.T) {
	checkParse(t, []parseRow{
		{"text", "Acme", "Acme", ""},
		{"text", " kept as it is\n", " kept as it is\n", ""},
		{"text", 12.5, "12.5", ""},
		{"text", json.Number("007"), "007", ""},
		{"text", strings.Repeat("é", model.MaxText/2), strings.Repeat("é", model.MaxText/2), ""},
		{"text", strings.Repeat("é", model.MaxText/2) + "x", nil, "expects at most 1 MiB of text, got 1048577 bytes"},
		{"text", "a\x00b", nil, "expects text in UTF-8 without NUL, got other bytes"},
		{"text", "a\xffb", nil, "expects text in UTF-8 without NUL, got other bytes"},
		{"text", true, nil, "expects text, got true"},
		{"text", []any{"a"}, nil, "expects text, got a list"},
		{"text", map[string]any{}, nil, "expects text, got an object"},
		{"rich", "<p>Hi</p>", "<p>Hi</p>", ""},
		{"phone", "+46 8 123 (ext. 4)", "+46 8 123 (ext. 4)", ""},
		{"phone", json.Number("46812345678"), "46812345678", ""},
		{"url", "acme.example", "acme.example", ""},
	})
}

func TestParseEmail(t *testing.T) {
	want := func(got string) string { return "expects an e-mail address such as carly@example.com, got " + got }
	checkParse(t, []parseRow{
		{"email", "carly@example.com", "carly@example.com", ""},
		{"email", `"a@b"@example.com`, `"a@b"@example.com`, ""},
		{"email", "carly", nil, want(`"carly"`)},
		{"email", "@example.com", nil, want(`"@example.com"`)},
		{"email", "carly@", nil, want(`"carly@"`)},
		{"email", "a@example.com, b@example.com", nil, want(`"a@example.com, b@example.com"`)},
		{"email", "Carly <carly@example.com>", nil, want(`"Carly <carly@example.com>"`)},
		{"email", strings.Repeat("a", 250) + "@b.se", nil, want(`"` + strings.Repeat("a", 40) + `"…`)},
		{"email", true, nil, "expects text, got true"},
	})
}

func TestParseNumber(t *testing.T) {
	const such = "expects a number such as 1200.50, got "
	checkParse(t, []parseRow{
		{"number", 12.5, 12.5, ""},
		{"number", 7, 7.0, ""},
		{"number", int64(7), 7.0, ""},
		{"number", json.Number("1e3"), 1000.0, ""},
		{"number", " 12.50 ", 12.5, ""},
		{"number", "  ", nil, ""},
		{"number", "-1,200.50", -1200.5, ""},
		{"number", "1,234,567", 1234567.0, ""},
		{"number", "1,5", nil, such + `"1,5"`},
		{"number", "1234,567", nil, such + `"1234,567"`},
		{"number", ",200", nil, such + `",200"`},
		{"number", "1,2e3", nil, such + `"1,2e3"`},
		{"number", "1.2.3", nil, such + `"1.2.3"`},
		{"number", "twelve", nil, such + `"twelve"`},
		{"number", "0x10", nil, such + `"0x10"`},
		{"number", "1e999", nil, such + `"1e999"`},
		{"number", "NaN", nil, "expects a finite number, got \"NaN\""},
		{"number", "-inf", nil, "expects a finite number, got \"-inf\""},
		{"number", false, nil, "expects a number, got false"},
		{"number", []any{}, nil, "expects a number, got a list"},
	})
}

func TestParseInteger(t *testing.T) {
	checkParse(t, []parseRow{
		{"integer", 8.0, int64(8), ""},
		{"integer", "8", int64(8), ""},
		{"integer", "-1,200", int64(-1200), ""},
		{"integer", json.Number("8.0"), int64(8), ""},
		{"integer", json.Number("9007199254740991"), int64(1<<53 - 1), ""},
		{"integer", json.Number("9007199254740993"), nil, "expects a whole number below 2^53, got 9007199254740993"},
		{"integer", 1e300, nil, "expects a whole number below 2^53, got 1e+300"},
		{"integer", 8.5, nil, "expects a whole number, got 8.5"},
		{"integer", "8.5", nil, `expects a whole number, got "8.5"`},
		{"integer", "eight", nil, `expects a number such as 1200.50, got "eight"`},
		{"integer", true, nil, "expects a number, got true"},
		{"days", "20415", int64(20415), ""},
		{"days", 0.5, nil, "expects a whole number, got 0.5"},
	})
}

func TestParseBool(t *testing.T) {
	checkParse(t, []parseRow{
		{"bool", true, true, ""},
		{"bool", false, false, ""},
		{"bool", " Yes ", true, ""},
		{"bool", "on", true, ""},
		{"bool", "1", true, ""},
		{"bool", "NO", false, ""},
		{"bool", "off", false, ""},
		{"bool", "0", false, ""},
		{"bool", "  ", nil, ""},
		{"bool", "maybe", nil, `expects true or false, got "maybe"`},
		{"bool", 1.0, nil, "expects true or false, got 1"},
		{"bool", []any{true}, nil, "expects true or false, got a list"},
	})
}

func TestParseDate(t *testing.T) {
	const such = "expects a date such as 2026-11-23, got "
	checkParse(t, []parseRow{
		{"date", "2026-11-23", "2026-11-23", ""},
		{"date", " 2026-11-23 ", "2026-11-23", ""},
		{"date", " ", nil, ""},
		{"date", "2026-11-23T23:30:00-08:00", "2026-11-23", ""},
		{"date", "2026-11-23 09:30", "2026-11-23", ""},
		{"date", "2024-02-29", "2024-02-29", ""},
		{"date", "2026-02-29", nil, such + `"2026-02-29"`},
		{"date", "23/11/2026", nil, such + `"23/11/2026"`},
		{"date", "0000-01-01", nil, such + `"0000-01-01"`},
		{"date", "0000-12-31T23:30:00-01:00", nil, such + `"0000-12-31T23:30:00-01:00"`},
		{"date", 20415.0, nil, such + "20415"},
		{"date", true, nil, such + "true"},
		{"date", map[string]any{}, nil, such + "an object"},
	})
}

func TestParseDateTime(t *testing.T) {
	const such = "expects an instant such as 2026-11-23T09:30:00Z, or a date such as 2026-11-23, got "
	checkParse(t, []parseRow{
		{"datetime", "2026-11-23T09:30:00Z", at(2026, 11, 23, 9, 30, 0, 0), ""},
		{"datetime", "2026-11-23T09:30:00.123456Z", at(2026, 11, 23, 9, 30, 0, 123), ""},
		{"datetime", "2026-11-23T09:30:00+02:00", at(2026, 11, 23, 7, 30, 0, 0), ""},
		{"datetime", "2026-11-23", at(2026, 11, 23, 0, 0, 0, 0), ""},
		{"datetime", "2026-11-23T09:30", at(2026, 11, 23, 9, 30, 0, 0), ""},
		{"datetime", "2026-11-23 09:30:05", at(2026, 11, 23, 9, 30, 5, 0), ""},
		{"datetime", time.Date(2026, 11, 23, 9, 30, 0, 1_999_999, time.FixedZone("", 3600)), at(2026, 11, 23, 8, 30, 0, 1), ""},
		{"datetime", "  ", nil, ""},
		{"datetime", "tomorrow", nil, such + `"tomorrow"`},
		{"datetime", "9999-12-31T23:30:00-01:00", nil, such + `"9999-12-31T23:30:00-01:00"`},
		{"datetime", "0000-12-31T23:30:00Z", nil, such + `"0000-12-31T23:30:00Z"`},
		{"datetime", 1.0, nil, such + "1"},
		{"datetime", []any{}, nil, such + "a list"},
	})
}

func TestParseEnum(t *testing.T) {
	const one = " is not one of To Do, in-progress, done"
	checkParse(t, []parseRow{
		{"enum", "done", "done", ""},
		{"enum", " to do ", "To Do", ""},
		{"enum", "IN-PROGRESS", "in-progress", ""},
		{"enum", " ", nil, ""},
		{"enum", "finished", nil, `"finished"` + one},
		{"enum", 3.0, nil, "3" + one},
		{"enum", []any{"done"}, nil, "a list" + one},
	})
}

func TestParseReferences(t *testing.T) {
	const company = "expects the _id of a Company (24 hexadecimal digits), got "
	const user = "expects the _id of a User (24 hexadecimal digits), got "
	const own = "expects an _id of 24 hexadecimal digits, got "
	checkParse(t, []parseRow{
		{"id", idA, idA, ""},
		{"id", strings.ToUpper(idA), idA, ""},
		{"id", "extid-7", nil, own + `"extid-7"`},
		{"id", map[string]any{"_id": idA}, nil, own + "an object"},
		{"ref", strings.ToUpper(idA), idA, ""},
		{"ref", " " + idA + " ", idA, ""},
		{"ref", map[string]any{"_id": idA, "name": "Acme"}, idA, ""},
		{"ref", " ", nil, ""},
		{"ref", "Acme", nil, company + `"Acme"`},
		{"ref", idA + "0", nil, company + `"` + idA + `0"`},
		{"ref", strings.Repeat("g", 24), nil, company + `"gggggggggggggggggggggggg"`},
		{"ref", map[string]any{"name": "Acme"}, nil, company + "an object"},
		{"ref", 5.0, nil, company + "5"},
		{"refs", []any{idA, map[string]any{"_id": idB}, idA, nil}, []string{idA, idB}, ""},
		{"refs", []string{idB, idA}, []string{idB, idA}, ""},
		{"refs", idA + ", " + idB, []string{idA, idB}, ""},
		{"refs", []any{}, nil, ""},
		{"refs", []any{idA, "Carly"}, nil, user + `"Carly"`},
		{"refs", []any{[]any{idA}}, nil, user + "a list"},
		{"refs", 5.0, nil, "expects a list, got 5"},
	})
}

func TestParseTags(t *testing.T) {
	many := make([]any, model.MaxListItems+1)
	for i := range many {
		many[i] = "x"
	}
	checkParse(t, []parseRow{
		{"tags", []any{"b", "a", "b", "", nil}, []string{"b", "a"}, ""},
		{"tags", []any{1.0, json.Number("2")}, []string{"1", "2"}, ""},
		{"tags", "a, b ,,c", []string{"a", "b", "c"}, ""},
		{"tags", "Smith, Ltd; Jones", []string{"Smith, Ltd", "Jones"}, ""},
		{"tags", `["a;b", " c"]`, []string{"a;b", " c"}, ""},
		{"tags", "[draft]", []string{"[draft]"}, ""},
		{"tags", " ; ,", []string{","}, ""},
		{"tags", " , ", nil, ""},
		{"tags", many, nil, "has 1001 elements; at most 1000 fit"},
		{"tags", []any{true}, nil, "expects text, got true"},
		{"tags", map[string]any{}, nil, "expects a list, got an object"},
		{"tags", 5.0, nil, "expects a list, got 5"},
	})
}

func TestParseJSON(t *testing.T) {
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	checkParse(t, []parseRow{
		{"json", map[string]any{"b": 1.0, "a": []any{true, nil}}, raw(`{"a":[true,null],"b":1}`), ""},
		{"json", []any{}, raw(`[]`), ""},
		{"json", ` { "b" : 9007199254740993 , "a": 1.50 } `, raw(`{"a":1.50,"b":9007199254740993}`), ""},
		{"json", 12.5, raw(`12.5`), ""},
		{"json", false, raw(`false`), ""},
		{"json", "plain words", raw(`"plain words"`), ""},
		{"json", "null", nil, ""},
		{"json", `"123"`, raw(`123`), ""},
		{"json", "\"a\xff\"", nil, "expects JSON in UTF-8 without NUL, got other bytes"},
		{"json", []any{"a\x00"}, nil, "expects JSON in UTF-8 without NUL, got other bytes"},
		{"json", []any{`a\u0000 in letters`}, raw(`["a\\u0000 in letters"]`), ""},
		{"json", raw(`{"a": 1}`), raw(`{"a":1}`), ""},
		{"json", []any{strings.Repeat("a", model.MaxJSON-4)}, raw(`["` + strings.Repeat("a", model.MaxJSON-4) + `"]`), ""},
		{"json", []any{strings.Repeat("a", model.MaxJSON-3)}, nil, "is 1048577 bytes of JSON; at most 1 MiB fits"},
		{"json", make(chan int), nil, "expects JSON, got an object"},
	})
}

func TestRender(t *testing.T) {
	for _, row := range []struct {
		kind       string
		v          any
		json, text string
	}{
		{"text", "a \"b\"\n<c>", `"a \"b\"\n\u003cc\u003e"`, "a \"b\"\n<c>"},
		{"email", "carly@example.com", `"carly@example.com"`, "carly@example.com"},
		{"number", 12.5, "12.5", "12.5"},
		{"number", 1e21, "1000000000000000000000", "1000000000000000000000"},
		{"integer", int64(-8), "-8", "-8"},
		{"bool", true, "true", "true"},
		{"bool", false, "false", "false"},
		{"date", "2026-11-23", `"2026-11-23"`, "2026-11-23"},
		{"datetime", at(2026, 11, 23, 9, 30, 0, 7), `"2026-11-23T09:30:00.007Z"`, "2026-11-23T09:30:00.007Z"},
		{"datetime", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), `"0001-01-01T00:00:00.000Z"`, "0001-01-01T00:00:00.000Z"},
		{"enum", "To Do", `"To Do"`, "To Do"},
		{"id", idA, `"` + idA + `"`, idA},
		{"ref", idA, `"` + idA + `"`, idA},
		{"refs", []string{idA, idB}, `["` + idA + `","` + idB + `"]`, idA + "; " + idB},
		{"tags", []string{"a", "b c"}, `["a","b c"]`, "a; b c"},
		{"tags", []string{"Smith, Ltd", "Jones"}, `["Smith, Ltd","Jones"]`, "Smith, Ltd; Jones"},
		{"tags", []string{"Smith, Ltd"}, `["Smith, Ltd"]`, "Smith, Ltd;"},
		{"tags", []string{"a;b", "c"}, `["a;b","c"]`, `["a;b","c"]`},
		{"tags", []string{" a"}, `[" a"]`, `[" a"]`},
		{"json", json.RawMessage(`{"a":1}`), `{"a":1}`, `{"a":1}`},
	} {
		k := property(t, row.kind).Kind
		if got := string(k.AppendJSON(nil, row.v)); got != row.json {
			t.Errorf("%s.AppendJSON(%v) = %s, want %s", row.kind, row.v, got, row.json)
		}
		if got := k.Text(row.v); got != row.text {
			t.Errorf("%s.Text(%v) = %q, want %q", row.kind, row.v, got, row.text)
		}
		p := property(t, row.kind)
		if back, err := k.Parse(p, row.text); err != nil || !cmp.Equal(back, row.v) {
			t.Errorf("%s: text %q reads back as %#v, %v", row.kind, row.text, back, err)
		}
	}
}

// A value of a wrong Go type comes only from a defect; it must not become a wrong answer.
func TestRenderOfForeignValueIsEmpty(t *testing.T) {
	for _, p := range kinds {
		if got := string(p.Kind.AppendJSON(nil, struct{}{})); got != "null" {
			t.Errorf("%s.AppendJSON gives %s", p.Name, got)
		}
		if got := p.Kind.Text(struct{}{}); got != "" {
			t.Errorf("%s.Text gives %q", p.Name, got)
		}
	}
}

func TestKindsAreComparable(t *testing.T) {
	seen := map[model.Kind]bool{}
	for _, p := range kinds {
		if p.Kind != property(t, p.Name).Kind || seen[p.Kind] {
			t.Errorf("%s is not a value of its own", p.Name)
		}
		seen[p.Kind] = true
	}
}

func TestKindWords(t *testing.T) {
	names, labels := map[string]bool{}, map[string]bool{}
	for _, p := range kinds {
		if n, l := p.Kind.Name(), p.Kind.Label(); n == "" || l == "" || names[n] || labels[l] {
			t.Errorf("%s: name %q and label %q must be there and its own", p.Name, n, l)
		}
		names[p.Kind.Name()], labels[p.Kind.Label()] = true, true
	}
}

func TestOperators(t *testing.T) {
	const equality, order, matching = "eq ne in not_in", "lt lte gt gte", "contains starts_with"
	for kind, want := range map[string]string{
		"text": equality + " " + order + " " + matching, "rich": equality + " " + order + " " + matching,
		"phone": equality + " " + order + " " + matching, "url": equality + " " + order + " " + matching,
		"email": equality + " " + order + " " + matching, "number": equality + " " + order, "integer": equality + " " + order,
		"days": equality + " " + order, "date": equality + " " + order, "datetime": equality + " " + order,
		"bool": "eq ne", "enum": equality, "id": equality, "ref": equality, "refs": "contains", "tags": "contains", "json": "",
	} {
		p := property(t, kind)
		var got []string
		for _, op := range p.Kind.Operators() {
			got = append(got, string(op))
			if !p.HasOperator(op) {
				t.Errorf("%s does not have its own operator %s", kind, op)
			}
		}
		wanted := append(strings.Fields(want), "empty", "not_empty")
		slices.Sort(got)
		slices.Sort(wanted)
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", kind, diff)
		}
		if p.HasOperator("regex") {
			t.Errorf("%s has an operator that does not exist", kind)
		}
	}
}

func TestReferencesAreToldApart(t *testing.T) {
	for _, p := range kinds {
		if got, want := p.IsRef(), p.Name == "ref"; got != want {
			t.Errorf("%s: IsRef %v", p.Name, got)
		}
		if got, want := p.IsRefs(), p.Name == "refs"; got != want {
			t.Errorf("%s: IsRefs %v", p.Name, got)
		}
		if list := p.Kind.Storage() == model.StoreList || p.Kind.Storage() == model.StoreJSON; p.Kind.Sortable() == list {
			t.Errorf("%s: Sortable %v", p.Name, p.Kind.Sortable())
		}
	}
}

// A schema must be plain JSON that describes what AppendJSON gives.
func TestSchema(t *testing.T) {
	example := map[string]any{
		"number": 1.5, "integer": int64(1), "days": int64(1), "bool": true, "date": "2026-11-23", "datetime": at(2026, 11, 23, 0, 0, 0, 0),
		"refs": []string{idA}, "tags": []string{"a"}, "enum": "done", "json": json.RawMessage(`{}`),
	}
	types := map[string]string{"string": "string", "float64": "number", "bool": "boolean", "[]interface {}": "array"}
	for _, p := range kinds {
		raw, err := json.Marshal(p.Kind.Schema(p))
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		var schema struct {
			Type string
			Enum []string
		}
		if err := json.Unmarshal(raw, &schema); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		v, ok := example[p.Name]
		if !ok {
			v = idA
		}
		var decoded any
		if err := json.Unmarshal(p.Kind.AppendJSON(nil, v), &decoded); err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		want := types[reflect.TypeOf(decoded).String()]
		if schema.Type == "integer" {
			schema.Type = "number"
		}
		if schema.Type != want {
			t.Errorf("%s: schema %s, but a value is a JSON %s", p.Name, raw, want)
		}
		if !slices.Equal(schema.Enum, p.Options) {
			t.Errorf("%s: schema offers %v, the property %v", p.Name, schema.Enum, p.Options)
		}
	}
}

func TestSchemaIsACopy(t *testing.T) {
	p := property(t, "enum")
	p.Kind.Schema(p)["enum"].([]string)[0] = "changed"
	if p.Options[0] != "To Do" {
		t.Error("changing a schema changed the declaration")
	}
}
