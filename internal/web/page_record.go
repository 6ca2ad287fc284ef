package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/record"
	"mandorla/internal/web/kit"
)

// relatedRows is how many related records a tab shows before it leads to the data page.
const relatedRows = 20

// recordView is one record: its properties at the left, what points to it and its history at the right.
type recordView struct {
	Properties kit.Properties
	Tabs       kit.Tabs
	Related    *kit.Table
	All        *kit.Button // leads to all related records of the tab
	History    []change
	IsHistory  bool
	None       *kit.Empty
}

// change is one entry of the history.
type change struct {
	Who, Through, Did string
	Lines             []changeLine
	At                kit.Value
}

// changeLine is one property's way from old to new.
type changeLine struct{ Label, Old, New string }

var sampleRecord = recordView{
	Properties: kit.Properties{Groups: []kit.PropertyGroup{{Label: "Main", Items: []kit.Property{{Label: "Name", Value: kit.Text("3M")}}}}},
	Tabs:       kit.Tabs{Items: []kit.Tab{{Label: "History", Href: "?", Active: true}}},
	Related:    &kit.Table{}, All: &kit.Button{Label: "All"}, IsHistory: true,
	History: []change{{Who: "Carly", Through: "Claude", Did: "changed", Lines: []changeLine{{"Phase", "a", "b"}}}},
	None:    &kit.Empty{Title: "None"},
}

// relation is one reference of another model that points here.
type relation struct {
	model record.ModelView
	ref   *model.Property
	label string
	count int
}

func (r relation) key() string { return r.model.Model.Route + "." + r.ref.Name }

func (s *Server) getRecord(w http.ResponseWriter, v *visit) error {
	m, ok := v.model(v.r.PathValue("model"))
	if !ok {
		return errNoPage
	}
	id := v.r.PathValue("id")
	got, err := s.Gate.Get(v.ctx(), v.who, m.Model.Name, id, nil)
	if err != nil {
		return err
	}
	id = got.Rows[0].ID
	page := s.shell(v, m.Model.Route, clip(got.TitleOf(0), 120))
	page.Icon = m.Model.Icon
	page.Breadcrumb = []kit.Link{{Label: m.Model.Plural, Href: "/data/" + m.Model.Route}}
	var view recordView
	if view.Properties, err = s.properties(v, m, got); err != nil {
		return err
	}
	if err := s.recordTabs(v, m, id, &view); err != nil {
		return err
	}
	return s.kit.Render(w, http.StatusOK, page, "record", view)
}

// properties groups what may be read: first what lists show, then what people fill in, then what the system keeps, then the empty ones.
func (s *Server) properties(v *visit, m record.ModelView, got *record.Page) (kit.Properties, error) {
	groups := []kit.PropertyGroup{{Label: "Overview"}, {Label: "Details"}, {Label: "Kept by the system"}, {Label: "Empty", Folded: true}}
	for c, col := range got.Columns {
		p := col.Property
		raw := got.Rows[0].Values[c]
		item := kit.Property{Label: p.DisplayLabel(), Help: p.Doc, Value: v.cell(got, 0, c)}
		if ids, many := raw.([]string); many && p.IsRefs() {
			var err error
			if item.Value, err = s.names(v, p, ids); err != nil {
				return kit.Properties{}, err
			}
		}
		if doc, isJSON := raw.(json.RawMessage); isJSON {
			item.Value = kit.Value{Kind: kit.KindLong, Text: clip(indent(doc), 4000)}
		}
		i := 1
		switch {
		case p.List || p.Name == m.Model.Title:
			i = 0
		case raw == nil:
			i = 3
		case !p.Writable():
			i = 2
		}
		groups[i].Items = append(groups[i].Items, item)
	}
	return kit.Properties{Groups: slices.DeleteFunc(groups, func(g kit.PropertyGroup) bool { return len(g.Items) == 0 })}, nil
}

func indent(doc json.RawMessage) string {
	out, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return string(doc)
	}
	return string(out)
}

// names draws a list of references by the names that the person may see.
func (s *Server) names(v *visit, p *model.Property, ids []string) (kit.Value, error) {
	titles, err := s.titles(v, p.To, ids)
	if err != nil {
		return kit.Value{}, err
	}
	var badges []kit.Badge
	for _, id := range ids {
		if title := titles[id]; title != "" {
			badges = append(badges, kit.Badge{Text: title})
		}
	}
	if hidden := len(ids) - len(badges); hidden > 0 {
		badges = append(badges, kit.Badge{Text: countOf(hidden, "more", "more"), Title: "Not for you to see, or removed"})
	}
	return kit.Badges(badges...), nil
}

// relations are the readable single references of viewable models that point to records of this model.
func (v *visit) relations(to *model.Model) []relation {
	var out []relation
	for _, m := range v.models {
		if m.Actions&access.View == 0 {
			continue
		}
		var here []relation
		for _, p := range m.Properties {
			if p.Read && p.Property.IsRef() && p.Property.To == to.Name && p.Property.Name != "_id" {
				here = append(here, relation{model: m, ref: p.Property, label: m.Model.Plural})
			}
		}
		if len(here) > 1 {
			for i := range here {
				here[i].label += " (" + strings.ToLower(here[i].ref.DisplayLabel()) + ")"
			}
		}
		out = append(out, here...)
	}
	return out
}

