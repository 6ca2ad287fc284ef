package record_test

import (
	"fmt"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/record"
)

// describe gives a model as somebody may know it: each property with what may be done with it.
func (f *fixture) describe(gate *record.Service, p access.Principal, name string) string {
	v, err := gate.Describe(f.Context(), p, name)
	if err != nil {
		return errorText(err)
	}
	return viewText(v)
}

func viewText(v record.ModelView) string {
	out := fmt.Sprintf("%s (%s):", v.Model.Name, v.Actions)
	for _, p := range v.Properties {
		out += " " + p.Property.Name
		for _, may := range []struct {
			yes  bool
			mark string
		}{{p.Read, "r"}, {p.Create, "c"}, {p.Update, "u"}} {
			if may.yes {
				out += "+" + may.mark
			}
		}
	}
	return out
}

// The data model as somebody may know it is what their permissions reach, property by property.
func TestModelsAsOneMayKnowThem(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		set := access.Set{
			"Team":     {Actions: access.View | access.Create | access.Update, View: f.only("Team", "name", "description"), Update: f.only("Team", "description", "externalId")},
			"Company":  {Actions: access.View | access.Update, View: f.only("Company", "name", "phase", "hProfile"), Update: f.only("Company", "phase", "hProfile", "arr")},
			"Task":     {Actions: access.Create, Update: f.only("Task", "action")},
			"End User": {Actions: access.Remove},
			"User":     {},
		}
		p := f.as(carly, wide(set))
		views, err := f.gate.Models(t.Context(), p)
		must(t, err)
		var got []string
		for _, v := range views {
			got = append(got, viewText(v))
		}
		want := []string{
			"Company (view, update): _id+r name+r phase+r+u hProfile+r",
			"Task (create): mainType+c companyId+c action+c",
			"Team (view, create, update): _id+r name+r+c description+r+c+u",
		}
		same(t, "the models", strings.Join(got, "\n"), strings.Join(want, "\n"))
		same(t, "one by its route", f.describe(f.gate, p, "companies"), want[0])
		same(t, "one that may only be created", f.describe(f.gate, p, "Task"), want[1])
		none := f.describe(f.gate, p, "Usor")
		same(t, "a hidden one", strings.Replace(f.describe(f.gate, p, "User"), `"User"`, `"Usor"`, 1), none)
		same(t, "an unknown one", none, `not_found: There is no model "Usor". The models are Company, Task, Team. []`)

		// What can be set at creation only is no property for updates.
		gate := f.remodelled(func(m *model.Model) {
			for i := range m.Properties {
				if m.Name == "Team" && m.Properties[i].Name == "description" {
					m.Properties[i].CreateOnly = true
				}
			}
		})
		same(t, "created only", f.describe(gate, p, "Team"), strings.Replace(want[2], "+c+u", "+c", 1))
		write := record.Write{Model: "Team", Values: values{"name": "Sales", "description": "x"}}
		has(t, "set at creation", resultText(gate.Create(t.Context(), p, write)), `description: null→"x"`)
		write.ID, write.Values = success, values{"description": "x"}
		has(t, "set later", resultText(gate.Update(t.Context(), p, write)), "invalid: description: can be set at creation only.")
	})
}

// A model that one may not know of is unknown to every request, in the same words.
func TestUnknownModelEverywhere(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.as(carly, wide(access.Of(f.reg, access.View)))
		delete(p.Lanes[0].Set, "Task")
		ask := func(name string) map[string]string {
			_, explained := f.gate.Explain(t.Context(), p, p, record.Question{Question: access.Question{Model: name, Action: access.View}})
			return map[string]string{
				"list": f.list(p, record.ListRequest{Model: name}), "get": f.get(p, name, acmeTask), "history": f.history(p, name, acmeTask), "describe": f.describe(f.gate, p, name),
				"create": f.create(p, name, nil), "update": f.update(p, name, acmeTask, nil), "remove": f.remove(p, name, acmeTask),
				"upsert": strings.TrimSpace(f.upsert(p, name, nil)), "explain": errorText(explained), "refusal": errorText(f.gate.Refusal(t.Context(), p, name, access.View)),
			}
		}
		for _, name := range []string{"Task", "Zzzzzzzzzz"} {
			for what, got := range ask(name) {
				same(t, what, got, fmt.Sprintf("not_found: There is no model %q. The models are Company, End User, Asset, License, Conversation, User, Team. []", name))
			}
		}
		nobody := f.as(carly)
		same(t, "to whom nothing is visible", f.list(nobody, record.ListRequest{Model: "Task"}), `not_found: There is no model "Task", and nothing else that you may see. []`)
		// Who may only create a model knows of it where something is created, and nowhere else.
		creator := f.as(carly, wide(access.Set{"Task": {Actions: access.Create, Update: access.AllProperties}}))
		same(t, "may it be created", errorTextOrYes(f.gate.Refusal(t.Context(), creator, "Task", access.Create)), "yes")
		has(t, "may it be seen", errorTextOrYes(f.gate.Refusal(t.Context(), creator, "Task", access.View)), "not_found")
		same(t, "why may it be created", f.why(creator, creator, "Task", access.Create, "", ""), "true")
		has(t, "why may it be seen", f.why(creator, creator, "Task", access.View, "", ""), "not_found")
	})
}

func errorTextOrYes(err error) string {
	if err == nil {
		return "yes"
	}
	return errorText(err)
}

// What is wrong with a request names the clause it stands in, and offers only what is near.
func TestMistakesNameTheirPlace(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.full()
		for want, req := range map[string]record.ListRequest{
			`select.phse: Company has no such property. Did you mean "phase"?`: {Select: []string{"phse"}},
			`sort.zzzzzzzz: Company has no such property.`:                     {Sort: []string{"-zzzzzzzz"}},
			`filter.zzzzzzzz: Company has no such property.`:                   {Filter: filter(t, `{"zzzzzzzz":1}`)},
		} {
			req.Model = "Company"
			has(t, want, f.list(p, req)+"|", "invalid: "+want+" [")
		}
		has(t, "an update", f.update(p, "Company", acme, values{"zzzzzzzz": 1}), "invalid: zzzzzzzz: Company has no such property. [")
		has(t, "in order, what is missing among what is wrong", f.create(p, "Company", values{"zzzzzzzz": 1, "arr": "x"}), "[{arr ", "} {name is required.} {zzzzzzzz ")
	})
}

// An id that no record can have is one that is not there, whatever bytes it is made of.
func TestImpossibleIDs(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.full()
		for _, id := range []string{"", "x", "\x00", "a\xff", strings.Repeat("f", 25), acme + "\x00"} {
			for what, got := range map[string]string{
				"get": f.get(p, "Company", id), "history": f.history(p, "Company", id), "update": f.update(p, "Company", id, nil), "remove": f.remove(p, "Company", id),
			} {
				same(t, what, got, fmt.Sprintf("not_found: There is no Company with the _id %q. []", id))
			}
		}
		has(t, "upsert", f.upsert(p, "Company", values{"_id": "x", "name": "New"}), "invalid: _id: ")
	})
}
