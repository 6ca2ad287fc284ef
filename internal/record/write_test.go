package record_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/query"
	"mandorla/internal/record"
)

func TestWriteChecks(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.full()
		for _, row := range []struct {
			name string
			in   values
			want []string
		}{
			{"an unknown name", values{"phse": "x"}, []string{`phse: Company has no such property. Did you mean "phase"?`}},
			{"an unknown custom name", values{"custom.Sectr": "x"}, []string{`Did you mean "custom.Sector"?`}},
			{"an unknown nested name", values{"custom": values{"Sectr": "x"}}, []string{`custom.Sectr: Company has no such property. Did you mean "custom.Sector"?`}},
			{"custom is no value", values{"custom": "x"}, []string{"custom: Company has no such property."}},
			{"both names", values{"ownerId": max, "owner": zoe}, []string{"ownerId: is given twice"}},
			{"both spellings of a custom one", values{"custom.Sector": "a", "custom": values{"Sector": "b"}}, []string{"custom.Sector: is given twice"}},
			{"read-only", values{"createdAt": "2026-01-01"}, []string{"createdAt: is set by the platform"}},
			{"the id", values{"_id": nobodyID}, []string{"_id: is set by the platform"}},
			{"no option", values{"status": "gone"}, []string{"status:", "prospect", "customer", "lost"}},
			{"no such person", values{"owner": nobodyID}, []string{`owner: there is no User with the _id "` + nobodyID}},
			{"another tenant's person", values{"owner": olga}, []string{`owner: there is no User with the _id "` + olga}},
			{"one of a list", values{"followers": []any{max, olga}}, []string{"followers: there is no User"}},
			{"several mistakes at once", values{"arr": "much", "h": 1.5, "nme": "x"}, []string{"arr:", "h:", `"name"`}},
			{"text too long for an index", values{"phase": strings.Repeat("x", 2000)}, []string{"phase: is 2000 bytes"}},
		} {
			got := f.update(p, "Company", acme, row.in)
			has(t, row.name, got, append(row.want, "invalid: ")...)
			for range 5 {
				same(t, row.name+", again", f.update(p, "Company", acme, row.in), got)
			}
			in := values{"name": "New"}
			for k, v := range row.in {
				in[k] = v
			}
			has(t, row.name+" at creation", f.create(p, "Company", in), append(row.want, "invalid: ")...)
		}
		same(t, "nothing was logged", toJSON(t, f.log("Company", acme)), "null")
		has(t, "nothing was created", f.list(p, record.ListRequest{Model: "Company", Total: true, Limit: 1, Filter: filter(t, `{"name":"New"}`)}), "total 0")

		has(t, "an alias", f.update(p, "Company", acme, values{"ownerId": zoe}), "owner: ")
		has(t, "what reads give", f.update(p, "Company", acme, values{"owner": values{"_id": max, "name": "x"}}), `→"`+max+`"`)
		has(t, "me", f.update(p, "Company", acme, values{"owner": "me"}), `→"`+carly+`"`)
		has(t, "custom", f.update(p, "Company", acme, values{"custom": values{"Sector": "Glass", "Tier": "silver"}, "custom.Seats": "1,200"}), `custom.Sector: "Steel"→"Glass", custom.Seats: 12→1200, custom.Tier: "gold"→"silver"`)
		has(t, "clearing", f.update(p, "Company", acme, values{"custom.Sector": "", "phase": nil}), `phase: "Live"→null, custom.Sector: "Glass"→null`)

		// A list may keep what is gone, and get what is there.
		f.set(here, "Company", acme, values{"followers": []any{nobodyID}})
		has(t, "a list with somebody who is gone", f.update(p, "Company", acme, values{"followers": []any{nobodyID, max}}), "followers: [")
		has(t, "a model of no name", f.create(p, "Compny", values{}), `not_found: There is no model "Compny". Did you mean "Company"?`)
	})
}

