package kit

import (
	"fmt"
	"strings"
)

// MatrixActions are the columns, in order; a row's Actions follow it.
var MatrixActions = [5]string{"View", "Create", "Update", "Remove", "Export"}

// Matrix is the permission matrix: one component for roles, OAuth clients,
// private apps and the authorization page. It is part of a form and posts named
// checkboxes, so it works without scripts:
//
//	p.<Model>.<action>            view create update remove export
//	pv.<Model>.<property ID>      may see the property
//	pu.<Model>.<property ID>      may change it
//	pa.<Model>.view, .update      also properties added later
//
// Ticked is "on". The form carries a hidden matrix=<ID> for each matrix.
type Matrix struct {
	ID   string // unique on the page; empty means "matrix"
	Rows []MatrixRow
	// InWords overrides the sentence that says the whole in words.
	InWords string
	// Presets and CopyFrom are offered above: links that open the page with another set filled in.
	Presets  []Link
	CopyFrom []Link
	// ReadOnly draws shapes instead of checkboxes.
	ReadOnly bool
	// OnlyOn starts with what is on.
	OnlyOn bool
}

// MatrixRow is one model.
type MatrixRow struct {
	Model string // in the checkboxes' names
	Label string
	Icon  string
	// Actions follow MatrixActions.
	Actions [5]Permission
	// Properties of the model; FutureView and FutureUpdate are the switches for
	// those added later.
	Properties               []MatrixProperty
	FutureView, FutureUpdate Permission
	// Note is said below the label: "this app asks, your role does not have it".
	Note string
	Open bool // starts with its properties shown
}

// MatrixProperty is one property of a model.
type MatrixProperty struct {
	ID, Name, Label, Kind string
	View, Update          Permission
	Sensitive             bool
}

// Permission is one box of the matrix.
type Permission struct {
	On bool
	// Fixed cannot be changed here; Why says why ("your role does not have it").
	Fixed bool
	Why   string
}

// MatrixCell is one box with its name and its words; the templates draw these.
type MatrixCell struct {
	Permission
	Name     string // of the checkbox
	Label    string // "View Company"
	Column   string // "view"
	Row      string
	ReadOnly bool
}

// DOMID is ID or its default.
func (m Matrix) DOMID() string {
	if m.ID == "" {
		return "matrix"
	}
	return m.ID
}

// Columns are the heads.
func (m Matrix) Columns() []string { return MatrixActions[:] }

// Cells are the row's five boxes.
func (m Matrix) Cells(r MatrixRow) []MatrixCell {
	cells := make([]MatrixCell, len(MatrixActions))
	for i, action := range MatrixActions {
		column := strings.ToLower(action)
		cells[i] = MatrixCell{
			Permission: r.Actions[i], Name: "p." + r.Model + "." + column,
			Label: action + " " + r.Label, Column: column, Row: r.Model, ReadOnly: m.ReadOnly,
		}
	}
	return cells
}

// PropertyCells are the two boxes of a property.
func (m Matrix) PropertyCells(r MatrixRow, p MatrixProperty) []MatrixCell {
	return []MatrixCell{
		{Permission: p.View, Name: "pv." + r.Model + "." + p.ID, Label: "View " + p.Label, Column: "pv", Row: r.Model, ReadOnly: m.ReadOnly},
		{Permission: p.Update, Name: "pu." + r.Model + "." + p.ID, Label: "Update " + p.Label, Column: "pu", Row: r.Model, ReadOnly: m.ReadOnly},
	}
}

// FutureCells are the two boxes for properties added later.
func (m Matrix) FutureCells(r MatrixRow) []MatrixCell {
	return []MatrixCell{
		{Permission: r.FutureView, Name: "pa." + r.Model + ".view", Label: "View future properties of " + r.Label, Column: "pv", Row: r.Model, ReadOnly: m.ReadOnly},
		{Permission: r.FutureUpdate, Name: "pa." + r.Model + ".update", Label: "Update future properties of " + r.Label, Column: "pu", Row: r.Model, ReadOnly: m.ReadOnly},
	}
}

// Off reports a row with nothing on.
func (r MatrixRow) Off() bool {
	for _, a := range r.Actions {
		if a.On {
			return false
		}
	}
	return true
}

// Summary is "all", "48 of 49" or a dash.
func (r MatrixRow) Summary() string {
	seen := 0
	for _, p := range r.Properties {
		if p.View.On {
			seen++
		}
	}
	switch {
	case len(r.Properties) == 0 || r.Off():
		return "–"
	case seen == len(r.Properties):
		return "all"
	}
	return fmt.Sprintf("%d of %d", seen, len(r.Properties))
}

// Words says the set in words: "May view, create and update Company (all
// properties but ARR) and view End user. Nothing may be removed or exported."
// mandorla.js says the same after each change.
func (m Matrix) Words() string {
	if m.InWords != "" {
		return m.InWords
	}
	var parts []string
	granted := [5]bool{}
	for _, r := range m.Rows {
		var verbs []string
		for i, a := range r.Actions {
			if a.On {
				granted[i] = true
				verbs = append(verbs, strings.ToLower(MatrixActions[i]))
			}
		}
		if len(verbs) > 0 {
			parts = append(parts, and(verbs)+" "+r.Label+r.limits())
		}
	}
	if len(parts) == 0 {
		return "May do nothing."
	}
	if extra := len(parts) - 6; extra > 1 {
		parts = append(parts[:6:6], fmt.Sprintf("work with %d more models", extra))
	}
	var never []string
	for i, verb := range []string{"seen", "created", "updated", "removed", "exported"} {
		if !granted[i] {
			never = append(never, verb)
		}
	}
	words := "May " + and(parts) + "."
	if len(never) > 0 {
		words += " Nothing may be " + or(never) + "."
	}
	return words
}

// limits is " (all properties but ARR)", " (5 of 49 properties)" or nothing.
func (r MatrixRow) limits() string {
	var hidden []string
	for _, p := range r.Properties {
		if !p.View.On {
			hidden = append(hidden, p.Label)
		}
	}
	switch n := len(r.Properties); {
	case len(hidden) == 0:
		return ""
	case len(hidden) <= 3 && n > 3:
		return " (all properties but " + and(hidden) + ")"
	default:
		return fmt.Sprintf(" (%d of %d properties)", n-len(hidden), n)
	}
}

func and(words []string) string { return join(words, "and") }
func or(words []string) string  { return join(words, "or") }

func join(words []string, last string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " " + last + " " + words[n-1]
	}
}
