package record

import (
	"context"
	"fmt"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// Delete removes one record. A record that others cannot be without (a company with end users) is a fault.Conflict;
// optional references to it stay, as ids without a title.
func (s *Service) Delete(ctx context.Context, p access.Principal, w Write) (*Result, error) {
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
		if err := s.visible(ctx, r, m, w.ID); err != nil {
			return err
		}
		return s.guarded(ctx, r, m, func() error { return s.remove(ctx, r, res) })
	})
	if err != nil {
		return nil, err
	}
	return res, nil
}

func (s *Service) remove(ctx context.Context, r *request, res *Result) error {
	m := res.Model
	rows, ok := r.Rows(m, access.Remove|access.View)
	if !ok {
		return r.forbidden(access.Act(m, access.Remove, nil), m, access.Remove, nil)
	}
	var stored []*model.Property
	var fields []query.Field
	for _, p := range m.Props() {
		if !p.Computed() {
			stored = append(stored, p)
			fields = append(fields, query.Field{Property: p})
		}
	}
	names := r.titleFields(m)
	found, err := s.store.Select(ctx, r.one(m, res.ID, rows, append(fields, names...)))
	if err != nil {
		return fmt.Errorf("read %s: %w", m.Name, err)
	}
	if len(found) == 0 {
		return s.forbiddenRow(ctx, r, res, "remove this "+strings.ToLower(m.Label), access.Remove, nil)
	}
	if err := s.unneeded(ctx, r, m, res.ID); err != nil {
		return err
	}
	var gone []Change
	for i, p := range stored {
		if old := found[0].Values[i]; p.Writable() && old != nil {
			gone = append(gone, Change{Property: p, Old: old})
		}
	}
	res.Changes = gone
	title := map[*model.Property]any{}
	for i, f := range names {
		title[f.Property] = found[0].Values[len(stored)+i]
	}
	res.Title = titleOf(m, title)
	if err := s.store.Delete(ctx, r.p.Tenant, m, res.ID); err != nil {
		return fmt.Errorf("remove %s: %w", m.Name, err)
	}
	if err := s.log(ctx, r, "record.remove", res); err != nil {
		return err
	}
	res.Changes = nil // the log keeps everything; the caller learns only that it is gone
	return nil
}

// unneeded refuses to remove what other records cannot be without. It names only models of which the principal sees such a
// record, and no counts.
func (s *Service) unneeded(ctx context.Context, r *request, m *model.Model, id string) error {
	for _, other := range r.Registry().Models() {
		for _, ref := range other.Props() {
			if ref.To != m.Name || !ref.IsRef() || !ref.Required {
				continue
			}
			needs := query.Compare{Property: ref, Op: model.Eq, Values: []any{id}}
			n, err := s.store.Count(ctx, query.Select{Tenant: r.p.Tenant, Model: other, Where: needs})
			if err != nil {
				return fmt.Errorf("look for %s: %w", other.Name, err)
			}
			if n == 0 {
				continue
			}
			what := "other records"
			rows, _ := r.Rows(other, access.View)
			needs.Guard, _ = query.Seen(r, other, ref)
			seen, err := s.store.Count(ctx, query.Select{Tenant: r.p.Tenant, Model: other, Where: query.Both(rows, needs)})
			if err != nil {
				return fmt.Errorf("look for %s: %w", other.Name, err)
			}
			if seen > 0 {
				what = strings.ToLower(other.Plural)
			}
			return fault.New(fault.Conflict, "This %s still has %s. Remove or move them first.", strings.ToLower(m.Label), what)
		}
	}
	return nil
}
