package query

import "mandorla/internal/model"

// Sight is what a question may name and how far it sees. access.Decider is a person's; the filter of a portfolio sees everything.
type Sight interface {
	Registry() *model.Registry
	// Sees reports whether a property may be named on some row, and the guard: the rows on which it may be read; nil is every visible row.
	// It looks at the property alone, not at what a computed one is made of.
	Sees(m *model.Model, p *model.Property) (guard Expr, ok bool)
	// Visible gives the rows of a model that may be seen; ok is false where there are none.
	Visible(m *model.Model) (rows Expr, ok bool)
	// Me is the id of the User record that the value "me" means; "" for nobody.
	Me() string
	// Unknown is the error about a path that does not exist or may not be seen; place says where it stood.
	Unknown(m *model.Model, place, path string) error
}

// Seen is Sight.Sees extended to computed properties: they may be read only where everything they are made of may be read. Where ok is
// false the guard is None, so that who forgets to look at ok reaches nothing.
func Seen(s Sight, m *model.Model, p *model.Property) (guard Expr, ok bool) {
	if guard, ok = s.Sees(m, p); !ok {
		return None{}, false
	}
	for _, part := range p.Concat {
		q, _ := m.Property(part)
		g, ok := s.Sees(m, q)
		if !ok {
			return None{}, false
		}
		if g != nil {
			guard = Both(guard, g)
		}
	}
	if p.Via != "" {
		path, err := s.Registry().Path(m, p.Via)
		if err != nil {
			return None{}, false
		}
		if _, ok = follow(s, m, path); !ok {
			return None{}, false
		}
	}
	return guard, true
}

// Resolve turns a path into a field with every hop's row rule and guard, checking each step; a hidden step makes the whole path
// unknown. prop is the property as named, which a computed one hides in the field. place is how errors call the path.
func Resolve(s Sight, m *model.Model, path, place string) (f Field, prop *model.Property, err error) {
	resolved, err := s.Registry().Path(m, path)
	if err != nil {
		return Field{}, nil, s.Unknown(m, place, path)
	}
	f, ok := follow(s, m, resolved)
	if !ok {
		return Field{}, nil, s.Unknown(m, place, path)
	}
	return f, resolved.Property, nil
}

func follow(s Sight, m *model.Model, path model.Path) (Field, bool) {
	var f Field
	for _, ref := range path.Hops {
		hop, ok := hop(s, m, ref)
		if !ok {
			return f, false
		}
		f.Hops = append(f.Hops, hop)
		m = hop.To
	}
	guard, ok := Seen(s, m, path.Property)
	if !ok {
		return f, false
	}
	if path.Property.Via == "" {
		f.Property, f.Guard = path.Property, guard
		return f, true
	}
	inner, err := s.Registry().Path(m, path.Property.Via)
	if err != nil {
		return f, false
	}
	rest, ok := follow(s, m, inner)
	if !ok {
		return f, false
	}
	if guard != nil { // the computed property itself is visible on some rows only
		rest.Hops[0].Guard = Both(rest.Hops[0].Guard, guard)
	}
	f.Hops = append(f.Hops, rest.Hops...)
	f.Property, f.Guard = rest.Property, rest.Guard
	return f, true
}

func hop(s Sight, m *model.Model, ref *model.Property) (Hop, bool) {
	guard, ok := s.Sees(m, ref)
	if !ok {
		return Hop{}, false
	}
	to, ok := s.Registry().Model(ref.To)
	if !ok {
		return Hop{}, false
	}
	rows, ok := s.Visible(to)
	return Hop{Ref: ref, To: to, Where: rows, Guard: guard}, ok
}

// TitleOf gives the field that names the record a reference points to; ok is false where that name may not be read.
func TitleOf(s Sight, f Field) (Field, bool) {
	if !f.Property.IsRef() {
		return Field{}, false
	}
	h, ok := hop(s, f.Property.Model(), f.Property)
	if !ok {
		return Field{}, false
	}
	t := h.To.TitleProperty()
	guard, ok := Seen(s, h.To, t)
	if !ok || t.Via != "" {
		return Field{}, false
	}
	return Field{Hops: append(append([]Hop{}, f.Hops...), h), Property: t, Guard: guard}, true
}
