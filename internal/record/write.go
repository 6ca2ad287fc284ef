package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// Write is a change that a caller asks for.
type Write struct {
	Model  string
	ID     string         // empty for a creation
	Values map[string]any // property name or alias → decoded JSON or text; nil and "" clear; {"custom": {…}} is understood
	DryRun bool           // check everything, change nothing
}

// Change is one property's old and new canonical value.
type Change struct {
	Property *model.Property
	Old, New any
}

// Result is what a write did, or would do.
type Result struct {
	Model   *model.Model
	ID      string   // empty for a creation that was a dry run
	Title   string   // "" where the principal may not read it
	Changes []Change // in declared order; only what really differs
	DryRun  bool
}

// errDryRun rolls a checked transaction back.
var errDryRun = fault.New(fault.Internal, "dry run")

// inTx runs fn, and for a dry run undoes it. Unique values and portfolios are thus checked for real.
func (s *Service) inTx(ctx context.Context, dryRun bool, fn func(ctx context.Context) error) error {
	dry := false
	err := s.store.InTx(ctx, func(ctx context.Context) error {
		if err := fn(ctx); err != nil {
			return err
		}
		if dry = dryRun; dry {
			return errDryRun
		}
		return nil
	})
	if dry {
		return nil
	}
	return err
}

// guarded runs a change of an existing record between the two halves of the guard.
func (s *Service) guarded(ctx context.Context, r *request, m *model.Model, change func() error) error {
	if s.guard == nil {
		return change()
	}
	after, err := s.guard(ctx, r.p.Tenant, m)
	if err != nil {
		return err
	}
	if err := change(); err != nil || after == nil {
		return err
	}
	return after(ctx)
}

// sent is one checked value of a write.
type sent struct {
	prop  *model.Property
	value any
}

// check validates every value of a write at once: names, permissions, kinds. Unknown and hidden names answer alike.
func (r *request) check(m *model.Model, values map[string]any, a access.Action) ([]sent, error) {
	var bad []fault.Field
	given := map[*model.Property]any{}
	for _, in := range flatten(values) {
		name, raw := in.name, in.value
		p, ok := m.Property(name)
		if !ok || !r.known(m, p, a) {
			bad = append(bad, r.unknownField(m, name, a))
			continue
		}
		if _, twice := given[p]; twice {
			bad = append(bad, fault.Field{Path: name, Msg: "is given twice, under its name and under another."})
			continue
		}
		v, err := r.writeValue(m, p, raw, a)
		if err != nil {
			bad = append(bad, fault.Field{Path: name, Msg: err.Error() + "."})
		}
		given[p] = v
	}
	if a == access.Create {
		for _, p := range m.Props() {
			if _, there := given[p]; p.Required && !there {
				bad = append(bad, fault.Field{Path: p.Name, Msg: "is required."})
			}
		}
	}
	if len(bad) > 0 {
		slices.SortFunc(bad, func(a, b fault.Field) int { return strings.Compare(a.Path, b.Path) })
		return nil, fault.BadFields(bad)
	}
	out := make([]sent, 0, len(given))
	for _, p := range m.Props() {
		if v, there := given[p]; there {
			out = append(out, sent{p, v})
		}
	}
	return out, nil
}

func (r *request) writeValue(m *model.Model, p *model.Property, raw any, a access.Action) (any, error) {
	switch {
	case !p.Writable():
		return nil, errors.New("is set by the platform and cannot be written")
	case p.CreateOnly && a == access.Update:
		return nil, errors.New("can be set at creation only")
	}
	if raw == "me" && p.To == "User" && p.IsRef() && r.p.Person != "" {
		return r.p.Person, nil
	}
	v, err := p.Kind.Parse(p, raw)
	if err == nil && v == nil && p.Required {
		err = errors.New("is required and cannot be empty")
	}
	return v, err
}

type input struct {
	name  string
	value any
}

// flatten lifts {"custom": {"Sector": …}} to {"custom.Sector": …} and puts the names in order, so that equal requests get equal answers.
func flatten(values map[string]any) []input {
	out := make([]input, 0, len(values))
	for name, v := range values {
		custom, nested := v.(map[string]any)
		if name != "custom" || !nested {
			out = append(out, input{name, v})
			continue
		}
		for own, v := range custom {
			out = append(out, input{"custom." + own, v})
		}
	}
	slices.SortFunc(out, func(a, b input) int { return strings.Compare(a.name, b.name) })
	return out
}

