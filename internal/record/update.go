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
	r, err := s.begin(ctx, p)
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
			return r.forbidden("change " + strings.ToLower(m.Plural))
		}
		values, err := r.check(m, w.Values, access.Update)
		if err != nil {
			return err
		}
		return s.update(ctx, r, res, values)
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

// visible gives fault.NotFound for a record that does not exist for the principal.
func (s *Service) visible(ctx context.Context, r request, m *model.Model, id string) error {
	rows, ok := r.Rows(m, access.View)
	if !ok || !model.IsID(id) {
		return notFound(m, id)
	}
	seen, err := s.reaches(ctx, r, m, id, rows)
	if err == nil && !seen {
		err = notFound(m, id)
	}
	return err
}

func (s *Service) update(ctx context.Context, r request, res *Result, values []sent) error {
	m := res.Model
	rows, ok := r.WriteRows(m, access.Update|access.View, props(values))
	if !ok {
		return r.forbiddenProps(m, values, access.Update)
	}
	fields := make([]query.Field, 0, len(values)+2)
	for _, v := range values {
		fields = append(fields, query.Field{Property: v.prop})
	}
	extra := titleParts(m)
	for _, p := range extra {
		fields = append(fields, query.Field{Property: p})
	}
	found, err := s.store.Select(ctx, r.one(m, res.ID, rows, fields))
	if err != nil {
		return fmt.Errorf("read %s: %w", m.Name, err)
	}
	if len(found) == 0 {
		return r.forbidden(fmt.Sprintf("make this change on this %s", strings.ToLower(m.Label)))
	}
	after := map[*model.Property]any{}
	for i, p := range extra {
		after[p] = found[0].Values[len(values)+i]
	}
	changed := s.diff(res, values, found[0].Values)
	for p, v := range changed {
		after[p] = v
	}
	res.Title = titleOf(m, after)
	if len(changed) == 0 {
		return nil
	}
	if err := s.targets(ctx, r, onlyChanged(values, changed)); err != nil {
		return err
	}
	updatedAt, _ := m.Property("updatedAt")
	changed[updatedAt] = s.now().UTC()
	if err := s.store.Update(ctx, r.p.Tenant, m, res.ID, changed); err != nil {
		return fmt.Errorf("update %s: %w", m.Name, err)
	}
	return s.log(ctx, r, "record.update", res)
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

func onlyChanged(values []sent, changed map[*model.Property]any) []sent {
	var out []sent
	for _, v := range values {
		if _, ok := changed[v.prop]; ok {
			out = append(out, v)
		}
	}
	return out
}

// titleParts are the stored properties that a record's title is made of.
func titleParts(m *model.Model) []*model.Property {
	t := m.TitleProperty()
	if !t.Computed() {
		return []*model.Property{t}
	}
	var out []*model.Property
	for _, name := range t.Concat {
		p, _ := m.Property(name)
		out = append(out, p)
	}
	return out
}
