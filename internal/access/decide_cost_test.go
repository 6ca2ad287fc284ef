package access_test

import (
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/model"
)

// twoRoles is somebody who sees everything of their own companies, and of all others everything but arr.
func twoRoles(tb testing.TB) (*model.Registry, *model.Model, access.Decider) {
	tb.Helper()
	reg, err := catalog.Registry()
	if err != nil {
		tb.Fatal(err)
	}
	m, _ := reg.Model("Company")
	var ids []string
	for _, p := range m.Props() {
		if p.Name != "arr" {
			ids = append(ids, p.ID)
		}
	}
	p := access.Principal{Person: "carly", Teams: []string{"t"}, Lanes: []access.Lane{
		{Role: "own", Portfolio: access.TeamAccess, Set: access.Full(reg)},
		{Role: "all", Portfolio: access.FullAccess, Set: access.Set{"Company": {Actions: access.View, View: access.Only(ids...)}}},
	}}
	return reg, m, p.Decide(reg)
}

// Checking a property allocates nothing; the condition of a guard is made once.
func TestDecidingAllocatesNothing(t *testing.T) {
	_, m, d := twoRoles(t)
	arr, _ := m.Property("arr")
	if guard, ok := d.Sees(m, arr); !ok || guard == nil {
		t.Fatal("arr is not guarded")
	}
	props := m.Props()
	got := testing.AllocsPerRun(100, func() {
		for _, p := range props {
			d.Sees(m, p)
			d.Writes(m, p, access.Update)
		}
		d.Any(m, access.View)
		d.Actions(m)
	})
	if got != 0 {
		t.Errorf("%v allocations", got)
	}
}

// BenchmarkSees is the check of one property for somebody with two roles.
func BenchmarkSees(b *testing.B) {
	_, m, d := twoRoles(b)
	props := m.Props()
	b.ReportAllocs()
	for i := range b.N {
		d.Sees(m, props[i%len(props)])
	}
}
