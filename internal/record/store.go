package record

import (
	"context"

	"mandorla/internal/audit"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// Store keeps the rows of all models. Only this package may call it: a test holds that.
//
// Every call is about one tenant. Values are canonical (see model.Storage); a property missing from a map is left as it is.
type Store interface {
	audit.Store
	// InTx runs fn in one transaction, committed when fn returns nil; a context that already carries one joins it.
	// fn may be run again after a serialization failure, so it must not touch anything outside.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	// Select reads rows.
	Select(ctx context.Context, q query.Select) ([]query.Row, error)
	// Count counts the rows that q.Where matches; columns, order, after and limit are ignored.
	Count(ctx context.Context, q query.Select) (int, error)
	// Insert adds a row. A taken unique value is a fault.Conflict that names the property.
	Insert(ctx context.Context, tenant string, m *model.Model, id string, values map[*model.Property]any) error
	// Update changes the given properties of a row, fault.NotFound where there is none.
	Update(ctx context.Context, tenant string, m *model.Model, id string, values map[*model.Property]any) error
	// Delete removes a row, fault.NotFound where there is none.
	Delete(ctx context.Context, tenant string, m *model.Model, id string) error
}
