package record

import (
	"context"
	"fmt"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/model"
)

// Create adds a record. It needs the model's create, update on each sent property (required ones excepted), and the new
// record must lie inside the portfolio of a role that grants these.
func (s *Service) Create(ctx context.Context, p access.Principal, w Write) (*Result, error) {
	r, err := s.beginWrite(ctx, p)
	if err != nil {
		return nil, err
	}
	m, err := r.model(w.Model, true)
	if err != nil {
		return nil, err
	}
	if !r.Any(m, access.Create) {
		return nil, r.forbidden(access.Act(m, access.Create, nil), m, access.Create, nil)
	}
	values, err := r.check(m, w.Values, access.Create)
	if err != nil {
		return nil, err
	}
	rows, ok := r.WriteRows(m, access.Create, props(values))
	if !ok {
		return nil, r.forbiddenProps(m, values, access.Create)
	}
	res := &Result{Model: m, DryRun: w.DryRun}
	err = s.inTx(ctx, w.DryRun, func(ctx context.Context) error {
		return s.insert(ctx, r, res, values, func(ctx context.Context) error {
			inside, err := s.reaches(ctx, r, m, res.ID, rows)
			if err == nil && !inside {
				err = r.outside(m, access.Create, props(values))
			}
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	if w.DryRun {
		res.ID = ""
	}
	return res, nil
}

func (s *Service) insert(ctx context.Context, r *request, res *Result, values []sent, inside func(context.Context) error) error {
	m := res.Model
	res.ID, res.Changes = s.newID(), nil
	row := map[*model.Property]any{}
	for _, v := range values {
		if v.value != nil {
			row[v.prop] = v.value
			res.Changes = append(res.Changes, Change{Property: v.prop, New: v.value})
		}
	}
	if err := s.targets(ctx, r, res.Changes); err != nil {
		return err
	}
	res.Title = titleOf(m, row)
	now := s.now().UTC()
	for _, name := range []string{"createdAt", "updatedAt"} {
		p, _ := m.Property(name)
		row[p] = now
	}
	if err := s.store.Insert(ctx, r.p.Tenant, m, res.ID, row); err != nil {
		return fmt.Errorf("create %s: %w", m.Name, err)
	}
	if err := inside(ctx); err != nil {
		return err
	}
	return s.log(ctx, r, "record.create", res)
}

// forbiddenProps names the sent properties that the action is not allowed on, or all of them where no single role allows them together.
func (r *request) forbiddenProps(m *model.Model, values []sent, a access.Action) error {
	var refused []*model.Property
	for _, v := range values {
		if !r.Writes(m, v.prop, a) {
			refused = append(refused, v.prop)
		}
	}
	what := access.Act(m, a, refused)
	if len(refused) == 0 {
		refused = props(values)
		what = strings.Replace(access.Act(m, a, refused), a.String(), "write", 1) + " together in one step"
	} else if a == access.Create {
		what = strings.Replace(what, a.String(), "set", 1)
	}
	return r.forbidden(what, m, a, refused)
}
