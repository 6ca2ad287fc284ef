package record_test

import (
	"context"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/record"
)

// A new record has its two instants from the gate's clock, and a title of what there is of it.
func TestCreationDatesAndTitle(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		res, err := f.gate.Create(t.Context(), f.full(), record.Write{Model: "End User", Values: values{"companyId": acme, "firstName": "Gil"}})
		must(t, err)
		same(t, "title", res.Title, "Gil")
		for _, name := range []string{"createdAt", "updatedAt"} {
			same(t, name, f.stored("End User", res.ID, name), `"2026-11-23T09:30:00.123Z"`)
		}
	})
}

// What several roles allow in parts only is named as a whole.
func TestRefusalOfPartsNamesThemAll(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		part := func(names ...string) access.Lane {
			return wide(access.Set{"Company": {Actions: access.Create | access.View | access.Update, View: access.AllProperties, Update: f.only("Company", names...)}})
		}
		p := f.as(carly, part("phase"), part("name", "arr"))
		has(t, "create", f.create(p, "Company", values{"name": "Ivy", "phase": "x", "arr": 1}), "forbidden: You may not write name, phase, arr of companies together in one step: ")
		has(t, "update", f.update(p, "Company", acme, values{"phase": "x", "arr": 1}), "forbidden: You may not write phase, arr of companies together in one step: ")
	})
}

// What still needs a record is named as far as it may be seen to need it, row by row and property by property.
func TestRemovalIsStoppedByWhatNeedsIt(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		all := access.Full(f.reg)
		companies := access.Set{"Company": access.FullModel}
		unlinked := f.without(all, "End User", "companyId", "companyName")
		needed := func(what, by, id string, lanes ...access.Lane) {
			t.Helper()
			same(t, what, f.remove(f.as(carly, lanes...), "Company", id), "conflict: This company still has "+by+". Remove or move them first. []")
		}
		needed("seen", "end users", acme, wide(all))
		needed("the reference may not be seen", "other records", acme, wide(unlinked))
		needed("the reference may be seen on this row", "end users", acme, wide(unlinked), own(all))
		needed("the reference may be seen on other rows", "other records", cedar, wide(unlinked), own(all))
		needed("the model may not be seen", "other records", acme, wide(companies))

		// Ids are unique within a model; one of another model is another record.
		f.put(t.Context(), here, "Team", acme, values{"name": "Acme's"})
		has(t, "a team with a company's id", f.remove(f.full(), "Team", acme), `"Acme's" []`)
	})
}

// An upsert finds its record by what really identifies one, or says what is wrong.
func TestUpsertKeys(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.full()
		has(t, "an empty _id", f.upsert(p, "Company", values{"_id": nil, "externalId": "A-1", "phase": "x"}), `updated `+acme)
		has(t, "a key of the wrong kind", f.upsert(p, "Company", values{"externalId": []any{"A-1"}, "name": "x"}), " invalid: externalId: ")
		shy := f.as(carly, wide(f.without(access.Full(f.reg), "Company", "externalId")))
		hidden, unknown := f.upsert(shy, "Company", values{"externalId": []any{"A-1"}, "name": "x"}), f.upsert(shy, "Company", values{"externalIx": []any{"A-1"}, "name": "x"})
		same(t, "a hidden key of the wrong kind is as unknown as none", strings.ReplaceAll(hidden, "externalId", "externalIx"), unknown)
		has(t, "no word of keys", f.upsert(p, "Company", values{"name": "Quite new"}), "created ")
		blind := f.as(carly, wide(access.Set{"Team": {Actions: access.Create, Update: access.AllProperties}}))
		has(t, "who sees nothing finds nothing", f.upsert(blind, "Team", values{"name": "Success"}), "conflict: name: Another team already has this value.")

		gate := f.remodelled(func(m *model.Model) {
			if m.Name == "Company" {
				m.Keys = []string{"phase"}
			}
		})
		upsert := func(phase string) string {
			res, outcome, err := gate.Upsert(context.Background(), p, record.Write{Model: "Company", Values: values{"phase": phase, "h": 1}})
			return string(outcome) + " " + resultText(res, err)
		}
		f.set(here, "Company", acme, values{"phase": "Live"})
		has(t, "a key of several records", upsert("Live"), "conflict: Several Companies have the same phase; use another key.")
		has(t, "a key of one record", upsert("Onboarding"), "updated "+birch)
	})
}

// A private app is refused by its own name.
func TestPrivateAppOutsideItsPortfolio(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		live := access.Lane{Portfolio: access.Portfolio{Kind: access.KindFilter, Filter: `{"phase":"Live"}`}, Set: access.Full(f.reg)}
		app := f.as("", live, access.Lane{Portfolio: access.FullAccess, Set: access.Of(f.reg, access.View)})
		app.PrivateApp, app.PrivateAppName = "p1", "Sync"
		has(t, "create", f.create(app, "Company", values{"name": "Fir"}), "would lie outside your portfolio (private app Sync: filter based). ")
		has(t, "update", f.update(app, "Company", birch, values{"h": 1}), "it is outside your portfolio (private app Sync: filter based). ")
		has(t, "inside", f.create(app, "Company", values{"name": "Fir", "phase": "Live"}), `"Fir"`)
	})
}

// References may be to what one sees, and to oneself even where people may not be seen.
func TestReferencesToWhatMayNotBeSeen(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		set := access.Full(f.reg)
		delete(set, "User")
		p := f.as(carly, wide(set))
		want := `invalid: owner: there is no User with the _id "` + nobodyID + `".`
		has(t, "nobody", f.update(p, "Company", acme, values{"owner": nobodyID}), want)
		has(t, "a colleague", strings.ReplaceAll(f.update(p, "Company", acme, values{"owner": max}), max, nobodyID), want)
		has(t, "oneself", f.update(p, "Company", birch, values{"owner": carly}), "owner: ")
	})
}
