package record_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/catalog"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
)

// The leak matrix, made from the registry: for each model and each stored property of it, two databases that differ in that property's
// values only must give the same answers to whoever may not read it, clause by clause. Each model has four records; those numbered 0
// and 1 lie in Carly's portfolio, 2 and 3 do not.

const rowsPerModel = 4

// matrix is the two databases. In other, one property at a time has other values.
type matrix struct {
	base, other *fixture
	last        *model.Property
}

var ops = []model.Op{
	model.Eq, model.Ne, model.Lt, model.Lte, model.Gt, model.Gte, model.In, model.NotIn, model.Contains, model.StartsWith, model.Empty, model.NotEmpty,
}

func matrices(t *testing.T, run func(t *testing.T, x *matrix)) {
	t.Helper()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			x := &matrix{base: open(t, engine), other: open(t, engine)}
			for _, f := range []*fixture{x.base, x.other} {
				must(t, f.store.InTx(t.Context(), func(ctx context.Context) error {
					for _, m := range f.reg.Models() {
						for i := range rowsPerModel {
							row := map[*model.Property]any{}
							for _, p := range m.Props() {
								if !p.Computed() && p.Name != "_id" {
									row[p] = f.sample(p, i, 0)
								}
							}
							must(t, f.store.Insert(ctx, here, m, f.row(m.Name, i), row))
						}
					}
					return nil
				}))
			}
			run(t, x)
		})
	}
}

// row is the id of a model's record number i. User 0 is Carly.
func (f *fixture) row(modelName string, i int) string {
	if modelName == "User" && i == 0 {
		return carly
	}
	for n, m := range f.reg.Models() {
		if m.Name == modelName {
			return id(0x10000*(n+1) + i)
		}
	}
	f.Fatalf("no model %s", modelName)
	return ""
}

// sample is the canonical value of a property on record i, in one of two variants that differ on every record. No record leaves the
// portfolio it is in.
func (f *fixture) sample(p *model.Property, i, variant int) any {
	n := 2*i + variant // below 8
	if p.To == "User" {
		users := []int{0, 1, 0, 1, 1, 2, 2, 1} // the owner of 2 and 3 is never Carly
		if p.Name == "owner" && i < 2 {
			users = []int{0, 0, 0, 0}
		}
		return f.ref(p, f.row("User", users[n]))
	}
	if p.To != "" && p.Name == p.Model().Anchor {
		return f.ref(p, f.row(p.To, i^variant))
	}
	if p.To != "" { // out of the portfolio, and into it
		return f.ref(p, f.row(p.To, (i+2)%rowsPerModel^variant))
	}
	if i == 1 && variant == 0 && !p.Required && p.Kind != model.Bool {
		return nil
	}
	var raw any
	switch p.Kind {
	case model.Email:
		raw = fmt.Sprintf("x%d@%s.example", n, strings.ToLower(p.Name))
	case model.Number, model.Integer:
		raw = 100 - 10*n
	case model.Bool:
		raw = (i+variant)%2 == 0
	case model.Date, model.DateTime:
		raw = fmt.Sprintf("2026-0%d-15", 1+n)
	case model.Enum:
		raw = p.Options[(i+variant)%len(p.Options)]
	case model.Tags:
		raw = []any{fmt.Sprintf("tag%d", n)}
	case model.JSON:
		raw = map[string]any{"n": n}
	default:
		raw = fmt.Sprintf("%c%s word%d", 'z'-rune(n), p.Name, n)
	}
	v, err := p.Kind.Parse(p, raw)
	must(f.T, err)
	return v
}

func (f *fixture) ref(p *model.Property, id string) any {
	if p.IsRefs() {
		return []string{id}
	}
	return id
}

