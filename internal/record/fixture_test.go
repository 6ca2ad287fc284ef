package record_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/catalog"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
	"mandorla/internal/schema"
	"mandorla/internal/store/postgres"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/testkit/pg"
)

// The two tenants.
const (
	here  = "00000000000000000000aaaa"
	there = "00000000000000000000bbbb"
)

// Records of the tenant here: two companies in Carly's portfolio (one as co-owner), two outside it.
var (
	carly, max, zoe             = id(0x101), id(0x102), id(0x103)
	acme, birch, cedar, delta   = id(0x201), id(0x202), id(0x203), id(0x204)
	eva, finn                   = id(0x301), id(0x302) // at Acme, at Cedar
	acmeAsset, cedarAsset       = id(0x401), id(0x402)
	acmeLicense, cedarLicense   = id(0x501), id(0x502)
	acmeNote, cedarNote         = id(0x601), id(0x602)
	acmeTask, cedarTask         = id(0x701), id(0x702)
	success                     = id(0x801) // a team
	olga, omega, otto, nobodyID = id(0x901), id(0x902), id(0x903), id(0xfff)
)

func id(n int) string { return fmt.Sprintf("%024x", n) }

// fixture is a database with both tenants and a gate before it.
type fixture struct {
	*testing.T
	store   *sqlstore.Store
	schemas *schema.Service
	gate    *record.Service
	reg     *model.Registry // of the tenant here
	version int64
	now     time.Time
}

type values = map[string]any

// engines runs a test on a fresh database of each engine.
func engines(t *testing.T, run func(t *testing.T, f *fixture)) {
	t.Helper()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			f := open(t, engine)
			f.seed()
			run(t, f)
		})
	}
}

// open gives an empty database with both tenants and a few custom properties of the one here.
func open(t *testing.T, engine string) *fixture {
	t.Helper()
	base, err := catalog.Registry()
	must(t, err)
	f := &fixture{T: t, now: time.Date(2026, 11, 23, 9, 30, 0, 123456789, time.UTC)}
	newID := counter(0xa00000)
	if engine == "sqlite" {
		f.store, err = sqlite.Open(t.Context(), t.TempDir(), base, newID)
	} else {
		f.store, err = postgres.Open(t.Context(), pg.DSN(t), base, newID)
	}
	must(t, err)
	t.Cleanup(func() { must(t, f.store.Close()) })
	must(t, f.store.CreateTenant(t.Context(), here, "Here", "here"))
	must(t, f.store.CreateTenant(t.Context(), there, "There", "there"))
	f.schemas, err = schema.New(f.store, catalog.Models(), counter(0xb00000))
	must(t, err)
	for _, p := range []model.Property{
		{Name: "Sector", Kind: model.Text, Search: true},
		{Name: "Seats", Kind: model.Number},
		{Name: "Since", Kind: model.DateTime},
		{Name: "Tier", Kind: model.Enum, Options: []string{"gold", "silver"}},
		{Name: "Buddy", Kind: model.Ref, To: "User"},
	} {
		_, err = f.schemas.AddCustom(t.Context(), here, "Company", p)
		must(t, err)
	}
	f.reg, err = f.schemas.Current(t.Context(), here)
	must(t, err)
	tenant, err := f.store.Tenant(t.Context(), here)
	must(t, err)
	f.version = tenant.RegistryVersion
	f.gate = f.over(f.store, f.schemas)
	return f
}

// over makes a gate over another store or other registries.
func (f *fixture) over(store record.Store, registries record.Registries) *record.Service {
	return record.New(f.options(store, registries))
}

func (f *fixture) options(store record.Store, registries record.Registries) record.Options {
	return record.Options{
		Store: store, Registries: registries, Now: func() time.Time { return f.now }, NewID: counter(0xc00000),
		CursorKey: []byte("a key of at least thirty-two bytes"),
	}
}

// remodelled is the gate over models that a product might declare and this one does not.
func (f *fixture) remodelled(change func(m *model.Model)) *record.Service {
	f.Helper()
	models := catalog.Models()
	for i := range models {
		models[i].Properties = slices.Clone(models[i].Properties)
		change(&models[i])
	}
	reg, err := model.New(models, nil)
	must(f.T, err)
	return f.over(f.store, fixed{reg})
}

