package web

import (
	"net/http"
	"net/url"
	"strings"

	"mandorla/internal/record"
	"mandorla/internal/web/kit"
)

// filterDrawer edits the conditions of a table beside it.
type filterDrawer struct {
	Drawer  kit.Drawer
	Form    kit.Form
	Builder filterBuilder
}

var sampleFilterDrawer = filterDrawer{
	Drawer: kit.Drawer{ID: "filter-drawer", Title: "Filter companies"}, Form: kit.Form{Get: true}, Builder: sampleFilterBuilder,
}

// fieldApply is the name of the button that shows the filtered table.
const fieldApply = "apply"

// filterDrawer draws the drawer with the conditions of the address, or with those that were sent from it.
func (s *Server) filterDrawer(v *visit, m record.ModelView, a address, path string, q url.Values) (*filterDrawer, error) {
	base := a.first().at(path)
	draft, lacking := filterDraft{Any: a.Any, Rows: a.Filters}.acted("add"), -1
	if sent(q) {
		var err error
		if draft, err = readDraft(q); err != nil {
			return nil, err
		}
		if q.Has(fieldApply) {
			_, lacking = draft.complete()
		}
	}
	builder, err := s.filterBuilder(v, v.scope(m), draft, path+"/filter", lacking)
	if err != nil {
		return nil, err
	}
	form := kit.Form{
		ID: "filter-form", Get: true, Action: path, Submit: kit.Button{Label: "Show " + strings.ToLower(m.Model.Plural), Look: kit.Primary, Name: fieldApply, Value: "1"},
		Cancel: &kit.Link{Label: "Cancel", Href: base},
	}
	keep := a.first()
	keep.Filters, keep.Any = nil, false
	form.Hidden = append(hiddenFields(keep.values()), kit.Hidden{Name: "drawer", Value: "filter"})
	return &filterDrawer{
		Drawer: kit.Drawer{ID: "filter-drawer", Title: "Filter " + strings.ToLower(m.Model.Plural), Icon: "filter", CloseHref: base},
		Form:   form, Builder: builder,
	}, nil
}

// sent reports whether the address carries the builder's fields.
func sent(q url.Values) bool { return q.Has(rowField("fp", 0)) }

// applied gives the address that the drawer's form leads to; ok is false where the drawer has to be shown again.
func applied(a address, q url.Values) (address, bool) {
	if !sent(q) || !q.Has(fieldApply) {
		return a, false
	}
	draft, err := readDraft(q)
	rows, lacking := draft.complete()
	if err != nil || lacking >= 0 {
		return a, false
	}
	a = a.first()
	a.Filters, a.Any = rows, draft.Any && len(rows) > 1
	return a, true
}

// getDataFilter answers with the builder alone, after each change in the drawer.
func (s *Server) getDataFilter(w http.ResponseWriter, v *visit) error {
	m, ok := v.model(v.r.PathValue("model"))
	if !ok {
		return errNoPage
	}
	draft, err := readDraft(v.r.URL.Query())
	if err != nil {
		return err
	}
	builder, err := s.filterBuilder(v, v.scope(m), draft, "/data/"+m.Model.Route+"/filter", -1)
	if err != nil {
		return err
	}
	return s.kit.Fragment(w, http.StatusOK, s.part(v), "data", "filter-builder", builder)
}

// chips are the conditions in force, in words.
func (s *Server) chips(v *visit, m record.ModelView, a address, path string) ([]kit.Chip, error) {
	var out []kit.Chip
	for i, c := range a.Filters {
		label, err := s.conditionWords(v, v.scope(m), c)
		if err != nil {
			return nil, err
		}
		if a.Any && i > 0 {
			label = "or " + label
		}
		out = append(out, kit.Chip{Label: clip(label, 90), Edit: withParam(a.first().at(path), "drawer", "filter"), Remove: a.without(i).at(path)})
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
