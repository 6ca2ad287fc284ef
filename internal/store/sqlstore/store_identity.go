package sqlstore

import (
	"database/sql"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

var _ identity.Store = (*Store)(nil)

// millis is the stored form of an instant; 0 is the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// changed turns a write that met no row into a fault.NotFound with this message.
func changed(res sql.Result, err error, format string, args ...any) error {
	if err == nil && affected(res) == 0 {
		return fault.New(fault.NotFound, format, args...)
	}
	return err
}

func concat(parts ...[]any) []any {
	var out []any
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