func counter(from int64) func() string {
	var n atomic.Int64
	return func() string { return fmt.Sprintf("%024x", from+n.Add(1)) }
}

// put stores a record as it is, past the gate; system properties may be among the values.
func (f *fixture) put(ctx context.Context, tenant, modelName, id string, in values) {
	f.Helper()
	m, row := f.parse(modelName, in)
	for _, name := range []string{"createdAt", "updatedAt"} {
		if p := f.prop(modelName, name); row[p] == nil {
			row[p] = f.now.Add(-time.Hour).Truncate(time.Millisecond)
		}
	}
	must(f.T, f.store.Insert(ctx, tenant, m, id, row))
}

// set changes a stored record past the gate.
func (f *fixture) set(tenant, modelName, id string, in values) {
	f.Helper()
	m, row := f.parse(modelName, in)
	must(f.T, f.store.Update(context.Background(), tenant, m, id, row))
}

func (f *fixture) parse(modelName string, in values) (*model.Model, map[*model.Property]any) {
	f.Helper()
	m, _ := f.reg.Model(modelName)
	row := map[*model.Property]any{}
	for name, raw := range in {
		p := f.prop(modelName, name)
		v, err := p.Kind.Parse(p, raw)
		must(f.T, err)
		row[p] = v
	}
	return m, row
}

func (f *fixture) prop(modelName, name string) *model.Property {
	f.Helper()
	m, ok := f.reg.Model(modelName)
	if !ok {
		f.Fatalf("no model %q", modelName)
	}
	p, ok := m.Property(name)
	if !ok {
		f.Fatalf("%s has no %q", modelName, name)
	}
	return p
}

func (f *fixture) seed() {
	f.Helper()
	must(f.T, f.store.InTx(f.Context(), func(ctx context.Context) error {
		put := func(modelName, id string, in values) { f.put(ctx, here, modelName, id, in) }
		put("User", carly, values{"email": "carly@here.example", "firstName": "Carly", "lastName": "Diaz"})
		put("User", max, values{"email": "max@here.example", "firstName": "Max", "lastName": "Berg"})
		put("User", zoe, values{"email": "zoe@here.example", "firstName": "Zoe", "lastName": "Adler"})
		put("Team", success, values{"name": "Success"})
		put("Company", acme, values{"name": "Acme", "owner": carly, "phase": "Live", "status": "customer", "arr": 1200, "h": 8, "externalId": "A-1", "tags": []any{"vip", "eu"}, "renewalDate": "2026-12-31T23:30:00Z", "custom.Sector": "Steel", "custom.Seats": 12, "custom.Since": "2026-01-02", "custom.Tier": "gold"})
		put("Company", birch, values{"name": "birch", "owner": max, "coOwner": carly, "phase": "Onboarding", "status": "customer", "arr": 300, "h": 3, "externalId": "B-2", "renewalDate": "2027-01-01", "orgRootId": cedar})
		put("Company", cedar, values{"name": "Cedar", "owner": max, "phase": "Live", "status": "lost", "arr": 9000, "externalId": "C-3", "description": "a secret merger", "custom.Sector": "Wood", "custom.Seats": 7})
		put("Company", delta, values{"name": "Delta", "status": "prospect", "renewalDate": "2026-12-31"})
		put("End User", eva, values{"email": "eva@acme.example", "firstName": "Eva", "lastName": "Ek", "companyId": acme, "position": "CEO"})
		put("End User", finn, values{"email": "finn@cedar.example", "firstName": "Finn", "lastName": "Falk", "companyId": cedar, "position": "CFO"})
		for i, company := range []string{acme, cedar} {
			put("Asset", []string{acmeAsset, cedarAsset}[i], values{"name": "Press", "companyId": company, "ownerId": max})
			put("License", []string{acmeLicense, cedarLicense}[i], values{"product": "Suite", "_currency": "EUR", "fromDate": "2026-01-01", "companyId": company, "mrr": 100 + i})
			put("Conversation", []string{acmeNote, cedarNote}[i], values{"subject": "Kick-off", "companyId": company, "users": []any{carly, max}, "taskId": []string{acmeTask, cedarTask}[i]})
			put("Task", []string{acmeTask, cedarTask}[i], values{"mainType": "task", "action": "Call", "companyId": company, "ownerId": carly, "status": "To Do"})
		}
		f.put(ctx, there, "User", olga, values{"email": "carly@here.example", "firstName": "Olga", "lastName": "Orr"})
		f.put(ctx, there, "Company", omega, values{"name": "Omega", "owner": olga, "externalId": "A-1", "phase": "Live"})
		f.put(ctx, there, "End User", otto, values{"email": "otto@omega.example", "firstName": "Otto", "companyId": omega})
		return nil
	}))
}

