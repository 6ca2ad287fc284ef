package record

import (
	"context"
	"fmt"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// Limits of one list.
const (
	DefaultLimit = 50
	MaxLimit     = 5000
	MaxSort      = 5
	MaxSelect    = 200
)

// ListRequest asks for the rows of one model.
type ListRequest struct {
	Model  string
	Filter query.Filter
	Search string   // words that must each be in some searchable property
	Select []string // paths; empty: the model's List properties; "*": everything readable
	Sort   []string // paths, "-" before one for descending; empty: by title
	Limit  int      // 0: DefaultLimit; above MaxLimit it is refused
	Cursor string   // Page.NextCursor of the page before
	Total  bool     // count all rows that match
	Titles bool     // references carry the title of the record referred to
}

// List reads the rows that match and that the principal may see.
func (s *Service) List(ctx context.Context, p access.Principal, req ListRequest) (*Page, error) {
	r, err := s.begin(ctx, p)
	if err != nil {
		return nil, err
	}
	m, err := r.model(req.Model, false)
	if err != nil {
		return nil, err
	}
	req.Model = m.Name
	page, q, err := r.plan(m, req)
	if err != nil {
		return nil, err
	}
	scope, err := r.scope(req)
	if err != nil {
		return nil, err
	}
	if q.After, err = s.cursors.decode(scope, q.Order, req.Cursor); err != nil {
		return nil, err
	}
	limit := q.Limit
	q.Limit++ // one more tells whether there is a next page
	if page.Rows, err = s.store.Select(ctx, q); err != nil {
		return nil, fmt.Errorf("list %s: %w", m.Name, err)
	}
	if len(page.Rows) > limit {
		page.Rows = page.Rows[:limit]
		page.NextCursor = s.cursors.encode(scope, q.Order, page.Rows[limit-1])
	}
	if req.Total {
		if page.Total, err = s.total(ctx, q, page, req.Cursor == ""); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// total counts, unless the only page already shows everything.
func (s *Service) total(ctx context.Context, q query.Select, page *Page, firstPage bool) (int, error) {
	if firstPage && page.NextCursor == "" {
		return len(page.Rows), nil
	}
	n, err := s.store.Count(ctx, q)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", q.Model.Name, err)
	}
	return n, nil
}

func (r *request) plan(m *model.Model, req ListRequest) (*Page, query.Select, error) {
	q := query.Select{Tenant: r.p.Tenant, Model: m, Limit: req.Limit}
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if q.Limit < 1 || q.Limit > MaxLimit {
		return nil, q, fault.BadField("limit", "is %d; it must be between 1 and %d.", q.Limit, MaxLimit)
	}
	rows, _ := r.Rows(m, access.View)
	cond, err := query.Compile(r, m, req.Filter)
	if err != nil {
		return nil, q, err
	}
	found, err := r.search(m, req.Search)
	if err != nil {
		return nil, q, err
	}
	q.Where = query.Both(rows, query.Both(cond, found))
	page := &Page{Model: m, Total: -1}
	if q.Columns, err = r.columns(m, page, req.Select, req.Titles); err != nil {
		return nil, q, err
	}
	q.Order, err = r.order(m, req.Sort)
	return page, q, err
}

// columns fills page.Columns and gives the fields to read: the columns first, then their titles.
func (r *request) columns(m *model.Model, page *Page, paths []string, titles bool) ([]query.Field, error) {
	if len(paths) > MaxSelect {
		return nil, fault.BadField("select", "names %d properties; at most %d fit.", len(paths), MaxSelect)
	}
	if len(paths) == 0 || len(paths) == 1 && paths[0] == "*" {
		paths = r.defaultColumns(m, len(paths) == 1)
	}
	paths = append([]string{"_id"}, paths...)
	var fields []query.Field
	seen := map[string]bool{}
	for _, path := range paths {
		f, prop, err := query.Resolve(r, m, path, "select."+query.Clip(path))
		if err != nil {
			return nil, err
		}
		name := path
		if !strings.Contains(path, ".") {
			name = prop.Name // an alias answers under the property's own name
		}
		if !seen[name] {
			seen[name] = true
			page.Columns = append(page.Columns, Column{Name: name, Property: prop, Title: -1})
			fields = append(fields, f)
		}
	}
	if titles {
		for i := range page.Columns {
			if t, ok := query.TitleOf(r, fields[i]); ok {
				page.Columns[i].Title = len(fields)
				fields = append(fields, t)
			}
		}
	}
	return fields, nil
}

func (r *request) defaultColumns(m *model.Model, all bool) []string {
	var out []string
	for _, p := range m.Props() {
		if all || p.List || p.Name == m.Title {
			if _, ok := query.Seen(r, m, p); ok {
				out = append(out, p.Name)
			}
		}
	}
	return out
}

// order checks the sort; a reference is ordered by the title of what it refers to.
func (r *request) order(m *model.Model, sort []string) ([]query.Order, error) {
	if len(sort) > MaxSort {
		return nil, fault.BadField("sort", "names %d properties; at most %d fit.", len(sort), MaxSort)
	}
	if len(sort) == 0 {
		f, _, err := query.Resolve(r, m, m.Title, "sort")
		if err != nil {
			return nil, nil //nolint:nilerr // the title is hidden: by _id
		}
		return []query.Order{{Field: f}}, nil
	}
	var out []query.Order
	for _, key := range sort {
		path, desc := strings.CutPrefix(key, "-")
		f, prop, err := query.Resolve(r, m, path, "sort."+query.Clip(path))
		if err != nil {
			return nil, err
		}
		if !prop.Kind.Sortable() {
			return nil, fault.BadField("sort."+query.Clip(path), "%s cannot be sorted by.", prop.Name)
		}
		if t, ok := query.TitleOf(r, f); ok {
			f = t
		}
		out = append(out, query.Order{Field: f, Desc: desc})
	}
	return out, nil
}

// Get reads one record: a page of exactly one row, or fault.NotFound. An empty sel is everything readable.
func (s *Service) Get(ctx context.Context, p access.Principal, modelName, id string, sel []string) (*Page, error) {
	r, err := s.begin(ctx, p)
	if err != nil {
		return nil, err
	}
	m, err := r.model(modelName, false)
	if err != nil {
		return nil, err
	}
	if len(sel) == 0 {
		sel = []string{"*"}
	}
	page := &Page{Model: m, Total: 1, OmitEmpty: true}
	fields, err := r.columns(m, page, sel, true)
	if err != nil {
		return nil, err
	}
	if !model.IsID(id) {
		return nil, notFound(m, id)
	}
	rows, _ := r.Rows(m, access.View)
	page.Rows, err = s.store.Select(ctx, r.one(m, id, rows, fields))
	switch {
	case err != nil:
		return nil, fmt.Errorf("get %s: %w", m.Name, err)
	case len(page.Rows) == 0:
		return nil, notFound(m, id)
	default:
		return page, nil
	}
}

// one selects a single row under a row rule.
func (r *request) one(m *model.Model, id string, rows query.Expr, fields []query.Field) query.Select {
	self, _ := m.Property("_id")
	return query.Select{
		Tenant: r.p.Tenant, Model: m, Columns: fields, Limit: 1,
		Where: query.Both(query.Compare{Property: self, Op: model.Eq, Values: []any{strings.ToLower(id)}}, rows),
	}
}
