package web

import (
	"net/http"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/record"
	"mandorla/internal/web/kit"
)

// pageRows is how many rows a data page shows.
const pageRows = 50

// dataView is the table of one model.
type dataView struct {
	Notice *kit.Notice // a filter or a sort that cannot be used
	Table  kit.Table
	Drawer *filterDrawer
}

var sampleData = dataView{
	Notice: &kit.Notice{Tone: kit.Bad, Title: "No"},
	Table: kit.Table{Columns: []kit.Column{{Label: "Name", Sort: &kit.Sort{Href: "?"}}}, Rows: []kit.Row{{Cells: []kit.Value{kit.LinkTo("3M", "/")}}},
		Pager: &kit.Pager{From: 1, To: 1, Total: 1}, Search: kit.SearchBox{Action: "/"}, Filters: []kit.Chip{{Label: "x", Remove: "?"}}},
	Drawer: &sampleFilterDrawer,
}

func (s *Server) getData(w http.ResponseWriter, v *visit) error {
	m, ok := v.model(v.r.PathValue("model"))
	if !ok {
		return errNoPage
	}
	q := v.r.URL.Query()
	a, path := parseAddress(q), "/data/"+m.Model.Route
	if to, ok := applied(a, q); ok { // the filter form: its answer is the address with its conditions
		http.Redirect(w, v.r, to.at(path), http.StatusSeeOther)
		return nil
	}
	return s.showData(w, v, m, a, path)
}

func (s *Server) showData(w http.ResponseWriter, v *visit, m record.ModelView, a address, path string) error {
	page := s.shell(v, m.Model.Route, m.Model.Plural)
	page.Icon = m.Model.Icon
	list, err := s.Gate.List(v.ctx(), v.who, record.ListRequest{
		Model: m.Model.Name, Filter: a.filter(), Search: a.Search, Select: listColumns(m), Sort: sortKeys(a.Sort),
		Limit: pageRows, Cursor: a.After, Total: true, Titles: true,
	})
	status := http.StatusOK
	view := dataView{}
	switch {
	case badInput(err):
		msg, _ := fault.Safe(err)
		status = http.StatusBadRequest
		view.Notice = &kit.Notice{Tone: kit.Bad, Title: "This view cannot be shown", Text: msg, Action: &kit.Button{Label: "Show all", Href: path}}
	case err != nil:
		return err
	default:
		page.Count = kit.Count(list.Total)
	}
	if view.Table, err = s.dataTable(v, m, a, path, list); err != nil {
		return err
	}
	if q := v.r.URL.Query(); q.Get("drawer") == "filter" {
		drawer, err := s.filterDrawer(v, m, a, path, q)
		if err != nil {
			return err
		}
		view.Drawer = drawer
	}
	return s.kit.Render(w, status, page, "data", view)
}

// listColumns are the title and the properties marked List that the person may read, the title first.
func listColumns(m record.ModelView) []string {
	var out []string
	for _, p := range m.Properties {
		if p.Read && p.Property.Name == m.Model.Title {
			out = append(out, p.Property.Name)
		}
	}
	for _, p := range m.Properties {
		if p.Read && p.Property.List && p.Property.Name != m.Model.Title {
			out = append(out, p.Property.Name)
		}
	}
	if len(out) == 0 {
		out = append(out, "_id")
	}
	return out
}

func sortKeys(sort string) []string {
	if sort == "" {
		return nil
	}
	return []string{sort}
}

func (s *Server) dataTable(v *visit, m record.ModelView, a address, path string, list *record.Page) (kit.Table, error) {
	chips, err := s.chips(v, m, a, path)
	if err != nil {
		return kit.Table{}, err
	}
	t := kit.Table{
		Caption: m.Model.Plural, Filters: chips,
		AddFilter: &kit.Button{Label: "Filter", Icon: "filter", Look: kit.Ghost, Small: true, Href: withParam(a.first().at(path), "drawer", "filter")},
		Search:    kit.SearchBox{Action: path, Value: a.Search, Placeholder: "Search " + strings.ToLower(m.Model.Plural)},
		Empty:     emptyData(m, a, path),
	}
	keep := a.first()
	keep.Search = ""
	t.Search.Keep = hiddenFields(keep.values())
	if !searchable(m) {
		t.Search.Action = ""
	}
	if list == nil { // the notice above says why
		t.Empty = &kit.Empty{Icon: "filter", Title: "Nothing to show", Text: "Take the filter away or change it."}
		return t, nil
	}
	v.fill(&t, list, func(p *model.Property) *kit.Sort { return sortLink(m, p, a, path) })
	t.Pager = &kit.Pager{From: a.Offset + 1, To: a.Offset + len(list.Rows), Total: list.Total}
	if list.NextCursor != "" {
		t.Pager.Next = a.next(list.NextCursor, len(list.Rows)).at(path)
	}
	if a.After != "" {
		t.Pager.Prev = a.prev(pageRows).at(path)
	}
	return t, nil
}

// fill draws a gate page into a table; the first column after _id is the link to the record.
func (v *visit) fill(t *kit.Table, list *record.Page, sort func(*model.Property) *kit.Sort) {
	first := 1
	if len(list.Columns) == 1 {
		first = 0
	}
	for c := first; c < len(list.Columns); c++ {
		p := list.Columns[c].Property
		t.Columns = append(t.Columns, kit.Column{
			Label: p.DisplayLabel(), Kind: tableKind(p), Help: p.Doc, Wide: c == first, HideOnPhone: c > first+1, Sort: sort(p),
		})
	}
	for i, row := range list.Rows {
		r := kit.Row{ID: row.ID}
		for c := first; c < len(list.Columns); c++ {
			cell := v.cell(list, i, c)
			if c == first {
				text := list.Columns[c].Property.Kind.Text(row.Values[c])
				if text == "" {
					text = "Untitled"
				}
				cell = kit.LinkTo(clip(text, 80), recordPath(list.Model, row.ID))
			}
			if cell.Kind == kit.KindLong {
				cell = kit.Text(clip(strings.Join(strings.Fields(cell.Text), " "), 80))
			}
			r.Cells = append(r.Cells, cell)
		}
		t.Rows = append(t.Rows, r)
	}
}

func sortLink(m record.ModelView, p *model.Property, a address, path string) *kit.Sort {
	if !p.Kind.Sortable() {
		return nil
	}
	current := a.Sort
	if current == "" {
		current = m.Model.Title
	}
	switch current {
	case p.Name:
		return &kit.Sort{Href: a.sorted("-" + p.Name).at(path), Dir: kit.Ascending}
	case "-" + p.Name:
		return &kit.Sort{Href: a.sorted(p.Name).at(path), Dir: kit.Descending}
	}
	return &kit.Sort{Href: a.sorted(p.Name).at(path)}
}

func searchable(m record.ModelView) bool {
	for _, p := range m.Properties {
		if p.Read && p.Property.Search {
			return true
		}
	}
	return false
}

func emptyData(m record.ModelView, a address, path string) *kit.Empty {
	if a.Search != "" || len(a.Filters) > 0 {
		return &kit.Empty{
			Icon: "search", Title: "No " + strings.ToLower(m.Model.Plural) + " match",
			Text: "Take a filter away, or search for something else.", Action: &kit.Button{Label: "Show all", Href: path},
		}
	}
	text := "They appear here once they are imported or created."
	if m.Actions&access.Create == 0 {
		text = "None exist yet, or none are within your portfolio."
	}
	return &kit.Empty{Icon: m.Model.Icon, Title: "No " + strings.ToLower(m.Model.Plural) + " yet", Text: text}
}
