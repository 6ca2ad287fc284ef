package planner

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Limits of one answer.
const (
	defaultRows = 100  // records listed without "all"
	maxRows     = 1000 // records listed at all
	pageRows    = 100  // records asked for in one call
)

// ToolCall is one tool call that was made for an answer.
type ToolCall struct {
	Tool      string         `json:"tool"`
	Arguments map[string]any `json:"arguments"`
}

// Answer is the answer to a question.
type Answer struct {
	Question string           `json:"question"`
	Plan     []ToolCall       `json:"plan"`   // every call made for it, in order; learning the models is left out
	Answer   string           `json:"answer"` // one sentence
	Columns  []string         `json:"columns"`
	Rows     []map[string]any `json:"rows"` // records as the server gave them
	Total    int              `json:"total"`

	Labels []string `json:"-"` // headings of Columns, for people
	Single bool     `json:"-"` // one record, better shown with a value per line
	Said   bool     `json:"-"` // the sentence says it all: nothing is left for a table
}

// Planner answers questions over one connection. Not safe for concurrent use.
type Planner struct {
	Caller Caller
	Now    func() time.Time // the day in its zone is "today"

	schema *Schema
}

// Ask answers a question. An *Unreadable error says what was not understood, with examples; other errors are faults safe for people.
func (p *Planner) Ask(ctx context.Context, question string) (*Answer, error) {
	if p.schema == nil {
		s, err := Learn(ctx, p.Caller)
		if err != nil {
			return nil, err
		}
		p.schema = s
	}
	q, err := Parse(question, p.schema, p.Now())
	if u := Unread(err); u != nil && u.Examples == nil && len(p.schema.Models) > 0 {
		u.Examples = Examples(p.schema)
	}
	if err != nil {
		return nil, err
	}
	r := &run{caller: p.Caller, schema: p.schema}
	a, err := r.answer(ctx, q)
	if err != nil {
		return nil, err
	}
	a.Question, a.Plan = question, r.plan
	if a.Columns == nil {
		a.Columns = []string{}
	}
	if a.Rows == nil {
		a.Rows = []map[string]any{}
	}
	return a, nil
}

// run is one question being answered.
type run struct {
	caller Caller
	schema *Schema
	plan   []ToolCall
}

func (r *run) call(ctx context.Context, tool string, args map[string]any) (json.RawMessage, error) {
	r.plan = append(r.plan, ToolCall{tool, args})
	return r.caller.Call(ctx, tool, args)
}

// page is what list_records answers.
type page struct {
	Total      int              `json:"total"`
	HasMore    bool             `json:"has_more"`
	NextCursor string           `json:"next_cursor"`
	Records    []map[string]any `json:"records"`
}

func (r *run) list(ctx context.Context, args map[string]any) (*page, error) {
	raw, err := r.call(ctx, "list_records", args)
	if err != nil {
		return nil, err
	}
	var p page
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, fmt.Errorf("read the answer of list_records: %w", err)
	}
	return &p, nil
}

func (r *run) answer(ctx context.Context, q *Question) (*Answer, error) {
	switch q.Intent {
	case WhoAmI:
		return r.whoAmI(ctx)
	case Show, Value:
		return r.show(ctx, q)
	}
	if err := r.resolve(ctx, q); err != nil {
		return nil, err
	}
	a, err := r.records(ctx, q)
	if err != nil || a.Total > 0 {
		return a, err
	}
	if looser := loosen(q); looser != nil { // nothing is exactly so: perhaps only spelled otherwise
		b, err := r.records(ctx, looser)
		if err != nil || b.Total == 0 {
			return a, err
		}
		b.Answer = "Nothing is exactly that, so this is what contains it. " + b.Answer
		return b, nil
	}
	return a, nil
}

// loosen gives the question with text equalities turned into "contains"; nil if there are none.
func loosen(q *Question) *Question {
	out := *q
	out.Where = nil
	changed := false
	var copyOf func(*Node) *Node
	copyOf = func(n *Node) *Node {
		c := *n
		c.Any, c.All = nil, nil
		for _, x := range n.Any {
			c.Any = append(c.Any, copyOf(x))
		}
		for _, x := range n.All {
			c.All = append(c.All, copyOf(x))
		}
		if n.Not != nil {
			c.Not = copyOf(n.Not)
		}
		if c.Loose && c.Property.takes("contains") {
			c.Op, changed = "contains", true
		}
		return &c
	}
	for _, n := range q.Where {
		out.Where = append(out.Where, copyOf(n))
	}
	if !changed {
		return nil
	}
	return &out
}

