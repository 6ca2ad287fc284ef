package access_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// world is one company as a decider's conditions see it: whether it is in the person's portfolio.
type world struct{ mine bool }

// holds evaluates the conditions that a decider makes. References lead to the one company there is.
func (w world) holds(t *rapid.T, e query.Expr) bool {
	switch e := e.(type) {
	case nil, query.All:
		return true
	case query.None:
		return false
	case query.Or:
		for _, x := range e {
			if w.holds(t, x) {
				return true
			}
		}
		return false
	case query.And:
		for _, x := range e {
			if !w.holds(t, x) {
				return false
			}
		}
		return true
	case query.Via:
		return w.holds(t, e.Where)
	case query.Compare:
		if e.Op != model.Eq || len(e.Values) != 1 || e.Values[0] != "carly" || e.Property.Name != "owner" && e.Property.Name != "coOwner" {
			t.Fatalf("a row rule asks for %s %s %v", e.Property.Name, e.Op, e.Values)
		}
		return w.mine && e.Property.Name == "owner"
	default:
		t.Fatalf("unknown condition %T", e)
		return false
	}
}

// Rule 3.2: what the decider says for a row and a property is what one of the lanes alone grants, no more and no less.
func TestDeciderEqualsLaneByLane(t *testing.T) {
	reg, err := catalog.Registry()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(reg.Models()).Draw(t, "model")
		props := m.Props()[:4]
		draw := func(label string) access.Properties {
			if rapid.IntRange(0, 3).Draw(t, label+" all") == 0 {
				return access.AllProperties
			}
			var ids []string
			for _, p := range props {
				if rapid.Bool().Draw(t, label+p.Name) {
					ids = append(ids, p.ID)
				}
			}
			return access.Only(ids...)
		}
		p := access.Principal{Person: rapid.SampledFrom([]string{"carly", "carly", "carly", ""}).Draw(t, "person")}
		for i := range rapid.IntRange(0, 4).Draw(t, "lanes") {
			label := fmt.Sprint("lane", i)
			p.Lanes = append(p.Lanes, access.Lane{
				Portfolio: rapid.SampledFrom([]access.Portfolio{access.MyPortfolio, access.FullAccess, {Kind: "else"}}).Draw(t, label),
				Set: access.Set{m.Name: {
					Actions: access.Action(rapid.IntRange(0, int(access.AllActions)).Draw(t, label+" actions")), View: draw(label + " view"), Update: draw(label + " update"),
				}}.Normal(),
			})
		}
		d := p.Decide(reg)
		for _, w := range []world{{true}, {false}} {
			reaches := func(l access.Lane) bool {
				return m.Anchor == "" || l.Portfolio == access.FullAccess || l.Portfolio == access.MyPortfolio && w.mine && p.Person != ""
			}
			some := func(grants func(access.ModelPermission) bool) (row, anywhere bool) {
				for _, l := range p.Lanes {
					if perm, there := l.Set[m.Name]; there && grants(perm) {
						anywhere = true
						row = row || reaches(l)
					}
				}
				return row, anywhere
			}
			check := func(what string, rows query.Expr, ok bool, grants func(access.ModelPermission) bool) {
				t.Helper()
				row, anywhere := some(grants)
				if ok != anywhere {
					t.Fatalf("%s: ok %v, want %v", what, ok, anywhere)
				}
				if got := ok && w.holds(t, rows); got != row {
					t.Fatalf("%s on a row (mine %v): %v, want %v; lanes %+v", what, w.mine, got, row, p.Lanes)
				}
			}
			for _, a := range []access.Action{access.View, access.Create, access.Update | access.View, access.Remove | access.View} {
				rows, ok := d.Rows(m, a)
				check("rows for "+a.String(), rows, ok, func(q access.ModelPermission) bool { return q.Actions&a == a })
			}
			view, _ := d.Rows(m, access.View)
			for _, prop := range props {
				guard, ok := d.Sees(m, prop)
				both := query.Both(view, guard) // a guard is asked about rows that are seen
				check("sees "+prop.Name, both, ok, func(q access.ModelPermission) bool {
					return q.Actions&access.View != 0 && (q.View.Has(prop.ID) || prop.Name == "_id")
				})
			}
			for _, a := range []access.Action{access.Create, access.Update | access.View} {
				rows, ok := d.WriteRows(m, a, props)
				check("write rows for "+a.String(), rows, ok, func(q access.ModelPermission) bool {
					for _, prop := range props {
						if !q.Update.Has(prop.ID) && !(a == access.Create && prop.Required) {
							return false
						}
					}
					return q.Actions&a == a
				})
			}
		}
	})
}
