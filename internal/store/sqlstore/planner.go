package sqlstore

import (
	"context"
	"fmt"

	"mandorla/internal/model"
)

// existing is what the database has already.
type existing struct {
	columns map[[2]string]bool // table, column
	tables  map[string]bool
	indexes map[string]bool
}

// DDL gives the statements that take an empty database to the registry, in the order in which they run.
func (d *Dialect) DDL(base *model.Registry) []string {
	return d.missing(base, existing{})
}

// missing gives the statements that add what the registry wants and the database lacks. Nothing is ever changed or dropped here:
// that takes a numbered migration.
func (d *Dialect) missing(base *model.Registry, have existing) []string {
	var out []string
	for _, m := range base.Models() {
		t := d.tableOf(m)
		if !have.tables[t.name] {
			out = append(out, t.create())
		} else {
			for _, c := range t.columns {
				if !have.columns[[2]string{t.name, c.name}] {
					out = append(out, t.addColumn(c))
				}
			}
		}
		for _, x := range t.indexes {
			if !have.indexes[x.name] {
				out = append(out, t.createIndex(x))
			}
		}
	}
	return out
}

// plan adds what is missing, in one transaction that looks and changes under the same lock.
func (s *Store) plan(ctx context.Context) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if s.d.Lock != "" {
			if _, err := s.exec(ctx, s.d.Lock); err != nil {
				return fmt.Errorf("lock the schema: %w", err)
			}
		}
		have, err := s.existing(ctx)
		if err != nil {
			return fmt.Errorf("read the schema: %w", err)
		}
		for _, text := range s.d.missing(s.base, have) {
			if _, err := s.exec(ctx, text); err != nil {
				return fmt.Errorf("extend the schema: %s: %w", text, err)
			}
		}
		return nil
	})
}

func (s *Store) existing(ctx context.Context) (existing, error) {
	have := existing{columns: map[[2]string]bool{}, tables: map[string]bool{}, indexes: map[string]bool{}}
	err := s.each(ctx, s.d.Columns, func(scan func(...any) error) error {
		var t, c string
		err := scan(&t, &c)
		have.tables[t], have.columns[[2]string{t, c}] = true, true
		return err
	})
	if err != nil {
		return have, err
	}
	err = s.each(ctx, s.d.Indexes, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		have.indexes[name] = true
		return err
	})
	return have, err
}
