// Package sqlstore owns everything about storage that SQLite and PostgreSQL share: the transaction in the context, the SQL of
// system tables (one text in the common subset), the rendering of models and queries through a [Dialect], the additive planner
// and the numbered migrations.
//
// It decides no permission and knows no surface. store/sqlite and store/postgres open a database and hand it over with their
// Dialect; nobody else makes a Store. Records are reached through package record alone.
//
// System tables are named sys_…; instants in them are BIGINT unix milliseconds, booleans INTEGER 0/1, JSON is TEXT, ids are TEXT,
// and the primary key of every one that holds tenant data starts with tenant_id.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"

	"mandorla/internal/kept"
	"mandorla/internal/model"
)

// Config is what a Store is made of.
type Config struct {
	Dialect *Dialect
	Write   *sql.DB         // transactions and single writes; one connection on SQLite
	Read    *sql.DB         // reads outside transactions; may be the same as Write
	Beside  *sql.DB         // where checkpoints run; nil where Dialect has none
	Base    *model.Registry // every model gets its table; custom properties need none
	NewID   func() string   // ids of audit entries that come without one; later calls give greater ids
	Place   string          // what messages call the database; never holds a password
}

// Store keeps all data of one installation. Safe for concurrent use.
type Store struct {
	d      *Dialect
	write  *sql.DB
	read   *sql.DB
	beside *sql.DB     // nil: none
	reads  *statements // nil where the driver keeps prepared statements itself
	sets   *kept.Values[string, string]
	writer *writer // for engines with one; nil: transactions run on the pool
	base   *model.Registry
	newID  func() string
	place  string
	yields atomic.Int64 // how often a transaction was to run again
}

// New brings the database up to this version (migrations, then the planner) and gives the store. It takes over the
// connections: on an error they are closed. A database of a newer version is a fault.Conflict that says so.
func New(ctx context.Context, c Config) (*Store, error) {
	s := &Store{sets: kept.New[string, string](keptSets), d: c.Dialect, write: c.Write, read: c.Read, beside: c.Beside, base: c.Base, newID: c.NewID, place: c.Place}
	if c.Dialect.Prepare {
		s.reads = newStatements(c.Read)
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if c.Dialect.OneWriter { // only now: migrations run on the pool
		s.writer = newWriter(c.Write, c.Beside, c.Dialect)
	}
	return s, nil
}

// Dialect gives the engine's rendering rules, for tests and tools that explain queries.
func (s *Store) Dialect() *Dialect { return s.d }

// Close ends all connections. Calls that are still running fail.
func (s *Store) Close() error {
	if s.read == s.write {
		return s.write.Close()
	}
	var errs []error
	if s.reads != nil {
		errs = append(errs, s.reads.close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	if s.beside != nil {
		errs = append(errs, s.beside.Close())
	}
	return errors.Join(append(errs, s.read.Close(), s.write.Close())...)
}
