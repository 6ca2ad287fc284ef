package sqlstore

import (
	"context"
	"fmt"

	"mandorla/internal/fault"
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

// plan adds what is missing, in one transaction.
func (s *Store) plan(ctx context.Context) error {
	return s.InTx(ctx, func(ctx context.Context) error {
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

// IndexCustom makes filters and lists on a custom property with the flag Index fast, unless that was done before. Nothing calls for it
// by itself: it costs every write of the model, of all tenants. It waits for writers.
func (s *Store) IndexCustom(ctx context.Context, m *model.Model, p *model.Property) error {
	if st := p.Kind.Storage(); !p.Custom || !p.Index || !customKey(p.ID) || st == model.StoreList || st == model.StoreJSON {
		return fault.New(fault.Invalid, "%s cannot have an index.", p.Name)
	}
	x := s.d.customIndex(m, p)
	return s.InTx(ctx, func(ctx context.Context) error {
		have, err := s.existing(ctx)
		if err != nil || have.indexes[x.name] {
			return err
		}
		_, err = s.exec(ctx, table{name: m.Route}.createIndex(x))
		return err
	})
}
