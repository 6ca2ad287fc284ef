package query_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

func TestParseFilter(t *testing.T) {
	w := query.Where
	for in, want := range map[string]query.Filter{
		``:   {},
		`{}`: {},
		`{"property":"arr","op":"gte","value":10}`:                          w("arr", model.Gte, 10.0),
		`{"property":"name","value":"Acme"}`:                                w("name", model.Eq, "Acme"),
		`{"status":"customer"}`:                                             w("status", model.Eq, "customer"),
		`{"status":["customer","lost"]}`:                                    w("status", model.In, []any{"customer", "lost"}),
		`{"owner":null}`:                                                    w("owner", model.Empty, nil),
		`{"property":"owner","op":"empty","value":true}`:                    w("owner", model.Empty, nil),
		`{"arr":{"gte":1,"lt":9}}`:                                          {And: []query.Filter{w("arr", model.Gte, 1.0), w("arr", model.Lt, 9.0)}},
		`{"phase":"Live","custom.Sector":"IT"}`:                             {And: []query.Filter{w("custom.Sector", model.Eq, "IT"), w("phase", model.Eq, "Live")}},
		`{"or":[{"h":1},{"not":{"h":{"gt":5}}}]}`:                           {Or: []query.Filter{w("h", model.Eq, 1.0), {Not: &query.Filter{Path: "h", Op: model.Gt, Value: 5.0}}}},
		`{"and":[{"owner.name":{"contains":"carly"}}],"status":"customer"}`: {And: []query.Filter{{And: []query.Filter{w("owner.name", model.Contains, "carly")}}, w("status", model.Eq, "customer")}},
	} {
		got, err := query.ParseFilterJSON(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in, diff)
		}
	}
}

func TestParseFilterRefuses(t *testing.T) {
	deep := strings.Repeat(`{"not":`, 20) + `{"h":1}` + strings.Repeat(`}`, 20)
	wide := `{"or":[` + strings.TrimSuffix(strings.Repeat(`{"h":1},`, 200), ",") + `]}`
	long, err := json.Marshal(map[string]any{"h": make([]int, query.MaxValues+1)})
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		`[`:                             "filter: is not JSON",
		`[1]`:                           "filter: expects an object",
		`{"property":"a","op":"like"}`:  "filter.a: unknown operator",
		`{"property":"a","operator":1}`: `unknown key "operator"`,
		`{"property":7}`:                "expects the name of a property",
		`{"a":{"in":3}}`:                "in expects a list",
		`{"a":{"eq":[1]}}`:              "eq expects one value",
		`{"a":{"eq":null}}`:             "eq expects one value",
		`{"a":[]}`:                      "in expects a list of 1 to",
		`{"and":{}}`:                    "filter.and: expects a list",
		`{"or":[{}]}`:                   "filter.or: has an empty condition",
		`{"not":{}}`:                    "filter.not: expects a condition",
		deep:                            "is too large",
		wide:                            "is too large",
		string(long):                    "in expects a list of 1 to",
	} {
		_, err := query.ParseFilterJSON(in)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %q", in, err, want)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	f.Add(`{"and":[{"a":1},{"b":{"gt":2}}]}`)
	f.Add(`{"property":"a","op":"in","value":[1,2]}`)
	f.Fuzz(func(t *testing.T, in string) {
		got, err := query.ParseFilterJSON(in)
		if err != nil && !got.IsZero() {
			t.Error("an error and a filter")
		}
	})
}

// What is written is read back as the same filter.
func TestFilterJSON(t *testing.T) {
	for _, in := range []string{
		`{}`, `{"status":"customer"}`, `{"arr":{"gte":1,"lt":9}}`, `{"or":[{"h":1},{"not":{"h":{"gt":5}}}]}`, `{"owner":null}`,
		`{"and":[{"property":"active","op":"eq","value":false},{"or":[{"name":""},{"x":["a","b"]}]}]}`, `{"and":[{"h":0}]}`,
	} {
		want, err := query.ParseFilterJSON(in)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := query.ParseFilterJSON(string(text))
		if err != nil {
			t.Fatal(string(text), err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s became %s:\n%s", in, text, diff)
		}
	}
}
