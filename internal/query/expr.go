package query

import "mandorla/internal/model"

// Expr is a checked condition on the rows of one model. Its truth is two-valued: an empty value never makes it unknown.
type Expr interface{ expr() }

// All matches every row; None matches none.
type (
	All  struct{}
	None struct{}
)

// And, Or and Not combine; an empty And is All, an empty Or is None.
type (
	And []Expr
	Or  []Expr
	Not struct{ X Expr }
)

// Compare asks about one property of the row. Values holds canonical values of the property's kind: one for most operators,
// several for In and NotIn, none for Empty and NotEmpty. Ne and NotIn match empty values too.
type Compare struct {
	Property *model.Property
	Op       model.Op
	Values   []any
	Guard    Expr // where false, the property counts as empty; nil: always visible
}

// Via asks about the record that a single reference of the row points to; no such record makes it false.
// Where already contains the row rule of that model.
type Via struct {
	Ref   *model.Property
	To    *model.Model
	Where Expr
	Guard Expr // where false, the reference counts as empty
}

func (All) expr()     {}
func (None) expr()    {}
func (And) expr()     {}
func (Or) expr()      {}
func (Not) expr()     {}
func (Compare) expr() {}
func (Via) expr()     {}

// Both joins two conditions, dropping what adds nothing.
func Both(a, b Expr) Expr {
	switch {
	case a == nil || a == Expr(All{}):
		return orAll(b)
	case b == nil || b == Expr(All{}):
		return a
	default:
		return And{a, b}
	}
}

// Either is true where one of the conditions is; no conditions give None.
func Either(parts ...Expr) Expr {
	var out Or
	for _, p := range parts {
		switch p.(type) {
		case All:
			return All{}
		case None:
		default:
			out = append(out, p)
		}
	}
	switch len(out) {
	case 0:
		return None{}
	case 1:
		return out[0]
	default:
		return out
	}
}

func orAll(e Expr) Expr {
	if e == nil {
		return All{}
	}
	return e
}