// differ gives the other database other values of p on these records, and takes back what it did before.
func (x *matrix) differ(t *testing.T, p *model.Property, rows []int) {
	t.Helper()
	f := x.other
	must(t, f.store.InTx(context.Background(), func(ctx context.Context) error {
		write := func(p *model.Property, rows []int, variant int) {
			m, _ := f.reg.Model(p.Model().Name)
			p = f.prop(m.Name, p.Name)
			if p.Unique { // values change places: by way of nothing
				for _, i := range rows {
					must(t, f.store.Update(ctx, here, m, f.row(m.Name, i), map[*model.Property]any{p: nil}))
				}
			}
			for _, i := range rows {
				must(t, f.store.Update(ctx, here, m, f.row(m.Name, i), map[*model.Property]any{p: f.sample(p, i, variant)}))
			}
		}
		if x.last != nil {
			write(x.last, rows, 0)
		}
		write(p, rows, 1)
		return nil
	}))
	x.last = p
}

// question is one request; its answer is all that the person gets to see.
type question struct {
	name string
	ask  func(f *fixture, p access.Principal) string
}

// named are the questions whose clauses name the property. Without the property they have no answer.
func (f *fixture) named(m *model.Model, p *model.Property) []question {
	var out []question
	lists := func(name string, req record.ListRequest) {
		req.Total = true
		out = append(out, question{name, func(f *fixture, who access.Principal) string { return f.list(who, req) }})
	}
	for _, name := range append([]string{p.Name}, p.Aliases...) {
		lists("select "+name, record.ListRequest{Model: m.Name, Select: []string{name}, Titles: true})
		lists("sort "+name, record.ListRequest{Model: m.Name, Sort: []string{name}})
		lists("filter "+name, record.ListRequest{Model: m.Name, Filter: query.Where(name, model.NotEmpty, nil)})
	}
	lists("sort -"+p.Name, record.ListRequest{Model: m.Name, Sort: []string{"-" + p.Name}})
	lists("sort second", record.ListRequest{Model: m.Name, Sort: []string{"createdAt", p.Name}})
	for _, op := range ops {
		for variant := range 2 {
			v := f.raw(p, 2, variant)
			if op == model.In || op == model.NotIn {
				v = []any{v}
			}
			if op == model.Empty || op == model.NotEmpty {
				v = nil
			}
			where := query.Where(p.Name, op, v)
			lists(fmt.Sprintf("filter %s %v", op, v), record.ListRequest{Model: m.Name, Filter: where})
			if variant == 0 {
				lists(fmt.Sprintf("filter not %s %v", op, v), record.ListRequest{Model: m.Name, Filter: query.Filter{Not: &where}})
			}
		}
	}
	lists("filter of the wrong type", record.ListRequest{Model: m.Name, Filter: query.Where(p.Name, model.Eq, []any{"x"})})
	lists("filter with an unknown operator", record.ListRequest{Model: m.Name, Filter: query.Where(p.Name, "like", "x")})
	paths := 0
	for _, other := range f.reg.Models() {
		for _, ref := range other.Props() {
			if paths == 2 || !ref.IsRef() || ref.To != m.Name {
				continue
			}
			paths++
			path := ref.Name + "." + p.Name
			where := query.Where(path, model.Eq, f.raw(p, 2, 0))
			if !p.HasOperator(model.Eq) {
				where = query.Where(path, model.NotEmpty, nil)
			}
			lists(other.Name+" select "+path, record.ListRequest{Model: other.Name, Select: []string{path}})
			lists(other.Name+" sort "+path, record.ListRequest{Model: other.Name, Sort: []string{path}})
			lists(other.Name+" filter "+path, record.ListRequest{Model: other.Name, Filter: where})
			lists(other.Name+" filter not "+path, record.ListRequest{Model: other.Name, Filter: query.Filter{Not: &where}})
		}
	}
	return append(out, question{"get", func(f *fixture, who access.Principal) string { return f.get(who, m.Name, f.row(m.Name, 2), p.Name) }})
}