func (s *Server) recordTabs(v *visit, m record.ModelView, id string, view *recordView) error {
	relations := v.relations(m.Model)
	for i := range relations {
		r := &relations[i]
		list, err := s.Gate.List(v.ctx(), v.who, record.ListRequest{
			Model: r.model.Model.Name, Filter: r.pointing(id).filter(), Select: []string{"_id"}, Sort: []string{"_id"}, Limit: 1, Total: true,
		})
		if err != nil {
			return err
		}
		r.count = list.Total
	}
	tab := v.r.URL.Query().Get("tab")
	chosen := -1
	for i, r := range relations {
		if tab == r.key() || tab == "" && chosen < 0 && r.count > 0 {
			chosen = i
		}
	}
	path := recordPath(m.Model, id)
	view.Tabs.Label = "Related"
	for i, r := range relations {
		if r.count == 0 && i != chosen && strings.Contains(r.label, "(") {
			continue // a second reference that nothing uses
		}
		view.Tabs.Items = append(view.Tabs.Items, kit.Tab{
			Label: r.label, Icon: r.model.Model.Icon, Count: kit.Count(r.count), Href: path + "?tab=" + r.key(), Active: i == chosen,
		})
	}
	view.IsHistory = chosen < 0
	view.Tabs.Items = append(view.Tabs.Items, kit.Tab{Label: "History", Icon: "history", Href: path + "?tab=history", Active: chosen < 0})
	if chosen < 0 {
		return s.history(v, m, id, view)
	}
	return s.related(v, relations[chosen], id, view)
}

func (r relation) pointing(id string) condition { return condition{r.ref.Name, string(model.Eq), id} }

func (s *Server) related(v *visit, r relation, id string, view *recordView) error {
	columns := slices.DeleteFunc(listColumns(r.model), func(name string) bool { return name == r.ref.Name })
	list, err := s.Gate.List(v.ctx(), v.who, record.ListRequest{
		Model: r.model.Model.Name, Filter: r.pointing(id).filter(), Select: columns[:min(4, len(columns))], Limit: relatedRows, Titles: true,
	})
	if err != nil {
		return err
	}
	t := kit.Table{ID: "related", Caption: r.label, Empty: &kit.Empty{
		Icon: r.model.Model.Icon, Title: "No " + strings.ToLower(r.model.Model.Plural) + " here",
		Text: "Those whose “" + r.ref.DisplayLabel() + "” is this record appear here.",
	}}
	v.fill(&t, list, func(*model.Property) *kit.Sort { return nil })
	view.Related = &t
	if r.count > 0 {
		view.All = &kit.Button{
			Label: "Open in " + r.model.Model.Plural, Icon: "table", Small: true,
			Href: address{Filters: []condition{r.pointing(id)}}.at("/data/" + r.model.Model.Route),
		}
	}
	return nil
}

var acts = map[string]string{"record.create": "created this", "record.update": "changed", "record.remove": "removed this"}

func (s *Server) history(v *visit, m record.ModelView, id string, view *recordView) error {
	entries, err := s.Gate.History(v.ctx(), v.who, m.Model.Name, id)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		view.None = &kit.Empty{Icon: "history", Title: "No changes yet", Text: "Every change is listed here: who made it, through which app, and what it was before."}
		return nil
	}
	names, err := s.historyNames(v, entries)
	if err != nil {
		return err
	}
	for _, e := range entries {
		c := change{Who: e.PersonName, Through: e.ClientName, Did: acts[e.Act], At: kit.Ago(e.At)}
		switch {
		case c.Who != "":
		case e.AppName != "":
			c.Who = e.AppName
		default:
			c.Who = "The operator"
		}
		if c.Did == "" {
			c.Did = "changed"
		}
		for _, one := range e.Changes {
			c.Lines = append(c.Lines, changeLine{
				Label: one.Property.DisplayLabel(), Old: historyText(one.Property, one.Old, names), New: historyText(one.Property, one.New, names),
			})
		}
		view.History = append(view.History, c)
	}
	return nil
}

// historyNames finds the names behind every reference in the entries, one question per model.
func (s *Server) historyNames(v *visit, entries []record.HistoryEntry) (map[string]string, error) {
	ids := map[string][]string{}
	for _, e := range entries {
		for _, c := range e.Changes {
			for _, raw := range []any{c.Old, c.New} {
				switch x := raw.(type) {
				case string:
					if c.Property.To != "" && !slices.Contains(ids[c.Property.To], x) {
						ids[c.Property.To] = append(ids[c.Property.To], x)
					}
				case []string:
					if c.Property.To != "" {
						ids[c.Property.To] = append(ids[c.Property.To], x...)
					}
				}
			}
		}
	}
	names := map[string]string{}
	for to, list := range ids {
		titles, err := s.titles(v, to, list)
		if err != nil {
			return nil, err
		}
		for id, title := range titles {
			names[id] = title
		}
	}
	return names, nil
}

func historyText(p *model.Property, raw any, names map[string]string) string {
	name := func(id string) string {
		if title := names[id]; title != "" {
			return title
		}
		return id
	}
	switch x := raw.(type) {
	case nil:
		return ""
	case string:
		if p.To != "" {
			return name(x)
		}
		return clip(plain(x), 160)
	case []string:
		words := make([]string, len(x))
		for i, one := range x {
			words[i] = one
			if p.To != "" {
				words[i] = name(one)
			}
		}
		return clip(strings.Join(words, ", "), 160)
	}
	if shown := value(p, raw); shown.Text != "" {
		return clip(shown.Text, 160)
	}
	return clip(p.Kind.Text(raw), 160)
}
