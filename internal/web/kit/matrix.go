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
//	pw.<Model>                    hidden: the actions that were on when the page was made
//
// Ticked is "on". The form carries a hidden matrix=<ID> for each matrix. With scripts a row's properties open in a drawer, whose
// state is in the address (#props=<Model>); pw then names every action, since ticking the properties of a fresh action was done.
type Matrix struct {
	ID   string // unique on the page; empty means "matrix"
	Rows []MatrixRow
	// InWords overrides the sentence that says the whole in words.
	InWords string
	// Presets and CopyFrom are offered above: links that open the page with another set filled in. Asked for JSON, each answers with
	// the stored form of its set, and scripts tick the boxes without leaving the page.
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
	// Group titles the rows that follow each other under it; the sentence in words speaks of each group after the first by name.
	Group string
	// Actions follow MatrixActions.
	Actions [5]Permission
	// Properties of the model; FutureView and FutureUpdate are the switches for
	// those added later.
	Properties               []MatrixProperty
	FutureView, FutureUpdate Permission
	// Note is said below the label: "this app asks, your role does not have it".
	Note string
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
	// None draws nothing: there is no such action here.
	None bool
}

// MatrixGroup is the rows under one title, which may be empty.
type MatrixGroup struct {
	Label string
	Rows  []MatrixRow
}

// DOMID is ID or its default.
func (m Matrix) DOMID() string {
	if m.ID == "" {
		return "matrix"
	}
	return m.ID
}

// Groups are the rows by their groups, in order.
func (m Matrix) Groups() []MatrixGroup {
	var out []MatrixGroup
	for _, r := range m.Rows {
		if len(out) == 0 || out[len(out)-1].Label != r.Group {
			out = append(out, MatrixGroup{Label: r.Group})
		}
		last := &out[len(out)-1]
		last.Rows = append(last.Rows, r)
	}
	return out
}

// Columns are the heads.
func (m Matrix) Columns() []string { return MatrixActions[:] }

// Was lists the row's actions that are on, for the hidden field.
func (r MatrixRow) Was() string {
	var on []string
	for i, a := range r.Actions {
		if a.On {
			on = append(on, strings.ToLower(MatrixActions[i]))
		}
	}
	return strings.Join(on, " ")
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
