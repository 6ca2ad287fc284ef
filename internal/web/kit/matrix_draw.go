package kit

import "strings"

// What the templates of the matrix draw.

// MatrixCell is one box with its name and its words; the templates draw these.
type MatrixCell struct {
	Permission
	Name     string // of the checkbox
	Label    string // "View Company"
	Column   string // "view"
	Row      string
	ReadOnly bool
}

// MatrixMenu is one of the menus above.
type MatrixMenu struct {
	Label string
	Links []Link
}

// Menus are the menus that have something in them.
func (m Matrix) Menus() []MatrixMenu {
	var out []MatrixMenu
	for _, menu := range []MatrixMenu{{"Preset", m.Presets}, {"Copy from", m.CopyFrom}} {
		if len(menu.Links) > 0 {
			out = append(out, menu)
		}
	}
	return out
}

// MatrixDrawn is a row in its matrix.
type MatrixDrawn struct {
	MatrixRow
	ReadOnly bool
}

// Draw puts a row into the matrix.
func (m Matrix) Draw(r MatrixRow) MatrixDrawn { return MatrixDrawn{r, m.ReadOnly} }

// Cells are the row's five boxes.
func (r MatrixDrawn) Cells() []MatrixCell {
	cells := make([]MatrixCell, len(MatrixActions))
	for i, action := range MatrixActions {
		column := strings.ToLower(action)
		cells[i] = r.cell(r.Actions[i], "p."+r.Model+"."+column, action+" "+r.Label, column)
	}
	return cells
}

// PropertyCells are the two boxes of a property.
func (r MatrixDrawn) PropertyCells(p MatrixProperty) []MatrixCell {
	return []MatrixCell{
		r.cell(p.View, "pv."+r.Model+"."+p.ID, "View "+p.Label, "pv"),
		r.cell(p.Update, "pu."+r.Model+"."+p.ID, "Update "+p.Label, "pu"),
	}
}

// FutureCells are the two boxes for properties added later.
func (r MatrixDrawn) FutureCells() []MatrixCell {
	return []MatrixCell{
		r.cell(r.FutureView, "pa."+r.Model+".view", "View future properties of "+r.Label, "pv"),
		r.cell(r.FutureUpdate, "pa."+r.Model+".update", "Update future properties of "+r.Label, "pu"),
	}
}

func (r MatrixDrawn) cell(p Permission, name, label, column string) MatrixCell {
	return MatrixCell{Permission: p, Name: name, Label: label, Column: column, Row: r.Model, ReadOnly: r.ReadOnly}
}

// MatrixHead is the head of a column of properties.
type MatrixHead struct {
	Label    string
	ReadOnly bool
}

// Head makes one.
func (r MatrixDrawn) Head(label string) MatrixHead { return MatrixHead{label, r.ReadOnly} }
