package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// maxShared is how many transactions share a commit; one that would wait longer for it gets its own.
const maxShared = 32

// errLost is given to transactions whose shared commit was taken back through no fault of theirs: they may run again.
var errLost = errors.New("the transaction was taken back with another one")

// writer is the one connection of an engine that lets only one transaction write at a time. Transactions take turns on it in the order of
// their coming. While others wait, a transaction that has run leaves its commit to the next one, so that those who wait while the disk
// is busy are committed together by one write to it: nobody is answered before that. Each is a savepoint, so one that fails takes back
// its own writes only. Safe for concurrent use.
type writer struct {
	db *sql.DB
	d  *Dialect

	mu    sync.Mutex
	busy  bool
	queue []chan struct{} // of those who wait for their turn; closed when it comes

	// For whoever has the turn.
	conn       *sql.Conn // nil until it is needed, and after it has failed
	statements *statements
	open       *commit // begun and not ended; nil: none
	closed     bool
	logged     int // pages in the log since the last checkpoint began

	checkpoints checkpoints
}

// commit is the end that some transactions share.
type commit struct {
	members int
	done    chan struct{} // closed when err says how it ended
	err     error
}

// newWriter gives the writer on the one connection of db, whose checkpoints run on that of beside.
func newWriter(db, beside *sql.DB, d *Dialect) *writer {
	return &writer{db: db, d: d, checkpoints: checkpoints{beside: beside}}
}

// run runs fn in a transaction and returns when that is committed or taken back. One that runs alone shares its commit with nobody:
// what takes long must not keep short ones waiting.
func (w *writer) run(ctx context.Context, alone bool, fn func(on querier) error) error {
	if err := w.takeTurn(ctx); err != nil {
		return err
	}
	c, err := w.takePart(ctx, alone, fn)
	if err != nil {
		return err
	}
	<-c.done
	return c.err
}

// takePart runs fn as one more member of the open commit, or the first of a new one. It needs the turn, and passes it on.
func (w *writer) takePart(ctx context.Context, alone bool, fn func(on querier) error) (c *commit, err error) {
	defer w.passTurn()
	if alone {
		w.commit()
		defer w.commit()
	}
	first := w.open == nil
	begin := "SAVEPOINT member"
	if first {
		begin, w.open = "BEGIN IMMEDIATE", &commit{done: make(chan struct{})}
	}
	kept := false
	defer func() { // fn may panic
		if !kept {
			w.takeBack(first)
		}
	}()
	if err := w.control(ctx, begin); err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	if err := fn(w); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !first {
		if err := w.control(context.WithoutCancel(ctx), "RELEASE member"); err != nil {
			return nil, fmt.Errorf("end of a part: %w", err)
		}
	}
	kept = true
	w.open.members++
	return w.open, nil
}

// takeBack undoes what the member that runs now has written, or everything where that cannot be done.
func (w *writer) takeBack(first bool) {
	ctx := context.Background()
	if !first && w.control(ctx, "ROLLBACK TO member") == nil && w.control(ctx, "RELEASE member") == nil {
		return
	}
	w.end(errLost)
}

// commit ends the open commit, if there is one.
func (w *writer) commit() {
	if w.open == nil {
		return
	}
	err := w.control(context.Background(), "COMMIT")
	if err != nil {
		err = fmt.Errorf("commit: %w", err)
	}
	w.end(err)
	w.tidy()
}

// tidy gives back the memory that the engine took for a long transaction and would keep from those who read, and begins a checkpoint when one is due.
func (w *writer) tidy() {
	if w.conn == nil || w.d.Condition == nil {
		return
	}
	var swollen bool
	err := w.conn.Raw(func(conn any) (err error) {
		var logged int
		swollen, logged, err = w.d.Condition(conn)
		w.logged += logged
		return err
	})
	if err == nil && swollen {
		err = w.control(context.Background(), w.d.Trim)
	}
	if err != nil {
		w.drop()
	}
	if w.logged >= checkpointAfter && w.beginCheckpoint() {
		w.logged = 0
	}
}

