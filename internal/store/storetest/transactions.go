package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/store/sqlstore"
)

func testTransactions(t *testing.T, open Open) {
	s, ctx := openEmpty(t, open), context.Background()
	insert := func(ctx context.Context, n int) error {
		return s.Insert(ctx, here, firm, id(n), values{"code": fmt.Sprint(n)}.of(firm))
	}
	count := func(ctx context.Context) int {
		n, err := s.Count(ctx, query.Select{Tenant: here, Model: firm})
		must(t, err)
		return n
	}
	boom := errors.New("boom")
	t.Run("an error undoes all", func(t *testing.T) {
		err := s.InTx(ctx, func(ctx context.Context) error {
			must(t, insert(ctx, 1))
			if count(ctx) != 1 {
				t.Error("a transaction does not see its own write")
			}
			must(t, s.InTx(ctx, func(ctx context.Context) error { return insert(ctx, 2) }))
			return fmt.Errorf("act: %w", boom)
		})
		if !errors.Is(err, boom) || count(ctx) != 0 {
			t.Errorf("%v, %d rows", err, count(ctx))
		}
	})
	t.Run("a panic undoes all", func(t *testing.T) {
		func() {
			defer func() { _ = recover() }()
			_ = s.InTx(ctx, func(ctx context.Context) error { must(t, insert(ctx, 1)); panic("boom") })
		}()
		if count(ctx) != 0 {
			t.Error("rows are left")
		}
	})
	t.Run("others see nothing before the end", func(t *testing.T) {
		must(t, s.InTx(ctx, func(inner context.Context) error {
			must(t, insert(inner, 1))
			if count(ctx) != 0 {
				t.Error("an open transaction is seen from outside")
			}
			return nil
		}))
		if count(ctx) != 1 {
			t.Error("a finished transaction is not seen")
		}
	})
	t.Run("a failed write cannot be hidden", func(t *testing.T) {
		err := s.InTx(ctx, func(ctx context.Context) error {
			must(t, insert(ctx, 5))
			if err := insert(ctx, 1); !fault.Is(err, fault.Conflict) {
				t.Errorf("%v, want a conflict", err)
			}
			return nil
		})
		if err == nil || count(ctx) != 1 {
			t.Errorf("error %v, %d rows; want an error and 1 row", err, count(ctx))
		}
	})
	t.Run("an ended context", func(t *testing.T) {
		ended, cancel := context.WithCancel(ctx)
		err := s.InTx(ended, func(inner context.Context) error { must(t, insert(inner, 7)); cancel(); return nil })
		if err == nil || count(ctx) != 1 {
			t.Errorf("error %v, %d rows; want an error and 1 row", err, count(ctx))
		}
		must(t, insert(ctx, 7))
	})
}

// testWriters: read-then-write in a transaction loses nothing, however many do it at once, and two that wait for each other are
// run again.
func testWriters(t *testing.T, open Open) {
	s, ctx := openEmpty(t, open), context.Background()
	size := prop(firm, "size")
	for name, c := range map[string]struct {
		writers, rounds int
		touch           func(writer int) []string
	}{
		"one record":      {8, 15, func(int) []string { return []string{id(1)} }},
		"opposite orders": {2, 3, func(w int) []string { return []string{id(1 + w), id(2 - w)} }},
	} {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{1, 2} {
				_ = s.Delete(ctx, here, firm, id(n))
				must(t, s.Insert(ctx, here, firm, id(n), map[*model.Property]any{size: int64(0)}))
			}
			var group sync.WaitGroup
			for w := range c.writers {
				group.Go(func() {
					for range c.rounds {
						if err := s.InTx(ctx, func(ctx context.Context) error { return raise(ctx, s, c.touch(w)...) }); err != nil {
							t.Error(err)
						}
					}
				})
			}
			group.Wait()
			if got, want := read(t, s, here, id(1), size), int64(c.writers*c.rounds); got != want {
				t.Errorf("counted %v of %d", got, want)
			}
		})
	}
}

// raise adds one to the size of each firm, in turn.
func raise(ctx context.Context, s *sqlstore.Store, ids ...string) error {
	size := prop(firm, "size")
	for _, id := range ids {
		rows, err := s.Select(ctx, query.Select{Tenant: here, Model: firm, Columns: columns(size), Where: is(prop(firm, "_id"), model.Eq, id)})
		if err != nil {
			return err
		}
		if err := s.Update(ctx, here, firm, id, map[*model.Property]any{size: rows[0].Values[0].(int64) + 1}); err != nil {
			return err
		}
	}
	return nil
}

// TwoStores checks that read-then-write loses nothing where two processes have the same database open.
func TwoStores(t *testing.T, one, other *sqlstore.Store) {
	ctx, size := context.Background(), prop(firm, "size")
	must(t, one.Insert(ctx, here, firm, id(1), map[*model.Property]any{size: int64(0)}))
	const rounds = 30
	var group sync.WaitGroup
	for _, s := range []*sqlstore.Store{one, other, one, other} {
		group.Go(func() {
			for range rounds {
				if err := s.InTx(ctx, func(ctx context.Context) error { return raise(ctx, s, id(1)) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got := read(t, other, here, id(1), size); got != int64(4*rounds) {
		t.Errorf("counted %v of %d", got, 4*rounds)
	}
}

// Base is the registry that the engines are opened with.
func Base() *model.Registry { return base }