// writes are the writes that name the property, to a record outside the portfolio.
func (f *fixture) writes(m *model.Model, p *model.Property) []question {
	var out []question
	for variant := range 2 {
		v := f.raw(p, 2, variant)
		out = append(out, question{fmt.Sprintf("update to variant %d", variant), func(f *fixture, who access.Principal) string {
			return resultText(f.gate.Update(context.Background(), who, record.Write{Model: m.Name, ID: f.row(m.Name, 2), Values: values{p.Name: v}, DryRun: true}))
		}}, question{fmt.Sprintf("upsert by variant %d", variant), func(f *fixture, who access.Principal) string {
			res, outcome, err := f.gate.Upsert(context.Background(), who, record.Write{Model: m.Name, Values: values{p.Name: v, "_id": f.row(m.Name, 2)}, DryRun: true})
			return string(outcome) + resultText(res, err)
		}})
		if slices.Contains(m.Keys, p.Name) && !p.Required { // whoever creates learns that a required unique value is taken
			out = append(out, question{fmt.Sprintf("upsert by key, variant %d", variant), func(f *fixture, who access.Principal) string {
				res, outcome, err := f.gate.Upsert(context.Background(), who, record.Write{Model: m.Name, Values: values{p.Name: v}, DryRun: true})
				return string(outcome) + resultText(res, err)
			}})
		}
	}
	return out
}

// unnamed are the questions that do not name the property and must not tell about it either.
func (f *fixture) unnamed(m *model.Model, p *model.Property) []question {
	var out []question
	lists := func(name string, req record.ListRequest) {
		req.Total = true
		out = append(out, question{name, func(f *fixture, who access.Principal) string { return f.list(who, req) }})
	}
	lists("list", record.ListRequest{Model: m.Name, Titles: true})
	lists("list everything", record.ListRequest{Model: m.Name, Select: []string{"*"}, Titles: true})
	out = append(out, question{"pages", func(f *fixture, who access.Principal) string {
		var b strings.Builder
		req := record.ListRequest{Model: m.Name, Limit: 3, Total: true}
		for range rowsPerModel + 1 {
			page, err := f.gate.List(context.Background(), who, req)
			b.WriteString(pageText(page, err))
			if err != nil || page.NextCursor == "" {
				break
			}
			req.Cursor = page.NextCursor
		}
		return b.String()
	}})
	if p.Search {
		for variant := range 2 {
			s, _ := f.sample(p, 2, variant).(string)
			lists("search "+s, record.ListRequest{Model: m.Name, Search: s})
		}
	}
	for _, other := range f.reg.Models() {
		for _, q := range other.Props() {
			if q.IsRef() && q.To == m.Name && (m.Title == p.Name || slices.Contains(m.TitleProperty().Concat, p.Name)) {
				lists(other.Name+" sort by title of "+q.Name, record.ListRequest{Model: other.Name, Sort: []string{"-" + q.Name}, Select: []string{q.Name}, Titles: true})
			}
			if q.Via != "" && strings.HasSuffix(q.Via, "."+p.Name) || q.Via != "" && other == m {
				lists(other.Name+" sort "+q.Name, record.ListRequest{Model: other.Name, Sort: []string{q.Name}})
				lists(other.Name+" filter "+q.Name, record.ListRequest{Model: other.Name, Filter: query.Where(q.Name, model.Contains, "word4")})
				lists(other.Name+" everything", record.ListRequest{Model: other.Name, Select: []string{"*"}})
			}
		}
	}
	for _, q := range m.Props() {
		if slices.Contains(q.Concat, p.Name) {
			lists("sort "+q.Name, record.ListRequest{Model: m.Name, Sort: []string{q.Name}})
			lists("filter "+q.Name, record.ListRequest{Model: m.Name, Filter: query.Where(q.Name, model.Contains, "word5")})
		}
	}
	row := f.row(m.Name, 2)
	out = append(out,
		question{"get", func(f *fixture, who access.Principal) string { return f.get(who, m.Name, row) }},
		question{"delete", func(f *fixture, who access.Principal) string {
			return resultText(f.gate.Delete(context.Background(), who, record.Write{Model: m.Name, ID: row, DryRun: true}))
		}})
	if other := anotherText(m, p); other != nil {
		out = append(out, question{"update another", func(f *fixture, who access.Principal) string {
			return resultText(f.gate.Update(context.Background(), who, record.Write{Model: m.Name, ID: row, Values: values{other.Name: "something else"}, DryRun: true}))
		}})
	}
	return out
}