// as is a principal of the tenant here with these lanes.
func (f *fixture) as(person string, lanes ...access.Lane) access.Principal {
	name := map[string]string{carly: "Carly Diaz", max: "Max Berg", zoe: "Zoe Adler"}[person]
	return access.Principal{
		Tenant: here, TenantName: "Here", Person: person, PersonName: name, Surface: access.SurfaceMCP, RegistryVersion: f.version, Lanes: lanes,
	}
}

// The usual principals, all of them Carly.
func (f *fixture) full() access.Principal { return f.as(carly, wide(access.Full(f.reg))) }
func (f *fixture) mine() access.Principal { return f.as(carly, own(access.Full(f.reg))) }

func wide(s access.Set) access.Lane {
	return access.Lane{Role: "wide", Portfolio: access.FullAccess, Set: s.Normal()}
}

func own(s access.Set) access.Lane {
	return access.Lane{Role: "own", Portfolio: access.MyPortfolio, Set: s.Normal()}
}

// change gives a set with one model's permission changed.
func change(s access.Set, modelName string, fn func(p *access.ModelPermission)) access.Set {
	s = maps.Clone(s)
	p := s[modelName]
	fn(&p)
	s[modelName] = p
	return s
}

// without takes properties out of a model's viewable ones; they stay writable.
func (f *fixture) without(s access.Set, modelName string, names ...string) access.Set {
	f.Helper()
	return change(s, modelName, func(p *access.ModelPermission) { p.View = f.allBut(modelName, names...) })
}

func (f *fixture) allBut(modelName string, names ...string) access.Properties {
	f.Helper()
	var hidden []string
	for _, name := range names {
		hidden = append(hidden, f.prop(modelName, name).ID)
	}
	m, _ := f.reg.Model(modelName)
	var ids []string
	for _, p := range m.Props() {
		if !slices.Contains(hidden, p.ID) {
			ids = append(ids, p.ID)
		}
	}
	return access.Only(ids...)
}

func (f *fixture) only(modelName string, names ...string) access.Properties {
	f.Helper()
	var ids []string
	for _, name := range names {
		ids = append(ids, f.prop(modelName, name).ID)
	}
	return access.Only(ids...)
}

// --- questions, and what their answers look like

func (f *fixture) list(p access.Principal, req record.ListRequest) string {
	return pageText(f.gate.List(context.Background(), p, req))
}

func (f *fixture) get(p access.Principal, modelName, id string, sel ...string) string {
	return pageText(f.gate.Get(context.Background(), p, modelName, id, sel))
}

func (f *fixture) create(p access.Principal, modelName string, v values) string {
	return resultText(f.gate.Create(context.Background(), p, record.Write{Model: modelName, Values: v}))
}

func (f *fixture) update(p access.Principal, modelName, id string, v values) string {
	return resultText(f.gate.Update(context.Background(), p, record.Write{Model: modelName, ID: id, Values: v}))
}

func (f *fixture) remove(p access.Principal, modelName, id string) string {
	return resultText(f.gate.Delete(context.Background(), p, record.Write{Model: modelName, ID: id}))
}

func (f *fixture) upsert(p access.Principal, modelName string, v values) string {
	res, outcome, err := f.gate.Upsert(context.Background(), p, record.Write{Model: modelName, Values: v})
	return string(outcome) + " " + resultText(res, err)
}

