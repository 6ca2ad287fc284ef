package web

import (
	"math/bits"
	"net/url"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/web/kit"
)

// matrixActions are the actions in the order of the matrix's columns.
var matrixActions = [5]access.Action{access.View, access.Create, access.Update, access.Remove, access.Export}

// matrixOf draws a permission set over all models of a registry.
func matrixOf(reg *model.Registry, set access.Set) kit.Matrix {
	m := kit.Matrix{}
	for _, mod := range reg.Models() {
		p := set[mod.Name]
		row := kit.MatrixRow{
			Model: mod.Name, Label: mod.Label, Icon: mod.Icon,
			FutureView: kit.Permission{On: p.View.All}, FutureUpdate: kit.Permission{On: p.Update.All},
		}
		for i, a := range matrixActions {
			row.Actions[i].On = p.Actions&a != 0
		}
		for _, prop := range mod.Props() {
			if prop.Name != "_id" {
				row.Properties = append(row.Properties, matrixProperty(prop, p))
			}
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

func matrixProperty(prop *model.Property, p access.ModelPermission) kit.MatrixProperty {
	out := kit.MatrixProperty{
		ID: prop.ID, Name: prop.Name, Label: prop.DisplayLabel(), Kind: prop.Kind.Label(), Sensitive: prop.Sensitive,
		View:   kit.Permission{On: p.View.Has(prop.ID)},
		Update: kit.Permission{On: prop.Writable() && p.Update.Has(prop.ID)},
	}
	if !prop.Writable() {
		out.Update.Fixed, out.Update.Why = true, "Nobody sets this property: the platform does."
	}
	return out
}

// readMatrix reads the boxes back. before is the set that the form was drawn from: a model that is allowed an action for the first
// time, with no property ticked, gets all of them, so that one tick does what it says without scripts.
func readMatrix(reg *model.Registry, form url.Values, before access.Set) access.Set {
	on := func(name string) bool { return form.Get(name) == "on" }
	out := access.Set{}
	for _, m := range reg.Models() {
		var p access.ModelPermission
		for _, a := range matrixActions {
			if on("p." + m.Name + "." + a.String()) {
				p.Actions |= a
			}
		}
		had := before[m.Name].Actions
		p.View = readProperties(m, form, "pv."+m.Name+".", on("pa."+m.Name+".view"), false)
		p.Update = readProperties(m, form, "pu."+m.Name+".", on("pa."+m.Name+".update"), true)
		if p.View.Empty() && p.Actions&access.View != 0 && had&access.View == 0 {
			p.View = access.AllProperties
		}
		if writes := access.Create | access.Update; p.Update.Empty() && p.Actions&writes != 0 && had&writes == 0 {
			p.Update = access.AllProperties
		}
		out[m.Name] = p
	}
	return out.Normal()
}

func readProperties(m *model.Model, form url.Values, prefix string, future, writable bool) access.Properties {
	var ids []string
	all := true
	for _, p := range m.Props() {
		switch {
		case p.Name == "_id" || writable && !p.Writable():
		case form.Get(prefix+p.ID) == "on":
			ids = append(ids, p.ID)
		default:
			all = false
		}
	}
	if future && all {
		return access.AllProperties
	}
	return access.Only(ids...)
}

// presets are sets that a matrix can start from, offered as links to the same page.
var presets = []struct{ key, label, icon string }{
	{"view", "View everything", "eye"},
	{"work", "View, create and update", "pencil"},
	{"full", "Everything", "shield"},
	{"none", "Nothing", "shield-off"},
}

func presetLinks(path string) []kit.Link {
	var out []kit.Link
	for _, p := range presets {
		out = append(out, kit.Link{Label: p.label, Icon: p.icon, Href: path + "?preset=" + p.key})
	}
	return out
}

// preset gives a set by its key. Sensitive properties stay out of all but "full".
func preset(reg *model.Registry, key string) (access.Set, bool) {
	switch key {
	case "view":
		return withoutSensitive(reg, access.Of(reg, access.View)), true
	case "work":
		return withoutSensitive(reg, access.Of(reg, access.View|access.Create|access.Update)), true
	case "full":
		return access.Full(reg), true
	case "none":
		return access.Set{}, true
	}
	return nil, false
}

func withoutSensitive(reg *model.Registry, set access.Set) access.Set {
	for _, m := range reg.Models() {
		var plain []string
		sensitive := false
		for _, p := range m.Props() {
			if sensitive = sensitive || p.Sensitive; !p.Sensitive {
				plain = append(plain, p.ID)
			}
		}
		if p, ok := set[m.Name]; ok && sensitive {
			p.View, p.Update = access.Only(plain...), access.Only(plain...)
			set[m.Name] = p
		}
	}
	return set.Normal()
}

// mandorla draws two sets by how many permissions (an action on a model) each has, and how many both have.
func mandorla(client, role access.Set, labels ...string) kit.Mandorla {
	m := kit.Mandorla{Client: permissions(client), Role: permissions(role), Overlap: permissions(client.Intersect(role)), Unit: "permissions"}
	if len(labels) == 2 {
		m.ClientLabel, m.RoleLabel = labels[0], labels[1]
	}
	return m
}

func permissions(set access.Set) int {
	n := 0
	for _, p := range set {
		n += bits.OnesCount8(uint8(p.Actions))
	}
	return n
}

// inWords says a set in one sentence, as the matrix does.
func inWords(reg *model.Registry, set access.Set) string {
	return strings.TrimSpace(matrixOf(reg, set).Words())
}
