package access_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mandorla/internal/access"
)

var (
	models = []string{"Company", "End User", "Task"}
	ids    = []string{"a1", "a2", "a3", "a4"}
)

func drawProperties(t *rapid.T, label string) access.Properties {
	if rapid.Bool().Draw(t, label+"-all") {
		return access.AllProperties
	}
	return access.Only(rapid.SliceOfDistinct(rapid.SampledFrom(ids), rapid.ID[string]).Draw(t, label)...)
}

func drawSet(t *rapid.T, label string) access.Set {
	out := access.Set{}
	for _, m := range models {
		if rapid.Bool().Draw(t, label+m) {
			out[m] = access.ModelPermission{
				Actions: access.Action(rapid.IntRange(0, int(access.AllActions)).Draw(t, label+m+"-actions")),
				View:    drawProperties(t, label+m+"-view"),
				Update:  drawProperties(t, label+m+"-update"),
			}
		}
	}
	return out.Normal()
}

func same(t *rapid.T, what string, a, b access.Set) {
	t.Helper()
	if text(t, a) != text(t, b) {
		t.Fatalf("%s:\n%s\n%s", what, text(t, a), text(t, b))
	}
}

func text(t interface{ Fatal(...any) }, s access.Set) string {
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Rule 3.1: effective = authorization ∩ client ∩ role, per model, action and property.
func TestIntersectionAlgebra(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawSet(t, "a"), drawSet(t, "b"), drawSet(t, "c")
		same(t, "commutative", a.Intersect(b), b.Intersect(a))
		same(t, "associative", a.Intersect(b).Intersect(c), a.Intersect(b.Intersect(c)))
		same(t, "idempotent", a.Intersect(a), a)
		both := a.Intersect(b)
		if !a.Covers(both) || !b.Covers(both) {
			t.Fatalf("the intersection is wider than a side:\n%s\n%s\n%s", text(t, a), text(t, b), text(t, both))
		}
		// Monotone: with less on one side nothing can be gained.
		if less := a.Intersect(c); !both.Covers(less.Intersect(b)) {
			t.Fatalf("narrowing a side widened the result")
		}
		// Complete: what both sides allow is kept, action by action and property by property.
		for _, m := range models {
			if got, want := both[m].Actions, a[m].Actions&b[m].Actions; got != want {
				t.Fatalf("%s: actions %v, want %v", m, got, want)
			}
			for _, id := range ids {
				if got, want := both[m].View.Has(id), a[m].View.Has(id) && b[m].View.Has(id); got != want {
					t.Fatalf("%s.%s: view %v, want %v", m, id, got, want)
				}
			}
		}
	})
}

// What is stored reads back the same, and equal sets are stored as equal bytes.
func TestStoredForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawSet(t, "a")
		var back access.Set
		if err := json.Unmarshal([]byte(text(t, a)), &back); err != nil {
			t.Fatal(err)
		}
		same(t, "round trip", a, back)
		if !a.Covers(back) || !back.Covers(a) {
			t.Fatal("the round trip changed the set")
		}
	})
	var p access.ModelPermission
	if err := json.Unmarshal([]byte(`{"actions":["view","destroy"]}`), &p); err == nil {
		t.Error("an unknown action was read as if it were none")
	}
}

func TestThroughClientKeepsRolesApart(t *testing.T) {
	wide := access.Set{"Company": {Actions: access.View, View: access.Only("a1")}}
	deep := access.Set{"Company": {Actions: access.View, View: access.Only("a1", "a2")}}
	lanes := access.ThroughClient([]access.Lane{
		{Role: "wide", Portfolio: access.FullAccess, Set: wide},
		{Role: "deep", Portfolio: access.MyPortfolio, Set: deep},
		{Role: "elsewhere", Portfolio: access.FullAccess, Set: access.Set{"Task": access.FullModel}},
	}, access.Set{"Company": access.FullModel}, access.Set{"Company": access.FullModel})
	got := map[string]string{}
	for _, l := range lanes {
		got[l.Role] = text(t, l.Set)
	}
	want := map[string]string{"wide": text(t, wide), "deep": text(t, deep)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lanes (-want +got):\n%s", diff)
	}
}

