package web

import (
	"net/url"
	"strings"

	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
	"mandorla/internal/web/kit"
)

// filterDrawer adds one condition in two steps: first the property, then operator and value as its kind has them.
type filterDrawer struct {
	Drawer kit.Drawer
	Groups []filterGroup // step 1
	Form   *kit.Form     // step 2
}

// filterGroup is a titled list of properties to choose from.
type filterGroup struct {
	Label string
	Items []kit.Link
}

var sampleFilterDrawer = filterDrawer{
	Drawer: kit.Drawer{ID: "filter", Title: "Add a filter"},
	Groups: []filterGroup{{Label: "Shown", Items: []kit.Link{{Label: "Name", Href: "?"}}}},
	Form:   &kit.Form{Get: true},
}

// choices is how many records a filter offers to choose from by name.
const choices = 200

func (s *Server) filterDrawer(v *visit, m record.ModelView, a address, path string, q url.Values) (*filterDrawer, error) {
	base := a.first().at(path)
	d := &filterDrawer{Drawer: kit.Drawer{ID: "filter", Title: "Filter " + strings.ToLower(m.Model.Plural), Icon: "filter", CloseHref: base}}
	p := readable(m, q.Get("fp"))
	if p == nil {
		d.Groups = filterProperties(m, base)
		return d, nil
	}
	d.Drawer.Subtitle = p.DisplayLabel()
	form := kit.Form{Get: true, Action: path, Submit: kit.Button{Label: "Add filter", Look: kit.Primary},
		Cancel: &kit.Link{Label: "Another property", Href: withParam(base, "filter", "new")}}
	form.Hidden = append(hiddenFields(a.first().values()), kit.Hidden{Name: "filter", Value: "new"}, kit.Hidden{Name: "fp", Value: p.Name})
	ops := kit.Field{Kind: kit.FieldSelect, Name: "fo", Label: "Condition", ID: "filter-op"}
	for _, op := range p.Kind.Operators() {
		ops.Options = append(ops.Options, kit.Option{Value: string(op), Label: operatorWord(p, op), Selected: q.Get("fo") == string(op)})
	}
	value, err := s.filterValue(v, p)
	if err != nil {
		return nil, err
	}
	if q.Has("fo") {
		value.Error = "Choose or type a value; only “is empty” and “is not empty” go without one."
	}
	form.Fields = []kit.Field{ops, value}
	d.Form = &form
	return d, nil
}

func readable(m record.ModelView, name string) *model.Property {
	for _, p := range m.Properties {
		if p.Read && p.Property.Name == name && len(p.Property.Kind.Operators()) > 0 {
			return p.Property
		}
	}
	return nil
}

func filterProperties(m record.ModelView, base string) []filterGroup {
	groups := []filterGroup{{Label: "Shown in the table"}, {Label: "More properties"}}
	for _, p := range m.Properties {
		if readable(m, p.Property.Name) == nil {
			continue
		}
		i := 1
		if p.Property.List || p.Property.Name == m.Model.Title {
			i = 0
		}
		groups[i].Items = append(groups[i].Items, kit.Link{
			Label: p.Property.DisplayLabel(), Href: withParam(base, "filter", "new", "fp", p.Property.Name),
		})
	}
	return groups
}

// filterValue offers a choice where the kind has one, else a box.
func (s *Server) filterValue(v *visit, p *model.Property) (kit.Field, error) {
	f := kit.Field{Name: "fv", ID: "filter-value", Label: "Value"}
	option := func(value, label string) { f.Options = append(f.Options, kit.Option{Value: value, Label: label}) }
	switch {
	case len(p.Options) > 0:
		f.Kind = kit.FieldSelect
		option("", "Choose…")
		for _, o := range p.Options {
			option(o, o)
		}
	case p.Kind.Storage() == model.StoreBool:
		f.Kind = kit.FieldSelect
		option("true", "Yes")
		option("false", "No")
	case p.Kind.Storage() == model.StoreInstant:
		f.Type = "date"
	case p.IsRef() || p.IsRefs():
		return s.filterRecords(v, p, f)
	case p.Kind.Storage() == model.StoreInteger || p.Kind.Storage() == model.StoreNumber:
		f.Help = "A number. For “is one of”, several with commas between."
	default:
		f.Help = "For “is one of”, several with commas between."
	}
	return f, nil
}

