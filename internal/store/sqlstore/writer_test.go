package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"mandorla/internal/testkit/fuse"
)

// writerWorld is a writer over a table x of one column.
type writerWorld struct {
	*testing.T
	w    *writer
	fuse *fuse.Fuse
	past *sql.DB // past the writer and the fuse
}

func newWriterWorld(t *testing.T) *writerWorld {
	path := filepath.Join(t.TempDir(), "x.db")
	open, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	past, err := sql.Open("sqlite", path+"?_pragma=journal_mode(wal)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := past.Exec("CREATE TABLE x (a INTEGER UNIQUE)"); err != nil {
		t.Fatal(err)
	}
	f := &fuse.Fuse{}
	db := sql.OpenDB(f.Wrap(dsn{open.Driver(), path}))
	db.SetMaxOpenConns(1)
	world := &writerWorld{T: t, w: newWriter(db, past, &Dialect{}), fuse: f, past: past}
	t.Cleanup(func() {
		if err := errors.Join(world.w.close(), db.Close(), past.Close(), open.Close()); err != nil {
			t.Error(err)
		}
	})
	return world
}

type dsn struct {
	driver driver.Driver
	name   string
}

func (d dsn) Connect(context.Context) (driver.Conn, error) { return d.driver.Open(d.name) }
func (d dsn) Driver() driver.Driver                        { return d.driver }

// add is a transaction that inserts a number.
func add(n int) func(querier) error {
	return func(on querier) error {
		_, err := on.ExecContext(context.Background(), "INSERT INTO x VALUES (?)", n)
		return err
	}
}

func (w *writerWorld) rows() (out []int) {
	w.Helper()
	rows, err := w.past.Query("SELECT a FROM x ORDER BY a")
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			w.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

func (w *writerWorld) want(numbers ...int) {
	w.Helper()
	if got := w.rows(); !slices.Equal(got, numbers) {
		w.Errorf("committed are %v, want %v", got, numbers)
	}
}

// behind queues transactions, in their order, behind one that holds the turn, and lets it go when all wait. It gives their errors.
func (w *writerWorld) behind(ctx context.Context, first func(querier) error, others ...func(querier) error) []error {
	w.Helper()
	errs := make([]error, 1+len(others))
	started, held := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		errs[0] = w.w.run(ctx, false, func(on querier) error { close(started); <-held; return first(on) })
	})
	<-started
	for i, fn := range others {
		group.Go(func() { errs[i+1] = w.w.run(ctx, false, fn) })
		w.wait(i + 1)
	}
	close(held)
	group.Wait()
	return errs
}

// wait returns when so many wait for their turn.
func (w *writerWorld) wait(n int) {
	w.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		w.w.mu.Lock()
		got := len(w.w.queue)
		w.w.mu.Unlock()
		if got == n {
			return
		}
		if time.Now().After(deadline) {
			w.Fatalf("%d wait for their turn, want %d", got, n)
		}
	}
}

var errOwn = errors.New("its own mistake")