// raw is a sample as a caller would send it.
func (f *fixture) raw(p *model.Property, i, variant int) any {
	var v any
	if err := json.Unmarshal(p.Kind.AppendJSON(nil, f.sample(p, i, variant)), &v); err != nil {
		f.Fatal(err)
	}
	if list, ok := v.([]any); ok { // filters on lists ask for one element
		return list[0]
	}
	return v
}

func anotherText(m *model.Model, not *model.Property) *model.Property {
	for _, p := range m.Props() {
		if p != not && p.Name != not.Name && p.Kind == model.Text && p.Writable() && !p.Unique && p.Name != m.Title {
			return p
		}
	}
	return nil
}

// each runs over every stored property that can be hidden; in the short form, which the proof by mutants runs hundreds of times, over
// every seventh.
func (x *matrix) each(t *testing.T, run func(m *model.Model, p *model.Property)) {
	t.Helper()
	n := 0
	for _, m := range x.base.reg.Models() {
		for _, p := range m.Props() {
			if !p.Computed() && p.Name != "_id" {
				if n++; !testing.Short() || n%7 == 0 {
					run(m, p)
				}
			}
		}
	}
	if n < 250 {
		t.Errorf("the matrix has only %d properties", n)
	}
}

// silent demands the same answers of both databases, and checks the check: who may read the property sees that they differ.
func (x *matrix) silent(t *testing.T, who access.Principal, p *model.Property, questions []question) {
	t.Helper()
	for _, q := range questions {
		a, b := q.ask(x.base, who), q.ask(x.other, who)
		if a != b || strings.Contains(a, "INTERNAL") {
			t.Errorf("%s.%s leaks: %s:\n  %s\n  %s", p.Model().Name, p.Name, q.name, a, b)
		}
	}
	if q := x.base.named(p.Model(), p)[0]; q.ask(x.base, x.base.full()) == q.ask(x.other, x.base.full()) {
		t.Errorf("%s.%s: the two databases do not differ even for a principal who may read it", p.Model().Name, p.Name)
	}
}

var everyRow = []int{0, 1, 2, 3}

// A principal without the property on any row.
func TestLeakMatrixHiddenProperty(t *testing.T) {
	matrices(t, func(t *testing.T, x *matrix) {
		x.each(t, func(m *model.Model, p *model.Property) {
			f := x.base
			// Still allowed to write it: a way of finding out by trying.
			hidden := f.as(carly, wide(f.without(access.Full(f.reg), m.Name, p.Name)))
			named := append(f.named(m, p), f.writes(m, p)...)
			x.differ(t, p, everyRow)
			x.silent(t, hidden, p, append(f.unnamed(m, p), named...))
			// And the answers are those about a name that does not exist.
			renamed := f.over(f.store, fixed{f.rename(t, m, p)})
			for _, q := range named {
				other := *f
				other.gate = renamed
				got, want := q.ask(f, hidden), q.ask(&other, hidden)
				if p.Name == "createdAt" || p.Name == "updatedAt" {
					want = got // every model must have them
				}
				if got != want || !strings.Contains(got, "has no such property") {
					t.Errorf("%s.%s: %s: not as if it did not exist:\n  %s\n  %s", m.Name, p.Name, q.name, got, want)
				}
			}
		})
	})
}

// A principal of two roles: one reaches every row without the property, the other only the own portfolio with it.
func TestLeakMatrixPropertyOnOwnRowsOnly(t *testing.T) {
	matrices(t, func(t *testing.T, x *matrix) {
		x.each(t, func(m *model.Model, p *model.Property) {
			if m.Anchor == "" { // such models have no portfolio
				return
			}
			f := x.base
			see := access.Of(f.reg, access.View|access.Update|access.Remove)
			guarded := f.as(carly, wide(f.without(see, m.Name, p.Name)), own(see))
			x.differ(t, p, []int{2, 3})
			x.silent(t, guarded, p, append(append(f.unnamed(m, p), f.named(m, p)...), f.writes(m, p)...))
		})
	})
}

