package access

import "strings"

// Switches are workflow permissions of a role: what one may use at all, beside the data. Values combine as bits.
type Switches uint32

// The switches. A role with Admin has them all.
const (
	SwitchAppCenter Switches = 1 << iota // open the App Center: OAuth clients and private apps
	SwitchSettings                       // open the settings: roles, people, data model
	SwitchConnect                        // connect apps and AI assistants with one's own account
	SwitchImport                         // import files
	SwitchExport                         // export records, where a model's export is allowed as well

	AllSwitches = SwitchAppCenter | SwitchSettings | SwitchConnect | SwitchImport | SwitchExport
)

// SwitchInfo says to people what a switch is.
type SwitchInfo struct {
	Switch Switches
	Name   string // stored
	Label  string
	Doc    string
}

// SwitchList lists the switches in the order people see them. Names are stored: never change or reuse one.
var SwitchList = []SwitchInfo{
	{SwitchConnect, "connect", "Connect apps and AI assistants", "Authorize OAuth clients such as Claude with one's own account. Turned off, their connections reach nothing."},
	{SwitchImport, "import", "Import", "Bring records in from files."},
	{SwitchExport, "export", "Export", "Take records out, where the export of a model is allowed as well."},
	{SwitchAppCenter, "app_center", "App Center", "Open the App Center. What may be done there is set with the internal models OAuth client and Private app."},
	{SwitchSettings, "settings", "Settings", "Open the settings. What may be done there is set with the internal models; only administrators change roles."},
}

// Has reports whether the role has all of these switches.
func (r Role) Has(s Switches) bool { return r.Admin || r.Switches&s == s }

// String gives the stored names, separated by spaces.
func (s Switches) String() string {
	var names []string
	for _, one := range SwitchList {
		if s&one.Switch != 0 {
			names = append(names, one.Name)
		}
	}
	return strings.Join(names, " ")
}

// ParseSwitches reads stored names; unknown ones, of a newer version, have no effect.
func ParseSwitches(text string) (out Switches) {
	for _, name := range strings.Fields(text) {
		for _, one := range SwitchList {
			if one.Name == name {
				out |= one.Switch
			}
		}
	}
	return out
}

// SwitchesOf are the switches that some role turns on.
func SwitchesOf(roles []Role) (out Switches) {
	for _, r := range roles {
		if r.Admin {
			return AllSwitches
		}
		out |= r.Switches
	}
	return out
}
