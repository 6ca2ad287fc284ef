package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"mandorla/internal/model"
	"mandorla/internal/store/sqlstore"
)

// The two tenants.
const here, there = "tenant-a", "tenant-b"

var models = []model.Model{
	{
		Name: "Person", Route: "people", Prefix: "pe", Label: "Person", Plural: "People", Doc: "Somebody.", Title: "name",
		Properties: []model.Property{
			{ID: "pe1", Name: "_id", Kind: model.ID, ReadOnly: true},
			{ID: "pe2", Name: "firstName", Kind: model.Text},
			{ID: "pe3", Name: "lastName", Kind: model.Text},
			{ID: "pe4", Name: "name", Kind: model.Text, Concat: []string{"firstName", "lastName"}},
			{ID: "pe5", Name: "email", Kind: model.Email, Unique: true, Index: true},
			{ID: "pe6", Name: "boss", Kind: model.Ref, To: "Person", Index: true},
			{ID: "pe8", Name: "createdAt", Kind: model.DateTime, ReadOnly: true},
			{ID: "pe9", Name: "updatedAt", Kind: model.DateTime, ReadOnly: true},
		},
	},
	{
		Name: "Firm", Route: "firms", Prefix: "fi", Label: "Firm", Plural: "Firms", Doc: "An organisation.", Title: "name",
		Properties: []model.Property{
			{ID: "fi01", Name: "_id", Kind: model.ID, ReadOnly: true},
			{ID: "fi02", Name: "name", Kind: model.Text, Index: true},
			{ID: "fi03", Name: "owner", Kind: model.Ref, To: "Person", Index: true},
			{ID: "fi04", Name: "parentId", Kind: model.Ref, To: "Firm", Index: true},
			{ID: "fi05", Name: "code", Kind: model.Text, Unique: true, Index: true},
			{ID: "fi06", Name: "status", Kind: model.Enum, Options: []string{"open", "To Do", "done"}, Index: true},
			{ID: "fi07", Name: "note", Kind: model.RichText},
			{ID: "fi08", Name: "tags", Kind: model.Tags},
			{ID: "fi09", Name: "fans", Kind: model.Refs, To: "Person"},
			{ID: "fi10", Name: "size", Kind: model.Integer, Index: true},
			{ID: "fi11", Name: "worth", Kind: model.Number},
			{ID: "fi12", Name: "active", Kind: model.Bool},
			{ID: "fi13", Name: "since", Kind: model.Date, Index: true},
			{ID: "fi14", Name: "seenAt", Kind: model.DateTime, Index: true},
			{ID: "fi15", Name: "extra", Kind: model.JSON},
			{ID: "fi16", Name: "_currency", Kind: model.Text},
			{ID: "fi17", Name: "createdAt", Kind: model.DateTime, ReadOnly: true},
			{ID: "fi18", Name: "updatedAt", Kind: model.DateTime, ReadOnly: true},
		},
	},
}

var custom = map[string][]model.Property{"Firm": {
	{ID: "cf_0", Name: "custom.Memo", Kind: model.Text, Custom: true},
	{ID: "cf_1", Index: true, Name: "custom.Sector", Kind: model.Text, Custom: true},
	{ID: "cf_2", Index: true, Name: "custom.Score", Kind: model.Number, Custom: true},
	{ID: "cf_3", Index: true, Name: "custom.Rank", Kind: model.Integer, Custom: true},
	{ID: "cf_4", Index: true, Name: "custom.Flag", Kind: model.Bool, Custom: true},
	{ID: "cf_5", Index: true, Name: "custom.When", Kind: model.DateTime, Custom: true},
	{ID: "cf_6", Name: "custom.Labels", Kind: model.Tags, Custom: true},
	{ID: "cf_7", Name: "custom.Blob", Kind: model.JSON, Custom: true},
	{ID: "cf_8", Index: true, Name: "custom.Day", Kind: model.Date, Custom: true},
	{ID: "cf_9", Index: true, Name: "custom.Backer", Kind: model.Ref, To: "Person", Custom: true},
}}

// base is what the engines are opened with; registry has the custom properties too. Both are immutable.
var base, registry = build(nil), build(custom)

func build(custom map[string][]model.Property) *model.Registry {
	r, err := model.New(models, custom)
	if err != nil {
		panic(err)
	}
	return r
}

var person, firm = modelOf("Person"), modelOf("Firm")

func modelOf(name string) *model.Model {
	m, _ := registry.Model(name)
	return m
}

// prop gives a property; a misspelt name is a defect of the test.
func prop(m *model.Model, name string) *model.Property {
	p, ok := m.Property(name)
	if !ok {
		panic(m.Name + " has no " + name)
	}
	return p
}

// values are a record's, by property name.
type values map[string]any

func (v values) of(m *model.Model) map[*model.Property]any {
	out := map[*model.Property]any{}
	for name, value := range v {
		out[prop(m, name)] = value
	}
	return out
}

