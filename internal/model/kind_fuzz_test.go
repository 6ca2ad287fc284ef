package model_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/model"
)

func FuzzParseText(f *testing.F)     { fuzzKind(f, "text") }
func FuzzParseRichText(f *testing.F) { fuzzKind(f, "rich") }
func FuzzParsePhone(f *testing.F)    { fuzzKind(f, "phone") }
func FuzzParseURL(f *testing.F)      { fuzzKind(f, "url") }
func FuzzParseEmail(f *testing.F)    { fuzzKind(f, "email") }
func FuzzParseNumber(f *testing.F)   { fuzzKind(f, "number") }
func FuzzParseInteger(f *testing.F)  { fuzzKind(f, "integer") }
func FuzzParseDays(f *testing.F)     { fuzzKind(f, "days") }
func FuzzParseBool(f *testing.F)     { fuzzKind(f, "bool") }
func FuzzParseDate(f *testing.F)     { fuzzKind(f, "date") }
func FuzzParseDateTime(f *testing.F) { fuzzKind(f, "datetime") }
func FuzzParseEnum(f *testing.F)     { fuzzKind(f, "enum") }
func FuzzParseID(f *testing.F)       { fuzzKind(f, "id") }
func FuzzParseRef(f *testing.F)      { fuzzKind(f, "ref") }
func FuzzParseRefs(f *testing.F)     { fuzzKind(f, "refs") }
func FuzzParseTags(f *testing.F)     { fuzzKind(f, "tags") }
func FuzzParseJSON(f *testing.F)     { fuzzKind(f, "json") }

var fuzzSeeds = []string{
	"", " ", "Acme", "carly@example.com", "1,200.50", "1,2e3", "-0", "9007199254740993", "true", "off",
	"2026-11-23", "2026-11-23T09:30:00+02:00", "0000-12-31T23:30:00-01:00", "9999-12-31T23:30:00-01:00", "done", " to do ",
	idA, idA + ";" + idB, "a;b", "Smith, Ltd", `["a;b", " c"]`, `{"_id": "` + idA + `"}`, `"123"`, `"\"x\""`, "null", "[null]",
	`{"b": 1.0, "a": 1e400}`, "\"a\xff\"", "a\x00", "[1, true, \"a, b\"]", "1e999", "[", "12345678901234567890",
}

// fuzzKind reads the text once as a CSV or a form gives it and, where it is JSON, as each decoder gives it.
func fuzzKind(f *testing.F, name string) {
	var p *model.Property
	for _, k := range kinds {
		if k.Name == name {
			p = k
		}
	}
	for _, s := range fuzzSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		inputs := []any{s}
		var plain any
		if json.Unmarshal([]byte(s), &plain) == nil {
			inputs = append(inputs, plain)
		}
		if exact, err := decodeExact([]byte(s)); err == nil {
			inputs = append(inputs, exact)
		}
		for _, in := range inputs {
			checkStable(t, p, in)
		}
	})
}

func decodeExact(raw []byte) (any, error) {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// checkStable: what Parse accepts is canonical, and survives being written as JSON or text and read again.
func checkStable(t *testing.T, p *model.Property, in any) {
	v, err := p.Kind.Parse(p, in)
	if err != nil {
		if msg := err.Error(); msg == "" || strings.ContainsAny(msg, "\n\x00") || len(msg) > 400 {
			t.Errorf("Parse(%q): the message %q is not one short sentence", in, msg)
		}
		return
	}
	if !canonical(p.Kind.Storage(), v) {
		t.Fatalf("Parse(%q) = %#v, which is no canonical value", in, v)
	}
	raw := p.Kind.AppendJSON(nil, v)
	decoded, err := decodeExact(raw)
	if err != nil {
		t.Fatalf("Parse(%q) = %#v is written as %q, which is no JSON: %v", in, v, raw, err)
	}
	again, err := p.Kind.Parse(p, decoded)
	if err != nil || !cmp.Equal(v, again) {
		t.Fatalf("Parse(%q) = %#v is written as %s and read as %#v, %v", in, v, raw, again, err)
	}
	again, err = p.Kind.Parse(p, p.Kind.Text(v))
	if err != nil || !cmp.Equal(v, again) {
		t.Fatalf("Parse(%q) = %#v is shown as %q and read as %#v, %v", in, v, p.Kind.Text(v), again, err)
	}
}

func canonical(s model.Storage, v any) bool {
	if v == nil {
		return true
	}
	switch v := v.(type) {
	case string:
		return s == model.StoreText && v != ""
	case int64:
		return s == model.StoreInteger
	case float64:
		return s == model.StoreNumber && !math.IsNaN(v) && !math.IsInf(v, 0)
	case bool:
		return s == model.StoreBool
	case time.Time:
		return s == model.StoreInstant && v.Location() == time.UTC && v.Equal(v.Truncate(time.Millisecond))
	case []string:
		return s == model.StoreList && len(v) > 0
	case json.RawMessage:
		return s == model.StoreJSON && json.Valid(v) && string(v) != "null"
	}
	return false
}
