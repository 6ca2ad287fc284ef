package mcpserver

import (
	"strings"
	"unicode"

	"mandorla/internal/record"
)

// findModel finds a visible model by any of its names, without regard to case, spaces, "_" and "-": "Company", "companies", "end users".
func findModel(views []record.ModelView, written string) (record.ModelView, bool) {
	want := squash(written)
	if want == "" {
		return record.ModelView{}, false
	}
	for _, name := range []func(record.ModelView) string{
		func(v record.ModelView) string { return v.Model.Name },
		func(v record.ModelView) string { return v.Model.Route },
		func(v record.ModelView) string { return v.Model.Label },
		func(v record.ModelView) string { return v.Model.Plural },
	} {
		for _, v := range views {
			if squash(name(v)) == want {
				return v, true
			}
		}
	}
	return record.ModelView{}, false
}

func squash(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}