// History without a property is the whole history less that property, whatever else was logged with it.
func TestLeakMatrixHistory(t *testing.T) {
	matrices(t, func(t *testing.T, x *matrix) {
		f := x.base
		for _, m := range f.reg.Models() {
			var props []*model.Property
			for _, p := range m.Props() {
				if !p.Computed() && p.Name != "_id" {
					props = append(props, p)
				}
			}
			for i, p := range props {
				e := audit.By(f.as(max), "record.update", f.now)
				e.Model, e.Record = m.Name, f.row(m.Name, 2)
				for _, q := range []*model.Property{p, props[(i+1)%len(props)]} {
					e.Changes = append(e.Changes, audit.Change{Property: q.ID, New: q.Kind.AppendJSON(nil, f.sample(q, 2, i%2))})
				}
				alone := e
				alone.Changes = e.Changes[:1]
				must(t, f.store.AppendAudit(context.Background(), e))
				if i%8 == 0 {
					must(t, f.store.AppendAudit(context.Background(), alone))
				}
			}
			whole, err := f.gate.History(context.Background(), f.full(), m.Name, f.row(m.Name, 2))
			must(t, err)
			if len(whole) < len(props) {
				t.Errorf("%s: %d entries of %d properties", m.Name, len(whole), len(props))
			}
			all := access.Full(f.reg)
			for _, p := range props {
				var want []record.HistoryEntry
				for _, e := range whole {
					e.Changes = slices.DeleteFunc(slices.Clone(e.Changes), func(c record.Change) bool { return c.Property.ID == p.ID })
					if len(e.Changes) > 0 {
						want = append(want, e)
					}
				}
				for what, who := range map[string]access.Principal{
					"hidden": f.as(max, wide(f.without(all, m.Name, p.Name))), "own rows only": f.as(carly, wide(f.without(all, m.Name, p.Name)), own(all)),
				} {
					if what == "own rows only" && m.Anchor == "" {
						continue
					}
					same(t, m.Name+"."+p.Name+" "+what, f.history(who, m.Name, f.row(m.Name, 2)), historyText(want, nil))
				}
			}
		}
	})
}

// Records outside the portfolio: nothing tells whether they exist, whatever is in them.
func TestLeakMatrixHiddenRows(t *testing.T) {
	matrices(t, func(t *testing.T, x *matrix) {
		f := x.base
		p := f.as(carly, own(access.Full(f.reg)))
		for _, m := range f.reg.Models() {
			if m.Anchor == "" {
				continue
			}
			hidden, absent := f.row(m.Name, 2), nobodyID
			ask := map[string]func(id string) string{
				"get":     func(id string) string { return f.get(p, m.Name, id) },
				"history": func(id string) string { return f.history(p, m.Name, id) },
				"delete":  func(id string) string { return f.remove(p, m.Name, id) },
				"update":  func(id string) string { return f.update(p, m.Name, id, values{"nope": 1}) },
				"upsert":  func(id string) string { return f.upsert(p, m.Name, values{"_id": id}) },
				"filter": func(id string) string {
					return f.list(p, record.ListRequest{Model: m.Name, Total: true, Filter: query.Where("_id", model.In, []any{id})})
				},
			}
			for _, other := range f.reg.Models() {
				for _, ref := range other.Props() {
					if ref.To != m.Name || !ref.Writable() {
						continue
					}
					ask[other.Name+" update "+ref.Name] = func(id string) string {
						return f.update(p, other.Name, f.row(other.Name, 1), values{ref.Name: f.ref(ref, id)}) // refers to number 3 so far
					}
					ask[other.Name+" create "+ref.Name] = func(id string) string {
						in := values{}
						for _, q := range other.Props() {
							if q.Required && q.Writable() {
								in[q.Name] = f.raw(q, 0, 0)
							}
						}
						in[ref.Name] = f.ref(ref, id)
						return f.create(p, other.Name, in)
					}
				}
			}
			for what, fn := range ask {
				got := fn(hidden)
				same(t, m.Name+" "+what, strings.ReplaceAll(got, hidden, absent), fn(absent))
				if what != "filter" && !strings.Contains(got, "here is no") {
					t.Errorf("%s %s was not refused: %s", m.Name, what, got)
				}
			}
		}
	})
}

