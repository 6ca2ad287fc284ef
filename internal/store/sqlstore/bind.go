package sqlstore

import (
	"strconv"
	"strings"
)

// bind turns the ? placeholders of the common subset into the engine's.
func (d *Dialect) bind(text string) string {
	if !d.Numbered || strings.IndexByte(text, '?') < 0 {
		return text
	}
	return numbered(text)
}

// numbered replaces each ? outside quotes by $1, $2 …; a doubled quote inside quotes closes and opens them again, which
// comes to the same.
func numbered(text string) string {
	out := make([]byte, 0, len(text)+16)
	var quote byte
	n := 0
	for i := range len(text) {
		c := text[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '?':
			n++
			out = append(out, '$')
			out = strconv.AppendInt(out, int64(n), 10)
			continue
		}
		out = append(out, c)
	}
	return string(out)
}