// records answers a list or a count.
func (r *run) records(ctx context.Context, q *Question) (*Answer, error) {
	args := map[string]any{"model": q.Model.Name}
	if f := filterOf(q.Where); f != nil {
		args["filter"] = f
	}
	if q.Search != "" {
		args["search"] = q.Search
	}
	if q.Intent == Count {
		args["limit"] = 1
		p, err := r.list(ctx, args)
		if err != nil {
			return nil, err
		}
		return &Answer{Answer: q.counted(p.Total), Total: p.Total}, nil
	}
	if q.Columns != nil {
		args["select"] = selected(q)
	}
	if keys := sortKeys(q); keys != nil {
		args["sort"] = keys
	}
	rows, total, err := r.pages(ctx, args, wanted(q))
	if err != nil {
		return nil, err
	}
	if more := unseen(q, rows); more != nil { // ranked or compared by something that the server's own columns leave out
		args["select"] = more
		if rows, total, err = r.pages(ctx, args, wanted(q)); err != nil {
			return nil, err
		}
	}
	a := &Answer{Rows: rows, Total: total, Answer: q.listed(len(rows), total)}
	a.Columns, a.Labels = columnsOf(q, rows)
	return a, nil
}

func wanted(q *Question) int {
	switch {
	case q.Limit > 0:
		return q.Limit
	case q.All:
		return maxRows
	default:
		return defaultRows
	}
}

// pages reads as many pages as it takes.
func (r *run) pages(ctx context.Context, args map[string]any, want int) (rows []map[string]any, total int, err error) {
	cursor := ""
	for {
		call := maps.Clone(args)
		if cursor != "" {
			call["cursor"] = cursor
		}
		call["limit"] = min(want-len(rows), pageRows)
		p, err := r.list(ctx, call)
		if err != nil {
			return nil, 0, err
		}
		if len(rows) == 0 {
			total = p.Total
		}
		rows = append(rows, p.Records...)
		if len(rows) >= want || !p.HasMore || p.NextCursor == "" || len(p.Records) == 0 {
			return rows[:min(len(rows), want)], max(total, len(rows)), nil
		}
		cursor = p.NextCursor
	}
}

// unseen gives the columns to ask for when the question is about a value that the rows do not show; nil if they show all.
func unseen(q *Question, rows []map[string]any) []string {
	if q.Columns != nil || len(rows) == 0 {
		return nil
	}
	there := map[string]bool{}
	for _, rec := range rows {
		for name := range rec {
			there[name] = true
		}
	}
	about := map[string]bool{}
	for _, s := range q.Sort {
		about[s.Property.Name] = true
	}
	for _, n := range q.Where {
		_ = n.walk(func(n *Node) error { // never fails
			about[n.Property.Name] = about[n.Property.Name] || n.Op != "eq" && n.Op != "empty"
			return nil
		})
	}
	missing := false
	var out []string
	for i := range q.Model.Properties {
		name := q.Model.Properties[i].Name
		missing = missing || about[name] && !there[name]
		if name != "_id" && (there[name] || about[name]) {
			out = append(out, name)
		}
	}
	if !missing {
		return nil
	}
	return out
}

func sortKeys(q *Question) []string {
	var keys []string
	for _, s := range q.Sort {
		key := s.Property.Name
		if s.Descending {
			key = "-" + key
		}
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// selected gives the title and the columns that were asked for.
func selected(q *Question) []string {
	out := []string{q.Model.Title}
	for _, p := range q.Columns {
		if !slices.Contains(out, p.Name) {
			out = append(out, p.Name)
		}
	}
	return out
}

// columnsOf gives the properties the records have, in the model's order with the title first and empty ones left out.
func columnsOf(q *Question, rows []map[string]any) (names, labels []string) {
	filled := map[string]bool{}
	for _, rec := range rows {
		for name, v := range rec {
			filled[name] = filled[name] || Text(v) != "" && !bareIDs(v)
		}
	}
	for _, p := range q.Columns { // asked for, so shown even if empty
		filled[p.Name] = true
	}
	add := func(p *Property) {
		if p != nil && filled[p.Name] && p.Name != "_id" && !slices.Contains(names, p.Name) {
			names, labels = append(names, p.Name), append(labels, p.Label)
		}
	}
	add(q.Model.property(q.Model.Title))
	for _, p := range q.Columns {
		add(p)
	}
	for i := range q.Model.Properties {
		add(&q.Model.Properties[i])
	}
	return names, labels
}
