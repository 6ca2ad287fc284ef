package sqlstore

import (
	"strings"

	"mandorla/internal/model"
)

// Fold is the form in which texts are compared without regard to case and ordered: lower case by the mapping of every single
// rune, with two rules that make it equal to what PostgreSQL's ICU can do: İ becomes i and a combining dot, and a
// final sigma counts as any other.
func Fold(s string) string {
	if strings.Contains(s, "İ") {
		s = strings.ReplaceAll(s, "İ", "i\u0307")
	}
	s = strings.ToLower(s)
	if strings.Contains(s, "ς") {
		s = strings.ReplaceAll(s, "ς", "σ")
	}
	return s
}

// folds reports whether a property is ordered by its folded text: all texts but references, ids, and codes that can be
// compared but not searched and so have one spelling, such as dates.
func folds(p *model.Property) bool {
	return p.Kind.Storage() == model.StoreText && !p.IsRef() && p.Name != "_id" &&
		(p.HasOperator(model.Contains) || !p.HasOperator(model.Lt))
}

// afterPrefix gives the smallest text greater than every text that begins with prefix, in byte order; none for "" and for
// a prefix of nothing but the last code point.
func afterPrefix(prefix string) (string, bool) {
	runes := []rune(prefix)
	for i := len(runes) - 1; i >= 0; i-- {
		switch r := runes[i]; {
		case r == 0x10FFFF:
		case r == 0xD7FF: // what follows is not text
			return string(append(runes[:i:i], 0xE000)), true
		default:
			return string(append(runes[:i:i], r+1)), true
		}
	}
	return "", false
}
