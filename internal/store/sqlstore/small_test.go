package sqlstore

import (
	"testing"

	"mandorla/internal/model"
)

func TestNumbered(t *testing.T) {
	for in, want := range map[string]string{
		"a = ? AND b = ?":              "a = $1 AND b = $2",
		"a = '?' AND b = ?":            "a = '?' AND b = $1",
		`"why?" = ? AND 'it''s ?' = ?`: `"why?" = $1 AND 'it''s ?' = $2`,
		`'a"?' = ? AND "b'?" = ?`:      `'a"?' = $1 AND "b'?" = $2`,
		"nothing":                      "nothing",
	} {
		if got := numbered(in); got != want {
			t.Errorf("numbered(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestAfterPrefix(t *testing.T) {
	for in, want := range map[string]string{"a": "b", "az": "a{", "\ud7ff": "\ue000", "a\U0010ffff": "b", "\U0010ffff": "", "": ""} {
		if got, ok := afterPrefix(in); got != want || ok != (want != "") {
			t.Errorf("afterPrefix(%q) = %q, %v; want %q", in, got, ok, want)
		}
	}
}

func TestPlainJSON(t *testing.T) {
	for in, want := range map[string]bool{
		`"a"`: true, `"\\u0000"`: true, `"\u0000"`: false, `"\\\u0000"`: false, `"\ud83d\ude00"`: true, `"\ud83d"`: false, `"\ude00"`: false,
		`"\ud83d\u0041"`: false, `"\uD83D\uDE00\u00e4"`: true, `"\ud83d\n"`: false, `"\\\\"`: true,
	} {
		if got := plainJSON([]byte(in)); got != want {
			t.Errorf("plainJSON(%s) = %v", in, got)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{"İ": "i\u0307", "ΟΔΟΣ": "οδοσ", "ς": "σ", "ẞ": "ß", "ÄB": "äb", "": ""} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestColumnName(t *testing.T) {
	for in, want := range map[string]string{"companyId": "company_id", "_currency": "_currency", "fcNewMrrOptimistic": "fc_new_mrr_optimistic", "nrr30": "nrr30", "_id": "_id"} {
		if got := columnName(&model.Property{Name: in}); got != want {
			t.Errorf("columnName(%s) = %s, want %s", in, got, want)
		}
	}
}
