package mcpserver

import (
	"context"
	"slices"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/query"
	"mandorla/internal/record"
)

// demand is what one call takes: actions by model (none where the model must only be reached somehow), and the properties that it writes.
type demand struct {
	view    record.ModelView // the model that the call names
	actions map[string]access.Action
	routes  []string // of the models, the named one first
	written []string // names of properties
	create  bool
}

// demandOf reads what a call takes as far as these models go; ok is false where the call would fail with them in any case: a model or a
// property that is not among them, or an argument that is none.
func (t *tool) demandOf(views []record.ModelView, in arguments) (demand, bool) {
	view, ok := findModel(views, in.text("model"))
	if !ok {
		return demand{}, false
	}
	d := demand{view: view, actions: map[string]access.Action{}, create: t.needs&access.Create != 0}
	d.add(view, t.needs)
	for _, path := range pathsOf(in) {
		if !d.follow(views, path) {
			return demand{}, false
		}
	}
	for name := range in.object("values") {
		d.written = append(d.written, name)
	}
	slices.Sort(d.written)
	return d, true
}

func (d *demand) add(view record.ModelView, actions access.Action) {
	if _, there := d.actions[view.Model.Name]; !there {
		d.routes = append(d.routes, view.Model.Route)
	}
	d.actions[view.Model.Name] |= actions
}

// follow adds the models that a path such as "owner.name" leads through.
func (d *demand) follow(views []record.ModelView, path string) bool {
	view := d.view
	for path != "" && path != "*" {
		prop, rest, ok := step(view, path)
		if !ok || !prop.Read {
			return false
		}
		if path = rest; path == "" {
			break
		}
		at := slices.IndexFunc(views, func(v record.ModelView) bool { return v.Model.Name == prop.Property.To })
		if at < 0 {
			return false
		}
		view = views[at]
		d.add(view, access.View)
	}
	return true
}

// step takes the first property off a path; a custom property's name has one dot of its own.
func step(view record.ModelView, path string) (prop record.PropertyView, rest string, ok bool) {
	head, rest, _ := strings.Cut(path, ".")
	if head == "custom" && rest != "" {
		var name string
		name, rest, _ = strings.Cut(rest, ".")
		head = "custom." + name
	}
	prop, ok = property(view, head)
	return prop, rest, ok
}

func property(view record.ModelView, name string) (record.PropertyView, bool) {
	p, ok := view.Model.Property(name)
	if !ok {
		return record.PropertyView{}, false
	}
	at := slices.IndexFunc(view.Properties, func(v record.PropertyView) bool { return v.Property.ID == p.ID })
	if at < 0 {
		return record.PropertyView{}, false
	}
	return view.Properties[at], true
}

// pathsOf lists the properties that a call reads by name.
func pathsOf(in arguments) []string {
	paths := append([]string{}, in.texts("select")...)
	for _, sorted := range in.texts("sort") {
		paths = append(paths, strings.TrimPrefix(sorted, "-"))
	}
	if f, err := query.ParseFilter(in["filter"]); err == nil {
		paths = filterPaths(paths, f)
	}
	return paths
}

func filterPaths(paths []string, f query.Filter) []string {
	if f.Path != "" {
		paths = append(paths, f.Path)
	}
	for _, part := range append(append([]query.Filter{}, f.And...), f.Or...) {
		paths = filterPaths(paths, part)
	}
	if f.Not != nil {
		paths = filterPaths(paths, *f.Not)
	}
	return paths
}

// met reports whether these models, as somebody reaches them, allow what the call takes.
func (d demand) met(views []record.ModelView) bool {
	for name, actions := range d.actions {
		at := slices.IndexFunc(views, func(v record.ModelView) bool { return v.Model.Name == name })
		if at < 0 || views[at].Actions&actions != actions || name == d.view.Model.Name && !d.writes(views[at]) {
			return false
		}
	}
	return true
}

// writes looks at the properties that are sent. One that may not be seen counts as met: it does not exist for the caller, and the
// tool says so.
func (d demand) writes(view record.ModelView) bool {
	for _, name := range d.written {
		p, ok := property(view, name)
		if ok && p.Read && !(d.create && p.Create || !d.create && p.Update) {
			return false
		}
	}
	return true
}

// scopes spells the demand as scopes, "companies:view", the named model first.
func (d demand) scopes(views []record.ModelView) []string {
	var out []string
	for _, route := range d.routes {
		for _, v := range views {
			if v.Model.Route != route {
				continue
			}
			actions := d.actions[v.Model.Name]
			if actions == 0 {
				actions = first(v.Actions)
			}
			out = append(out, scopes(v, actions)...)
		}
	}
	return out
}

// stepUp gives what a call takes and this connection lacks, where authorizing again would help: client and role allow all of it now,
// and only the authorization or the token's scope does not cover it. wide are the models as they would then be reached.
//
// What only a property that is hidden now stands in the way of is no such call: for the connection the property does not exist.
func (c *caller) stepUp(ctx context.Context, t *tool, in arguments) (d demand, wide []record.ModelView, ok bool) {
	views, err := c.models(ctx)
	if err != nil {
		return demand{}, nil, false // the tool will meet the same error and answer it
	}
	if d, whole := t.demandOf(views, in); whole && d.met(views) {
		return demand{}, nil, false
	}
	widest, ok := c.principal.Reauthorized()
	if !ok {
		return demand{}, nil, false
	}
	if wide, err = c.server.opts.Gate.Models(ctx, widest); err != nil {
		c.server.log.ErrorContext(ctx, "ask what a new authorization would reach", "error", err)
		return demand{}, nil, false
	}
	d, ok = t.demandOf(wide, in)
	return d, wide, ok && d.met(wide) && !d.met(views)
}
