package model

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// MaxHops is how many references a path may pass through.
const MaxHops = 3

// Registry is an immutable snapshot of all models of one tenant. Safe for concurrent use; a request takes one and keeps it.
type Registry struct {
	models []*Model
	byName map[string]*Model
}

// New checks the declarations and builds a registry. custom holds a tenant's own properties by model name.
// Every mistake is reported at once; a registry is never half valid. The arguments are copied, not kept.
func New(models []Model, custom map[string][]Property) (*Registry, error) {
	r := &Registry{byName: map[string]*Model{}}
	known, taken := map[string]bool{}, map[string]*Model{}
	var errs []error
	for i := range models {
		m := models[i]
		declared := len(m.Properties)
		m.Properties = append(slices.Clone(m.Properties), custom[m.Name]...)
		m.byName, m.byID = map[string]*Property{}, map[string]*Property{}
		errs = append(errs, m.index(declared)...)
		r.models = append(r.models, &m)
		known[m.Name] = true
		for _, key := range []string{m.Name, m.Route} {
			if other := taken[squash(key)]; other != nil && other != &m {
				errs = append(errs, fmt.Errorf("model %s: %q already names %s", m.Name, key, other.Name))
			}
			r.byName[key], taken[squash(key)] = &m, &m
		}
	}
	for name := range custom {
		if !known[name] {
			errs = append(errs, fmt.Errorf("custom properties for unknown model %q", name))
		}
	}
	for _, m := range r.models {
		errs = append(errs, r.check(m)...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return r, nil
}

// Models lists the models in declared order. Callers must not change the slice.
func (r *Registry) Models() []*Model { return r.models }

// Model finds a model by name ("End User") or route ("endusers"), then the same without regard to case and spaces.
func (r *Registry) Model(name string) (*Model, bool) {
	if m, ok := r.byName[name]; ok {
		return m, true
	}
	want := squash(name)
	for _, m := range r.models {
		if squash(m.Name) == want || m.Route == want {
			return m, true
		}
	}
	return nil, false
}

// Company gives the model that portfolios are about: the one whose Anchor is Self.
func (r *Registry) Company() (*Model, bool) {
	for _, m := range r.models {
		if m.Anchor == Self {
			return m, true
		}
	}
	return nil, false
}

var (
	nameForm   = regexp.MustCompile(`^_?[a-zA-Z][a-zA-Z0-9]*$`)
	customForm = regexp.MustCompile(`^custom\.[\p{L}\p{N}][\p{L}\p{N} _/&()%+-]{0,79}$`)
	routeForm  = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
)

// CustomName reports whether name can be the name of a custom property: "custom." and then letters, digits, spaces and _/&()%+-.
func CustomName(name string) bool {
	return customForm.MatchString(name) && name == strings.TrimSpace(name)
}

// index fills the maps of a model. The properties from number declared on are a tenant's own.
func (m *Model) index(declared int) []error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("model %s: %s", m.Name, fmt.Sprintf(format, args...)))
	}
	if m.Name == "" || m.Label == "" || m.Plural == "" || m.Doc == "" {
		bad("needs a name, a label, a plural and a doc")
	}
	if !routeForm.MatchString(m.Route) {
		bad("route %q must be lower-case letters and digits", m.Route)
	}
	for i := range m.Properties {
		p := &m.Properties[i]
		p.owner = m
		if p.Custom != (i >= declared) {
			bad("property %s: Custom goes with a tenant's own properties, and they with Custom", p.Name)
			continue
		}
		if err := p.checkForm(m); err != nil {
			bad("property %s: %v", p.Name, err)
			continue
		}
		for _, name := range append([]string{p.Name}, p.Aliases...) {
			if _, taken := m.byName[name]; taken {
				bad("property name %s is there twice", name)
			}
			m.byName[name] = p
		}
		if _, taken := m.byID[p.ID]; taken {
			bad("property ID %s is there twice", p.ID)
		}
		m.byID[p.ID] = p
	}
	return errs
}

func (p *Property) checkForm(m *Model) error {
	switch {
	case p.Kind == nil:
		return errors.New("has no kind")
	case p.Custom && !CustomName(p.Name):
		return errors.New(`a custom property's name is "custom." and letters, digits, spaces or _/&()%+-`)
	case !p.Custom && !nameForm.MatchString(p.Name):
		return errors.New("a name is letters and digits")
	case p.ID == "" || (!p.Custom && !strings.HasPrefix(p.ID, m.Prefix)):
		return fmt.Errorf("ID %q must begin with %q", p.ID, m.Prefix)
	case (p.IsRef() || p.IsRefs()) != (p.To != ""):
		return errors.New("To goes with a reference, and a reference with To")
	case (p.Kind == Enum) != (len(p.Options) > 0):
		return errors.New("Options go with an enum, and an enum with Options")
	case p.Via != "" && len(p.Concat) > 0:
		return errors.New("is computed in two ways")
	case len(p.Concat) > 0 && p.Kind.Storage() != StoreText:
		return errors.New("joined texts are a text")
	case p.Computed() && (p.Required || p.Unique || p.Index || p.CreateOnly):
		return errors.New("is computed, so it cannot be required, unique, indexed or create-only")
	case p.ReadOnly && p.Required && p.Name != "_id":
		return errors.New("is read-only, so nobody could give the required value")
	}
	return p.checkWords()
}

