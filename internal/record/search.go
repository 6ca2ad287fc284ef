package record

import (
	"strings"

	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// search is true where each word of the text is in some searchable property that the principal may read.
func (r *request) search(m *model.Model, text string) (query.Expr, error) {
	words := strings.Fields(text)
	if len(words) > 10 || len(text) > 500 {
		return nil, fault.BadField("search", "is too long: at most 10 words.")
	}
	var all query.Expr = query.All{}
	for _, word := range words {
		if _, err := model.Text.Parse(nil, word); err != nil {
			return nil, fault.BadField("search", "%v.", err)
		}
		var places []query.Expr
		for _, p := range m.Props() {
			if !p.Search || p.Via != "" {
				continue
			}
			if guard, ok := query.Seen(r, m, p); ok {
				places = append(places, query.Compare{Property: p, Op: model.Contains, Values: []any{word}, Guard: guard})
			}
		}
		all = query.Both(all, query.Either(places...))
	}
	return all, nil
}
