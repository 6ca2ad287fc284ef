package record_test

import (
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/record"
)

// Effective = authorization ∩ client ∩ role, per model, action and property, evaluated anew at each request.
func TestRule3_1_EffectiveIsTheIntersection(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		role := access.Full(f.reg)
		client := access.Set{"Company": {Actions: access.View | access.Update, View: f.allBut("Company", "arr"), Update: f.only("Company", "phase", "h")}}
		authorization := access.Set{
			"Company": {Actions: access.View | access.Update | access.Remove, View: f.allBut("Company", "h"), Update: access.AllProperties},
			"Task":    access.FullModel,
		}
		through := func(role access.Set) access.Principal {
			return f.through(authorization, client, access.Role{Name: "wide", Portfolio: access.FullAccess, Set: role, Switches: access.SwitchConnect})
		}
		p := through(role)
		has(t, "what all three allow", f.get(p, "Company", acme), `"phase":"Live"`)
		lacks(t, "what a side lacks", f.get(p, "Company", acme), `"arr"`, `"h"`, "1200")
		has(t, "a property the client lacks", f.get(p, "Company", acme, "arr"), "invalid", "no such property")
		has(t, "a property the authorization lacks", f.get(p, "Company", acme, "h"), "no such property")
		has(t, "a model the client lacks", f.list(p, record.ListRequest{Model: "Task"}), `not_found: There is no model "Task"`)
		has(t, "an action the client lacks", f.remove(p, "Company", acme), "forbidden", "You may not remove companies: the app Claude does not allow it; an administrator can.")
		has(t, "a write that all allow", f.update(p, "Company", acme, values{"phase": "Growth"}), `phase: "Live"→"Growth"`)
		has(t, "a write the client lacks", f.update(p, "Company", acme, values{"status": "lost"}), "forbidden", "status")
		has(t, "a write of what may not be seen", f.update(p, "Company", acme, values{"h": 1}), "no such property")

		// The role is narrowed: the next request obeys.
		p = through(change(role, "Company", func(m *access.ModelPermission) { m.Actions = access.View }))
		has(t, "after the role was narrowed", f.update(p, "Company", acme, values{"phase": "Lost"}), "forbidden")
		p = through(access.Set{"Task": access.FullModel})
		has(t, "no overlap", f.list(p, record.ListRequest{Model: "Company"}), "and nothing else that you may see")
		same(t, "phase", f.stored("Company", acme, "phase"), `"Growth"`)
	})
}

