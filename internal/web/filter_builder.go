package web

import (
	"strings"

	"mandorla/internal/model"
	"mandorla/internal/record"
	"mandorla/internal/web/kit"
)

// filterBuilder makes a filter: one component for tables and for portfolios. Its fields stand in a form of the page; readDraft reads
// them back. Every button is a submit button of that form, which its handler answers with the same page; with scripts, the address
// in Part answers with the builder alone.
type filterBuilder struct {
	Part   string // address of the builder alone
	Any    bool
	Rows   []filterRow
	Words  string // a filter that rows cannot say, in words
	AsText bool   // the text may be edited
	Text   kit.Field
	Was    string
	Error  string
	Full   bool // no more conditions fit
}

// filterRow is one condition.
type filterRow struct {
	N       int
	Part    string
	Label   string
	Groups  []choiceGroup
	Op      *kit.Field // nil until a property is chosen
	Value   *kit.Field // nil where the operator takes none
	Unknown bool       // the property is gone
}

var sampleFilterBuilder = filterBuilder{
	Part: "/", Rows: []filterRow{{Groups: []choiceGroup{{Label: "x", Items: []choice{{Path: "x", Selected: true}}}}, Op: &kit.Field{}, Value: &kit.Field{}}},
	AsText: true, Error: "x",
}

// choices is how many records a filter offers to choose from by name.
const choices = 200

// filterBuilder draws a draft. lacking is the row to say "choose a value" at; -1 for none.
func (s *Server) filterBuilder(v *visit, scope filterScope, d filterDraft, part string, lacking int) (filterBuilder, error) {
	b := filterBuilder{Part: part, Any: d.Any, Full: len(d.Rows) >= maxConditions}
	text := d.text(scope)
	b.Was = text
	b.Text = kit.Field{Kind: kit.FieldArea, Name: fieldText, Label: "The filter as text", Value: text, Mono: true, Rows: 4, Help: `JSON such as {"property": "status", "op": "eq", "value": "customer"}; join with {"and": […]}, {"or": […]} and {"not": {…}}.`}
	if d.Text != "" {
		b.Was = ""
	}
	if !d.Deep.IsZero() {
		words, err := s.filterWords(v, scope, d.Deep)
		if err != nil {
			return b, err
		}
		b.Words = words
		return b, nil
	}
	if len(d.Rows) == 0 {
		d.Rows = []condition{{}}
	}
	for i, c := range d.Rows {
		row, err := s.filterRow(v, scope, i, c, i == lacking)
		if err != nil {
			return b, err
		}
		row.Part = part
		b.Rows = append(b.Rows, row)
	}
	return b, nil
}

func (s *Server) filterRow(v *visit, scope filterScope, n int, c condition, lacking bool) (filterRow, error) {
	row := filterRow{N: n, Label: scope.label(c.Path), Groups: scope.choices(c.Path)}
	if c.Path == "" {
		row.Label = "new condition"
		return row, nil
	}
	p := scope.property(c.Path)
	if p == nil {
		row.Unknown = true
		return row, nil
	}
	if !p.HasOperator(model.Op(c.Op)) { // another property was chosen
		c.Op, c.Value = string(p.Kind.Operators()[0]), ""
	}
	op := kit.Field{Kind: kit.FieldSelect, Name: rowField("fo", n), ID: "f-fo-" + itoa(n), Label: "Condition on " + row.Label}
	for _, o := range p.Kind.Operators() {
		op.Options = append(op.Options, kit.Option{Value: string(o), Label: operatorWord(p, o), Selected: c.Op == string(o)})
	}
	row.Op = &op
	if c.noValue() {
		return row, nil
	}
	value, err := s.filterValue(v, scope, p, c)
	if err != nil {
		return row, err
	}
	value.Name, value.ID, value.Label = rowField("fv", n), "f-fv-"+itoa(n), "Value of "+row.Label
	if lacking {
		value.Error = "Choose or type a value; only “is empty” and “is not empty” go without one."
	}
	row.Value = &value
	return row, nil
}

// filterValue offers a choice where the kind has one, else a box.
func (s *Server) filterValue(v *visit, scope filterScope, p *model.Property, c condition) (kit.Field, error) {
	f := kit.Field{Value: c.Value, Multiple: c.list()}
	chosen := strings.Split(c.Value, ",")
	option := func(value, label string) { f.Options = append(f.Options, optionOf(value, label, chosen)) }
	part := c.Op == string(model.StartsWith) || c.Op == string(model.Contains) && !p.IsRefs()
	switch {
	case len(p.Options) > 0 && !part:
		f.Kind = kit.FieldSelect
		if !f.Multiple {
			option("", "Choose…")
		}
		for _, o := range p.Options {
			option(o, o)
		}
	case p.Kind.Storage() == model.StoreBool:
		f.Kind = kit.FieldSelect
		option("true", "Yes")
		option("false", "No")
	case p.Kind.Storage() == model.StoreInstant && !c.list():
		f.Type = "date"
	case p.IsRef() || p.IsRefs():
		return s.filterRecords(v, scope, p, f, chosen)
	case c.list():
		f.Placeholder = "Several, with commas between"
	case p.Kind.Storage() == model.StoreInteger || p.Kind.Storage() == model.StoreNumber:
		f.Placeholder = "A number"
	}
	return f, nil
}

func optionOf(value, label string, chosen []string) kit.Option {
	o := kit.Option{Value: value, Label: label}
	for _, c := range chosen {
		o.Selected = o.Selected || c == value
	}
	return o
}

// filterRecords offers the records that a reference can point to by name; where there are too many, the box takes an id.
func (s *Server) filterRecords(v *visit, scope filterScope, p *model.Property, f kit.Field, chosen []string) (kit.Field, error) {
	f.Placeholder, f.Mono = "ID of a record", true
	to, ok := v.byName(p.To)
	if !ok {
		return f, nil
	}
	list, err := s.Gate.List(v.ctx(), v.who, record.ListRequest{Model: to.Model.Name, Select: titleOf(to), Limit: choices})
	if err != nil {
		return f, err
	}
	if list.NextCursor != "" {
		f.Help = "The ID of a " + strings.ToLower(to.Model.Label) + ": it is at the end of the record's address."
		return f, nil
	}
	f.Kind, f.Placeholder, f.Mono = kit.FieldSelect, "", false
	if !f.Multiple {
		f.Options = append(f.Options, kit.Option{Value: "", Label: "Choose…"})
	}
	if to.Model.Name == "User" {
		f.Options = append(f.Options, optionOf("me", meWord(scope), chosen))
	}
	offered := map[string]bool{"": true, "me": true}
	for i, row := range list.Rows {
		offered[row.ID] = true
		f.Options = append(f.Options, optionOf(row.ID, clip(list.TitleOf(i), 80), chosen))
	}
	for _, id := range chosen { // what is not there, or not for this person to see, is kept
		if !offered[id] {
			f.Options = append(f.Options, kit.Option{Value: id, Label: id, Selected: true})
		}
	}
	return f, nil
}

// meWord is what "me" means where the filter is read: the person who looks at a table, or whoever has the role.
func meWord(scope filterScope) string {
	if scope.shown {
		return "Me"
	}
	return "The person who has the role"
}

// titleOf selects the title where it may be read.
func titleOf(m record.ModelView) []string {
	for _, p := range m.Properties {
		if p.Read && p.Property.Name == m.Model.Title {
			return []string{m.Model.Title}
		}
	}
	return []string{"_id"}
}
