package oauth

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// usesLimit bounds what waits to be written; beyond it a call writes its own.
const usesLimit = 10_000

// uses collects last uses, so that a call does not wait for a write. Each is noted at most once a minute.
type uses struct {
	mu      sync.Mutex
	waiting map[string]Use
}

func newUses() *uses { return &uses{waiting: map[string]Use{}} }

func (u *uses) add(ctx context.Context, s *Service, a AuthorizationRecord, now time.Time) {
	if now.Sub(a.UsedAt) < time.Minute {
		return
	}
	use := Use{Authorization: a.ID, Client: a.Client, At: now}
	u.mu.Lock()
	have, there := u.waiting[a.ID]
	full := !there && len(u.waiting) >= usesLimit
	if !full && (!there || now.Sub(have.At) >= time.Second) {
		u.waiting[a.ID] = use
	}
	u.mu.Unlock()
	if full {
		if err := s.Store.NoteUses(ctx, []Use{use}); err != nil {
			s.Log.WarnContext(ctx, "note use of a connection", "err", err)
		}
	}
}

// Flush writes the last uses that wait. What cannot be written is kept for the next time.
func (s *Service) Flush(ctx context.Context) error {
	s.uses.mu.Lock()
	batch := s.uses.waiting
	s.uses.waiting = map[string]Use{}
	s.uses.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	list := make([]Use, 0, len(batch))
	for _, use := range batch {
		list = append(list, use)
	}
	err := s.Store.NoteUses(ctx, list)
	if err == nil {
		return nil
	}
	s.uses.mu.Lock()
	defer s.uses.mu.Unlock()
	for id, use := range batch {
		if have, there := s.uses.waiting[id]; !there || have.At.Before(use.At) {
			s.uses.waiting[id] = use
		}
	}
	return fmt.Errorf("note uses of connections: %w", err)
}

// Clean removes requests that have expired, and codes, tokens and authorizations that were over a week ago.
func (s *Service) Clean(ctx context.Context) error {
	if err := s.Store.DeleteStale(ctx, s.Now().Add(-pendingLifetime), s.Now().Add(-7*24*time.Hour)); err != nil {
		return fmt.Errorf("remove what is over: %w", err)
	}
	return nil
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
