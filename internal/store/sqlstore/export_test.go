package sqlstore

import (
	"context"
	"database/sql"
)

// MigrateTo brings a database to an earlier version.
func MigrateTo(ctx context.Context, db *sql.DB, d *Dialect, version int64) error {
	p, err := (&Store{d: d, write: db}).migrations()
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, version)
	return err
}
