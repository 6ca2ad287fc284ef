package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// maxAttempts is how often a transaction runs before its serialization failure is given back.
const maxAttempts = 4

// shortYield is the shortest wait before another attempt, and a seventh of the longest.
const shortYield = 10 * time.Millisecond

// querier is what statements run on: a connection, a transaction or a pool.
type querier interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// txKey finds a store's transaction in a context; the store is part of it so that two stores never share one.
type txKey struct{ s *Store }

// transaction is a running one. After a failed write it can no longer be committed, and nothing more is written in it: PostgreSQL insists on
// that, so SQLite does the same.
type transaction struct {
	on     querier
	failed error
}

func (s *Store) current(ctx context.Context) *transaction {
	t, _ := ctx.Value(txKey{s}).(*transaction)
	return t
}

// InTx runs fn in one transaction, committed when fn returns nil; a context that already carries one joins it. A write that
// failed inside fn dooms the transaction even where fn hides the error: its error is given back. After a serialization
// failure or a deadlock, fn runs again after a short while, at most three times.
//
// On SQLite writers queue one behind the other from their first line on, and those who queue share a commit: see [writer]. On PostgreSQL
// transactions are READ COMMITTED, and [Store.Select] inside one locks the rows it gives, so that read-then-write is safe on both.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.inTx(ctx, false, fn)
}

// aloneInTx is InTx for what takes long: on SQLite, short transactions that wait for their commit do not wait for it.
func (s *Store) aloneInTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.inTx(ctx, true, fn)
}

func (s *Store) inTx(ctx context.Context, alone bool, fn func(ctx context.Context) error) error {
	if s.current(ctx) != nil {
		return fn(ctx)
	}
	part := func(on querier) error {
		t := &transaction{on: on}
		if err := fn(context.WithValue(ctx, txKey{s}, t)); err != nil {
			return err
		}
		return t.failed
	}
	var err error
	for n := range maxAttempts {
		if n > 0 {
			s.yield(ctx)
		}
		if s.writer != nil {
			err = s.writer.run(ctx, alone, part)
		} else {
			err = s.attempt(ctx, part)
		}
		if err == nil || !errors.Is(err, errLost) && !s.d.Retry(err) || ctx.Err() != nil {
			break
		}
	}
	return s.explain(err)
}

// yield waits a little, each time another time: two that waited for each other and are run again at once would soon do so again.
func (s *Store) yield(ctx context.Context) {
	t := time.NewTimer(time.Duration(1+s.yields.Add(1)%7) * shortYield)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (s *Store) attempt(ctx context.Context, fn func(on querier) error) (err error) {
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
	if err := fn(tx); err != nil {
		return err
	}
	done = true
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// exec runs a write: in the transaction of ctx, or in one of its own. text is in the common subset with ? placeholders.
func (s *Store) exec(ctx context.Context, text string, args ...any) (res sql.Result, err error) {
	t := s.current(ctx)
	switch {
	case t == nil && s.writer == nil: // a statement is a transaction
		res, err = s.write.ExecContext(ctx, s.d.bind(text), args...)
		return res, s.explain(err)
	case t == nil:
		err = s.InTx(ctx, func(ctx context.Context) error {
			res, err = s.exec(ctx, text, args...)
			return err
		})
		return res, err
	case t.failed != nil:
		return nil, t.failed
	}
	res, err = t.on.ExecContext(ctx, s.d.bind(text), args...)
	if err != nil {
		t.failed = err
	}
	return res, err
}

// query reads rows: in the transaction of ctx, or from the read pool. The caller closes them before asking anything else.
func (s *Store) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if t := s.current(ctx); t != nil {
		return t.on.QueryContext(ctx, s.d.bind(text), args...)
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
		return t.on.QueryRowContext(ctx, s.d.bind(text), args...)
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

// texts reads rows of one text.
func texts(rows *sql.Rows, err error) (out []string, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, rows.Err()
}
