package assistant

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	got, hidden := Table([]string{"Name", "ARR"}, [][]string{{"Acme", "1,200"}, {"東京", "5"}, {"Zoë", ""}, {"Zoe\u0301", "7"}}, []bool{false, true}, 100)
	want := "Name    ARR\n" +
		"────  ─────\n" +
		"Acme  1,200\n" +
		"東京      5\n" +
		"Zoë\n" +
		"Zoe\u0301       7\n"
	if got != want || hidden != 0 {
		t.Errorf("got\n%s(%d hidden), want\n%s", got, hidden, want)
	}
}

func TestTableFits(t *testing.T) {
	headings := strings.Fields("one two three four five six seven eight nine ten")
	row := make([]string, len(headings))
	for i := range row {
		row[i] = strings.Repeat("字", 30)
	}
	for width := 1; width < 200; width++ {
		text, hidden := Table(headings, [][]string{row}, nil, width)
		for line := range strings.Lines(text) {
			if w := Width(strings.TrimSuffix(line, "\n")); w > max(width, 1) {
				t.Fatalf("at width %d a line takes %d: %q", width, w, line)
			}
		}
		if shown := len(headings) - hidden; shown < 1 || width >= 80 && hidden > 0 {
			t.Errorf("at width %d %d columns are hidden", width, hidden)
		}
	}
}

func TestCut(t *testing.T) {
	for _, row := range []struct {
		in   string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"日本語", 5, "日本…"}, {"日本語", 4, "日…"}, {"a b", 2, "a…"}} {
		if got := cut(row.in, row.n); got != row.want || Width(got) > row.n {
			t.Errorf("cut(%q, %d) = %q, want %q", row.in, row.n, got, row.want)
		}
	}
}

// Data may come from anybody: it must not steer the terminal.
func TestPlain(t *testing.T) {
	if got := Plain("a\x1b]0;evil\x07\u202eb\nc\u200b\t d\x9b31m"); got != "a]0;evilb c d31m" {
		t.Errorf("got %q", got)
	}
}
