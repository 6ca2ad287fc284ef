package privateapp

import (
	"context"
	"time"
)

// Flush writes the last uses of tokens that wait. What cannot be written is kept for the next time.
func (s *Service) Flush(ctx context.Context) error { return s.uses.Flush(ctx) }

// flush lets who reads see the last use as it is; that it could not be written does not keep them from reading.
func (s *Service) flush(ctx context.Context) {
	if err := s.Flush(ctx); err != nil {
		s.Log.WarnContext(ctx, "note uses of tokens", "err", err)
	}
}

// Run flushes until ctx ends; the last Flush is the caller's. The server runs it in one goroutine.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.flush(ctx)
		case <-ctx.Done():
			return
		}
	}
}
