package oauth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Flush writes the last uses and signs that wait. What cannot be written is kept for the next time.
func (s *Service) Flush(ctx context.Context) error {
	return errors.Join(s.uses.Flush(ctx), s.flushSigns(ctx))
}

// A sweep removes so many rows of each kind at once that it takes about sweepTime, during which another writer may have to wait on SQLite.
const (
	sweepTime  = 8 * time.Millisecond
	sweepFirst = 50
	sweepLeast = 25 // with less, what a transaction costs in any case is all that is waited for
	sweepMost  = 500
)

// Clean removes requests that have expired, codes, tokens and authorizations that were over a week ago, and apps that registered themselves
// and that nobody wanted. Between its parts it waits as long
// as they take, so that at least half of the time is left to others.
func (s *Service) Clean(ctx context.Context) error {
	for limit := sweepFirst; ; {
		start := s.Now()
		more, err := s.Store.DeleteStale(ctx, Stale{
			Pending: start.Add(-pendingLifetime), Unclaimed: start.Add(-unclaimedFor), Undecided: start.Add(-undecidedFor), Authorities: start.Add(-7 * 24 * time.Hour),
		}, limit)
		if err != nil {
			return fmt.Errorf("remove what is over: %w", err)
		}
		if !more {
			return nil
		}
		took := s.Now().Sub(start)
		limit = sweepNext(limit, took)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(took, time.Second)):
		}
	}
}

// sweepNext gives the size of the next part after one of this size took so long.
func sweepNext(limit int, took time.Duration) int {
	switch {
	case took > sweepTime:
		return max(sweepLeast, limit/2)
	case took < sweepTime/2:
		return min(sweepMost, limit+limit/4+1)
	}
	return limit
}

// Run flushes and cleans until ctx ends, and flushes once more then. The server runs it in one goroutine.
func (s *Service) Run(ctx context.Context) {
	flush, clean := time.NewTicker(5*time.Second), time.NewTicker(10*time.Minute)
	report := func(ctx context.Context, err error) {
		if err != nil {
			s.Log.WarnContext(ctx, "background work of the authorization server", "err", err)
		}
	}
	for {
		select {
		case <-flush.C:
			report(ctx, s.Flush(ctx))
		case <-clean.C:
			report(ctx, s.Clean(ctx))
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			report(last, s.Flush(last))
			return
		}
	}
}