func TestDryRunChangesNothing(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		ctx, p := context.Background(), f.full()
		before := f.list(p, record.ListRequest{Model: "Company", Select: []string{"*"}, Total: true})
		res, err := f.gate.Create(ctx, p, record.Write{Model: "Company", Values: values{"name": "New", "externalId": "N"}, DryRun: true})
		same(t, "create", resultText(res, err), ` "New" [name: null→"New", externalId: null→"N"] dry=true`)
		res, err = f.gate.Update(ctx, p, record.Write{Model: "Company", ID: acme, Values: values{"name": "New", "h": 1}, DryRun: true})
		same(t, "update", resultText(res, err), acme+` "New" [name: "Acme"→"New", h: 8→1] dry=true`)
		res, err = f.gate.Delete(ctx, p, record.Write{Model: "Company", ID: delta, DryRun: true})
		same(t, "delete", resultText(res, err), delta+` "Delta" [] dry=true`)
		for _, row := range []struct {
			outcome string
			in      values
			want    string
		}{
			{"created", values{"externalId": "N", "name": "New"}, ` "New" [name: null→"New", externalId: null→"N"] dry=true`},
			{"updated", values{"externalId": "A-1", "phase": "x"}, acme + ` "Acme" [phase: "Live"→"x"] dry=true`},
			{"unchanged", values{"externalId": "A-1", "phase": "Live"}, acme + ` "Acme" [] dry=true`},
		} {
			res, outcome, err := f.gate.Upsert(ctx, p, record.Write{Model: "Company", Values: row.in, DryRun: true})
			same(t, "upsert", string(outcome)+resultText(res, err), row.outcome+row.want)
		}
		// What would be refused is refused.
		_, err = f.gate.Create(ctx, p, record.Write{Model: "Company", Values: values{"name": "New", "externalId": "A-1"}, DryRun: true})
		has(t, "a taken value", errorText(err), "conflict: externalId")
		_, err = f.gate.Delete(ctx, p, record.Write{Model: "Company", ID: acme, DryRun: true})
		has(t, "a company with records below", errorText(err), "conflict")
		_, err = f.gate.Create(ctx, f.mine(), record.Write{Model: "Company", Values: values{"name": "New"}, DryRun: true})
		has(t, "outside the portfolio", errorText(err), "forbidden")

		same(t, "all companies", f.list(p, record.ListRequest{Model: "Company", Select: []string{"*"}, Total: true}), before)
		entries, err := f.store.TenantAudit(ctx, here, "", 10)
		must(t, err)
		same(t, "the log", toJSON(t, entries), "null")
	})
}

func TestUnchangedUpdateLeavesNoTrace(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.full()
		was := f.stored("Company", acme, "updatedAt")
		for _, in := range []values{
			{}, {"phase": "Live"}, {"arr": "1,200", "h": 8.0, "tags": "vip; eu", "owner": strings.ToUpper(carly), "renewalDate": "2027-01-01T00:30:00+01:00"}, {"custom.Sector": "Steel", "custom.Since": "2026-01-02T00:00:00Z"}, {"description": ""},
		} {
			same(t, toJSON(t, in), f.update(p, "Company", acme, in), acme+` "Acme" [] dry=false`)
		}
		has(t, "upsert", f.upsert(p, "Company", values{"externalId": "A-1", "name": "Acme"}), "unchanged ")
		same(t, "updatedAt", f.stored("Company", acme, "updatedAt"), was)
		same(t, "the log", toJSON(t, f.log("Company", acme)), "null")
		has(t, "a change", f.update(p, "Company", acme, values{"phase": "x", "arr": 1200}), `[phase: "Live"→"x"]`)
		same(t, "updatedAt after a change", f.stored("Company", acme, "updatedAt"), `"2026-11-23T09:30:00.123Z"`)
	})
}

