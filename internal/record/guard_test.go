package record_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/record"
)

var errGuard = errors.New("the guard says no")

// guardedBy is the gate with a guard beside it.
func (f *fixture) guardedBy(g record.Guard) *record.Service {
	o := f.options(f.store, f.schemas)
	o.Guard = g
	return record.New(o)
}

// The guard is asked before a record is changed or removed and again afterwards, with the change in sight; either way its error undoes
// the change. A creation concerns no record that is there, and is not asked about.
func TestGuardStandsAroundChanges(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		ctx, p := t.Context(), f.full()
		var before, after error
		silent, asked := false, ""
		gate := f.guardedBy(func(ctx context.Context, tenant string, m *model.Model) (func(context.Context) error, error) {
			asked += fmt.Sprintf("%s %s before; ", tenant[20:], m.Name)
			if silent {
				return nil, before
			}
			return func(ctx context.Context) error {
				asked += "after; "
				same(t, "what the guard sees afterwards", f.storedIn(ctx, "Company", acme, "phase"), `"x"`)
				return after
			}, before
		})
		update := func() error {
			return second(gate.Update(ctx, p, record.Write{Model: "Company", ID: acme, Values: values{"phase": "x"}}))
		}
		for _, c := range []struct {
			what          string
			before, after error
			silent        bool
			asked, phase  string
		}{
			{"no before", errGuard, nil, false, "aaaa Company before; ", `"Live"`},
			{"no afterwards", nil, errGuard, false, "aaaa Company before; after; ", `"Live"`},
			{"yes", nil, nil, false, "aaaa Company before; after; ", `"x"`},
			{"no question afterwards", nil, nil, true, "aaaa Company before; ", `"x"`},
		} {
			f.set(here, "Company", acme, values{"phase": "Live"})
			before, after, silent, asked = c.before, c.after, c.silent, ""
			err := update()
			if wantsNo := c.before != nil || c.after != nil; errors.Is(err, errGuard) != wantsNo || err != nil && !wantsNo {
				t.Errorf("%s: %v", c.what, err)
			}
			same(t, c.what, asked, c.asked)
			same(t, c.what, f.stored("Company", acme, "phase"), c.phase)
		}
		silent, asked = false, ""
		has(t, "a change that is refused", resultText(gate.Update(ctx, p, record.Write{Model: "Company", ID: acme, Values: values{"phase": "x", "externalId": "B-2"}})), "conflict")
		must(t, second(gate.Create(ctx, p, record.Write{Model: "Company", Values: values{"name": "New"}})))
		before = errGuard
		if err := second(gate.Delete(ctx, p, record.Write{Model: "Company", ID: delta})); !errors.Is(err, errGuard) {
			t.Error(err)
		}
		same(t, "asked", asked, "aaaa Company before; aaaa Company before; ")
	})
}

// A record that goes while its change is under way is not there, whoever asks: nobody is told that it lies outside a portfolio.
func TestRecordThatGoesMeanwhile(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		company, _ := f.reg.Model("Company")
		gate := f.guardedBy(func(ctx context.Context, tenant string, _ *model.Model) (func(context.Context) error, error) {
			return nil, f.store.Delete(ctx, tenant, company, acme)
		})
		for _, p := range []access.Principal{f.full(), f.mine()} {
			want := `not_found: There is no Company with the _id "` + acme + `". []`
			same(t, "update", resultText(gate.Update(t.Context(), p, record.Write{Model: "Company", ID: acme, Values: values{"phase": "x"}})), want)
			same(t, "remove", resultText(gate.Delete(t.Context(), p, record.Write{Model: "Company", ID: acme})), want)
			same(t, "the record", f.stored("Company", acme, "name"), `"Acme"`)
		}
	})
}

// Whoever looks through another person's eyes changes nothing, and is told so before anything else.
func TestViewingAsChangesNothing(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.full()
		p.Viewer = &access.Viewer{Person: max}
		has(t, "reading", f.get(p, "Company", acme), `"Acme"`)
		for what, got := range map[string]string{
			"create": f.create(p, "Compny", values{}), "update": f.update(p, "Company", nobodyID, values{}),
			"remove": f.remove(p, "Company", delta), "upsert": f.upsert(p, "Compny", values{}),
		} {
			has(t, what, got, "forbidden: You are viewing as Carly Diaz. Stop viewing as to make changes.")
		}
		same(t, "still there", f.stored("Company", delta, "name"), `"Delta"`)
	})
}
