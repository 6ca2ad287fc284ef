package query

import "mandorla/internal/model"

// Hop is one reference on the way from a row to a field. A row that To's rule hides counts as absent.
type Hop struct {
	Ref   *model.Property // a single reference of the model before it
	To    *model.Model
	Where Expr // the row rule of To; nil: all rows
	Guard Expr // when Ref may be followed, on the row that has it; nil: always
}

// Field is a value to read or to order by: a property of the row, or of a record reached over Hops.
// Where a guard is false, the value is empty.
type Field struct {
	Hops     []Hop
	Property *model.Property // stored or Concat; never Via, which is resolved into hops
	Guard    Expr            // on the record that has the property; nil: always
}

// Order is one sort key. Empty values come last in both directions.
type Order struct {
	Field Field
	Desc  bool
}

// Select reads rows of one model in one tenant.
type Select struct {
	Tenant  string
	Model   *model.Model
	Columns []Field // at least one
	Where   Expr    // row rule and filter together; nil: all rows of the tenant
	Order   []Order // a storage engine adds _id ascending as the last key
	After   *After  // keyset: only rows behind this one; nil: from the beginning
	Limit   int     // rows at most; 0: no limit
}

// After is the place where the page before ended.
type After struct {
	Keys []any // canonical values of Select.Order, nil for empty, as given in Row.Keys
	ID   string
}

// Row is one row read. Values are canonical, aligned with Select.Columns; nil is empty.
type Row struct {
	ID     string
	Values []any
	Keys   []any // what the row was ordered by, for After; aligned with Select.Order
}
