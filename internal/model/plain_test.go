package model

import "testing"

func TestPlainName(t *testing.T) {
	for in, want := range map[string]string{
		"Claude Connector":              "Claude Connector",
		"  Ada\x00\n Lind\t ":           "Ada Lind",
		"a\xff\xc3b":                    "ab",
		"evil\u202Etxt\u200B.\u2066exe": "eviltxt.exe",
		"Zoë 北京":                        "Zoë 北京",
		"\u200b \u00a0":                 "",
	} {
		if got := PlainName(in); got != want {
			t.Errorf("PlainName(%q) = %q, want %q", in, got, want)
		}
	}
}
