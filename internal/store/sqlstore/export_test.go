package sqlstore

import (
	"context"
	"database/sql"
	"time"
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

// CountSets counts the permission sets that are stored.
func (s *Store) CountSets(ctx context.Context) (n int, err error) {
	err = s.queryRow(ctx, "SELECT count(*) FROM sys_permission_set").Scan(&n)
	return n, err
}

// DeleteSets removes the sets with these texts as a sweep does that has found them.
func (s *Store) DeleteSets(ctx context.Context, before time.Time, sets ...string) error {
	var keys []any
	for _, text := range sets {
		keys = append(keys, setHash(text))
	}
	return s.deleteKeys(ctx, "sys_permission_set", "hash", keys, unasked, []any{millis(before)})
}

// LoseSet removes a set that may be referred to.
func (s *Store) LoseSet(ctx context.Context, text string) error {
	_, err := s.exec(ctx, "DELETE FROM sys_permission_set WHERE hash = ?", setHash(text))
	return err
}
