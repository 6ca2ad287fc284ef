package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mandorla/internal/audit"
	"mandorla/internal/catalog"
	"mandorla/internal/fault"
	"mandorla/internal/store/postgres"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/testkit/clock"
	"mandorla/internal/testkit/pg"
)

const tenant = "100000000000000000000001"

// broken is a store that may not answer.
type broken struct {
	audit.CallStore
	fails atomic.Bool
}

var errDown = errors.New("down")

func (b *broken) AppendCalls(ctx context.Context, calls []audit.Call) error {
	if b.fails.Load() {
		return errDown
	}
	return b.CallStore.AppendCalls(ctx, calls)
}

type world struct {
	store *broken
	clock *clock.Clock
	calls *audit.Calls
	log   *bytes.Buffer
	n     int
}

func engines(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) { run(t, newWorld(t, engine)) })
	}
}

func newWorld(t *testing.T, engine string) *world {
	t.Helper()
	base, err := catalog.Registry()
	must(t, err)
	w := &world{clock: clock.At(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)), log: &bytes.Buffer{}}
	newID := func() string { w.n++; return fmt.Sprintf("%024x", w.n) }
	var st *sqlstore.Store
	if engine == "sqlite" {
		st, err = sqlite.Open(t.Context(), t.TempDir(), base, newID)
	} else {
		st, err = postgres.Open(t.Context(), pg.DSN(t), base, newID)
	}
	must(t, err)
	t.Cleanup(func() { must(t, st.Close()) })
	w.store = &broken{CallStore: st}
	w.calls = &audit.Calls{Store: w.store, Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(w.log, nil))}
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) call(n int) audit.Call {
	return audit.Call{ID: fmt.Sprintf("%024x", n), Tenant: tenant, At: w.clock.Now(), Tool: "who_am_i", Outcome: "ok"}
}

func (w *world) list(t *testing.T) []audit.Call {
	t.Helper()
	out, err := w.calls.List(t.Context(), audit.CallQuery{Tenant: tenant, Limit: 500})
	must(t, err)
	return out
}

// A line that is partly a stranger's text is written whatever that text is: it must not hold up the lines behind it.
func TestStrangersText(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		for i, text := range []string{"a\x00b", "x\xff\xc3", "\u202eabc\u200b", "\ud7ff\ufffd", strings.Repeat("\x00", 300)} {
			c := w.call(i)
			c.Tool, c.Agent, c.IP, c.Model, c.Record, c.Outcome = text, text, text, text, text, text
			w.calls.Add(c)
		}
		w.calls.Add(w.call(9))
		got := w.list(t)
		if len(got) != 6 {
			t.Fatalf("%d lines", len(got))
		}
		for i, want := range []string{"who_am_i", "", "\ud7ff", "abc", "x", "ab"} {
			if got[i].Tool != want {
				t.Errorf("tool %q, want %q", got[i].Tool, want)
			}
		}
	})
}

// What cannot be written waits, in its order; a line that was written although the answer got lost is not there twice.
func TestWriteAgain(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.store.fails.Store(true)
		w.calls.Add(w.call(1))
		w.calls.Add(w.call(2))
		if err := w.calls.Flush(t.Context()); !errors.Is(err, errDown) {
			t.Errorf("flush: %v", err)
		}
		if _, err := w.calls.List(t.Context(), audit.CallQuery{Tenant: tenant, Limit: 1}); !errors.Is(err, errDown) {
			t.Errorf("a list without its newest lines: %v", err)
		}
		w.store.fails.Store(false)
		must(t, w.store.AppendCalls(t.Context(), []audit.Call{w.call(1)}))
		w.calls.Add(w.call(3))
		got := w.list(t)
		if len(got) != 3 || got[0].ID != w.call(3).ID || got[2].ID != w.call(1).ID {
			t.Errorf("lines %+v", got)
		}
		if strings.Contains(w.log.String(), "missing") {
			t.Errorf("log: %s", w.log)
		}
	})
}

// However long the database does not answer, the memory is bounded, the oldest lines are kept, and how many are missing is told.
func TestBound(t *testing.T) {
	const most = 10_000
	w := newWorld(t, "sqlite")
	w.store.fails.Store(true)
	for i := range most + 7 {
		w.calls.Add(w.call(i))
		if i == most/2 {
			_ = w.calls.Flush(t.Context())
		}
	}
	for range 3 {
		_ = w.calls.Flush(t.Context())
		w.calls.Add(w.call(99_999))
	}
	w.store.fails.Store(false)
	must(t, w.calls.Flush(t.Context()))
	rows, err := w.calls.List(t.Context(), audit.CallQuery{Tenant: tenant, Limit: 1})
	must(t, err)
	if rows[0].ID != w.call(most-1).ID {
		t.Errorf("the newest line is %s", rows[0].ID)
	}
	if log := w.log.String(); !strings.Contains(log, "calls=7") || strings.Count(log, "calls=1\n") != 3 {
		t.Errorf("log: %s", log)
	}
}

func TestSweep(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.calls.Add(w.call(1))
		must(t, w.calls.Flush(t.Context()))
		w.clock.Add(90 * 24 * time.Hour)
		w.calls.Add(w.call(2))
		must(t, w.calls.Sweep(t.Context()))
		if got := w.list(t); len(got) != 2 {
			t.Errorf("%d lines after 90 days", len(got))
		}
		w.clock.Add(time.Millisecond)
		must(t, w.calls.Sweep(t.Context()))
		if got := w.list(t); len(got) != 1 || got[0].ID != w.call(2).ID {
			t.Errorf("lines %+v", got)
		}
	})
}

// A server that is restarted more often than hourly sweeps as well.
func TestRunSweepsAtOnce(t *testing.T) {
	w := newWorld(t, "sqlite")
	w.calls.Add(w.call(1))
	must(t, w.calls.Flush(t.Context()))
	w.clock.Add(91 * 24 * time.Hour)
	ctx, stop := context.WithCancel(t.Context())
	swept := make(chan struct{})
	w.calls.Store = told{w.store, func() { close(swept) }}
	var done sync.WaitGroup
	done.Go(func() { w.calls.Run(ctx) })
	<-swept
	stop()
	done.Wait()
	if got := w.list(t); len(got) != 0 {
		t.Errorf("lines %+v", got)
	}
}

type told struct {
	audit.CallStore
	swept func()
}

func (s told) DeleteCalls(ctx context.Context, before time.Time) error {
	defer s.swept()
	return s.CallStore.DeleteCalls(ctx, before)
}

func TestReadFailure(t *testing.T) {
	w := newWorld(t, "sqlite")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := w.calls.List(ctx, audit.CallQuery{Tenant: tenant}); err == nil || fault.Is(err, fault.NotFound) {
		t.Errorf("a list that could not be read: %v", err)
	}
}
