package model

import (
	"strings"
	"unicode"
)

// PlainName drops what a text from outside could hide or look like another one with: control, direction and zero-width characters, bytes
// that are no text, spaces around it. What is left fits one line, and every database can store it.
func PlainName(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s))
}