func props(values []sent) []*model.Property {
	out := make([]*model.Property, len(values))
	for i, v := range values {
		out[i] = v.prop
	}
	return out
}

// targets checks that every record a change newly refers to exists for the principal.
func (s *Service) targets(ctx context.Context, r *request, changes []Change) error {
	var bad []fault.Field
	for _, v := range changes {
		if v.Property.To == "" {
			continue
		}
		before := idsIn(v.Old)
		ids := slices.DeleteFunc(idsIn(v.New), func(id string) bool { return slices.Contains(before, id) })
		missing, err := s.missing(ctx, r, v.Property.To, ids)
		if err != nil {
			return err
		}
		if missing != "" {
			bad = append(bad, fault.Field{Path: v.Property.Name, Msg: fmt.Sprintf("there is no %s with the _id %q.", v.Property.To, missing)})
		}
	}
	if len(bad) > 0 {
		return fault.BadFields(bad)
	}
	return nil
}

// idsIn gives the ids that a reference or a list of them holds, as a new slice.
func idsIn(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []string:
		return slices.Clone(v)
	default:
		return nil
	}
}

// missing gives the first id that does not exist for the principal. Oneself always exists.
func (s *Service) missing(ctx context.Context, r *request, modelName string, ids []string) (string, error) {
	m, _ := r.Registry().Model(modelName)
	rows, _ := r.Rows(m, access.View)
	self, _ := m.Property("_id")
	for _, id := range ids {
		if modelName == "User" && id == r.p.Person {
			continue
		}
		n, err := s.store.Count(ctx, r.one(m, id, rows, []query.Field{{Property: self}}))
		if err != nil {
			return "", fmt.Errorf("look up %s: %w", modelName, err)
		}
		if n == 0 {
			return id, nil
		}
	}
	return "", nil
}

// reaches reports whether the row lies inside a rule, as the store sees it now.
func (s *Service) reaches(ctx context.Context, r *request, m *model.Model, id string, rows query.Expr) (bool, error) {
	self, _ := m.Property("_id")
	n, err := s.store.Count(ctx, r.one(m, id, rows, []query.Field{{Property: self}}))
	if err != nil {
		return false, fmt.Errorf("check rows of %s: %w", m.Name, err)
	}
	return n > 0, nil
}

// log appends the change log's entry for a write, inside its transaction.
func (s *Service) log(ctx context.Context, r *request, act string, res *Result) error {
	e := audit.By(r.p, act, s.now())
	e.Model, e.Record = res.Model.Name, res.ID
	for _, c := range res.Changes {
		e.Changes = append(e.Changes, audit.Change{Property: c.Property.ID, Old: rawJSON(c.Property, c.Old), New: rawJSON(c.Property, c.New)})
	}
	if err := s.store.AppendAudit(ctx, e); err != nil {
		return fmt.Errorf("log the change: %w", err)
	}
	return nil
}

func rawJSON(p *model.Property, v any) []byte {
	if v == nil {
		return nil
	}
	return p.Kind.AppendJSON(nil, v)
}

// titleFields gives the stored properties that a record's title is made of, as the principal may read them; none where the title is hidden.
func (r *request) titleFields(m *model.Model) []query.Field {
	t := m.TitleProperty()
	guard, ok := query.Seen(r, m, t)
	if !ok || t.Via != "" {
		return nil
	}
	if len(t.Concat) == 0 {
		return []query.Field{{Property: t, Guard: guard}}
	}
	out := make([]query.Field, 0, len(t.Concat))
	for _, name := range t.Concat {
		p, _ := m.Property(name)
		out = append(out, query.Field{Property: p, Guard: guard})
	}
	return out
}

// titleOf names the record after a write, from its new and old values.
func titleOf(m *model.Model, values map[*model.Property]any) string {
	t := m.TitleProperty()
	if len(t.Concat) == 0 {
		s, _ := values[t].(string)
		return s
	}
	var parts []string
	for _, name := range t.Concat {
		p, _ := m.Property(name)
		if s, _ := values[p].(string); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " ")
}
