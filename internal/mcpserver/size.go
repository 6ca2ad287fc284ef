package mcpserver

import (
	"encoding/json"
	"unicode/utf8"

	"mandorla/internal/record"
)

// maxWire is the longest answer in bytes as it travels; hosts cut results at about 150,000 characters.
const maxWire = 125_000

// wireSize estimates the bytes that a piece of an answer takes. It travels twice, structured and as text; the text escapes each quote
// and backslash once more, and both escape what HTML would read.
func wireSize(doc []byte) int {
	n := 2 * len(doc)
	for _, c := range doc {
		switch c {
		case '"', '\\':
			n++
		case '<', '>', '&':
			n += 10
		}
	}
	return n
}

// cutValues shortens what is longer than limit bytes in row i: texts are cut and end in "…", lists lose their tail, and structured data,
// which cannot be cut, is left out. It gives the names of what was shortened. Nothing is ever shortened without its name being told.
func cutValues(page *record.Page, i, limit int) []string {
	var cut []string
	values := page.Rows[i].Values
	for c, col := range page.Columns {
		if v, changed := cutValue(values[c], limit); changed {
			values[c] = v
			cut = append(cut, col.Name)
		}
	}
	for c := len(page.Columns); c < len(values); c++ { // titles of references
		values[c], _ = cutValue(values[c], 200)
	}
	return cut
}

func cutValue(v any, limit int) (any, bool) {
	switch v := v.(type) {
	case string:
		if len(v) <= limit {
			return v, false
		}
		return cutText(v, limit), true
	case []string:
		size := 0
		for i, s := range v {
			if size += len(s) + 3; size > limit {
				return v[:i:i], true
			}
		}
		return v, false
	case json.RawMessage:
		if len(v) > limit {
			return nil, true
		}
	}
	return v, false
}

func cutText(s string, limit int) string {
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}

// appendRecord appends row i as JSON with its address, and with what was shortened.
func (c *caller) appendRecord(dst []byte, page *record.Page, i int, cut []string) []byte {
	dst = page.AppendRow(dst, i)
	dst = append(dst[:len(dst)-1], `,"url":`...)
	dst = append(dst, mustJSON(c.recordURL(page.Model.Route, page.Rows[i].ID))...)
	if len(cut) > 0 {
		dst = append(dst, `,"truncated":`...)
		dst = append(dst, mustJSON(cut)...)
	}
	return append(dst, '}')
}
