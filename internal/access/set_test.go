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