// No property leaks through a union of a wide portfolio with a wide property list.
func TestRule3_2_RowAndPropertyComeFromOneRole(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		all := access.Full(f.reg)
		narrow := change(f.without(all, "Company", "arr", "owner", "description", "renewalDate"), "Company", func(p *access.ModelPermission) {
			p.Actions = access.View | access.Update
			p.Update = access.AllProperties
		})
		p := f.as(carly, wide(narrow), own(all))
		list := func(req record.ListRequest) string {
			req.Model = "Company"
			return f.ids(p, req)
		}
		answer := f.list(p, record.ListRequest{Model: "Company", Select: []string{"name", "arr", "owner", "owner.name"}, Titles: true})
		has(t, "columns inside", answer, `"name":"Acme","arr":1200,"owner":{"_id":"`+carly+`","name":"Carly Diaz"},"owner.name":"Carly Diaz"`)
		has(t, "columns outside", answer, `"name":"Cedar","arr":null,"owner":null,"owner.name":null`)

		for text, want := range map[string]string{
			`{"arr":{"gte":0}}`:                   "acme birch",
			`{"arr":9000}`:                        "",
			`{"arr":null}`:                        "cedar delta",
			`{"arr":{"ne":9000}}`:                 "acme birch cedar delta",
			`{"arr":{"not_in":[9000]}}`:           "acme birch cedar delta",
			`{"not":{"arr":9000}}`:                "acme birch cedar delta",
			`{"not":{"arr":{"lt":5000}}}`:         "cedar delta",
			`{"owner":"` + max + `"}`:             "birch",
			`{"owner.name":"Max Berg"}`:           "birch",
			`{"owner.name":{"ne":"Max Berg"}}`:    "acme cedar delta",
			`{"owner.name":null}`:                 "cedar delta",
			`{"owner.name":{"not_empty":true}}`:   "acme birch",
			`{"renewalDate":"2026-12-31"}`:        "acme",
			`{"renewalDate":{"ne":"2027-01-01"}}`: "acme cedar delta",
			`{"description":{"contains":"mer"}}`:  "",
		} {
			same(t, text, list(record.ListRequest{Filter: filter(t, text), Sort: []string{"name"}}), want)
		}
		same(t, "sort", list(record.ListRequest{Sort: []string{"arr"}}), "birch acme cedar delta")
		same(t, "sort, descending: Cedar's value would be first", list(record.ListRequest{Sort: []string{"-arr", "-_id"}}), "acme birch delta cedar")
		same(t, "sort by owner's name", list(record.ListRequest{Sort: []string{"-owner", "-_id"}}), "birch acme delta cedar")
		same(t, "search", list(record.ListRequest{Search: "merger"}), "")
		same(t, "search of what may be seen", list(record.ListRequest{Search: "cedar"}), "cedar")

		// Through a reference, from a model that is seen as a whole.
		has(t, "path", f.list(p, record.ListRequest{Model: "Task", Select: []string{"companyId.name", "companyId.arr", "companyId.owner.name"}}),
			`"companyId.name":"Acme","companyId.arr":1200,"companyId.owner.name":"Carly Diaz"`, `"companyId.name":"Cedar","companyId.arr":null,"companyId.owner.name":null`)
		same(t, "filter on path", f.ids(p, record.ListRequest{Model: "Task", Filter: filter(t, `{"companyId.arr":{"gt":1}}`)}), "acmeTask")

		// A title that one role hides.
		hidden := f.as(carly, wide(f.without(all, "Company", "name")), own(all))
		answer = f.list(hidden, record.ListRequest{Model: "Task", Select: []string{"companyId", "companyName"}, Titles: true})
		has(t, "titles", answer, `"companyId":{"_id":"`+acme+`","name":"Acme"},"companyName":"Acme"`, `"companyId":"`+cedar+`","companyName":null`)
		lacks(t, "titles", answer, "Cedar")

		// Writes and history.
		has(t, "inside", f.update(p, "Company", acme, values{"arr": 1300}), "arr: 1200→1300")
		has(t, "outside, what may be seen", f.update(p, "Company", cedar, values{"phase": "Growth"}), `"Cedar" [phase: "Live"→"Growth"]`)
		wrong := f.update(p, "Company", cedar, values{"arr": 1})
		has(t, "outside, one role would update it and only the other see it", wrong, "forbidden")
		same(t, "the same with the stored value", f.update(p, "Company", cedar, values{"arr": 9000}), wrong)
		full := f.full()
		has(t, "somebody else's change", f.update(full, "Company", cedar, values{"arr": 9100, "phase": "Done"}), "arr: 9000→9100")
		has(t, "somebody else's change", f.update(full, "Company", cedar, values{"arr": 9200}), "arr: 9100→9200")
		seen := f.history(p, "Company", cedar)
		has(t, "history", seen, `[phase: "Growth"→"Done"]`)
		lacks(t, "history", seen, "arr", "9100", "9200")
		has(t, "history inside", f.history(p, "Company", acme), "arr: 1200→1300")
	})
}

// Records below a company follow its portfolio.
func TestRule3_3_AnchorsFollowTheCompany(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.mine()
		same(t, "Company", f.ids(p, record.ListRequest{Model: "Company"}), "acme birch")
		same(t, "User", f.ids(p, record.ListRequest{Model: "User"}), "carly max zoe")
		for _, row := range []struct{ model, in, out string }{
			{"End User", eva, finn}, {"Asset", acmeAsset, cedarAsset}, {"License", acmeLicense, cedarLicense},
			{"Conversation", acmeNote, cedarNote}, {"Task", acmeTask, cedarTask},
		} {
			same(t, row.model, f.ids(p, record.ListRequest{Model: row.model}), names[row.in])
			page := f.list(p, record.ListRequest{Model: row.model, Total: true, Limit: 1})
			has(t, row.model+" total", page, "total 1 next ")
			has(t, row.model+" inside", f.get(p, row.model, row.in), row.in)
			has(t, row.model+" outside", f.get(p, row.model, row.out), "not_found")
			has(t, row.model+" outside", f.history(p, row.model, row.out), "not_found")
			has(t, row.model+" outside", f.remove(p, row.model, row.out), "not_found")
			has(t, row.model+" outside", f.update(p, row.model, row.out, values{}), "not_found")
		}
		same(t, "search", f.ids(p, record.ListRequest{Model: "End User", Search: "f"}), "")

		// References from inside lead nowhere outside.
		same(t, "columns", f.list(p, record.ListRequest{Model: "Company", Select: []string{"orgRootId", "orgRootId.name", "orgRootId.owner.name"}, Titles: true, Search: "birch"}),
			`{"_id":"`+birch+`","orgRootId":"`+cedar+`","orgRootId.name":null,"orgRootId.owner.name":null}`+"\ntotal -1 next ")
		same(t, "filter", f.ids(p, record.ListRequest{Model: "Company", Filter: filter(t, `{"orgRootId.name":{"contains":"e"}}`)}), "")
		same(t, "filter, negative", f.ids(p, record.ListRequest{Model: "Company", Filter: filter(t, `{"orgRootId.name":{"ne":"Cedar"}}`)}), "acme birch")
		same(t, "order", f.ids(p, record.ListRequest{Model: "Company", Sort: []string{"orgRootId", "name"}}), "acme birch")

		// The company gets another owner: everything below it follows at once.
		f.set(here, "Company", cedar, values{"coOwner": carly})
		f.set(here, "Company", acme, values{"owner": max})
		same(t, "after the change", f.ids(p, record.ListRequest{Model: "Task"}), "cedarTask")
		// A portfolio of nobody is empty.
		same(t, "without a person", f.ids(f.as("", own(access.Full(f.reg))), record.ListRequest{Model: "Task"}), "")
		same(t, "an unknown portfolio", f.ids(f.as(carly, access.Lane{Portfolio: access.Portfolio{Kind: "unknown"}, Set: access.Full(f.reg)}), record.ListRequest{Model: "Company"}), "")
	})
}

