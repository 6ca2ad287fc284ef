package oauth

import (
	"slices"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/model"
)

// TestVerdict holds whom each rule lets in: documents of listed hosts, other documents, registered apps.
func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		documents, registered Rule
		want                  [3]Approval
	}{
		{RuleOff, RuleOff, [3]Approval{"", "", ""}},
		{RuleListed, RuleOff, [3]Approval{LetIn, "", ""}},
		{RuleAsk, RuleAsk, [3]Approval{LetIn, Waiting, Waiting}},
		{RuleOff, RuleAtOnce, [3]Approval{"", "", LetIn}},
		{"?", "?", [3]Approval{LetIn, "", ""}},
	} {
		p := Policy{Documents: c.documents, Registered: c.registered, Hosts: []string{"a.test", "b.test"}}
		got := [3]Approval{p.verdict(Document, "https://b.test/x"), p.verdict(Document, "https://c.test/b.test"), p.verdict(Registered, "dc_b.test")}
		if got != c.want {
			t.Errorf("%s %s: %q, want %q", c.documents, c.registered, got, c.want)
		}
	}
}

// TestLooking: the first ceiling is to look, and at nothing that is declared sensitive.
func TestLooking(t *testing.T) {
	models := catalog.Models()
	for i := range models {
		if models[i].Properties = slices.Clone(models[i].Properties); models[i].Name == "Company" {
			models[i].Properties[2].Sensitive = true
		}
	}
	reg, err := model.New(models, nil)
	if err != nil {
		t.Fatal(err)
	}
	set := (&Service{Options: Options{Registry: reg}}).looking()
	sensitive := 0
	for _, m := range reg.Models() {
		p := set[m.Name]
		if p.Actions != access.View {
			t.Errorf("%s: %s", m.Name, p.Actions)
		}
		hidden := 0
		for _, prop := range m.Props() {
			if prop.Sensitive {
				hidden++
			}
			if prop.Name != "_id" && p.View.Has(prop.ID) == prop.Sensitive {
				t.Errorf("%s.%s: %v", m.Name, prop.Name, !prop.Sensitive)
			}
		}
		if p.View.All != (hidden == 0) || !p.View.All && p.View.Has("_id") {
			t.Errorf("%s: all %v with %d hidden", m.Name, p.View.All, hidden)
		}
		sensitive += hidden
	}
	if sensitive == 0 {
		t.Error("nothing is sensitive")
	}
	if a := (Allowed{Documents: true}); !a.allows(Document) || a.allows(Registered) || !a.allows(Made) {
		t.Errorf("%+v", a)
	}
	if a := (Allowed{Registration: true}); a.allows(Document) || !a.allows(Registered) || !a.allows(Made) {
		t.Errorf("%+v", a)
	}
	if e := (&tokenError{code: "a", desc: "b"}); e.Error() != "a: b" {
		t.Error(e)
	}
}

// TestImpactIsTold: what somebody loses is told apart from what others get back or could have.
func TestImpactIsTold(t *testing.T) {
	for _, c := range []struct {
		impact         Impact
		nothing, loses bool
	}{
		{Impact{}, true, false}, {Impact{Connections: 3, Elsewhere: 1}, true, false}, {Impact{Losers: 1}, false, true}, {Impact{Fewer: 1}, false, true}, {Impact{Other: 1}, false, true},
		{Impact{Regaining: 1}, false, false}, {Impact{More: 1}, false, false}, {Impact{WiderLater: 1}, false, false}, {Impact{Losers: 1, Regaining: 1}, false, true},
	} {
		if c.impact.Nothing() != c.nothing || c.impact.Loses() != c.loses {
			t.Errorf("%+v: %v, %v", c.impact, c.impact.Nothing(), c.impact.Loses())
		}
	}
}
