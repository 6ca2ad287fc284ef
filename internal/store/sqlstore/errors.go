package sqlstore

import (
	"database/sql"
	"errors"

	"mandorla/internal/fault"
)

// conflict turns a unique-constraint failure into a fault.Conflict with this message; any other error stays what it is.
func (s *Store) conflict(err error, format string, args ...any) error {
	if _, ok := s.d.Unique(err); err != nil && ok {
		return fault.Wrap(fault.Conflict, err, format, args...)
	}
	return err
}

// missing turns sql.ErrNoRows into a fault.NotFound with this message; any other error stays what it is.
func missing(err error, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, format, args...)
	}
	return err
}

// explain gives what is left after the retries, and a database that does not answer, the kind a caller can act on.
func (s *Store) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case s.d.Retry(err):
		return fault.Wrap(fault.Conflict, err, "Somebody else changed the same records at the same moment. Try again.")
	case s.d.Busy(err):
		return fault.Wrap(fault.Unavailable, err, "The database is busy. Try again in a moment.")
	default:
		return err
	}
}