func TestRule3_4_Creating(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.mine()
		has(t, "inside", f.create(p, "Company", values{"name": "Elm", "owner": "me"}), `"Elm"`)
		outside := f.create(p, "Company", values{"name": "Fir"})
		has(t, "outside the portfolio", outside, "forbidden", "outside your portfolio (role own: only my portfolio)", "Set owner or coOwner to yourself")
		has(t, "outside the portfolio", f.create(p, "Company", values{"name": "Fir", "owner": max}), "forbidden")
		has(t, "below an own company", f.create(p, "Task", values{"mainType": "task", "companyId": birch}), "mainType")
		foreign := f.create(p, "Task", values{"mainType": "task", "companyId": cedar})
		same(t, "below a foreign company", strings.ReplaceAll(foreign, cedar, nobodyID), f.create(p, "Task", values{"mainType": "task", "companyId": nobodyID}))
		same(t, "nothing is left of what was refused", f.ids(f.full(), record.ListRequest{Model: "Company", Filter: filter(t, `{"name":"Fir"}`)}), "")

		// A lane sees all companies, another creates in its own portfolio only.
		all := access.Full(f.reg)
		two := f.as(carly, wide(access.Set{"Company": {Actions: access.View, View: access.AllProperties}}), own(all))
		has(t, "a company that is seen but not in the portfolio", f.create(two, "Task", values{"mainType": "task", "companyId": cedar}), "forbidden", "Choose a company that is in your portfolio")

		// Each sent property needs its permission, required ones do not.
		some := f.as(carly, wide(access.Set{"Company": {Actions: access.Create | access.View, View: access.AllProperties, Update: f.only("Company", "phase")}}))
		has(t, "required and allowed", f.create(some, "Company", values{"name": "Gum", "phase": "Live"}), `"Gum"`)
		has(t, "not allowed", f.create(some, "Company", values{"name": "Hop", "arr": 1, "h": 2, "phase": "Live"}), "forbidden", "set h, arr of companies")
		has(t, "without the required one", f.create(some, "Company", values{"phase": "Live"}), "invalid", "name: is required")
		has(t, "without create", f.create(f.as(carly, wide(access.Of(f.reg, access.View))), "Company", values{"name": "Ivy"}), "forbidden: You may not create companies: the role wide does not allow it; an administrator can.")

		// Two lanes that allow a part each allow nothing together.
		parts := f.as(carly,
			wide(access.Set{"Company": {Actions: access.Create | access.View, View: access.AllProperties, Update: f.only("Company", "phase")}}),
			wide(access.Set{"Company": {Actions: access.Create | access.View, View: access.AllProperties, Update: f.only("Company", "arr")}}))
		has(t, "parts", f.create(parts, "Company", values{"name": "Ivy", "phase": "x", "arr": 1}), "forbidden", "together in one step")

		// Who may only create sees nothing of it.
		blind := f.as(carly, wide(access.Set{"Task": {Actions: access.Create, Update: access.AllProperties}, "Company": {Actions: access.View, View: f.only("Company", "name")}}))
		has(t, "create only", f.create(blind, "Task", values{"mainType": "task", "companyId": acme, "action": "Write"}), `"Write"`)
		list := f.list(blind, record.ListRequest{Model: "Task"})
		has(t, "create only: list", list, `not_found: There is no model "Task".`)
		lacks(t, "create only: list", list, "Did you mean")
	})
}