func TestChangeLog(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		ctx := context.Background()
		p := f.full()
		p.Client, p.ClientName, p.Authorization = "cl", "Claude", "au"
		res, err := f.gate.Create(ctx, p, record.Write{Model: "Task", Values: values{"mainType": "task", "companyId": acme, "action": "Write", "ownerId": "me", "description": ""}})
		must(t, err)
		must(t, second(f.gate.Update(ctx, p, record.Write{Model: "tasks", ID: strings.ToUpper(res.ID), Values: values{"action": "Call", "ownerId": nil}})))
		must(t, second(f.gate.Delete(ctx, p, record.Write{Model: "Task", ID: res.ID})))
		entries := f.log("Task", res.ID)
		if len(entries) != 3 {
			t.Fatalf("%d entries", len(entries))
		}
		for i, want := range []audit.Entry{
			{Act: "record.remove", Changes: []audit.Change{{Property: "ta02", Old: []byte(`"task"`)}, {Property: "ta03", Old: []byte(`"` + acme + `"`)}, {Property: "ta08", Old: []byte(`"Call"`)}}},
			{Act: "record.update", Changes: []audit.Change{{Property: "ta08", Old: []byte(`"Write"`), New: []byte(`"Call"`)}, {Property: "ta13", Old: []byte(`"` + carly + `"`)}}},
			{Act: "record.create", Changes: []audit.Change{{Property: "ta02", New: []byte(`"task"`)}, {Property: "ta03", New: []byte(`"` + acme + `"`)}, {Property: "ta08", New: []byte(`"Write"`)}, {Property: "ta13", New: []byte(`"` + carly + `"`)}}},
		} {
			want.ID, want.Tenant, want.At, want.Surface = entries[i].ID, here, entries[i].At, access.SurfaceMCP
			want.Person, want.PersonName, want.Client, want.ClientName, want.Authorization = carly, "Carly Diaz", "cl", "Claude", "au"
			want.Model, want.Record = "Task", res.ID
			same(t, want.Act, toJSON(t, entries[i]), toJSON(t, want))
			if got := f.now.Sub(entries[i].At); got < 0 || got > 1e6 {
				t.Errorf("%s is logged at %v", want.Act, entries[i].At)
			}
		}
		same(t, "a removed record has no history", f.history(p, "Task", res.ID), `not_found: There is no Task with the _id "`+res.ID+`". []`)

		has(t, "a change", f.update(p, "Company", acme, values{"phase": "x", "custom.Sector": "Glass"}), "phase")
		same(t, "history", f.history(p, "Company", strings.ToUpper(acme)), `2026-11-23T09:30:00.123Z mcp record.update `+carly+` by "Carly Diaz" through "Claude": [phase: "Live"→"x", custom.Sector: "Steel"→"Glass"]`+"\n")

		// However much was logged of what may not be seen, the rest is there.
		for range record.HistoryLimit + 20 {
			e := audit.By(p, "record.update", f.now)
			e.Model, e.Record, e.Changes = "Company", acme, []audit.Change{{Property: f.prop("Company", "arr").ID, New: []byte("1")}}
			must(t, f.store.AppendAudit(ctx, e))
		}
		has(t, "behind many hidden changes", f.history(f.as(carly, wide(f.without(access.Full(f.reg), "Company", "arr"))), "Company", acme), `phase: "Live"→"x"`)
		entriesSeen, err := f.gate.History(ctx, p, "Company", acme)
		must(t, err)
		if len(entriesSeen) != record.HistoryLimit {
			t.Errorf("history has %d entries", len(entriesSeen))
		}
	})
}

func second[T any](_ T, err error) error { return err }

// mute is a store whose log is full.
type mute struct{ record.Store }

var errFull = errors.New("the log is full")

func (mute) AppendAudit(context.Context, ...audit.Entry) error { return errFull }

// A change that cannot be logged does not happen.
func TestChangeAndLogAreOneTransaction(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		ctx, p := context.Background(), f.full()
		before := f.list(p, record.ListRequest{Model: "Company", Select: []string{"*"}, Total: true})
		gate := f.over(mute{f.store}, f.schemas)
		_, err := gate.Create(ctx, p, record.Write{Model: "Company", Values: values{"name": "New"}})
		for _, next := range []func() error{
			func() error {
				return second(gate.Update(ctx, p, record.Write{Model: "Company", ID: acme, Values: values{"phase": "x"}}))
			},
			func() error { return second(gate.Delete(ctx, p, record.Write{Model: "Company", ID: delta})) },
			func() error {
				_, _, err := gate.Upsert(ctx, p, record.Write{Model: "Company", Values: values{"externalId": "A-1", "phase": "x"}})
				return err
			},
			func() error { return nil },
		} {
			if !errors.Is(err, errFull) {
				t.Fatalf("got %v", err)
			}
			if err = next(); err == nil {
				break
			}
		}
		same(t, "all companies", f.list(p, record.ListRequest{Model: "Company", Select: []string{"*"}, Total: true}), before)
	})
}

