package assistant

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// clean takes out what could steer a terminal or hide text: control and formatting characters become spaces or nothing.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r == '\u200d' || r == '\ufe0f': // parts of emoji
			return r
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
}

// Plain makes text from a server fit for a terminal: one line without control characters.
func Plain(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// Width gives how many terminal columns a text takes.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || unicode.IsControl(r):
		return 0
	case width.LookupRune(r).Kind() == width.EastAsianWide || width.LookupRune(r).Kind() == width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// cut shortens a text to at most n columns, with … where something is missing.
func cut(s string, n int) string {
	if Width(s) <= n {
		return s
	}
	w := 0
	for i, r := range s {
		if w+runeWidth(r) > n-1 {
			return strings.TrimRight(s[:i], " ") + "…"
		}
		w += runeWidth(r)
	}
	return s
}

const (
	minColumn = 6 // narrower columns are left out, from the right
	gap       = 2 // spaces between columns
)

// Table lays out rows below headings in at most width columns of text. Long cells are cut; columns that do not fit any more
// are left out and counted in hidden. right tells which columns are set to the right, such as numbers.
func Table(headings []string, rows [][]string, right []bool, width int) (text string, hidden int) {
	cells := [][]string{cleaned(headings)}
	for _, row := range rows {
		cells = append(cells, cleaned(row))
	}
	widths := columnWidths(cells, len(headings))
	shown := fit(widths, width)
	var b strings.Builder
	for i, row := range cells {
		writeRow(&b, row[:min(len(row), shown)], widths, right)
		if i == 0 {
			rule := make([]string, shown)
			for k := range rule {
				rule[k] = strings.Repeat("─", widths[k])
			}
			writeRow(&b, rule, widths, nil)
		}
	}
	return b.String(), len(headings) - shown
}

func cleaned(row []string) []string {
	out := make([]string, len(row))
	for i, s := range row {
		out[i] = Plain(s)
	}
	return out
}

func columnWidths(cells [][]string, n int) []int {
	widths := make([]int, n)
	for _, row := range cells {
		for i, s := range row {
			if i < n {
				widths[i] = max(widths[i], Width(s), 1)
			}
		}
	}
	return widths
}

// fit narrows the widest columns until all fit, and gives how many of them can be shown.
func fit(widths []int, width int) (shown int) {
	shown = len(widths)
	for shown > 1 && shown*(minColumn+gap)-gap > width {
		shown--
	}
	for {
		total, widest := -gap, 0
		for i, w := range widths[:shown] {
			total += w + gap
			if w > widths[widest] {
				widest = i
			}
		}
		if total <= width || shown == 0 || widths[widest] <= 1 {
			return shown
		}
		widths[widest]--
	}
}

func writeRow(b *strings.Builder, row []string, widths []int, right []bool) {
	var line strings.Builder
	for i, s := range row {
		s = cut(s, widths[i])
		pad := strings.Repeat(" ", max(0, widths[i]-Width(s)))
		if i > 0 {
			line.WriteString(strings.Repeat(" ", gap))
		}
		if i < len(right) && right[i] {
			line.WriteString(pad + s)
		} else {
			line.WriteString(s + pad)
		}
	}
	b.WriteString(strings.TrimRight(line.String(), " "))
	b.WriteByte('\n')
}
