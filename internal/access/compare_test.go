package access_test

import (
	"testing"

	"pgregory.net/rapid"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/model"
)

// What Minus lists is exactly what one set grants and the other does not: action by action and property by property.
func TestMinus(t *testing.T) {
	reg, err := catalog.Registry()
	if err != nil {
		t.Fatal(err)
	}
	company, _ := reg.Model("Company")
	task, _ := reg.Model("Task")
	rapid.Check(t, func(t *rapid.T) {
		a, b := catalogSet(t, "a", company, task), catalogSet(t, "b", company, task)
		if rapid.IntRange(0, 9).Draw(t, "same") == 0 {
			b = a
		}
		taken := map[string]access.Taken{}
		for _, one := range a.Minus(b, reg) {
			taken[one.Model.Name] = one
		}
		if (len(taken) > 0) != a.Gains(reg, b) {
			t.Fatal("Gains and Minus differ")
		}
		for _, m := range []*model.Model{company, task} {
			p, q, got := a[m.Name], b[m.Name], taken[m.Name]
			if got.Actions != p.Actions&^q.Actions {
				t.Fatalf("%s: actions %v", m.Name, got.Actions)
			}
			check := func(what string, ids []string, p, q access.Properties, stays, write bool) (later bool) {
				had := map[string]bool{}
				for _, id := range ids {
					had[id] = true
				}
				for _, prop := range m.Props() {
					want := stays && prop.Name != "_id" && (!write || prop.Writable()) && p.Has(prop.ID) && !q.Has(prop.ID)
					if had[prop.ID] != want {
						t.Fatalf("%s: %s of %s: listed %v, want %v", m.Name, what, prop.Name, had[prop.ID], want)
					}
				}
				return stays && p.All && !q.All
			}
			later := check("view", got.View, p.View, q.View, q.Actions&access.View != 0, false)
			later = check("update", got.Update, p.Update, q.Update, q.Actions&(access.Create|access.Update) != 0, true) || later
			if got.Later != later {
				t.Fatalf("%s: later %v, want %v", m.Name, got.Later, later)
			}
		}
	})
}

// catalogSet draws a set over some models and their first properties.
func catalogSet(t *rapid.T, label string, models ...*model.Model) access.Set {
	out := access.Set{}
	for _, m := range models {
		draw := func(label string) access.Properties {
			if rapid.Bool().Draw(t, label+" all") {
				return access.AllProperties
			}
			var ids []string
			for _, p := range m.Props()[:5] {
				if rapid.Bool().Draw(t, label+p.Name) {
					ids = append(ids, p.ID)
				}
			}
			return access.Only(ids...)
		}
		out[m.Name] = access.ModelPermission{
			Actions: access.Action(rapid.IntRange(0, int(access.AllActions)).Draw(t, label+m.Name)), View: draw(label + m.Name + " view"), Update: draw(label + m.Name + " update"),
		}
	}
	return out.Normal()
}

func TestFewerRows(t *testing.T) {
	reg, err := catalog.Registry()
	if err != nil {
		t.Fatal(err)
	}
	company := access.Set{"Company": {Actions: access.View, View: access.AllProperties}}
	lane := func(p access.Portfolio, set access.Set) access.Lane { return access.Lane{Portfolio: p, Set: set} }
	filter := access.Portfolio{Kind: access.KindFilter, Filter: `{"and":[]}`}
	free := "" // a model that belongs to no company
	for _, m := range reg.Models() {
		if m.Anchor == "" {
			free = m.Name
		}
	}
	unanchored := access.Set{free: access.FullModel}
	for _, c := range []struct {
		name          string
		before, after []access.Lane
		fewer, more   bool
	}{
		{"nothing", nil, nil, false, false},
		{"the same", []access.Lane{lane(access.MyPortfolio, company)}, []access.Lane{lane(access.MyPortfolio, company)}, false, false},
		{"narrowed", []access.Lane{lane(access.FullAccess, company)}, []access.Lane{lane(access.MyPortfolio, company)}, true, false},
		{"widened", []access.Lane{lane(access.MyPortfolio, company)}, []access.Lane{lane(access.TeamAccess, company)}, false, true},
		{"moved", []access.Lane{lane(access.MyPortfolio, company)}, []access.Lane{lane(filter, company)}, true, true},
		{"held by another role", []access.Lane{lane(access.FullAccess, company), lane(access.FullAccess, company)}, []access.Lane{lane(access.MyPortfolio, company), lane(access.FullAccess, company)}, false, false},
		{"gone altogether", []access.Lane{lane(access.FullAccess, company)}, nil, false, false}, // that is a loss of permission
		{"no company to it", []access.Lane{lane(access.FullAccess, unanchored)}, []access.Lane{lane(access.MyPortfolio, unanchored)}, false, false},
	} {
		if got := access.FewerRows(c.before, c.after, reg); got != c.fewer {
			t.Errorf("%s: fewer %v", c.name, got)
		}
		if got := access.FewerRows(c.after, c.before, reg); got != c.more {
			t.Errorf("%s: more %v", c.name, got)
		}
	}
}