func TestRule3_4_Updating(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		all := access.Full(f.reg)
		p := f.mine()
		has(t, "own", f.update(p, "Company", acme, values{"phase": "Growth"}), `phase: "Live"→"Growth"`)
		same(t, "foreign", strings.ReplaceAll(f.update(p, "Company", cedar, values{"phase": "Growth"}), cedar, nobodyID), f.update(p, "Company", nobodyID, values{"phase": "Growth"}))
		has(t, "a required value cannot be emptied", f.update(p, "Company", acme, values{"name": ""}), "name: is required and cannot be empty")
		has(t, "giving one's own company away", f.update(p, "Company", birch, values{"coOwner": nil}), `coOwner: "`+carly+`"→null`)
		has(t, "and it is gone", f.get(p, "Company", birch), "not_found")

		some := f.as(carly, own(access.Set{"Company": {Actions: access.Update | access.View, View: access.AllProperties, Update: f.only("Company", "phase")}}))
		has(t, "not allowed", f.update(some, "Company", acme, values{"phase": "x", "arr": 1}), "forbidden", "update arr of companies: the role own does not allow it; an administrator can.")
		same(t, "nothing of it happened", f.stored("Company", acme, "phase"), `"Growth"`)
		has(t, "read-only role", f.update(f.as(carly, wide(access.Of(f.reg, access.View))), "Company", acme, values{"phase": "x"}), "forbidden: You may not update companies: the role wide does not allow it")

		// One lane updates foreign companies' phase, another one's own companies' arr.
		two := f.as(carly, own(access.Set{"Company": {Actions: access.Update | access.View, View: access.AllProperties, Update: f.only("Company", "arr")}}),
			wide(access.Set{"Company": {Actions: access.Update | access.View, View: access.AllProperties, Update: f.only("Company", "phase")}}))
		has(t, "own row, own property", f.update(two, "Company", acme, values{"arr": 5}), "arr: 1200→5")
		has(t, "foreign row, the other's property", f.update(two, "Company", cedar, values{"arr": 5}), "forbidden", "make this change on this company: it is outside your portfolio (role own: only my portfolio). An administrator can widen that.")
		has(t, "no lane has both", f.update(two, "Company", acme, values{"arr": 6, "phase": "x"}), "forbidden", "together in one step")
		same(t, "arr", f.stored("Company", cedar, "arr"), "9000")

		// Update without view is no way to read: neither by the old value nor by "unchanged".
		probe := f.as(carly, own(access.Set{"Company": {Actions: access.View, View: access.AllProperties}}),
			wide(access.Set{"Company": {Actions: access.Update | access.View, View: f.only("Company", "name"), Update: access.AllProperties}}))
		wrong := f.update(probe, "Company", cedar, values{"arr": 1})
		has(t, "update without view", wrong, "forbidden")
		lacks(t, "update without view", wrong, "9000")
		same(t, "update without view", f.update(probe, "Company", cedar, values{"arr": 9000}), wrong)
		same(t, "arr", f.stored("Company", cedar, "arr"), "9000")
		// On a row where the one shows and the other updates it, it is both.
		has(t, "seen by one, updated by the other", f.update(probe, "Company", acme, values{"arr": 7}), "arr: 5→7")

		// Re-parenting needs the new parent too, and not only to see it.
		has(t, "own to own", f.update(p, "Task", acmeTask, values{"companyId": acme}), "[]")
		foreign := f.update(p, "Task", acmeTask, values{"companyId": cedar})
		same(t, "to a company that does not exist", strings.ReplaceAll(foreign, cedar, nobodyID), f.update(p, "Task", acmeTask, values{"companyId": nobodyID}))
		seen := f.as(carly, wide(access.Set{"Company": {Actions: access.View, View: access.AllProperties}}), own(all))
		has(t, "to a company that is seen but not in the portfolio", f.update(seen, "Task", acmeTask, values{"companyId": cedar}), "forbidden", "portfolio")
		same(t, "companyId", f.stored("Task", acmeTask, "companyId"), `"`+acme+`"`)
		f.set(here, "Company", birch, values{"coOwner": carly})
		has(t, "to an own company", f.update(seen, "Task", acmeTask, values{"cId": birch}), "companyId")
	})
}

