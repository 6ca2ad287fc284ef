// Package fuse makes the n-th statement between a store and its driver fail, before or after the database has seen it. Only tests may
// import it.
package fuse

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
)

// ErrBlown is the error of the statement that failed.
var ErrBlown = errors.New("fuse: the database is gone")

// Fuse counts the statements of all connections that it wraps: BEGIN, COMMIT and everything between and beside them.
type Fuse struct {
	mu        sync.Mutex
	left      int
	after     bool
	statement string
	committed bool
	later     int
	connector driver.Connector
}

// Wrap is for the Open of an engine.
func (f *Fuse) Wrap(c driver.Connector) driver.Connector {
	if f.connector == nil {
		f.connector = c
	}
	return connector{c, f}
}

// DB gives connections like the first that was wrapped, past the fuse. The caller closes it.
func (f *Fuse) DB() *sql.DB { return sql.OpenDB(f.connector) }

// Set makes statement n from now fail. With after, the database does what it says and only the answer is lost.
func (f *Fuse) Set(n int, after bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left, f.after, f.statement, f.committed, f.later = n, after, "", false, 0
}

// Off lets everything pass again and gives the statement that failed, "" where none did.
func (f *Fuse) Off() (statement string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	statement, f.left, f.statement = f.statement, 0, ""
	return statement
}

// Later counts the statements that came after the one that failed, until Off, but for ROLLBACK.
func (f *Fuse) Later() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.later
}

// Committed reports whether a transaction was committed after Set and before the statement that failed.
func (f *Fuse) Committed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.committed
}

// pass counts a statement and reports what it has to fail with, if it has to.
func (f *Fuse) pass(statement string) (before, after error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == 0 {
		if f.statement != "" && statement != "ROLLBACK" {
			f.later++
		}
		return nil, nil
	}
	if f.left--; f.left > 0 {
		f.committed = f.committed || statement == "COMMIT"
		return nil, nil
	}
	f.statement = statement
	if f.after {
		return nil, ErrBlown
	}
	return ErrBlown, nil
}

type connector struct {
	driver.Connector
	fuse *Fuse
}

// Connect opens one connection behind the fuse.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{inner, c.fuse}, nil
}

// conn passes on what both engines' connections can do.
type conn struct {
	driver.Conn
	fuse *Fuse
}

func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	before, after := c.fuse.pass("BEGIN")
	if before != nil {
		return nil, before
	}
	inner, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	if err == nil && after != nil {
		return nil, errors.Join(after, inner.Rollback())
	}
	return tx{inner, c.fuse}, err
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	before, after := c.fuse.pass(query)
	if before != nil {
		return nil, before
	}
	res, err := c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	if err == nil && after != nil {
		return nil, after
	}
	return res, err
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := errors.Join(c.fuse.pass(query)); err != nil {
		return nil, err
	}
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	inner, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &stmt{inner, c, query}, nil
}

func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

func (c *conn) ResetSession(ctx context.Context) error {
	if r, ok := c.Conn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

func (c *conn) IsValid() bool {
	v, ok := c.Conn.(driver.Validator)
	return !ok || v.IsValid()
}

func (c *conn) Ping(ctx context.Context) error {
	if p, ok := c.Conn.(driver.Pinger); ok {
		return p.Ping(ctx)
	}
	return nil
}

type tx struct {
	driver.Tx
	fuse *Fuse
}

func (t tx) Commit() error {
	before, after := t.fuse.pass("COMMIT")
	if before != nil {
		return errors.Join(before, t.Rollback())
	}
	return errors.Join(t.Tx.Commit(), after)
}

type stmt struct {
	driver.Stmt
	conn  *conn
	query string
}

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	before, after := s.conn.fuse.pass(s.query)
	if before != nil {
		return nil, before
	}
	res, err := s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
	if err == nil && after != nil {
		return nil, after
	}
	return res, err
}

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := errors.Join(s.conn.fuse.pass(s.query)); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

func (s *stmt) CheckNamedValue(v *driver.NamedValue) error { return s.conn.CheckNamedValue(v) }
