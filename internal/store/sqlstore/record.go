package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// Select reads rows, see record.Store. Inside a transaction it also keeps others from changing the rows until its end.
func (s *Store) Select(ctx context.Context, q query.Select) ([]query.Row, error) {
	var out []query.Row
	for _, part := range s.d.segments(q) {
		rows, err := s.selectPart(ctx, q, part)
		if err != nil {
			return nil, fmt.Errorf("select %s: %w", q.Model.Route, err)
		}
		if out == nil {
			out = rows
		} else {
			out = append(out, rows...)
		}
		if q.Limit > 0 {
			if q.Limit -= len(rows); q.Limit == 0 {
				break
			}
		}
	}
	return out, nil
}

func (s *Store) selectPart(ctx context.Context, q query.Select, part segment) ([]query.Row, error) {
	st, err := s.d.selectStatement(q, part, s.current(ctx) != nil)
	if err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, st.text, st.args...)
	if err != nil {
		return nil, err
	}
	return scanRows(rows, &st, q.Limit)
}

// Count counts the rows that q.Where matches; columns, order, after and limit are ignored.
func (s *Store) Count(ctx context.Context, q query.Select) (n int, err error) {
	st, err := s.d.countStatement(q)
	if err == nil {
		err = s.queryRow(ctx, st.text, st.args...).Scan(&n)
	}
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", q.Model.Route, err)
	}
	return n, nil
}

// Insert adds a row. A taken unique value is a fault.Conflict that names the property, a value that cannot be kept fault.Invalid.
func (s *Store) Insert(ctx context.Context, tenant string, m *model.Model, id string, values map[*model.Property]any) error {
	w, err := s.d.writes(m, values)
	if err != nil {
		return err
	}
	var cols, marks strings.Builder
	args := []any{tenant, id}
	if len(w.set) > 0 {
		w.columns = append(w.columns, columnWrite{customColumn, s.d.Params[model.StoreJSON], w.object()})
	}
	for _, c := range w.columns {
		cols.WriteString(", " + quoted(c.name))
		marks.WriteString(", " + c.param)
		args = append(args, c.value)
	}
	return s.withPeople(ctx, tenant, m, true, func(ctx context.Context) error {
		_, err := s.exec(ctx, "INSERT INTO "+quoted(m.Route)+" (tenant_id, _id"+cols.String()+") VALUES (?, ?"+marks.String()+")", args...)
		if err != nil {
			return s.writeFailed(ctx, err, tenant, m, id, values)
		}
		return nil
	})
}

// Update changes the given properties of a row, fault.NotFound where there is none.
func (s *Store) Update(ctx context.Context, tenant string, m *model.Model, id string, values map[*model.Property]any) error {
	w, err := s.d.writes(m, values)
	if err != nil {
		return err
	}
	var sets []string
	var args []any
	for _, c := range w.columns {
		sets, args = append(sets, quoted(c.name)+" = "+c.param), append(args, c.value)
	}
	if len(w.set)+len(w.drop) > 0 {
		sets = append(sets, customColumn+" = "+s.d.Merge(customColumn, w.set, w.drop))
		args = append(args, w.texts...)
	}
	if len(sets) == 0 {
		sets = []string{tenantColumn + " = " + tenantColumn}
	}
	return s.withPeople(ctx, tenant, m, setsMember(values), func(ctx context.Context) error {
		res, err := s.exec(ctx, "UPDATE "+quoted(m.Route)+" SET "+strings.Join(sets, ", ")+" WHERE tenant_id = ? AND _id = ?", append(args, tenant, id)...)
		if err != nil {
			return s.writeFailed(ctx, err, tenant, m, id, values)
		}
		return found(res, m)
	})
}

// Delete removes a row, fault.NotFound where there is none.
func (s *Store) Delete(ctx context.Context, tenant string, m *model.Model, id string) error {
	return s.withPeople(ctx, tenant, m, true, func(ctx context.Context) error {
		res, err := s.exec(ctx, "DELETE FROM "+quoted(m.Route)+" WHERE tenant_id = ? AND _id = ?", tenant, id)
		if err != nil {
			return fmt.Errorf("delete from %s: %w", m.Route, err)
		}
		return found(res, m)
	})
}

// withPeople runs a write; one that may change what is known of a member moves the version of the tenant's people in the same transaction.
func (s *Store) withPeople(ctx context.Context, tenant string, m *model.Model, member bool, write func(context.Context) error) error {
	if !member || m.Name != "User" {
		return write(ctx)
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := write(ctx); err != nil {
			return err
		}
		return s.movePeople(ctx, tenant)
	})
}

func setsMember(values map[*model.Property]any) bool {
	for p := range values {
		if slices.Contains(memberProperties, p.Name) {
			return true
		}
	}
	return false
}

func found(res sql.Result, m *model.Model) error {
	if affected(res) == 0 {
		return fault.New(fault.NotFound, "There is no such %s.", m.Label)
	}
	return nil
}

// writeFailed names the property of a taken unique value.
func (s *Store) writeFailed(ctx context.Context, err error, tenant string, m *model.Model, id string, values map[*model.Property]any) error {
	constraint, ok := s.d.Unique(err)
	if !ok {
		return fmt.Errorf("write %s: %w", m.Route, err)
	}
	for _, p := range m.Props() {
		if v := values[p]; p.Unique && v != nil && s.taken(ctx, constraint, tenant, m, id, p, v) {
			msg := fmt.Sprintf("Another %s already has this value.", strings.ToLower(m.Label))
			return &fault.Error{Kind: fault.Conflict, Msg: p.Name + ": " + msg, Fields: []fault.Field{{Path: p.Name, Msg: msg}}, Err: err}
		}
	}
	return fault.Wrap(fault.Conflict, err, "There already is a %s with this _id or one of these values.", m.Label)
}

// taken finds out whether p is to blame: by the constraint's name, or by looking where the engine does not tell it.
func (s *Store) taken(ctx context.Context, constraint, tenant string, m *model.Model, id string, p *model.Property, v any) bool {
	if constraint != "" {
		return constraint == indexName(m, p, "unique")
	}
	arg, _ := s.d.encode(p.Kind.Storage(), v)
	var one int
	err := s.queryRow(ctx, "SELECT 1 FROM "+quoted(m.Route)+" WHERE tenant_id = ? AND _id <> ? AND "+quoted(columnName(p))+" = ?", tenant, id, arg).Scan(&one)
	return err == nil && !errors.Is(err, sql.ErrNoRows)
}
