package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
)

// maxAttempts is how often a transaction runs before its serialization failure is given back.
const maxAttempts = 4

// txKey finds a store's transaction in a context; the store is part of it so that two stores never share one.
type txKey struct{ s *Store }

// transaction is a running one. After a failed write it can no longer be committed: PostgreSQL insists on that, so
// SQLite does the same.
type transaction struct {
	tx     *sql.Tx
	failed error
}

func (s *Store) current(ctx context.Context) *transaction {
	t, _ := ctx.Value(txKey{s}).(*transaction)
	return t
}

// InTx runs fn in one transaction, committed when fn returns nil; a context that already carries one joins it. A write that
// failed inside fn dooms the transaction even where fn hides the error: its error is given back. After a serialization
// failure or a deadlock, fn runs again, at most three times.
//
// On SQLite writers queue one behind the other from their first line on. On PostgreSQL transactions are READ COMMITTED, and
// [Store.Select] inside one locks the rows it gives, so that read-then-write is safe on both.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if s.current(ctx) != nil {
		return fn(ctx)
	}
	var err error
	for range maxAttempts {
		if err = s.attempt(ctx, fn); err == nil || !s.d.Retry(err) || ctx.Err() != nil {
			break
		}
	}
	return s.explain(err)
}

func (s *Store) attempt(ctx context.Context, fn func(ctx context.Context) error) (err error) {
	if s.writes != nil {
		s.writes.prepareWanted(ctx)
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	done := false
	defer func() {
		if !done { // an error, or a panic in fn
			_ = tx.Rollback()
		}
	}()
	t := &transaction{tx: tx}
	if err := fn(context.WithValue(ctx, txKey{s}, t)); err != nil {
		return err
	}
	if t.failed != nil {
		return t.failed
	}
	done = true
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// exec runs a write: in the transaction of ctx, or on its own. text is in the common subset with ? placeholders.
func (s *Store) exec(ctx context.Context, text string, args ...any) (sql.Result, error) {
	t := s.current(ctx)
	if t == nil {
		res, err := s.write.ExecContext(ctx, s.d.bind(text), args...)
		return res, s.explain(err)
	}
	res, err := s.execIn(ctx, t.tx, s.d.bind(text), args)
	if err != nil && t.failed == nil {
		t.failed = err
	}
	return res, err
}

func (s *Store) execIn(ctx context.Context, tx *sql.Tx, text string, args []any) (sql.Result, error) {
	if s.writes != nil {
		if stmt, p := s.writes.within(ctx, tx, text); p != nil {
			defer s.writes.put(p)
			return stmt.ExecContext(ctx, args...)
		}
	}
	return tx.ExecContext(ctx, text, args...)
}

func (s *Store) queryIn(ctx context.Context, tx *sql.Tx, text string, args []any) (*sql.Rows, error) {
	if s.writes != nil {
		if stmt, p := s.writes.within(ctx, tx, text); p != nil {
			defer s.writes.put(p)
			return stmt.QueryContext(ctx, args...)
		}
	}
	return tx.QueryContext(ctx, text, args...)
}

func (s *Store) queryRowIn(ctx context.Context, tx *sql.Tx, text string, args []any) *sql.Row {
	if s.writes != nil {
		if stmt, p := s.writes.within(ctx, tx, text); p != nil {
			defer s.writes.put(p)
			return stmt.QueryRowContext(ctx, args...)
		}
	}
	return tx.QueryRowContext(ctx, text, args...)
}

// query reads rows: in the transaction of ctx, or from the read pool. The caller closes them before asking anything else.
func (s *Store) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if t := s.current(ctx); t != nil {
		return s.queryIn(ctx, t.tx, s.d.bind(text), args)
	}
	if s.reads == nil {
		rows, err := s.read.QueryContext(ctx, s.d.bind(text), args...)
		return rows, s.explain(err)
	}
	p, err := s.reads.get(ctx, s.d.bind(text))
	if err != nil {
		return nil, s.explain(err)
	}
	rows, err := p.stmt.QueryContext(ctx, args...)
	s.reads.put(p)
	return rows, s.explain(err)
}

// queryRow reads one row the same way; none is sql.ErrNoRows from Scan.
func (s *Store) queryRow(ctx context.Context, text string, args ...any) *sql.Row {
	if t := s.current(ctx); t != nil {
		return s.queryRowIn(ctx, t.tx, s.d.bind(text), args)
	}
	if s.reads != nil {
		if p, err := s.reads.get(ctx, s.d.bind(text)); err == nil {
			defer s.reads.put(p)
			return p.stmt.QueryRowContext(ctx, args...)
		}
	}
	return s.read.QueryRowContext(ctx, s.d.bind(text), args...) // gives the error of preparing, too
}

// affected says how many rows a write touched.
func affected(res sql.Result) int64 {
	n, err := res.RowsAffected()
	if err != nil { // both drivers always know
		return 0
	}
	return n
}

// each reads all rows of a query, one call of fn for each.
func (s *Store) each(ctx context.Context, text string, fn func(scan func(...any) error) error, args ...any) error {
	rows, err := s.query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
