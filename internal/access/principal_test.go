package access_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/fault"
)

// Who acts in their own right.
func TestDirect(t *testing.T) {
	for name, c := range map[string]struct {
		p    access.Principal
		want bool
	}{
		"person":      {access.Principal{Person: "carly"}, true},
		"client":      {access.Principal{Person: "carly", Client: "pk"}, false},
		"private app": {access.Principal{PrivateApp: "pa"}, false},
		"viewed":      {access.Principal{Person: "carly"}.SeenBy(access.Principal{PersonName: "Ada"}), false},
		"two of them": {access.Principal{Client: "pk", PrivateApp: "pa"}, false},
	} {
		if got := c.p.Direct(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestCan(t *testing.T) {
	p := access.Principal{Lanes: []access.Lane{{Set: access.Set{"Task": {Actions: access.View}}}, {Set: access.Set{"Company": {Actions: access.Update}}}}}
	if !p.Can("Company", access.Update) || !p.Can("Task", access.View) || p.Can("Task", access.Update) || p.Can("Asset", access.View) {
		t.Error("Can is not what one of the lanes allows")
	}
}

func TestOperatorMayEverything(t *testing.T) {
	reg := registry(t)
	p := access.Operator("t1", reg, 7)
	if p.Tenant != "t1" || p.RegistryVersion != 7 || p.Switches != access.AllSwitches || !p.Admin || p.Surface != access.SurfaceCommand || !p.Direct() {
		t.Errorf("operator %+v", p)
	}
	d := p.Decide(reg)
	for _, m := range reg.Models() {
		if rows, ok := d.Rows(m, access.AllActions); !ok || words(rows) != "all" {
			t.Errorf("%s: %s", m.Name, words(rows))
		}
	}
}

// Somebody who looks through another's eyes reaches the same and changes nothing; the refusal says whose eyes.
func TestSeenBy(t *testing.T) {
	carly := access.Principal{Person: "carly", PersonName: "Carly", Email: "carly@x.example", Lanes: []access.Lane{{Role: "CSM"}}}
	seen := carly.SeenBy(access.Principal{Person: "ada", Email: "ada@x.example"})
	if diff := cmp.Diff(&access.Viewer{Person: "ada", PersonName: "ada@x.example"}, seen.Viewer); diff != "" {
		t.Errorf("viewer (-want +got):\n%s", diff)
	}
	if carly.Viewer != nil || carly.MayChange() != nil {
		t.Error("looking changed the one who is looked through")
	}
	if diff := cmp.Diff(carly.Lanes, seen.Lanes); diff != "" {
		t.Error("other lanes", diff)
	}
	err := seen.MayChange()
	if msg, _ := fault.Safe(err); !fault.Is(err, fault.Forbidden) || msg != "You are viewing as Carly. Stop viewing as to make changes." {
		t.Errorf("a change is answered %v", err)
	}
	if got := (access.Principal{Email: "x@y.example"}).Called(); got != "x@y.example" {
		t.Errorf("without a name: %s", got)
	}
}
