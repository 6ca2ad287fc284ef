package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	usesLimit  = 10_000 // bounds what waits to be written; beyond it a use is written at once
	usesAtOnce = 250    // are written in one transaction, which others may have to wait for
)

// Use is the last use of something that works until it is taken away: an authorization, a token.
type Use struct {
	ID    string // of what was used
	Owner string // of the client or app it belongs to
	At    time.Time
}

// Uses collects last uses, so that a call does not wait for a write. Each is noted at most once a minute. Safe for concurrent use.
type Uses struct {
	write   func(ctx context.Context, uses []Use) error
	mu      sync.Mutex
	waiting map[string]Use
}

// NewUses makes one. write stores uses, sorted by id, and lets an older instant change nothing.
func NewUses(write func(ctx context.Context, uses []Use) error) *Uses {
	return &Uses{write: write, waiting: map[string]Use{}}
}

// Add takes a use; before is the last one that is stored. The error is that of writing it at once, where too much waits.
func (u *Uses) Add(ctx context.Context, use Use, before time.Time) error {
	if use.At.Sub(before) < time.Minute {
		return nil
	}
	u.mu.Lock()
	have, there := u.waiting[use.ID]
	full := !there && len(u.waiting) >= usesLimit
	if !full && (!there || use.At.Sub(have.At) >= time.Second) {
		u.waiting[use.ID] = use
	}
	u.mu.Unlock()
	if full {
		return u.write(ctx, []Use{use})
	}
	return nil
}

// Flush writes what waits. What cannot be written is kept for the next time.
func (u *Uses) Flush(ctx context.Context) error {
	u.mu.Lock()
	batch := u.waiting
	u.waiting = map[string]Use{}
	u.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	list := make([]Use, 0, len(batch))
	for _, use := range batch {
		list = append(list, use)
	}
	slices.SortFunc(list, func(a, b Use) int { return strings.Compare(a.ID, b.ID) })
	var err error
	for part := range slices.Chunk(list, usesAtOnce) {
		if err = u.write(ctx, part); err != nil {
			break
		}
	}
	if err == nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, use := range batch {
		if have, there := u.waiting[id]; !there || have.At.Before(use.At) {
			u.waiting[id] = use
		}
	}
	return fmt.Errorf("note last uses: %w", err)
}
