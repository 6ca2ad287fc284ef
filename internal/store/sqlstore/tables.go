package sqlstore

import (
	"strings"

	"mandorla/internal/model"
)

// table is what a model wants in the database.
type table struct {
	name    string
	columns []column
	indexes []index
}

type column struct{ name, kind string }

type index struct {
	name   string
	unique bool
	parts  []string // SQL expressions; tenant_id comes first in all
}

// tableOf derives the table of a model. Nothing depends on the order of other models, so goldens change only where a model does.
func (d *Dialect) tableOf(m *model.Model) table {
	t := table{name: m.Route, columns: []column{{tenantColumn, d.Key + " NOT NULL"}, {idColumn, d.Key + " NOT NULL"}}}
	for _, p := range m.Props() {
		if stored(p) && p.Name != idColumn {
			t.columns = append(t.columns, column{columnName(p), d.Types[p.Kind.Storage()]})
		}
	}
	t.columns = append(t.columns, column{customColumn, d.Custom})
	if title := m.TitleProperty(); onRow(title) {
		t.indexes = append(t.indexes, d.ordered(m, title))
	}
	for _, p := range m.Props() {
		if stored(p) && p.Name != idColumn && (p.Index || p.Unique) {
			t.indexes = append(t.indexes, d.indexesOf(m, p)...)
		}
	}
	return t
}

// indexesOf gives what makes filters on the property fast, and lists ordered by it.
func (d *Dialect) indexesOf(m *model.Model, p *model.Property) []index {
	col := quoted(columnName(p))
	var out []index
	switch {
	case p.Unique:
		out = append(out, index{indexName(m, p, "unique"), true, []string{col}})
	case p.IsRef():
		// "Of this owner, by name" is one range of this index.
		return []index{{indexName(m, p, "title"), false, append([]string{col}, d.titleParts(m)...)}}
	case folds(p):
		out = append(out, index{indexName(m, p, "exact"), false, []string{col}})
	case p.Kind.Storage() == model.StoreList || p.Kind.Storage() == model.StoreJSON:
		return nil
	default:
		return []index{{indexName(m, p, "value"), false, []string{col, idColumn}}}
	}
	if folds(p) && p != m.TitleProperty() {
		out = append(out, d.ordered(m, p))
	}
	return out
}

// ordered is the index of a list ordered by a text.
func (d *Dialect) ordered(m *model.Model, p *model.Property) index {
	return index{indexName(m, p, "order"), false, d.orderParts(p)}
}

func (d *Dialect) orderParts(p *model.Property) []string {
	value := d.value("", p)
	if len(p.Concat) > 0 {
		return []string{d.Fold(value), "(" + value + ")", idColumn}
	}
	return []string{d.Fold(value), value, idColumn}
}

func (d *Dialect) titleParts(m *model.Model) []string {
	if title := m.TitleProperty(); onRow(title) {
		return d.orderParts(title)
	}
	return []string{idColumn}
}

// customIndex makes filters and lists on a custom property fast.
func (d *Dialect) customIndex(m *model.Model, p *model.Property) index {
	value := "(" + d.Field(customColumn, p.ID, p.Kind.Storage()) + ")"
	parts := []string{value, idColumn}
	if folds(p) {
		parts = []string{"(" + d.Fold(value) + ")", value, idColumn}
	}
	return index{m.Route + "_" + p.ID, false, parts}
}

// indexName is unique in the database, and a violation of a unique index is told by it.
func indexName(m *model.Model, p *model.Property, what string) string {
	return m.Route + "_" + strings.TrimPrefix(columnName(p), "_") + "_" + what
}

// create gives the statement for a whole new table, without its indexes.
func (t table) create() string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + quoted(t.name) + " (\n")
	for _, c := range t.columns {
		b.WriteString("    " + quoted(c.name) + " " + c.kind + ",\n")
	}
	b.WriteString(`    PRIMARY KEY ("tenant_id", "_id")` + "\n)")
	return b.String()
}

func (t table) addColumn(c column) string {
	return "ALTER TABLE " + quoted(t.name) + " ADD COLUMN " + quoted(c.name) + " " + c.kind
}

func (t table) createIndex(x index) string {
	word := "INDEX"
	if x.unique {
		word = "UNIQUE INDEX"
	}
	return "CREATE " + word + " " + quoted(x.name) + " ON " + quoted(t.name) + " (tenant_id, " + strings.Join(x.parts, ", ") + ")"
}
