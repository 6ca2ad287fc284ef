package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/record"
	"mandorla/internal/schema"
	"mandorla/internal/store/postgres"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/testkit/pg"
	"mandorla/internal/transfer"
)

const tenant = "00000000000000000000aaaa"

type fixture struct {
	*testing.T
	gate *record.Service
	as   access.Principal
}

func engines(t *testing.T, run func(t *testing.T, f *fixture)) {
	t.Helper()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			base, err := catalog.Registry()
			must(t, err)
			var n atomic.Int64
			newID := func() string { return fmt.Sprintf("%024x", n.Add(1)) }
			var st *sqlstore.Store
			if engine == "sqlite" {
				st, err = sqlite.Open(t.Context(), t.TempDir(), base, newID)
			} else {
				st, err = postgres.Open(t.Context(), pg.DSN(t), base, newID)
			}
			must(t, err)
			t.Cleanup(func() { must(t, st.Close()) })
			must(t, st.CreateTenant(t.Context(), tenant, "Here", "here"))
			schemas, err := schema.New(st, catalog.Models(), newID)
			must(t, err)
			_, err = schemas.AddCustom(t.Context(), tenant, "Company", model.Property{Name: "Sector", Kind: model.Text})
			must(t, err)
			reg, err := schemas.Current(t.Context(), tenant)
			must(t, err)
			run(t, &fixture{t, record.New(record.Options{
				Store: st, Registries: schemas, Now: func() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) }, NewID: newID, CursorKey: make([]byte, 32),
			}), access.Operator(tenant, reg, 2)})
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run imports a text and gives the summary and the refused rows.
func (f *fixture) run(modelName, text string, c transfer.Columns, change func(*transfer.Import)) string {
	f.Helper()
	r, err := transfer.NewReader(strings.NewReader(text))
	must(f.T, err)
	view, err := f.gate.Describe(context.Background(), f.as, modelName)
	must(f.T, err)
	mapping, err := transfer.Match(r.Header, view, c)
	if err != nil {
		msg, _ := fault.Safe(err)
		return fault.KindOf(err).String() + ": " + msg
	}
	var out strings.Builder
	im := transfer.Import{Gate: f.gate, As: f.as, Model: modelName, Mapping: mapping, Report: func(r transfer.Refused) error {
		fmt.Fprintf(&out, "%d (%s) %s\n", r.Line, r.Title, r.Reason)
		return nil
	}}
	if change != nil {
		change(&im)
	}
	sum, err := im.Run(context.Background(), r)
	if err != nil {
		fmt.Fprintf(&out, "stopped: %v\n", err)
	}
	return fmt.Sprintf("%s%d created, %d updated, %d unchanged, %d refused", out.String(), sum.Created, sum.Updated, sum.Unchanged, sum.Refused)
}

func same(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func TestImport(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		const file = "\ufeffName;External ID;Health;arr;Sector;renewalDate\r\nAcme;A-1;8;1,200.50;Steel;2026-12-31\r\nBirch;B-2;;;\r\n;C-3;1;;;\r\nDelta;D-4;high;1;;soon\r\nElm;A-1;8;;Wood;\r\nFir;F-6;3;\"1;2\r\n"
		want := `4 (, C-3) name: is required.
5 (Delta, D-4) h: expects a number such as 1200.50, got "high". renewalDate: expects an instant such as 2026-11-23T09:30:00Z, or a date such as 2026-11-23, got "soon".
7 () The row is not CSV: line 7: extraneous or missing " in quoted-field.
`
		dry := f.run("Company", file, transfer.Columns{}, func(im *transfer.Import) { im.DryRun = true })
		same(t, "dry run", dry, want+"3 created, 0 updated, 0 unchanged, 3 refused")
		same(t, "first run", f.run("Company", file, transfer.Columns{}, nil), want+"2 created, 1 updated, 0 unchanged, 3 refused")
		// The file names A-1 twice with different values, so a second run changes it twice.
		same(t, "second run", f.run("Company", file, transfer.Columns{}, nil), want+"0 created, 2 updated, 1 unchanged, 3 refused")
		const once = "externalId,name,custom.Sector,arr\nA-1,Elm,Wood,1200.5\nB-2,Birch,,\n"
		same(t, "a file of what is there", f.run("Company", once, transfer.Columns{}, nil), "0 created, 0 updated, 2 unchanged, 0 refused")
		same(t, "an empty cell says nothing", f.run("Company", "externalId,name,arr\nA-1,Elm,\n", transfer.Columns{}, nil), "0 created, 0 updated, 1 unchanged, 0 refused")
		same(t, "a fixed value", f.run("Company", "externalId\nA-1\nG-7\n", transfer.Columns{Fixed: []string{"name"}}, func(im *transfer.Import) {
			im.Fixed = map[string]any{"name": "Gum"}
		}), "1 created, 1 updated, 0 unchanged, 0 refused")
		var steps []int
		f.run("Company", once, transfer.Columns{}, func(im *transfer.Import) { im.Progress = func(s transfer.Summary) { steps = append(steps, s.Rows()) } })
		same(t, "progress", fmt.Sprint(steps), "[1 2]")
		page, err := f.gate.List(context.Background(), f.as, record.ListRequest{Model: "Company", Total: true, Limit: 1})
		must(t, err)
		same(t, "companies", fmt.Sprint(page.Total), "3")
	})
}