// filterRecords offers the records that a reference can point to by name; where there are too many, the box takes an id.
func (s *Server) filterRecords(v *visit, p *model.Property, f kit.Field) (kit.Field, error) {
	to, ok := v.byName(p.To)
	if !ok {
		f.Help = "The ID of a record."
		return f, nil
	}
	list, err := s.Gate.List(v.ctx(), v.who, record.ListRequest{Model: to.Model.Name, Select: titleOf(to), Limit: choices})
	if err != nil {
		return f, err
	}
	if list.NextCursor != "" {
		f.Help = "The ID of a " + strings.ToLower(to.Model.Label) + ": it is at the end of the record's address."
		f.Mono = true
		return f, nil
	}
	f.Kind = kit.FieldSelect
	f.Options = append(f.Options, kit.Option{Value: "", Label: "Choose…"})
	if to.Model.Name == "User" {
		f.Options = append(f.Options, kit.Option{Value: "me", Label: "Me"})
	}
	for i, row := range list.Rows {
		f.Options = append(f.Options, kit.Option{Value: row.ID, Label: clip(list.TitleOf(i), 80)})
	}
	return f, nil
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

// chips are the conditions in force, in words.
func (s *Server) chips(v *visit, m record.ModelView, a address, path string) ([]kit.Chip, error) {
	var out []kit.Chip
	for i, c := range a.Filters {
		label, err := s.chip(v, m, c)
		if err != nil {
			return nil, err
		}
		out = append(out, kit.Chip{Label: label, Remove: a.without(i).at(path)})
	}
	return out, nil
}

func (s *Server) chip(v *visit, m record.ModelView, c condition) (string, error) {
	p := readable(m, c.Path)
	name, value := c.Path, c.Value
	if p != nil {
		name = p.DisplayLabel()
		if p.To != "" && value != "" {
			titles, err := s.titles(v, p.To, strings.Split(value, ","))
			if err != nil {
				return "", err
			}
			var words []string
			for one := range strings.SplitSeq(value, ",") {
				switch title := titles[one]; {
				case one == "me" && p.To == "User":
					words = append(words, "me")
				case title != "":
					words = append(words, title)
				default:
					words = append(words, one)
				}
			}
			value = strings.Join(words, ", ")
		} else if n, err := p.Kind.Parse(p, value); err == nil && tableKind(p) == kit.KindNumber {
			value = valueText(p, n)
		} else if p.Kind.Storage() == model.StoreBool {
			value = map[string]string{"true": "yes", "false": "no"}[value]
		}
	}
	label := name + " " + operatorWord(p, model.Op(c.Op))
	if !c.noValue() {
		label += " " + value
	}
	return clip(label, 90), nil
}

func valueText(p *model.Property, raw any) string { return value(p, raw).Text }

// titles finds the names of records; what the person may not see is simply not among them.
func (s *Server) titles(v *visit, modelName string, ids []string) (map[string]string, error) {
	out := map[string]string{}
	to, ok := v.byName(modelName)
	var list []any
	for _, id := range ids {
		if model.IsID(id) && len(list) < query.MaxValues {
			list = append(list, id)
		}
	}
	if !ok || len(list) == 0 {
		return out, nil
	}
	page, err := s.Gate.List(v.ctx(), v.who, record.ListRequest{
		Model: modelName, Select: titleOf(to), Filter: query.Where("_id", model.In, list), Sort: []string{"_id"}, Limit: len(list),
	})
	if fault.Is(err, fault.Invalid) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	for i, row := range page.Rows {
		out[row.ID] = page.TitleOf(i)
	}
	return out, nil
}

// withParam adds parameters to an address of our own.
func withParam(at string, pairs ...string) string {
	path, raw, _ := strings.Cut(at, "?")
	q, err := url.ParseQuery(raw)
	if err != nil {
		q = url.Values{}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return path + "?" + q.Encode()
}
