package oauth

import (
	"errors"
	"net/url"
	"strings"
)

// form is a parsed query or body in which no parameter is there twice, except resource, whose repetition is told apart because it
// has an error code of its own.
type form struct {
	values   map[string]string
	repeated bool // resource was there more than once
}

func (f form) get(name string) string { return f.values[name] }

// has follows RFC 6749 section 3.1: a parameter without a value counts as left out.
func (f form) has(name string) bool { return f.values[name] != "" }

// Alphabets.
const (
	lower        = "abcdefghijklmnopqrstuvwxyz"
	digits       = "0123456789"
	alphanumeric = lower + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + digits
)

// madeOf reports whether a text holds nothing else than these characters.
func madeOf(text, alphabet string) bool { return strings.Trim(text, alphabet) == "" }

// printable reports whether a text is ASCII that can be seen, without some.
func printable(text, without string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) && !strings.ContainsAny(text, without)
}

const maxParams = 64

// parseForm reads application/x-www-form-urlencoded text strictly.
func parseForm(text string, limit int) (form, error) {
	f := form{values: map[string]string{}}
	if len(text) > limit {
		return f, errors.New("it is too long")
	}
	if strings.Count(text, "&") >= maxParams {
		return f, errors.New("it has too many parameters")
	}
	if strings.Contains(text, ";") {
		return f, errors.New("it has a semicolon that is not encoded")
	}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			return f, errors.New("it has a badly encoded parameter name")
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return f, errors.New("it has a badly encoded parameter")
		}
		if _, twice := f.values[name]; twice {
			if name != "resource" {
				return f, errors.New("it has the same parameter twice")
			}
			f.repeated = true
		}
		f.values[name] = value
	}
	return f, nil
}
