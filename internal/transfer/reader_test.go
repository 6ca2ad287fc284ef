package transfer_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"mandorla/internal/fault"
	"mandorla/internal/transfer"
)

// read gives a file as text: the header, then a line per row.
func read(in io.Reader) string {
	r, err := transfer.NewReader(in)
	if err != nil {
		msg, _ := fault.Safe(err)
		return fault.KindOf(err).String() + ": " + msg
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%q\n", r.Header)
	for range 100 {
		row, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return b.String()
		case err != nil:
			msg, _ := fault.Safe(err)
			return b.String() + "end: " + fault.KindOf(err).String() + ": " + msg
		case row.Err != nil:
			msg, _ := fault.Safe(row.Err)
			fmt.Fprintf(&b, "%d: refused: %s\n", row.Line, msg)
		default:
			fmt.Fprintf(&b, "%d: %q\n", row.Line, row.Cells)
		}
	}
	return b.String() + "…"
}

func TestReader(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"comma", "a,b\n1,2\n", `["a" "b"]` + "\n" + `2: ["1" "2"]` + "\n"},
		{"semicolon, with commas inside", "a;b;c\r\n1,5;2;\r\n", `["a" "b" "c"]` + "\n" + `2: ["1,5" "2" ""]` + "\n"},
		{"tab", "a\tb\n1\t2", `["a" "b"]` + "\n" + `2: ["1" "2"]` + "\n"},
		{"separators inside quotes do not count", "\"a;b;c\",d\n1,2\n", `["a;b;c" "d"]` + "\n" + `2: ["1" "2"]` + "\n"},
		{"byte order mark", "\ufeffa,b\n1,2\n", `["a" "b"]` + "\n" + `2: ["1" "2"]` + "\n"},
		{"byte order mark before a quote", "\ufeff\"a\"\n1\n", `["a"]` + "\n" + `2: ["1"]` + "\n"},
		{"padded header, empty lines, lines in a cell", " a , b\n\n\"x\ny\",2\n  \n3,4\n", `["a" "b"]` + "\n" + `3: ["x\ny" "2"]` + "\n" + `6: ["3" "4"]` + "\n"},
		{"a short row", "a,b\n1\n", `["a" "b"]` + "\n" + `2: ["1"]` + "\n"},
		{"a long row", "a,b\n1,2,3\n4,5\n", `["a" "b"]` + "\n2: refused: The row has 3 cells, but the first line names 2 columns.\n" + `3: ["4" "5"]` + "\n"},
		{"a quote in the middle", "a,b\n1,x\"y\n2,z\n", `["a" "b"]` + "\n2: refused: The row is not CSV: line 2: bare \" in non-quoted-field.\n" + `3: ["2" "z"]` + "\n"},
		{"an unclosed quote", "a,b\n1,2\n\"3,4\n5,6\n7,8\n", `["a" "b"]` + "\n" + `2: ["1" "2"]` + "\n3: refused: The row is not CSV: a quote that is opened in it is not closed properly, and the lines up to line 5 were read as part of it.\n"},
		{"an unclosed quote in the first line", "a,\"b\n1,2\n", "invalid: The first line is not CSV: a quote that is opened in it is not closed properly, and the lines up to line 2 were read as part of it."},
		{"NUL", "a,b\n1,x\x00y\n2,z\n", `["a" "b"]` + "\n2: refused: The cell of \"b\" is not text in UTF-8.\n" + `3: ["2" "z"]` + "\n"},
		{"Latin-1", "a,b\n1,Z\xfcrich\n2,z\n", `["a" "b"]` + "\n2: refused: The cell of \"b\" is not text in UTF-8.\n" + `3: ["2" "z"]` + "\n"},
		{"Latin-1 in the first line", "Stra\xdfe\n1\n", "invalid: The first line is not UTF-8. Save the file as CSV in UTF-8 and import it again."},
		{"UTF-16", "\xff\xfea\x00,\x00b\x00", "invalid: The file is in UTF-16. Save it as CSV in UTF-8 and import it again."},
		{"UTF-16, big end first", "\xfe\xff\x00a", "invalid: The file is in UTF-16. Save it as CSV in UTF-8 and import it again."},
		{"UTF-16 without a mark", "a\x00,\x00b\x00\n\x00", "invalid: The first line is not UTF-8. Save the file as CSV in UTF-8 and import it again."},
		{"a spreadsheet", "PK\x03\x04rest", "invalid: The file is a spreadsheet, not CSV. Save it as CSV in UTF-8 and import it again."},
		{"nothing", " \n\n", "invalid: The file is empty; the first line must name the columns."},
		{"only a mark", "\ufeff", "invalid: The file is empty; the first line must name the columns."},
		{"a column without a name", "a,,c\n", "invalid: Column 2 has no name in the first line. Name it, or remove the column."},
		{"a column twice", "a,b,a\n", `invalid: The first line names the column "a" twice. Rename or remove one of them.`},
		{"too many columns", strings.Repeat("a,", 500) + "b\n", "too_large: The file has 501 columns; at most 500 can be read."},
		{"header only", "a,b", `["a" "b"]` + "\n"},
		{"a large cell", "a,b\n1," + strings.Repeat("x", transfer.MaxCell+1) + "\n2,z\n", `["a" "b"]` + "\n2: refused: The cell of \"b\" is 1048577 bytes long; at most 1 MiB fits.\n" + `3: ["2" "z"]` + "\n"},
	} {
		if got := read(strings.NewReader(row.in)); got != row.want {
			t.Errorf("%s:\n got %s\nwant %s", row.name, got, row.want)
		}
	}
}

// endless gives x for ever, and counts.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	e.n += len(p)
	return len(p), nil
}

// Whatever is in a file, a bounded part of it is in memory.
func TestReaderIsBounded(t *testing.T) {
	for _, start := range []string{"a,b\n1,\"", "a,b\n1,", "a,\"b"} {
		tail := &endless{}
		got := read(io.MultiReader(strings.NewReader(start), tail))
		if !strings.Contains(got, "too_large: A row is longer than 16 MiB.") {
			t.Errorf("%q: %.200s", start, got)
		}
		if tail.n > transfer.MaxRow+1<<20 {
			t.Errorf("%q: %d bytes were read", start, tail.n)
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\ufeffa;b\n\"1;\n", "a\n\x00\n", "\xff\xfe", "a,a\n", "\"\n", "a\r\nb\rc\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		r, err := transfer.NewReader(strings.NewReader(in))
		if err != nil {
			if fault.KindOf(err) == fault.Internal {
				t.Fatal(err)
			}
			return
		}
		last := 0
		for range len(in) + 1 {
			row, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if row.Line <= last {
				t.Fatalf("line %d after line %d", row.Line, last)
			}
			last = row.Line
			if row.Err != nil {
				if fault.KindOf(row.Err) == fault.Internal {
					t.Fatal(row.Err)
				}
				continue
			}
			if len(row.Cells) > len(r.Header) {
				t.Fatalf("%d cells below %d columns", len(row.Cells), len(r.Header))
			}
			for _, c := range row.Cells {
				if !utf8.ValidString(c) || strings.Contains(c, "\x00") {
					t.Fatalf("cell %q", c)
				}
			}
		}
		t.Fatal("more rows than bytes")
	})
}