// checkWords checks the spellings that input is matched against.
func (p *Property) checkWords() error {
	for _, alias := range p.Aliases {
		if !nameForm.MatchString(alias) {
			return fmt.Errorf("alias %q is not letters and digits", alias)
		}
	}
	for i, option := range p.Options {
		same := func(other string) bool { return strings.EqualFold(other, option) }
		if option == "" || strings.TrimSpace(option) != option || slices.ContainsFunc(p.Options[:i], same) {
			return fmt.Errorf("option %q is empty, padded or there twice", option)
		}
	}
	return nil
}

func (r *Registry) check(m *Model) []error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("model %s: %s", m.Name, fmt.Sprintf(format, args...)))
	}
	for name, kind := range map[string]Kind{"_id": ID, "createdAt": DateTime, "updatedAt": DateTime} {
		if p, ok := m.byName[name]; !ok || p.Kind != kind || !p.ReadOnly {
			bad("needs a read-only %s of kind %s", name, kind.Name())
		}
	}
	if p, ok := m.byName[m.Title]; !ok || p.Kind.Storage() != StoreText {
		bad("title %q is not a text property", m.Title)
	}
	for _, key := range m.Keys {
		if p, ok := m.byName[key]; !ok || !p.Index || p.Computed() {
			bad("key %q is not an indexed property", key)
		}
	}
	for i := range m.Properties {
		p := &m.Properties[i]
		if p.To != "" {
			if to, ok := r.byName[p.To]; !ok || to.Name != p.To {
				bad("property %s refers to unknown model %q", p.Name, p.To)
			}
		}
		if p.Via != "" {
			path, err := r.Path(m, p.Via)
			if err != nil || len(path.Hops) == 0 || path.Property.Via != "" {
				bad("property %s: via %q is not a path through a reference to a stored or joined property", p.Name, p.Via)
			} else if p.Kind == nil || path.Property.Kind.Storage() != p.Kind.Storage() {
				bad("property %s: is not of the kind that %s is stored as", p.Name, p.Via)
			}
		}
		for _, part := range p.Concat {
			if q, ok := m.byName[part]; !ok || q.Kind.Storage() != StoreText || q.Computed() || q.Custom {
				bad("property %s: %q cannot be joined", p.Name, part)
			}
		}
	}
	if (m.Anchor == Self) != (len(m.Owners) > 0) {
		bad("owners go with the anchor Self, and the anchor Self with owners")
	}
	for _, name := range m.Owners {
		if p, ok := m.byName[name]; !ok || !p.IsRef() || !p.Index {
			bad("owner %q is not an indexed reference", name)
		}
	}
	if m.Anchor != "" && m.Anchor != Self {
		path, err := r.Path(m, m.Anchor)
		if err != nil || !path.Property.IsRef() {
			bad("anchor %q is not a path of references", m.Anchor)
		} else if to := r.byName[path.Property.To]; to == nil || to.Anchor != Self {
			bad("anchor %q does not end at a company", m.Anchor)
		}
	}
	return errs
}

// Path is a property reached from a model through zero or more single references.
type Path struct {
	Hops     []*Property // the references passed through, in order
	Property *Property   // the property at the end
}

// String gives the path as it is written, "owner.name".
func (p Path) String() string {
	var b strings.Builder
	for _, h := range p.Hops {
		b.WriteString(h.Name)
		b.WriteByte('.')
	}
	b.WriteString(p.Property.Name)
	return b.String()
}

// Path resolves "owner.name" from m. It knows no permissions: callers of the gate never see its errors.
func (r *Registry) Path(m *Model, path string) (Path, error) {
	var out Path
	rest := path
	for {
		p, tail, ok := m.step(rest)
		if !ok || strings.HasSuffix(rest, ".") {
			return Path{}, fmt.Errorf("unknown property %q", path)
		}
		if tail == "" {
			out.Property = p
			return out, nil
		}
		if !p.IsRef() || len(out.Hops) == MaxHops {
			return Path{}, fmt.Errorf("%q cannot be followed", path)
		}
		out.Hops = append(out.Hops, p)
		if m, rest = r.byName[p.To], tail; m == nil { // only before New has refused the declaration
			return Path{}, fmt.Errorf("%q cannot be followed", path)
		}
	}
}

// step takes the first property off a path; a custom property's name has one dot of its own.
func (m *Model) step(path string) (p *Property, rest string, ok bool) {
	head, tail, _ := strings.Cut(path, ".")
	if head == "custom" && tail != "" {
		var name string
		name, tail, _ = strings.Cut(tail, ".")
		head = "custom." + name
	}
	p, ok = m.byName[head]
	return p, tail, ok
}

func squash(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

func labelFromName(name string) string {
	if own, ok := strings.CutPrefix(name, "custom."); ok { // people spelled it as they want to read it
		return own
	}
	name = strings.TrimPrefix(name, "_")
	var b strings.Builder
	for i, r := range name {
		switch {
		case i == 0:
			b.WriteRune(unicode.ToUpper(r))
		case unicode.IsUpper(r):
			b.WriteByte(' ')
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSuffix(b.String(), " id")
}
