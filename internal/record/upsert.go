package record

import (
	"context"
	"fmt"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// Outcome is what an upsert did.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
)

// Upsert updates the record that the values identify (by _id, then by the model's keys in order), or creates one.
// A key that belongs to a record the principal may not see is a fault.Conflict, as for any taken unique value.
func (s *Service) Upsert(ctx context.Context, p access.Principal, w Write) (*Result, Outcome, error) {
	r, err := s.beginWrite(ctx, p)
	if err != nil {
		return nil, "", err
	}
	m, err := r.model(w.Model, true)
	if err != nil {
		return nil, "", err
	}
	var res *Result
	var outcome Outcome
	err = s.inTx(ctx, w.DryRun, func(ctx context.Context) error {
		id, err := s.match(ctx, r, m, w.Values)
		if err != nil {
			return err
		}
		if id == "" {
			outcome = Created
			res, err = s.Create(ctx, p, w)
			return err
		}
		change := w
		change.ID, change.Values = id, without(w.Values, "_id")
		res, err = s.Update(ctx, p, change)
		if outcome = Updated; err == nil && len(res.Changes) == 0 {
			outcome = Unchanged
		}
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return res, outcome, nil
}

// match finds the record that the values identify; "" where there is none.
func (s *Service) match(ctx context.Context, r *request, m *model.Model, values map[string]any) (string, error) {
	rows, _ := r.Rows(m, access.View)
	for _, key := range append([]string{"_id"}, m.Keys...) {
		p, _ := m.Property(key)
		raw := values[key]
		if raw == nil || raw == "" {
			continue
		}
		guard, ok := query.Seen(r, m, p)
		if !ok { // nothing can be found by it; the write says what is to be said about its name
			continue
		}
		v, err := p.Kind.Parse(p, raw)
		if err != nil {
			return "", fault.BadField(key, "%v.", err)
		}
		found, err := s.store.Select(ctx, query.Select{
			Tenant: r.p.Tenant, Model: m, Limit: 2, Columns: []query.Field{{Property: p}},
			Where: query.Both(rows, query.Compare{Property: p, Op: model.Eq, Values: []any{v}, Guard: guard}),
		})
		switch {
		case err != nil:
			return "", fmt.Errorf("match %s: %w", m.Name, err)
		case len(found) > 1:
			return "", fault.New(fault.Conflict, "Several %s have the same %s; use another key.", m.Plural, key)
		case len(found) == 1:
			return found[0].ID, nil
		case key == "_id":
			return "", notFound(m, fmt.Sprint(raw))
		}
	}
	return "", nil
}

func without(values map[string]any, name string) map[string]any {
	out := make(map[string]any, len(values))
	for k, v := range values {
		if k != name {
			out[k] = v
		}
	}
	return out
}