func TestDelete(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.full()
		has(t, "a company with records below", f.remove(p, "Company", acme), "conflict: This company still has end users. Remove or move them first.")
		all := access.Full(f.reg)
		blind := f.as(carly, wide(access.Set{"Company": access.FullModel}))
		has(t, "records that may not be seen are not named", f.remove(blind, "Company", acme), "still has other records")
		part := f.as(carly, wide(access.Set{"Company": access.FullModel}), own(all))
		has(t, "nor are rows that may not be seen", f.remove(part, "Company", cedar), "still has other records")
		has(t, "seen ones are", f.remove(part, "Company", acme), "still has end users")
		same(t, "still there", f.stored("Company", acme, "name"), `"Acme"`)
		has(t, "without remove", f.remove(f.as(carly, wide(access.Of(f.reg, access.View|access.Update))), "Company", delta), "forbidden: You may not remove companies")
		two := f.as(carly, wide(access.Of(f.reg, access.View)), own(all))
		has(t, "remove in the own portfolio only", f.remove(two, "Company", delta), "forbidden: You may not remove this company: it is outside your portfolio (role own: only my portfolio).")
		same(t, "delete", f.remove(p, "Company", strings.ToUpper(delta)), delta+` "Delta" [] dry=false`)
		has(t, "again", f.remove(p, "Company", delta), `not_found: There is no Company with the _id "`+delta)
		// What pointed at it keeps its place and has no title.
		has(t, "a user", f.remove(p, "User", max), `"Max Berg"`)
		has(t, "a reference to nobody", f.list(p, record.ListRequest{Model: "Company", Select: []string{"owner", "owner.name"}, Titles: true, Filter: filter(t, `{"name":"Cedar"}`)}), `"owner":"`+max+`","owner.name":null`)
	})
}

func TestUnique(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.full()
		has(t, "create", f.create(p, "Company", values{"name": "x", "externalId": "A-1"}), "conflict: externalId: Another company already has this value.")
		has(t, "update", f.update(p, "End User", finn, values{"email": "eva@acme.example"}), "conflict: email: Another end user already has this value.")
		has(t, "another tenant's value is free", f.create(p, "End User", values{"companyId": acme, "email": "otto@omega.example"}), "otto@omega.example")
		has(t, "one's own value", f.update(p, "Company", acme, values{"externalId": "A-1"}), "[]")
		has(t, "several without", f.create(p, "Company", values{"name": "x"}), `"x"`)
	})
}

func TestUpsert(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.full()
		has(t, "by _id", f.upsert(p, "Company", values{"_id": strings.ToUpper(acme), "phase": "x"}), `updated `+acme+` "Acme" [phase: "Live"→"x"]`)
		has(t, "by a key", f.upsert(p, "Company", values{"externalId": "A-1", "phase": "y"}), `updated `+acme)
		has(t, "by the third key", f.upsert(p, "End User", values{"email": "eva@acme.example", "position": "CTO"}), `updated `+eva)
		has(t, "an empty key", f.upsert(p, "End User", values{"sourceId": "", "email": "eva@acme.example", "position": "CFO"}), `updated `+eva)
		has(t, "new", f.upsert(p, "Company", values{"externalId": "N", "name": "New"}), "created ")
		has(t, "again", f.upsert(p, "Company", values{"externalId": "N", "name": "New"}), "unchanged ")
		has(t, "an _id that is not there", f.upsert(p, "Company", values{"_id": nobodyID, "name": "New"}), "not_found")
		has(t, "no key at all", f.upsert(p, "Company", values{"phase": "x"}), "name: is required")
		has(t, "a key of somebody else's record", f.upsert(f.mine(), "Company", values{"externalId": "C-3", "name": "x", "owner": "me"}), "conflict: externalId: Another company already has this value.")
		has(t, "without create", f.upsert(f.as(carly, wide(access.Of(f.reg, access.View|access.Update))), "Company", values{"externalId": "N2", "name": "x"}), "forbidden: You may not create companies")
		has(t, "another tenant's key", f.upsert(p, "End User", values{"email": "otto@omega.example", "companyId": acme}), "created ")
		same(t, "the other tenant", func() string {
			far := access.Principal{Tenant: there, Person: olga, Lanes: []access.Lane{wide(access.Full(f.reg))}}
			return f.list(far, record.ListRequest{Model: "End User", Select: []string{"email", "companyName"}, Total: true})
		}(), `{"_id":"`+otto+`","email":"otto@omega.example","companyName":"Omega"}`+"\ntotal 1 next ")
	})
}

func TestNobodyAndOperator(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		has(t, "nobody", f.list(access.Principal{}, record.ListRequest{Model: "Company"}), "unauthenticated")
		op := access.Operator(here, f.reg, f.version)
		has(t, "me is nobody for the operator", f.update(op, "Company", acme, values{"owner": "me"}), "invalid: owner:")
		has(t, "nor can a filter ask for it", f.list(op, record.ListRequest{Model: "Company", Filter: query.Where("owner", "eq", "me")}), "invalid: filter.owner:")
		same(t, "me in a filter", f.ids(f.full(), record.ListRequest{Model: "Company", Filter: query.Where("owner", "eq", "me")}), "acme")
		same(t, "me in a list", f.ids(f.full(), record.ListRequest{Model: "Conversation", Filter: query.Where("users", "contains", "me")}), "acmeNote cedarNote")
	})
}
