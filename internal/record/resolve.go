package record

import (
	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// sees is Decider.Sees extended to computed properties: they may be read only where everything they are made of may be read.
func (r request) sees(m *model.Model, p *model.Property) (guard query.Expr, ok bool) {
	if guard, ok = r.Sees(m, p); !ok {
		return nil, false
	}
	for _, part := range p.Concat {
		q, _ := m.Property(part)
		g, ok := r.Sees(m, q)
		if !ok {
			return nil, false
		}
		if g != nil {
			guard = query.Both(guard, g)
		}
	}
	if p.Via != "" {
		path, err := r.Registry().Path(m, p.Via)
		if err != nil {
			return nil, false
		}
		if _, ok = r.follow(m, path); !ok {
			return nil, false
		}
	}
	return guard, true
}

// field resolves a path as the principal may know it; a hidden step makes the whole path unknown. name is how errors call it.
func (r request) field(m *model.Model, path, name string) (query.Field, *model.Property, error) {
	resolved, err := r.Registry().Path(m, path)
	if err != nil {
		return query.Field{}, nil, r.unknownProperty(m, name, path)
	}
	f, ok := r.follow(m, resolved)
	if !ok {
		return query.Field{}, nil, r.unknownProperty(m, name, path)
	}
	return f, resolved.Property, nil
}

// follow turns a path into a field with every hop's row rule and guard, checking each step.
func (r request) follow(m *model.Model, path model.Path) (query.Field, bool) {
	var f query.Field
	for _, ref := range path.Hops {
		hop, ok := r.hop(m, ref)
		if !ok {
			return f, false
		}
		f.Hops = append(f.Hops, hop)
		m = hop.To
	}
	guard, ok := r.sees(m, path.Property)
	if !ok {
		return f, false
	}
	if path.Property.Via == "" {
		f.Property, f.Guard = path.Property, guard
		return f, true
	}
	inner, err := r.Registry().Path(m, path.Property.Via)
	if err != nil {
		return f, false
	}
	rest, ok := r.follow(m, inner)
	if !ok {
		return f, false
	}
	if guard != nil { // the computed property itself is visible on some rows only
		rest.Hops[0].Guard = query.Both(rest.Hops[0].Guard, guard)
	}
	f.Hops = append(f.Hops, rest.Hops...)
	f.Property, f.Guard = rest.Property, rest.Guard
	return f, true
}

func (r request) hop(m *model.Model, ref *model.Property) (query.Hop, bool) {
	guard, ok := r.Sees(m, ref)
	if !ok {
		return query.Hop{}, false
	}
	to, ok := r.Registry().Model(ref.To)
	if !ok {
		return query.Hop{}, false
	}
	rows, ok := r.Rows(to, access.View)
	return query.Hop{Ref: ref, To: to, Where: rows, Guard: guard}, ok
}

// title gives the field that names the record a reference points to; ok is false where the principal may not read that name.
func (r request) title(f query.Field) (query.Field, bool) {
	hop, ok := r.hopFrom(f)
	if !ok {
		return query.Field{}, false
	}
	t := hop.To.TitleProperty()
	guard, ok := r.sees(hop.To, t)
	if !ok || t.Via != "" {
		return query.Field{}, false
	}
	hops := append(append([]query.Hop{}, f.Hops...), hop)
	return query.Field{Hops: hops, Property: t, Guard: guard}, true
}

func (r request) hopFrom(f query.Field) (query.Hop, bool) {
	if !f.Property.IsRef() {
		return query.Hop{}, false
	}
	return r.hop(f.Property.Model(), f.Property)
}