// end tells the members how it ended. After an error nothing may be left open: where that is not certain, the connection goes.
func (w *writer) end(err error) {
	c := w.open
	w.open = nil
	if err != nil && w.control(context.Background(), "ROLLBACK") != nil {
		w.drop()
	}
	c.err = err
	close(c.done)
}

// takeTurn waits until nobody else writes.
func (w *writer) takeTurn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	if !w.busy {
		w.busy = true
		w.mu.Unlock()
		return nil
	}
	mine := make(chan struct{})
	w.queue = append(w.queue, mine)
	w.mu.Unlock()
	select {
	case <-mine:
		return nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	i := slices.Index(w.queue, mine)
	if i >= 0 {
		w.queue = slices.Delete(w.queue, i, i+1)
	}
	w.mu.Unlock()
	if i < 0 { // it has come meanwhile, and others count on it
		w.passTurn()
	}
	return ctx.Err()
}

// passTurn gives the turn to whoever waits, and commits where nobody does or enough have run.
func (w *writer) passTurn() {
	for {
		w.mu.Lock()
		switch {
		case len(w.queue) > 0 && (w.open == nil || w.open.members < maxShared):
			next := w.queue[0]
			w.queue = slices.Delete(w.queue, 0, 1)
			w.mu.Unlock()
			close(next)
			return
		case w.open == nil:
			w.busy = false
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		w.commit() // others may have come when it is done
	}
}

// control runs a statement that begins or ends something.
func (w *writer) control(ctx context.Context, text string) error {
	_, err := w.ExecContext(ctx, text)
	return err
}

// ExecContext runs a write on the connection. Once begun it is not broken off when ctx ends: SQLite would take back what the others wrote, too.
func (w *writer) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	p, err := w.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	defer w.statements.put(p)
	return p.stmt.ExecContext(context.WithoutCancel(ctx), args...)
}

// QueryContext reads rows on the connection.
func (w *writer) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	p, err := w.prepared(ctx, text)
	if err != nil {
		return nil, err
	}
	defer w.statements.put(p)
	return p.stmt.QueryContext(context.WithoutCancel(ctx), args...)
}

// QueryRowContext reads one row on the connection.
func (w *writer) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	p, err := w.prepared(ctx, text)
	if err != nil {
		return w.conn.QueryRowContext(ctx, text, args...) // gives the error
	}
	defer w.statements.put(p)
	return p.stmt.QueryRowContext(context.WithoutCancel(ctx), args...)
}

func (w *writer) prepared(ctx context.Context, text string) (*prepared, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if w.closed {
		return nil, sql.ErrConnDone
	}
	if w.conn == nil {
		conn, err := w.db.Conn(ctx)
		if err != nil {
			return nil, fmt.Errorf("connect: %w", err)
		}
		w.conn, w.statements = conn, newStatements(conn)
	}
	return w.statements.get(ctx, text)
}

// drop gives up the connection, and with it whatever it has begun; the next transaction gets a new one.
func (w *writer) drop() {
	if w.conn == nil {
		return
	}
	_ = w.statements.close()
	_ = w.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = w.conn.Close()
	w.conn = nil
}

// close ends the connection when the transaction that runs has ended, and with it the checkpoint. Those that wait, and all that come later, fail.
func (w *writer) close() error {
	err := w.closeConn()
	w.checkpoints.running.Wait() // it takes the turn once more
	return cmp.Or(err, w.checkpoints.err)
}

func (w *writer) closeConn() error {
	if err := w.takeTurn(context.Background()); err != nil {
		return err
	}
	defer w.passTurn()
	w.commit()
	w.closed = true
	if w.conn == nil {
		return nil
	}
	err := cmp.Or(w.statements.close(), w.conn.Close())
	w.conn = nil
	return err
}
