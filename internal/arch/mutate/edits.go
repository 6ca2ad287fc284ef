package main

import (
	"bytes"
	"cmp"
	"slices"
)

// edit is text put in at an offset, after `cut` bytes were taken out there.
type edit struct {
	at, cut int
	text    string
	closes  bool
	order   int
}

// edits put nested brackets into a text. They are noted outer brackets first.
type edits []edit

func (e *edits) open(at int, text string) { *e = append(*e, edit{at: at, text: text, order: len(*e)}) }

func (e *edits) close(at int, text string) {
	*e = append(*e, edit{at: at, text: text, closes: true, order: len(*e)})
}

func (e *edits) replace(at, cut int, text string) {
	*e = append(*e, edit{at: at, cut: cut, text: text, order: len(*e)})
}

// apply keeps every line where it is. At one offset, brackets close before others open, inner ones first.
func (e edits) apply(text []byte) []byte {
	sorted := slices.SortedFunc(slices.Values(e), func(a, b edit) int {
		if c := cmp.Compare(a.at, b.at); c != 0 {
			return c
		}
		switch {
		case a.closes && b.closes:
			return cmp.Compare(b.order, a.order)
		case a.closes:
			return -1
		case b.closes:
			return 1
		}
		return cmp.Compare(a.order, b.order)
	})
	var out bytes.Buffer
	done := 0
	for _, x := range sorted {
		out.Write(text[done:x.at])
		out.WriteString(x.text)
		done = x.at + x.cut
	}
	out.Write(text[done:])
	return out.Bytes()
}
