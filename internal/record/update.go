package record

import (
	"context"
	"fmt"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// Update changes the sent properties of one record; the others stay. It needs the row as it was and update on each sent property.
// Values equal to the stored ones change nothing and are not logged.
func (s *Service) Update(ctx context.Context, p access.Principal, w Write) (*Result, error) {
	r, err := s.beginWrite(ctx, p)
	if err != nil {
		return nil, err
	}
	m, err := r.model(w.Model, false)
	if err != nil {
		return nil, err
	}
	res := &Result{Model: m, ID: strings.ToLower(w.ID), DryRun: w.DryRun}
	err = s.inTx(ctx, w.DryRun, func(ctx context.Context) error {
		// A record that is not there is said first: what else is wrong with the request would tell about it.
		if err := s.visible(ctx, r, m, w.ID); err != nil {
			return err
		}
		if !r.Any(m, access.Update) {
			return r.forbidden(access.Act(m, access.Update, nil), m, access.Update, nil)
		}
		values, err := r.check(m, w.Values, access.Update)
		if err != nil {
			return err
		}
		return s.guarded(ctx, r, m, func() error { return s.update(ctx, r, res, values) })
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// visible gives fault.NotFound for a record that does not exist for the principal.
func (s *Service) visible(ctx context.Context, r *request, m *model.Model, id string) error {
	rows, _ := r.Rows(m, access.View)
	if !model.IsID(id) {
		return notFound(m, id)
	}
	seen, err := s.reaches(ctx, r, m, id, rows)
	if err == nil && !seen {
		err = notFound(m, id)
	}
	return err
}

func (s *Service) update(ctx context.Context, r *request, res *Result, values []sent) error {
	m := res.Model
	rows, ok := r.WriteRows(m, access.Update|access.View, props(values))
	if !ok {
		return r.forbiddenProps(m, values, access.Update)
	}
	old, title, err := s.before(ctx, r, res, values, rows)
	if err != nil {
		return err
	}
	changed := s.diff(res, values, old)
	for p := range title {
		if v, there := changed[p]; there {
			title[p] = v
		}
	}
	res.Title = titleOf(m, title)
	if len(changed) == 0 {
		return nil
	}
	if err := s.targets(ctx, r, res.Changes); err != nil {
		return err
	}
	moves := movesAnchor(m, changed)
	updatedAt, _ := m.Property("updatedAt")
	changed[updatedAt] = s.now().UTC()
	if err := s.store.Update(ctx, r.p.Tenant, m, res.ID, changed); err != nil {
		return fmt.Errorf("update %s: %w", m.Name, err)
	}
	if moves {
		inside, err := s.reaches(ctx, r, m, res.ID, rows)
		if err != nil {
			return err
		}
		if !inside {
			return r.outside(m, access.Update, props(values))
		}
	}
	return s.log(ctx, r, "record.update", res)
}

// before reads what the row holds in the sent properties, and what its title is made of. The sent properties must be readable on this
// very row: the difference between old and new is an answer about the old value.
func (s *Service) before(ctx context.Context, r *request, res *Result, values []sent, rows query.Expr) ([]any, map[*model.Property]any, error) {
	m := res.Model
	self, _ := m.Property("_id")
	fields := make([]query.Field, 0, len(values)+3)
	for _, v := range values {
		guard, _ := query.Seen(r, m, v.prop) // check has let only seen ones pass
		rows = query.Both(rows, guard)
		fields = append(fields, query.Field{Property: v.prop})
	}
	names := r.titleFields(m)
	fields = append(append(fields, names...), query.Field{Property: self})
	found, err := s.store.Select(ctx, r.one(m, res.ID, rows, fields))
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", m.Name, err)
	}
	if len(found) == 0 {
		return nil, nil, s.forbiddenRow(ctx, r, res, "make this change on this "+strings.ToLower(m.Label), access.Update, props(values))
	}
	title := map[*model.Property]any{}
	for i, f := range names {
		title[f.Property] = found[0].Values[len(values)+i]
	}
	return found[0].Values[:len(values)], title, nil
}

// movesAnchor reports whether a change puts the record below another company.
func movesAnchor(m *model.Model, changed map[*model.Property]any) bool {
	first, _, _ := strings.Cut(m.Anchor, ".")
	p, _ := m.Property(first)
	_, moves := changed[p]
	return moves
}

// diff fills res.Changes with what differs and gives the new values by property.
func (s *Service) diff(res *Result, values []sent, old []any) map[*model.Property]any {
	changed := map[*model.Property]any{}
	res.Changes = nil
	for i, v := range values {
		if string(rawJSON(v.prop, v.value)) == string(rawJSON(v.prop, old[i])) {
			continue
		}
		changed[v.prop] = v.value
		res.Changes = append(res.Changes, Change{Property: v.prop, Old: old[i], New: v.value})
	}
	return changed
}