func TestTransactionsShareACommit(t *testing.T) {
	ctx := context.Background()
	t.Run("those that wait", func(t *testing.T) {
		w := newWriterWorld(t)
		seen := 0
		errs := w.behind(ctx, add(1), add(2), func(on querier) error {
			w.want() // nothing is committed before the last has run
			return on.QueryRowContext(ctx, "SELECT count(*) FROM x").Scan(&seen)
		}, add(3))
		if err := errors.Join(errs...); err != nil || seen != 2 {
			t.Errorf("%v; the third sees %d rows of those before it, want 2", err, seen)
		}
		w.want(1, 2, 3)
	})
	t.Run("one that fails takes back its own", func(t *testing.T) {
		w := newWriterWorld(t)
		wrong := func(n int) func(querier) error {
			return func(on querier) error { return errors.Join(add(n)(on), errOwn) }
		}
		errs := w.behind(ctx, add(1), wrong(2), add(3), add(1), wrong(4), add(5))
		for i, want := range []bool{false, true, false, true, true, false} {
			if (errs[i] != nil) != want {
				t.Errorf("%d: %v", i+1, errs[i])
			}
		}
		w.want(1, 3, 5)
	})
	t.Run("the first that fails", func(t *testing.T) {
		w := newWriterWorld(t)
		errs := w.behind(ctx, func(on querier) error { return errors.Join(add(1)(on), errOwn) }, add(2))
		if !errors.Is(errs[0], errOwn) || errs[1] != nil {
			t.Error(errs)
		}
		w.want(2)
	})
	t.Run("one that panics", func(t *testing.T) {
		w := newWriterWorld(t)
		errs := w.behind(ctx, add(1), add(2))
		func() {
			defer func() { _ = recover() }()
			_ = w.w.run(ctx, false, func(on querier) error { panic(add(3)(on)) })
		}()
		if err := errors.Join(append(errs, w.w.run(ctx, false, add(4)))...); err != nil {
			t.Error(err)
		}
		w.want(1, 2, 4)
	})
	t.Run("a commit that fails is nobody's", func(t *testing.T) {
		for _, after := range []bool{false, true} {
			w := newWriterWorld(t)
			errs := w.behind(ctx, add(1), add(2), func(on querier) error { defer w.fuse.Set(2, after); return add(3)(on) })
			if got := w.fuse.Off(); got != "COMMIT" {
				t.Errorf("%q failed, want the commit", got)
			}
			for i, err := range errs {
				if !errors.Is(err, fuse.ErrBlown) || !strings.Contains(err.Error(), "commit") {
					t.Errorf("%d: %v", i+1, err)
				}
			}
			if err := w.w.run(ctx, false, add(4)); err != nil {
				t.Errorf("afterwards: %v", err)
			}
			if after {
				w.want(1, 2, 3, 4)
			} else {
				w.want(4)
			}
		}
	})
	t.Run("what one takes back in full runs again", func(t *testing.T) {
		w := newWriterWorld(t)
		errs := w.behind(ctx, add(1), func(on querier) error {
			_, err := on.ExecContext(ctx, "ROLLBACK") // as SQLite does where the disk is full
			return errors.Join(err, errOwn)
		}, add(3))
		if !errors.Is(errs[0], errLost) || !errors.Is(errs[1], errOwn) || errs[2] != nil {
			t.Errorf("%v, want lost, its own, none", errs)
		}
		w.want(3)
		s := &Store{d: &Dialect{Retry: func(error) bool { return false }, Busy: func(error) bool { return false }}, writer: w.w}
		times := 0
		err := s.InTx(ctx, func(ctx context.Context) error {
			if times++; times == 1 {
				return errLost
			}
			_, err := s.exec(ctx, "INSERT INTO x VALUES (?)", 4)
			return err
		})
		if err != nil || times != 2 {
			t.Errorf("%v after %d attempts", err, times)
		}
		w.want(3, 4)
	})
	t.Run("one that runs alone", func(t *testing.T) {
		w := newWriterWorld(t)
		var errs [3]error
		var group sync.WaitGroup
		started, held := make(chan struct{}), make(chan struct{})
		group.Go(func() {
			errs[0] = w.w.run(ctx, false, func(on querier) error { close(started); <-held; return add(1)(on) })
		})
		<-started
		group.Go(func() {
			errs[1] = w.w.run(ctx, true, func(on querier) error { w.want(1); return add(2)(on) })
		})
		w.wait(1)
		group.Go(func() {
			errs[2] = w.w.run(ctx, false, func(on querier) error { w.want(1, 2); return add(3)(on) })
		})
		w.wait(2)
		close(held)
		group.Wait()
		if err := errors.Join(errs[:]...); err != nil {
			t.Error(err)
		}
		w.want(1, 2, 3)
	})
	t.Run("one that gives up while it waits", func(t *testing.T) {
		w := newWriterWorld(t)
		hurried, hurry := context.WithCancel(ctx)
		gone := make(chan error, 1)
		errs := w.behind(ctx, func(on querier) error {
			go func() { gone <- w.w.run(hurried, false, add(2)) }()
			w.wait(2) // with the one behind
			hurry()
			if err := <-gone; !errors.Is(err, context.Canceled) {
				t.Errorf("given up with %v", err)
			}
			return add(1)(on)
		}, add(3))
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		if err := w.w.run(hurried, false, add(4)); !errors.Is(err, context.Canceled) {
			t.Errorf("an ended context: %v", err)
		}
		w.want(1, 3)
	})
	t.Run("no more than some", func(t *testing.T) {
		w := newWriterWorld(t)
		var others []func(querier) error
		for i := range maxShared + 5 {
			others = append(others, func(on querier) error {
				if n := len(w.rows()); i >= maxShared && n != maxShared { // the first of all is a member, too
					t.Errorf("%d rows are committed before number %d", n, i)
				}
				return add(100 + i)(on)
			})
		}
		if err := errors.Join(w.behind(ctx, add(1), others...)...); err != nil {
			t.Error(err)
		}
		if n := len(w.rows()); n != maxShared+6 {
			t.Errorf("%d rows", n)
		}
	})
}