// What one may not see does not exist.
func TestRule3_5_HiddenIsUnknown(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.as(carly, own(change(f.without(access.Full(f.reg), "Company", "arr", "name"), "User", func(m *access.ModelPermission) { *m = access.ModelPermission{} })))
		// Rows: outside the portfolio, of another tenant, deleted, never there.
		for _, modelName := range []string{"Company", "End User"} {
			want := f.get(p, modelName, nobodyID)
			has(t, modelName, want, "not_found")
			for _, other := range map[string][]string{"Company": {cedar, delta, omega}, "End User": {finn, otto}}[modelName] {
				for what, ask := range map[string]func(id string) string{
					"get":     func(id string) string { return f.get(p, modelName, id) },
					"select":  func(id string) string { return f.get(p, modelName, id, "nope") },
					"history": func(id string) string { return f.history(p, modelName, id) },
					"update":  func(id string) string { return f.update(p, modelName, id, values{"nope": 1}) },
					"delete":  func(id string) string { return f.remove(p, modelName, id) },
					"upsert":  func(id string) string { return f.upsert(p, modelName, values{"_id": id, "phase": "x"}) },
					"filter": func(id string) string {
						return f.list(p, record.ListRequest{Model: modelName, Total: true, Filter: filter(t, `{"_id":"`+id+`"}`)})
					},
					"create": func(id string) string {
						return f.create(p, "Task", values{"mainType": "task", "companyId": id})
					},
					"reference":          func(id string) string { return f.update(p, "Company", acme, values{"orgRootId": id}) },
					"list of references": func(id string) string { return f.update(p, "Task", acmeTask, values{"endusers": []any{eva, id}}) },
				} {
					same(t, modelName+" "+what, strings.ReplaceAll(ask(other), other, nobodyID), ask(nobodyID))
				}
			}
		}
		// Models.
		same(t, "a hidden model", strings.Replace(f.list(p, record.ListRequest{Model: "User"}), `"User"`, `"Usor"`, 1), f.list(p, record.ListRequest{Model: "Usor"}))
		has(t, "a path into a hidden model", f.list(p, record.ListRequest{Model: "Company", Select: []string{"owner.name"}}), "no such property")
		lacks(t, "titles from a hidden model", f.list(p, record.ListRequest{Model: "Company", Titles: true, Select: []string{"owner", "coOwner"}}), "Diaz", "Max")
		has(t, "a reference to a hidden model", f.update(p, "Company", acme, values{"coOwner": max}), "there is no User")
		has(t, "oneself exists", f.update(p, "Company", acme, values{"coOwner": "me"}), "coOwner: null→")
		lacks(t, "names in history", f.history(f.as(max, wide(p.Lanes[0].Set)), "Company", acme), "Carly")

		// Properties: the same text as for a name that is not there.
		for what, ask := range map[string]func(name string) string{
			"select": func(n string) string { return f.list(p, record.ListRequest{Model: "Company", Select: []string{n}}) },
			"sort":   func(n string) string { return f.list(p, record.ListRequest{Model: "Company", Sort: []string{"-" + n}}) },
			"filter": func(n string) string {
				return f.list(p, record.ListRequest{Model: "Company", Filter: filter(t, `{"`+n+`":{"gt":"x"}}`)})
			},
			"path": func(n string) string {
				return f.list(p, record.ListRequest{Model: "Task", Select: []string{"companyId." + n}})
			},
			"update": func(n string) string { return f.update(p, "Company", acme, values{n: "x"}) },
			"create": func(n string) string { return f.create(p, "Company", values{"name": "x", n: true}) },
		} {
			same(t, what, strings.ReplaceAll(ask("arr"), "arr", "krr"), ask("krr"))
		}
		// The title of what is changed or removed is as hidden as the property.
		lacks(t, "update", f.update(p, "Company", acme, values{"phase": "Renewal"}), "Acme")
		lacks(t, "delete", f.remove(p, "Company", birch), "birch")
		same(t, "search for the hidden title", f.ids(p, record.ListRequest{Model: "Company", Search: "acme"}), "")
		hint := f.list(p, record.ListRequest{Model: "Company", Sort: []string{"nam"}})
		lacks(t, "hint", hint, `"name"`)
	})
}

// TestWhatIsNoIDIsNotFound: a text that cannot be an id is answered like an id that nothing has, also one that an engine refuses to compare with.
func TestWhatIsNoIDIsNotFound(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.full()
		for _, id := range []string{"", "x", "a\x00b", "\xff", acme + "0", strings.Repeat("z", len(acme))} {
			for what, ask := range map[string]func() string{
				"get":     func() string { return f.get(p, "Company", id) },
				"history": func() string { return f.history(p, "Company", id) },
				"update":  func() string { return f.update(p, "Company", id, values{"phase": "x"}) },
				"delete":  func() string { return f.remove(p, "Company", id) },
			} {
				if got := ask(); !strings.Contains(got, "not_found") {
					t.Errorf("%s %q: %s", what, id, got)
				}
			}
		}
	})
}
