package planner

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of one question.
const (
	maxQuestion = 1000 // bytes
	maxTokens   = 200
)

// token is one word, number, comma or comparison sign of a question.
type token struct {
	low        string // lower case, what grammar words are compared with
	start, end int    // bytes in the question; the quotes of a quoted text are outside
	quoted     bool   // never a grammar word
}

// closing gives the quotation mark that ends a text begun by open.
var closing = map[rune]rune{'"': '"', '“': '”', '”': '”', '„': '“', '«': '»', '‘': '’', '\'': '\''}

// tokenize splits a question. Marks that end a sentence are dropped; "Carly's" gives "carly" and "'s".
func tokenize(src string) []token {
	var out []token
	for i := 0; i < len(src) && len(out) <= maxTokens; {
		r, size := utf8.DecodeRuneInString(src[i:])
		if unicode.IsSpace(r) || strings.ContainsRune("?!;()", r) && !strings.HasPrefix(src[i:], "!=") {
			i += size
			continue
		}
		if end := quotedEnd(src, i, r, size); end > 0 {
			text := src[i+size : end]
			_, mark := utf8.DecodeRuneInString(src[end:])
			if strings.TrimSpace(text) != "" {
				out = append(out, token{low: strings.ToLower(text), start: i + size, end: end, quoted: true})
			}
			i = end + mark
			continue
		}
		if n := signLength(src[i:]); n > 0 {
			out = append(out, token{low: src[i : i+n], start: i, end: i + n})
			i += n
			continue
		}
		end := wordEnd(src, i+size)
		out = append(out, word(src, i, end)...)
		i = end
	}
	return out
}

// quotedEnd gives where the quoted text that begins at i ends, 0 if none does. A single quote must stand at the edge of words.
func quotedEnd(src string, i int, open rune, size int) int {
	mark, ok := closing[open]
	if !ok {
		return 0
	}
	for j := i + size; j < len(src); {
		r, n := utf8.DecodeRuneInString(src[j:])
		if r == mark {
			next, _ := utf8.DecodeRuneInString(src[j+n:])
			if (mark != '\'' && mark != '’') || j+n == len(src) || !unicode.IsLetter(next) {
				return j
			}
		}
		j += n
	}
	return 0
}

func signLength(s string) int {
	for _, sign := range []string{">=", "<=", "!=", "<>", "==", "≥", "≤", "≠", ">", "<", "=", ","} {
		if strings.HasPrefix(s, sign) {
			return len(sign)
		}
	}
	return 0
}

func wordEnd(src string, i int) int {
	for i < len(src) {
		r, size := utf8.DecodeRuneInString(src[i:])
		if r == ',' { // stays inside 10,000
			if i+1 < len(src) && isDigit(src[i-1]) && isDigit(src[i+1]) {
				i += size
				continue
			}
			return i
		}
		if unicode.IsSpace(r) || strings.ContainsRune("?!;()<>=≥≤≠\"“”«»", r) {
			return i
		}
		i += size
	}
	return i
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// word makes the tokens of one word: without a full stop or colon at its end, and with a possessive on its own.
func word(src string, start, end int) []token {
	text := src[start:end]
	if strings.TrimSpace(src[end:]) == "" {
		text = strings.TrimRight(text, ".")
	}
	text = strings.TrimRight(text, ":")
	if text == "" {
		return nil
	}
	for _, suffix := range []string{"'s", "’s", "'", "’"} {
		base, found := strings.CutSuffix(text, suffix)
		if found && base != "" {
			return []token{
				{low: strings.ToLower(base), start: start, end: start + len(base)},
				{low: "'s", start: start + len(base), end: start + len(text)},
			}
		}
	}
	return []token{{low: strings.ToLower(text), start: start, end: start + len(text)}}
}