// A failed connection is given up, and the next transaction gets another; schema changes leave what is prepared right.
func TestTheWriterRecovers(t *testing.T) {
	w, ctx := newWriterWorld(t), context.Background()
	if err := w.w.run(ctx, false, add(1)); err != nil {
		t.Fatal(err)
	}
	w.w.drop()
	w.w.drop()
	if _, err := w.past.Exec("ALTER TABLE x ADD COLUMN b DEFAULT 7"); err != nil {
		t.Fatal(err)
	}
	for n := 2; n < 4; n++ {
		err := w.w.run(ctx, false, func(on querier) error {
			_, err := on.ExecContext(ctx, "INSERT INTO x (a) VALUES (?)", n)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	w.want(1, 2, 3)
	err := w.w.run(ctx, false, func(on querier) error {
		var n int
		return on.QueryRowContext(ctx, "SELECT nothing FROM x").Scan(&n)
	})
	if err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("a statement that cannot be prepared: %v", err)
	}
	w.fuse.Set(1, false)
	if err := w.w.run(ctx, false, add(4)); !errors.Is(err, fuse.ErrBlown) || !strings.Contains(err.Error(), "begin") {
		t.Errorf("begin: %v", err)
	}
}

// A connection that holds too much memory gives it back after the commit; where it cannot, it goes, and the next transaction gets another.
func TestTheWriterGivesMemoryBack(t *testing.T) {
	w, ctx := newWriterWorld(t), context.Background()
	swollen, asked := false, 0
	w.w.d.Condition = func(any) (bool, int, error) { asked++; return swollen, 0, nil }
	for n, trim := range map[int]string{1: "PRAGMA shrink_memory", 2: "no statement"} {
		w.w.d.Trim = trim
		swollen = false
		if err := w.w.run(ctx, false, add(n)); err != nil {
			t.Fatal(err)
		}
		before := w.w.conn
		swollen = true
		if err := w.w.run(ctx, false, add(10+n)); err != nil {
			t.Error(err)
		}
		if kept := w.w.conn == before; kept != (n == 1) {
			t.Errorf("%s: the connection was kept: %t", trim, kept)
		}
	}
	w.want(1, 2, 11, 12)
	if asked != 4 {
		t.Errorf("asked %d times about 4 commits", asked)
	}
}

// A checkpoint that fails harms no transaction, and closing tells of it unless a later one has gone well.
func TestCheckpoints(t *testing.T) {
	w, ctx := newWriterWorld(t), context.Background()
	logged := 0
	w.w.d.Condition = func(any) (bool, int, error) { return false, logged, nil }
	const good = "PRAGMA wal_checkpoint(PASSIVE)"
	for i, step := range []struct {
		logged  int
		text    string
		begins  bool
		mistake string
	}{
		{checkpointAfter / 2, "no statement", false, ""},
		{checkpointAfter / 2, "no statement", true, "checkpoint: "},
		{checkpointAfter/2 - 1, good, false, "checkpoint: "},
		{checkpointAfter/2 + 1, good, true, ""},
		{checkpointAfter, "", false, ""},
		{0, "INSERT INTO x SELECT 10 + max(a) FROM x", true, ""}, // twice beside those who write and once with the turn
	} {
		logged, w.w.d.Checkpoint = step.logged, step.text
		if err := w.w.run(ctx, false, add(i)); err != nil {
			t.Error(err)
		}
		w.w.checkpoints.running.Wait()
		if err := w.w.checkpoints.err; (err == nil) != (step.mistake == "") || err != nil && !strings.HasPrefix(err.Error(), step.mistake) {
			t.Errorf("step %d: %v, want %q", i, err, step.mistake)
		}
		if begun := w.w.logged == 0; begun != step.begins {
			t.Errorf("step %d: a checkpoint begins: %t", i, begun)
		}
	}
	w.want(0, 1, 2, 3, 4, 5, 15, 25, 35)
}

// There is one checkpoint at a time, none after the end, and the last one's mistake comes out there.
func TestCheckpointsEnd(t *testing.T) {
	w, ctx := newWriterWorld(t), context.Background()
	w.w.d.Checkpoint = "no statement"
	w.past.SetMaxOpenConns(1)
	held, err := w.past.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	if err := w.w.run(ctx, false, func(on querier) error {
		if first, second := w.w.beginCheckpoint(), w.w.beginCheckpoint(); !first || second {
			t.Errorf("begun: %t and %t", first, second)
		}
		return add(1)(on)
	}); err != nil {
		t.Error(err)
	}
	closed := make(chan error)
	go func() { closed <- w.w.close() }()
	select {
	case err := <-closed:
		t.Fatalf("the end did not wait for the checkpoint: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-closed; err == nil || !strings.HasPrefix(err.Error(), "checkpoint: ") {
		t.Errorf("close: %v", err)
	}
	if w.w.beginCheckpoint() {
		t.Error("one begins after the end")
	}
	w.w.checkpoints.err = nil
	w.want(1)
}

// What waits when the store is closed ends with an error rather than never.
func TestTheWriterCloses(t *testing.T) {
	w, ctx := newWriterWorld(t), context.Background()
	var closed error
	var group sync.WaitGroup
	errs := w.behind(ctx, func(on querier) error {
		group.Go(func() { closed = w.w.close() })
		w.wait(2) // with the one behind, which came first
		return add(1)(on)
	}, add(2))
	group.Wait()
	if err := errors.Join(append(errs, closed)...); err != nil {
		t.Error(err)
	}
	w.want(1, 2)
	if err := w.w.run(ctx, false, add(3)); !errors.Is(err, sql.ErrConnDone) {
		t.Errorf("after the end: %v", err)
	}
}
