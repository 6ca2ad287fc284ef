package sqlstore

import (
	"strings"
	"unicode"

	"mandorla/internal/model"
	"mandorla/internal/query"
)

// Columns that every table of records has beside its properties.
const (
	tenantColumn = "tenant_id"
	idColumn     = "_id"
	customColumn = "custom"
)

// columnName is the one place where a property's name becomes a column's: companyId is company_id, _currency stays.
func columnName(p *model.Property) string {
	var b strings.Builder
	for i, r := range p.Name {
		if unicode.IsUpper(r) {
			if i > 0 {
				b.WriteByte('_')
			}
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// quoted makes a name an SQL identifier. Every name goes through here: some are reserved words in one engine.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// stored reports whether the property has a column of its own.
func stored(p *model.Property) bool { return !p.Computed() && !p.Custom }

// onRow reports whether the value follows from columns of the row alone, so that an index can hold it.
func onRow(p *model.Property) bool { return stored(p) || len(p.Concat) > 0 }

// isID reports whether the field is the row's own id, which is never empty and ends every order.
func isID(f query.Field) bool {
	return f.Property.Name == idColumn && len(f.Hops) == 0 && f.Guard == nil
}
