// Package transfer owns bringing rows in from files: reading CSV, matching its header to a model's properties, and upserting
// row by row through the gate, with a report of what happened to each row.
//
// It knows files and records, not HTTP; the command line and the pages call it. It never writes but through package record.
package transfer

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"mandorla/internal/fault"
)

// Limits of one file.
const (
	MaxColumns = 500
	MaxCell    = 1 << 20  // bytes
	MaxRow     = 16 << 20 // bytes; also what is held in memory at a time
)

// mark is the byte order mark that some programs put before UTF-8.
const mark = "\xef\xbb\xbf"

// Row is one data row of a file.
type Row struct {
	Line  int // of the file, where the row begins
	Cells []string
	Err   error // the row cannot be used; Cells is nil
}

// Reader reads a CSV file: UTF-8, comma, semicolon or tab between cells, with a header. It holds one row in memory at a time.
type Reader struct {
	Header []string
	csv    *csv.Reader
	meter  *meter
}

// meter ends a row that goes on and on: a quote that is never closed makes the rest of a file one cell.
type meter struct {
	in  io.Reader
	row int // bytes since the last row began, give or take a buffer
}

func (m *meter) Read(p []byte) (int, error) {
	if m.row > MaxRow {
		return 0, fault.New(fault.TooLarge, "A row is longer than 16 MiB. Perhaps a quote is opened in it and never closed.")
	}
	n, err := m.in.Read(p)
	m.row += n
	return n, err
}

// NewReader reads the header. Its errors are fault.Invalid and say what to do.
func NewReader(in io.Reader) (*Reader, error) {
	m := &meter{in: in}
	buf := bufio.NewReaderSize(m, 64<<10)
	head, err := buf.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	switch {
	case len(bytes.TrimSpace(bytes.TrimPrefix(head, []byte(mark)))) == 0:
		return nil, fault.New(fault.Invalid, "The file is empty; the first line must name the columns.")
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return nil, fault.New(fault.Invalid, "The file is in UTF-16. Save it as CSV in UTF-8 and import it again.")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil, fault.New(fault.Invalid, "The file is a spreadsheet, not CSV. Save it as CSV in UTF-8 and import it again.")
	case bytes.HasPrefix(head, []byte(mark)):
		if _, err := buf.Discard(3); err != nil {
			return nil, fmt.Errorf("read the file: %w", err)
		}
		head = head[3:]
	}
	r := &Reader{csv: csv.NewReader(buf), meter: m}
	r.csv.Comma = separator(head)
	r.csv.FieldsPerRecord = -1
	first, err := r.csv.Read()
	if fault.KindOf(err) == fault.TooLarge {
		return nil, err
	}
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The first line is not CSV: %v.", csvCause(err))
	}
	r.Header = make([]string, len(first))
	for i, name := range first {
		r.Header[i] = strings.TrimSpace(name)
	}
	return r, r.checkHeader()
}

func (r *Reader) checkHeader() error {
	if len(r.Header) > MaxColumns {
		return fault.New(fault.TooLarge, "The file has %d columns; at most %d can be read.", len(r.Header), MaxColumns)
	}
	seen := map[string]bool{}
	for i, name := range r.Header {
		switch {
		case name == "":
			return fault.New(fault.Invalid, "Column %d has no name in the first line. Name it, or remove the column.", i+1)
		case !utf8.ValidString(name) || strings.ContainsRune(name, 0):
			return fault.New(fault.Invalid, "The first line is not UTF-8. Save the file as CSV in UTF-8 and import it again.")
		case seen[name]:
			return fault.New(fault.Invalid, "The first line names the column %q twice. Rename or remove one of them.", name)
		}
		seen[name] = true
	}
	return nil
}

// Next gives the next row, io.EOF at the end. A row that cannot be read has its Err set and reading goes on behind it.
func (r *Reader) Next() (Row, error) {
	for {
		r.meter.row = 0
		cells, err := r.csv.Read()
		var parse *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return Row{}, io.EOF
		case errors.As(err, &parse):
			return Row{Line: parse.StartLine, Err: fault.New(fault.Invalid, "The row is not CSV: %v.", csvCause(err))}, nil
		case err != nil:
			return Row{}, fmt.Errorf("read the file: %w", err)
		}
		if len(cells) == 1 && strings.TrimSpace(cells[0]) == "" {
			continue
		}
		line, _ := r.csv.FieldPos(0)
		return Row{Line: line, Cells: cells, Err: r.checkCells(cells)}, nil
	}
}

func (r *Reader) checkCells(cells []string) error {
	if len(cells) > len(r.Header) {
		return fault.New(fault.Invalid, "The row has %d cells, but the first line names %d columns.", len(cells), len(r.Header))
	}
	for i, c := range cells {
		switch {
		case len(c) > MaxCell:
			return fault.New(fault.TooLarge, "The cell of %q is %d bytes long; at most 1 MiB fits.", r.Header[i], len(c))
		case !utf8.ValidString(c) || strings.ContainsRune(c, 0):
			return fault.New(fault.Invalid, "The cell of %q is not text in UTF-8.", r.Header[i])
		}
	}
	return nil
}

// separator takes the one of comma, semicolon and tab that the first line has most of outside quotes.
func separator(head []byte) rune {
	counts := map[byte]int{}
	quoted := false
	for _, c := range head {
		if c == '"' {
			quoted = !quoted
		}
		if !quoted && (c == '\n' || c == '\r') {
			break
		}
		if !quoted {
			counts[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte{';', '\t'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return rune(best)
}

func csvCause(err error) error {
	var parse *csv.ParseError
	switch {
	case !errors.As(err, &parse):
		return err
	case errors.Is(err, csv.ErrQuote) && parse.Line > parse.StartLine:
		return fmt.Errorf("a quote that is opened in it is not closed properly, and the lines up to line %d were read as part of it", parse.Line)
	default:
		return fmt.Errorf("line %d: %w", parse.Line, parse.Err)
	}
}
