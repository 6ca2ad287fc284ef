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

// sweepLimit is how many rows of a table one transaction of the sweep removes.
const sweepLimit = 500

// Clean removes requests that have expired, and codes, tokens and authorizations that were over a week ago.
func (s *Service) Clean(ctx context.Context) error {
	for {
		more, err := s.Store.DeleteStale(ctx, s.Now().Add(-pendingLifetime), s.Now().Add(-7*24*time.Hour), sweepLimit)
		if err != nil {
			return fmt.Errorf("remove what is over: %w", err)
		}
		if !more {
			return nil
		}
	}
}

// Run flushes and cleans until ctx ends, and flushes once more then. The server runs it in one goroutine.
func (s *Service) Run(ctx context.Context) {
	flush, clean := time.NewTicker(5*time.Second), time.NewTicker(10*time.Minute)
	defer flush.Stop()
	defer clean.Stop()
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
