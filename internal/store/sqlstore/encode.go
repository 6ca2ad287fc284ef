package sqlstore

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"mandorla/internal/fault"
	"mandorla/internal/model"
)

// MaxIndexed is the longest text, in bytes, of a property that has an index: PostgreSQL holds no longer one in an index, and both
// engines take the same values.
const MaxIndexed = 800

// class is the storage class that a property's values are compared in. An instant in the JSON column is text in both engines:
// PostgreSQL could not index it otherwise.
func class(p *model.Property) model.Storage {
	if st := p.Kind.Storage(); !p.Custom || st != model.StoreInstant {
		return st
	}
	return model.StoreText
}

// param is the placeholder for a value to compare with the property.
func (r *renderer) param(p *model.Property) string { return r.d.Params[class(p)] }

// arg gives such a value, not nil, as the driver takes it. A value of another type is a defect of the caller.
func (r *renderer) arg(p *model.Property, v any) any {
	st := p.Kind.Storage()
	if t, ok := v.(time.Time); ok && st == model.StoreInstant && class(p) == model.StoreText {
		return InstantText(t)
	}
	out, ok := r.d.encode(st, v)
	if !ok {
		fail("value of type %T for %s", v, p.Name)
	}
	return out
}

// encode gives a canonical value as the driver takes it; nil and an empty list are NULL.
func (d *Dialect) encode(st model.Storage, v any) (out any, ok bool) {
	if v == nil {
		return nil, true
	}
	switch st {
	case model.StoreText:
		_, ok = v.(string)
	case model.StoreInteger:
		_, ok = v.(int64)
	case model.StoreBool:
		_, ok = v.(bool)
	case model.StoreNumber:
		f, isFloat := v.(float64)
		return f + 0, isFloat && !math.IsNaN(f) && !math.IsInf(f, 0) // +0 makes -0 into 0
	case model.StoreInstant:
		t, isTime := v.(time.Time)
		return d.Instant(t.UTC().Truncate(time.Millisecond)), isTime
	case model.StoreList:
		items, isList := v.([]string)
		if len(items) == 0 {
			return nil, isList
		}
		b, err := json.Marshal(items)
		return string(b), isList && err == nil
	case model.StoreJSON:
		raw, isRaw := v.(json.RawMessage)
		return string(raw), isRaw
	}
	return v, ok
}

// asJSON appends a canonical value, not nil, as it is kept inside the JSON column.
func asJSON(p *model.Property, v any) string { return string(p.Kind.AppendJSON(nil, v)) }

// storable refuses what one of the engines could not keep. Its faults name the property.
func storable(p *model.Property, v any) error {
	switch v := v.(type) {
	case string:
		if most := maxBytes(p); most > 0 && len(v) > most {
			return fault.BadField(p.Name, "is %d bytes long; at most %d fit, because lists are ordered by it.", len(v), most)
		}
		return plainText(p, v)
	case []string:
		for _, s := range v {
			if err := plainText(p, s); err != nil {
				return err
			}
		}
	case json.RawMessage:
		if !utf8.Valid(v) || !json.Valid(v) || !plainJSON(v) {
			return fault.BadField(p.Name, "expects JSON in UTF-8 without NUL and without halves of characters.")
		}
	}
	return nil
}

// maxBytes is how long a text may be because of the indexes it is in, 0 for no such limit.
func maxBytes(p *model.Property) int {
	title := p.Model().TitleProperty()
	switch {
	case slices.Contains(title.Concat, p.Name):
		return MaxIndexed / len(title.Concat)
	case p.Index || p.Unique || p == title:
		return MaxIndexed
	}
	return 0
}

func plainText(p *model.Property, s string) error {
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return fault.BadField(p.Name, "expects text in UTF-8 without NUL.")
	}
	return nil
}

// plainJSON reports whether valid JSON is free of \u0000 and of \ud800…\udfff that are not in pairs.
func plainJSON(raw []byte) bool {
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if i++; raw[i] != 'u' {
			continue
		}
		switch n := hex4(raw[i+1:]); {
		case n == 0, n >= 0xDC00 && n <= 0xDFFF:
			return false
		case n >= 0xD800 && n <= 0xDBFF:
			if i+10 >= len(raw) || raw[i+5] != '\\' || raw[i+6] != 'u' {
				return false
			}
			if low := hex4(raw[i+7:]); low < 0xDC00 || low > 0xDFFF {
				return false
			}
			i += 6
		}
	}
	return true
}

// hex4 reads the four hexadecimal digits that valid JSON has after \u.
func hex4(b []byte) (n int) {
	for _, c := range b[:4] {
		switch {
		case c <= '9':
			n = n<<4 | int(c-'0')
		default:
			n = n<<4 | int(c|0x20-'a'+10)
		}
	}
	return n
}