func TestOnlyKeepsItsOwnList(t *testing.T) {
	given := []string{"b", "a", "b"}
	p := access.Only(given...)
	if diff := cmp.Diff(access.Properties{IDs: []string{"a", "b"}}, p); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if given[0] != "b" {
		t.Error("the caller's list was sorted")
	}
	for _, c := range []struct {
		p    access.Properties
		want bool
	}{{access.Properties{}, true}, {access.AllProperties, false}, {p, false}} {
		if c.p.Empty() != c.want {
			t.Errorf("%v: empty is %v", c.p, !c.want)
		}
	}
}

// Covers is "nothing is lost": action by action, and property by property where the action is there.
func TestCovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawSet(t, "a"), drawSet(t, "b")
		if rapid.Bool().Draw(t, "inside") {
			b = b.Intersect(a)
		}
		same := text(t, a.Intersect(b)) == text(t, b)
		if a.Covers(b) != same {
			t.Fatalf("Covers says %v of\n%s\n%s", !same, text(t, a), text(t, b))
		}
	})
	for _, c := range []struct{ view, of access.Properties }{{access.Only("a1"), access.Only("a2")}, {access.Only("a1"), access.AllProperties}, {access.Properties{}, access.Only("a1")}} {
		if (access.Set{"Task": {Actions: access.View, View: c.view}}).Covers(access.Set{"Task": {Actions: access.View, View: c.of}}) {
			t.Errorf("%v covers %v", c.view, c.of)
		}
	}
	if !(access.Set{}).Covers(access.Set{"Company": {View: access.AllProperties}}) {
		t.Error("a list without its action counts")
	}
}

// What a registry no longer has has no effect; what the platform itself holds stays.
func TestKnown(t *testing.T) {
	reg := registry(t)
	name := propsNamed(t, modelNamed(t, reg, "Company"), "name")[0].ID
	in := access.Set{
		"Company":          {Actions: access.View | access.Update, View: access.Only(name, "gone"), Update: access.Only("gone")},
		"Task":             {Actions: access.View, View: access.AllProperties},
		"Gone":             access.FullModel,
		"companies":        access.FullModel, // a route is no name
		access.OAuthClient: {Actions: access.View},
	}
	want := access.Set{
		"Company":          {Actions: access.View | access.Update, View: access.Only(name)},
		"Task":             {Actions: access.View, View: access.AllProperties},
		access.OAuthClient: {Actions: access.View},
	}
	if diff := cmp.Diff(want, in.Known(reg)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Company", "OAuthClient", "Task"}, want.Models()); diff != "" {
		t.Errorf("models (-want +got):\n%s", diff)
	}
}

// What has no effect is not stored, and what cannot be read is refused.
func TestStoredFormIsExact(t *testing.T) {
	for p, want := range map[*access.ModelPermission]string{
		{Actions: access.Remove, View: access.AllProperties, Update: access.Only("a1")}:               `{"actions":["remove"]}`,
		{Actions: access.View, View: access.Only("a2", "a1"), Update: access.Only("a1")}:              `{"actions":["view"],"view":["a1","a2"]}`,
		{Actions: access.Create, View: access.AllProperties, Update: access.AllProperties}:            `{"actions":["create"],"update":"all"}`,
		{Actions: access.View | access.Update, View: access.AllProperties, Update: access.Only("a1")}: `{"actions":["view","update"],"view":"all","update":["a1"]}`,
	} {
		got, err := json.Marshal(*p)
		if err != nil || string(got) != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
	used := access.ModelPermission{Actions: access.AllActions, View: access.AllProperties, Update: access.AllProperties}
	if err := json.Unmarshal([]byte(`{"actions":["view"],"view":null}`), &used); err != nil || !cmp.Equal(used, access.ModelPermission{Actions: access.View}) {
		t.Errorf("read over another permission: %v, %v", used, err)
	}
	for _, bad := range []string{`[]`, `{"actions":"view"}`, `{"actions":["view"],"view":"some"}`, `{"actions":["view"],"view":[1]}`, `{"actions":["update"],"update":{}}`} {
		var p access.ModelPermission
		if err := json.Unmarshal([]byte(bad), &p); err == nil {
			t.Errorf("%s reads as %v", bad, p)
		}
	}
}

// Sets hold no model without an action, on whichever side it got lost.
func TestIntersectionHoldsNothingEmpty(t *testing.T) {
	got := access.Set{"Company": {Actions: access.View}, "Task": access.FullModel}.Intersect(access.Set{"Company": {Actions: access.Update}})
	if len(got) != 0 {
		t.Errorf("%v", got)
	}
}