func TestImportRefusesWhatTheGateRefuses(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		f.as.Lanes[0].Set = f.as.Lanes[0].Set.Intersect(access.Set{"Company": {Actions: access.View | access.Update, View: access.AllProperties, Update: access.AllProperties}})
		same(t, "no create", f.run("Company", "name\nAcme\n", transfer.Columns{}, nil), "2 (Acme) You may not create companies: the role Operator does not allow it; an administrator can.\n0 created, 0 updated, 0 unchanged, 1 refused")
		f.as.Tenant = ""
		im := transfer.Import{Gate: f.gate, As: f.as, Model: "Company", Mapping: transfer.Mapping{"name"}}
		r, err := transfer.NewReader(strings.NewReader("name\nAcme\nBirch\n"))
		must(t, err)
		if sum, err := im.Run(context.Background(), r); fault.KindOf(err) != fault.Unauthenticated || sum.Rows() != 0 {
			t.Errorf("nobody: %v, %v", sum, err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if sum, err := im.Run(ctx, r); !errors.Is(err, context.Canceled) || sum.Rows() != 0 {
			t.Errorf("stopped by the person: %v, %v", sum, err)
		}
	})
}

func TestMatch(t *testing.T) {
	reg, err := catalog.Registry()
	must(t, err)
	m, _ := reg.Model("Task")
	view := record.ModelView{Model: m}
	for _, p := range m.Props() {
		if p.Name != "workflowName" { // hidden
			view.Properties = append(view.Properties, record.PropertyView{Property: p, Read: true, Create: p.Writable(), Update: p.Writable() && p.Name != "mainType"})
		}
	}
	for _, row := range []struct {
		name, header string
		c            transfer.Columns
		want         string
	}{
		{"names, aliases, labels, case", "mainType|cId|OWNER|End users|external_id|Title|_id", transfer.Columns{}, "[mainType companyId ownerId endusers externalId action _id]"},
		{"by hand", "What|Who|Notes", transfer.Columns{Map: map[string]string{"What": "action", "Who": "owner"}, Ignore: []string{"Notes"}}, "[action ownerId ]"},
		{"left over", "action|Colour|snippet|workflowName", transfer.Columns{}, `invalid: Colour: Task has no property "Colour" that can be imported. Map the column with --map 'Colour=property', or leave it out with --ignore 'Colour'.` +
			` snippet: Task has no property "snippet" that can be imported. Map the column with --map 'snippet=property', or leave it out with --ignore 'snippet'.` +
			` workflowName: Task has no property "workflowName" that can be imported. Map the column with --map 'workflowName=property', or leave it out with --ignore 'workflowName'.`},
		{"twice", "action|Name", transfer.Columns{}, "invalid: Name: goes to action, and so does action. Leave one of them out with --ignore."},
		{"fixed and a column", "action", transfer.Columns{Fixed: []string{"action"}}, "invalid: action: goes to action, and so does --set. Leave one of them out with --ignore."},
		{"mapped and not there", "action", transfer.Columns{Map: map[string]string{"What": "action"}}, "invalid: What: is mapped, but the file has no such column; it has action."},
		{"mapped to nothing", "What", transfer.Columns{Map: map[string]string{"What": "nope"}}, `invalid: What: Task has no property "nope" that can be imported. Map the column with --map 'What=property', or leave it out with --ignore 'What'.`},
	} {
		got, err := transfer.Match(strings.Split(row.header, "|"), view, row.c)
		text := fmt.Sprint(got)
		if err != nil {
			msg, _ := fault.Safe(err)
			text = fault.KindOf(err).String() + ": " + msg
		}
		same(t, row.name, text, row.want)
	}
	var mixed []string
	for range 5 { // in the same order each time
		_, err := transfer.Match([]string{"action"}, view, transfer.Columns{Map: map[string]string{"x": "a", "y": "b", "z": "c", "w": "d"}})
		mixed = append(mixed, fmt.Sprint(err))
	}
	for _, one := range mixed[1:] {
		same(t, "order of mistakes", one, mixed[0])
	}
}
