package access_test

import (
	"testing"

	"pgregory.net/rapid"

	"mandorla/internal/access"
)

func TestSwitchesAreStoredByName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := access.Switches(rapid.IntRange(0, int(access.AllSwitches)).Draw(t, "switches"))
		if got := access.ParseSwitches(s.String()); got != s {
			t.Fatalf("%s reads back as %s", s, got)
		}
	})
	if got := (access.SwitchImport | access.SwitchConnect).String(); got != "connect import" {
		t.Errorf("stored as %q", got)
	}
	if got := access.ParseSwitches("import teleport  settings"); got != access.SwitchImport|access.SwitchSettings {
		t.Errorf("an unknown name gives %s", got)
	}
}

func TestSwitchesOfRoles(t *testing.T) {
	one, two := access.Role{Switches: access.SwitchImport}, access.Role{Switches: access.SwitchExport}
	for _, c := range []struct {
		roles []access.Role
		want  access.Switches
	}{
		{nil, 0},
		{[]access.Role{one, two}, access.SwitchImport | access.SwitchExport},
		{[]access.Role{one, {Admin: true}}, access.AllSwitches},
	} {
		if got := access.SwitchesOf(c.roles); got != c.want {
			t.Errorf("%v: %s", c.roles, got)
		}
	}
}
