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
			Model: mod.Name, Label: mod.Label, Icon: mod.Icon, Actions: matrixBoxes(p.Actions, access.AllActions),
			FutureView: kit.Permission{On: p.View.All}, FutureUpdate: kit.Permission{On: p.Update.All},
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

// matrixOfRole is matrixOf with the internal models below, which only roles reach.
func matrixOfRole(reg *model.Registry, set access.Set) kit.Matrix {
	m := matrixOf(reg, set)
	for i := range m.Rows {
		m.Rows[i].Group = "Customer data"
	}
	for _, in := range access.Internals {
		m.Rows = append(m.Rows, kit.MatrixRow{
			Model: in.Name, Label: in.Label, Icon: in.Icon, Group: "Platform", Actions: matrixBoxes(set[in.Name].Actions, in.Actions),
		})
	}
	return m
}

// matrixBoxes ticks the actions that are on, and draws those that exist.
func matrixBoxes(on, exist access.Action) (out [5]kit.Permission) {
	for i, a := range matrixActions {
		out[i] = kit.Permission{On: on&exist&a != 0, None: exist&a == 0}
	}
	return out
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

// readMatrix reads the boxes back. before is the stored set: what has no box in the form stays as it is there, so that an unchanged
// form gives the same set. A model that is allowed an action for the first time, with no property ticked, gets all of them, so that
// one tick does what it says without scripts.
func readMatrix(reg *model.Registry, form url.Values, before access.Set) access.Set {
	out := access.Set{}
	for name, p := range before {
		if m, ok := reg.Model(name); !ok || m.Name != name || !form.Has("pw."+name) {
			out[name] = p
		}
	}
	for _, m := range reg.Models() {
		if form.Has("pw." + m.Name) {
			out[m.Name] = readModel(m, form, before[m.Name])
		}
	}
	return out.Normal()
}

// readMatrixOfRole is readMatrix for the form of matrixOfRole.
func readMatrixOfRole(reg *model.Registry, form url.Values, before access.Set) access.Set {
	out := readMatrix(reg, form, before)
	for _, in := range access.Internals {
		if form.Has("pw." + in.Name) {
			p := before[in.Name]
			p.Actions = p.Actions&^in.Actions | readActions(form, in.Name)&in.Actions
			out[in.Name] = p
		}
	}
	return out.Normal()
}

func readActions(form url.Values, name string) (out access.Action) {
	for _, a := range matrixActions {
		if form.Get("p."+name+"."+a.String()) == "on" {
			out |= a
		}
	}
	return out
}

func readModel(m *model.Model, form url.Values, before access.ModelPermission) access.ModelPermission {
	var had access.Action
	for _, name := range strings.Fields(form.Get("pw." + m.Name)) {
		a, _ := access.ParseAction(name)
		had |= a
	}
	p := access.ModelPermission{Actions: readActions(form, m.Name)}
	read := func(prefix, future string, needs access.Action, before access.Properties, write bool) access.Properties {
		got, all := readProperties(m, form, prefix+m.Name+".", write)
		switch {
		case p.Actions&needs != 0 && had&needs == 0 && len(got) == 0:
			return access.AllProperties
		case all && form.Get("pa."+m.Name+"."+future) == "on":
			return access.AllProperties
		}
		return access.Only(append(got, without(m, before, write)...)...)
	}
	p.View = read("pv.", "view", access.View, before.View, false)
	p.Update = read("pu.", "update", access.Create|access.Update, before.Update, true)
	return p
}

// readProperties lists the ticked properties, and reports whether no box is left unticked.
func readProperties(m *model.Model, form url.Values, prefix string, write bool) (ids []string, all bool) {
	all = true
	for _, p := range m.Props() {
		switch {
		case !hasBox(p, write):
		case form.Get(prefix+p.ID) == "on":
			ids = append(ids, p.ID)
		default:
			all = false
		}
	}
	return ids, all
}

func hasBox(p *model.Property, write bool) bool { return p.Name != "_id" && (!write || p.Writable()) }

// without lists what a stored list holds that no box stands for: properties that were removed, and those that nobody sets.
func without(m *model.Model, list access.Properties, write bool) []string {
	var out []string
	for _, id := range list.IDs {
		if p, ok := m.PropertyByID(id); !ok || !hasBox(p, write) {
			out = append(out, id)
		}
	}
	return out
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
