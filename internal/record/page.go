package record

import (
	"strconv"

	"mandorla/internal/model"
	"mandorla/internal/query"
)

// Column is one value of every row of a Page.
type Column struct {
	Name     string          // as asked: "arr", "owner.name", "custom.Sector"
	Property *model.Property // the property at the end of the name; says how to render values
	Title    int             // index in Row.Values of the title of the record referred to; -1: none, or not for this principal
}

// Page is the answer to a read.
type Page struct {
	Model      *model.Model
	Columns    []Column // the first is always _id; companions that only carry titles come behind these in Row.Values
	Rows       []query.Row
	Total      int    // rows in all, -1 where it was not asked for
	NextCursor string // "" at the end
	OmitEmpty  bool   // AppendRow leaves empty values out
}

// AppendRow appends row i as a JSON object. A reference with a title becomes {"_id": …, "name": …}.
func (p *Page) AppendRow(dst []byte, i int) []byte {
	row := p.Rows[i]
	dst = append(dst, '{')
	first := true
	for c, col := range p.Columns {
		v := row.Values[c]
		if v == nil && p.OmitEmpty {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = strconv.AppendQuote(dst, col.Name) // names hold no character that Go and JSON quote differently
		dst = append(dst, ':')
		if v != nil && col.Title != -1 && row.Values[col.Title] != nil {
			dst = append(dst, `{"_id":`...)
			dst = col.Property.Kind.AppendJSON(dst, v)
			dst = append(dst, `,"name":`...)
			dst = model.Text.AppendJSON(dst, row.Values[col.Title])
			dst = append(dst, '}')
			continue
		}
		dst = col.Property.Kind.AppendJSON(dst, v)
	}
	return append(dst, '}')
}

// Value gives the canonical value of a named column of row i; nil where it is empty or not a column.
func (p *Page) Value(i int, name string) any {
	for c, col := range p.Columns {
		if col.Name == name {
			return p.Rows[i].Values[c]
		}
	}
	return nil
}

// TitleOf gives the title of row i, or its id where the title is empty or not among the columns.
func (p *Page) TitleOf(i int) string {
	if s, _ := p.Value(i, p.Model.Title).(string); s != "" {
		return s
	}
	return p.Rows[i].ID
}