// record is one row in memory.
type record struct {
	id     string
	values map[*model.Property]any
}

// world is what is in the database: tenant, model, records.
type world struct {
	rows map[string]map[*model.Model][]record
}

func (w *world) add(tenant string, m *model.Model, id string, v values) {
	if w.rows == nil {
		w.rows = map[string]map[*model.Model][]record{}
	}
	if w.rows[tenant] == nil {
		w.rows[tenant] = map[*model.Model][]record{}
	}
	w.rows[tenant][m] = append(w.rows[tenant][m], record{id, v.of(m)})
}

func (w *world) fill(s *sqlstore.Store) error {
	return s.InTx(context.Background(), func(ctx context.Context) error {
		for tenant, byModel := range w.rows {
			for m, rows := range byModel {
				for _, r := range rows {
					if err := s.Insert(ctx, tenant, m, r.id, r.values); err != nil {
						return fmt.Errorf("insert %s %s: %w", m.Name, r.id, err)
					}
				}
			}
		}
		return nil
	})
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

// texts are chosen to differ in the ways engines differ: case beyond ASCII, wildcards, quotes, placeholders, order by locale.
var texts = []any{
	"a", "A", "ä", "Ä", "b", "B", "ab", "aB", "a b", "a_b", "a%b", "aXb", "%", "_", `a\b`, `\`, "it's", `say "hi"`, "why?", "Z", "z", "zz",
	"İstanbul", "istanbul", "ISTANBUL", "ΟΔΟΣ", "οδος", "Οδοσ", "ß", "ẞ", "Straße", "ǅ", "ǆ", "Ⱥ", "ⱥ", "😀", "𐐀", "𐐨", "\uffff", "éclair", "Éclair", "e\u0301clair", " a", "K", "Ω", "日本",
}

var numbers = []any{-1.5, 0.0, 0.1, 2.0, 1e21, 1e-9, 123456.789, 5e-324, 1.7976931348623157e308, 0.30000000000000004}

var integers = []any{int64(-3), int64(0), int64(1), int64(2), int64(1 << 53)}

var instants = []any{at("0001-01-01T00:00:00Z"), at("1969-12-31T23:59:59.999Z"), at("2026-11-23T09:30:00Z"), at("2026-11-23T09:30:00.001Z"), at("9999-12-31T23:59:59.999Z")}

var dates = []any{"0001-01-01", "1970-01-01", "2026-11-23", "2026-11-24", "9999-12-31"}

var lists = []any{[]string{"a"}, []string{"A", "b"}, []string{`quo"te`, "back\\slash", "a,b"}, []string{"%"}, []string{"<ä>", "日本"}}

var jsons = []any{
	json.RawMessage(`{"b":1,"a":[1,2.50,null,true]}`), json.RawMessage(`"text"`), json.RawMessage(`null`), json.RawMessage(`0`),
	json.RawMessage(`[]`), json.RawMessage(`{}`), json.RawMessage(`{"\u00e4":"\ud83d\ude00 \\u0000"}`),
}

// pool gives the values that the world and the random queries use for a property; references lead to people 1–6 and firms 1–30, of
// which the last ones do not exist.
func pool(p *model.Property) []any {
	switch {
	case p.Kind == model.Enum:
		return []any{"open", "To Do", "done"}
	case p.To == "Person" && p.IsRef():
		return []any{id(1), id(2), id(3), id(6)}
	case p.To == "Person":
		return []any{[]string{id(1)}, []string{id(2), id(3)}}
	case p.To == "Firm":
		return []any{id(101), id(102), id(103), id(199)}
	case p.Kind == model.Date:
		return dates
	}
	return [...][]any{texts, integers, numbers, {true, false}, instants, lists, jsons}[p.Kind.Storage()]
}

// newWorld makes people and firms by a fixed rule; every third value is empty. The other tenant has the same ids with the values of
// the next row.
func newWorld() *world {
	w := &world{}
	for n := 1; n <= 5; n++ {
		w.add(here, person, id(n), personValues(n))
		w.add(there, person, id(n), personValues(n+1))
	}
	for n := 1; n <= 40; n++ {
		w.add(here, firm, id(100+n), firmValues(n))
		w.add(there, firm, id(100+n), firmValues(n+1))
	}
	return w
}

func personValues(n int) values {
	v := values{"email": fmt.Sprintf("p%d@example.com", n), "boss": id(n % 4)}
	if n%3 != 0 {
		v["firstName"] = texts[n%len(texts)]
	}
	if n%2 == 0 {
		v["lastName"] = texts[(n*7)%len(texts)]
	}
	return v
}

func firmValues(n int) values {
	v := values{}
	for i, p := range firm.Props() {
		if p.Name == "_id" || p.Name == "code" || (n+i)%3 == 0 {
			continue
		}
		options := pool(p)
		v[p.Name] = options[(n*(i+1)+n/3)%len(options)]
	}
	if n%4 != 0 {
		v["code"] = fmt.Sprintf("C%d", n)
	}
	return v
}
