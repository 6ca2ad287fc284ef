package sqlstore

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/model"
	"mandorla/internal/oauth"
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

// TestAccessText: access tokens are read as they were written, whatever their scope; a text that is none gives none rather than some.
func TestAccessText(t *testing.T) {
	at := time.UnixMilli(1764340000123).UTC()
	for _, list := range [][]oauth.AccessToken{
		nil,
		{{Hash: "a", CreatedAt: at, ExpiresAt: at.Add(time.Hour)}},
		{{Hash: "a", Scope: "companies:view tasks:view", CreatedAt: at, ExpiresAt: at}, {Hash: "b", Scope: "inclusive"}, {Hash: "c"}},
	} {
		got, err := accessTokens(accessText(list))
		if diff := cmp.Diff(list, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	for _, text := range []string{"a", "a 1", "a 1 x s", "a x 1 s", "a 1 2 s\n", "a 1 2 s\nb", "[]"} {
		if got, err := accessTokens(text); err == nil || got != nil {
			t.Errorf("%q gives %v", text, got)
		}
	}
}