func (f *fixture) history(p access.Principal, modelName, id string) string {
	entries, err := f.gate.History(context.Background(), p, modelName, id)
	return historyText(entries, err)
}

// errorText is all that a person may learn from an error; an internal one is shown whole, since no test expects one.
func errorText(err error) string {
	if fault.KindOf(err) == fault.Internal {
		return "INTERNAL " + err.Error()
	}
	msg, fields := fault.Safe(err)
	return fmt.Sprintf("%s: %s %v", fault.KindOf(err), msg, fields)
}

func pageText(page *record.Page, err error) string {
	if err != nil {
		return errorText(err)
	}
	var b strings.Builder
	for i := range page.Rows {
		b.Write(page.AppendRow(nil, i))
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "total %d next %s", page.Total, page.NextCursor)
	return b.String()
}

func resultText(res *record.Result, err error) string {
	if err != nil {
		return errorText(err)
	}
	return fmt.Sprintf("%s %q %s dry=%v", res.ID, res.Title, changesText(res.Changes), res.DryRun)
}

func changesText(changes []record.Change) string {
	var out []string
	for _, c := range changes {
		out = append(out, fmt.Sprintf("%s: %s→%s", c.Property.Name, c.Property.Kind.AppendJSON(nil, c.Old), c.Property.Kind.AppendJSON(nil, c.New)))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func historyText(entries []record.HistoryEntry, err error) string {
	if err != nil {
		return errorText(err)
	}
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s %s %s %s by %q through %q: %s\n", e.At.Format(time.RFC3339Nano), e.Surface, e.Act, e.Person, e.PersonName, e.ClientName, changesText(e.Changes))
	}
	return b.String()
}

// ids gives the ids of a list in order, or the error.
func (f *fixture) ids(p access.Principal, req record.ListRequest) string {
	page, err := f.gate.List(context.Background(), p, req)
	if err != nil {
		return errorText(err)
	}
	var out []string
	for _, r := range page.Rows {
		out = append(out, names[r.ID])
	}
	return strings.Join(out, " ")
}

var names = map[string]string{
	acme: "acme", birch: "birch", cedar: "cedar", delta: "delta", omega: "omega", eva: "eva", finn: "finn", carly: "carly", max: "max", zoe: "zoe",
	acmeTask: "acmeTask", cedarTask: "cedarTask", acmeNote: "acmeNote", cedarNote: "cedarNote",
	acmeLicense: "acmeLicense", cedarLicense: "cedarLicense", acmeAsset: "acmeAsset", cedarAsset: "cedarAsset",
}

func (f *fixture) log(modelName, id string) []audit.Entry {
	f.Helper()
	entries, err := f.store.RecordAudit(context.Background(), here, modelName, id, 100)
	must(f.T, err)
	return entries
}

// stored reads one value past the gate, as JSON.
func (f *fixture) stored(modelName, id, name string) string {
	f.Helper()
	return f.storedIn(context.Background(), modelName, id, name)
}

// storedIn reads it in the transaction that ctx carries.
func (f *fixture) storedIn(ctx context.Context, modelName, id, name string) string {
	f.Helper()
	m, _ := f.reg.Model(modelName)
	p, self := f.prop(modelName, name), f.prop(modelName, "_id")
	rows, err := f.store.Select(ctx, query.Select{
		Tenant: here, Model: m, Columns: []query.Field{{Property: p}}, Limit: 2,
		Where: query.Compare{Property: self, Op: model.Eq, Values: []any{id}},
	})
	must(f.T, err)
	if len(rows) == 0 {
		return "no record"
	}
	return string(p.Kind.AppendJSON(nil, rows[0].Values[0]))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func has(t testing.TB, what, got string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q is missing in\n%s", what, want, got)
		}
	}
}

func lacks(t testing.TB, what, got string, unwanted ...string) {
	t.Helper()
	for _, u := range unwanted {
		if strings.Contains(got, u) {
			t.Errorf("%s: %q is in\n%s", what, u, got)
		}
	}
}

func filter(t testing.TB, text string) query.Filter {
	t.Helper()
	f, err := query.ParseFilterJSON(text)
	must(t, err)
	return f
}

func toJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return string(b)
}