// What is in records outside the portfolio tells nothing, not even over references from records inside.
func TestLeakMatrixContentOfHiddenRows(t *testing.T) {
	matrices(t, func(t *testing.T, x *matrix) {
		x.each(t, func(m *model.Model, p *model.Property) {
			if m.Anchor == "" {
				return
			}
			f := x.base
			see := access.Of(f.reg, access.View|access.Update|access.Remove)
			questions := f.unnamed(m, p)
			for _, q := range append(f.named(m, p), f.writes(m, p)...) {
				if !strings.HasPrefix(q.name, "filter ") || strings.HasPrefix(q.name, "filter n") { // two operators stand for all
					questions = append(questions, q)
				}
			}
			x.differ(t, p, []int{2, 3})
			x.silent(t, f.as(carly, own(see)), p, questions)
		})
	})
}

// fixed gives one registry to everybody.
type fixed struct{ reg *model.Registry }

func (x fixed) Registry(context.Context, string, int64) (*model.Registry, error) { return x.reg, nil }

// rename gives the registry without the property's name: it is called something that nobody asks for.
func (f *fixture) rename(t *testing.T, m *model.Model, p *model.Property) *model.Registry {
	t.Helper()
	if p.Name == "createdAt" || p.Name == "updatedAt" {
		return f.reg
	}
	const unlikely = "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"
	to := func(name string) string {
		if name == p.Name {
			if p.Custom {
				return "custom." + unlikely
			}
			return unlikely
		}
		return name
	}
	list := func(names []string) []string {
		var out []string
		for _, n := range names {
			out = append(out, to(n))
		}
		return out
	}
	custom := map[string][]model.Property{}
	var models []model.Model
	for _, one := range catalog.Models() {
		mine := one.Name == m.Name
		live, _ := f.reg.Model(one.Name)
		var props []model.Property
		for _, q := range live.Properties {
			copied := model.Property{
				ID: q.ID, Name: q.Name, Label: q.Label, Doc: q.Doc, Kind: q.Kind, To: q.To, Options: q.Options, Aliases: q.Aliases, Required: q.Required,
				Unique: q.Unique, Index: q.Index, Search: q.Search, ReadOnly: q.ReadOnly, CreateOnly: q.CreateOnly, List: q.List, Via: q.Via, Concat: q.Concat, Custom: q.Custom,
			}
			if mine {
				copied.Name, copied.Concat = to(q.Name), list(q.Concat)
				if q.ID == p.ID {
					copied.Aliases = nil
				}
				if head, tail, ok := strings.Cut(q.Via, "."); ok {
					copied.Via = to(head) + "." + tail
				}
			}
			if head, tail, ok := strings.Cut(copied.Via, "."); ok {
				if ref, there := live.Property(strings.Replace(head, to(p.Name), p.Name, 1)); there && ref.To == m.Name {
					copied.Via = head + "." + to(tail)
				}
			}
			if copied.Custom {
				custom[one.Name] = append(custom[one.Name], copied)
			} else {
				props = append(props, copied)
			}
		}
		one.Properties = props
		if mine {
			one.Title, one.Keys, one.Owners = to(one.Title), list(one.Keys), list(one.Owners)
			if one.Anchor != model.Self {
				one.Anchor = to(one.Anchor)
			}
		}
		models = append(models, one)
	}
	reg, err := model.New(models, custom)
	must(t, err)
	return reg
}
