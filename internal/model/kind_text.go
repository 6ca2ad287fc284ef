package model

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxText is the longest text value, in bytes.
const MaxText = 1 << 20

var textOps = []Op{Eq, Ne, Contains, StartsWith, In, NotIn, Lt, Lte, Gt, Gte, Empty, NotEmpty}

// text covers every kind whose value is one plain string; the variants differ in their check and their words.
// The kinds are pointers, because a struct with a function in it could not be compared.
type text struct {
	name, label, format string
	check               func(string) error
}

// The kinds that hold one plain string.
var (
	Text     Kind = &text{name: "text", label: "Text"}
	RichText Kind = &text{name: "rich_text", label: "Rich text"}
	Phone    Kind = &text{name: "phone", label: "Phone"}
	URL      Kind = &text{name: "url", label: "URL", format: "uri"}
	Email    Kind = &text{name: "email", label: "Email", format: "email", check: checkEmail}
)

func (k *text) Name() string     { return k.name }
func (k *text) Label() string    { return k.label }
func (k *text) Storage() Storage { return StoreText }
func (k *text) Sortable() bool   { return true }
func (k *text) Operators() []Op  { return textOps }

func (k *text) Parse(_ *Property, in any) (any, error) {
	switch v := in.(type) {
	case nil:
		return nil, nil
	case string:
		return k.parse(v)
	case float64:
		return k.parse(strconv.FormatFloat(v, 'f', -1, 64))
	case interface{ String() string }: // json.Number
		return k.parse(v.String())
	default:
		return nil, errWant("text", in)
	}
}

func (k *text) parse(s string) (any, error) {
	switch {
	case s == "":
		return nil, nil
	case len(s) > MaxText:
		return nil, fmt.Errorf("expects at most 1 MiB of text, got %d bytes", len(s))
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return nil, errors.New("expects text in UTF-8 without NUL, got other bytes")
	}
	if k.check != nil {
		if err := k.check(s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (k *text) Schema(*Property) map[string]any {
	s := map[string]any{"type": "string"}
	if k.format != "" {
		s["format"] = k.format
	}
	return s
}

func (k *text) AppendJSON(dst []byte, v any) []byte { return appendString(dst, v) }
func (k *text) Text(v any) string                   { s, _ := v.(string); return s }

func checkEmail(s string) error {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 || strings.ContainsAny(s, " \t\r\n<>,;") || len(s) > 254 {
		return errWant("an e-mail address such as carly@example.com", s)
	}
	return nil
}
