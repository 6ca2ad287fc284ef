package identity

import (
	"net/netip"
	"sync"
	"time"
)

// ThrottleRule says how many failures are free and how the wait grows after them: First, then doubled each time up to Longest.
type ThrottleRule struct {
	Free    int
	First   time.Duration
	Longest time.Duration
	Forget  time.Duration // a key without attempts for this long starts anew; 0: one hour
}

// throttleKeys bounds the memory of one Throttle, and of one Pace.
const throttleKeys = 50_000

// Throttle slows down guessing. It lives in memory: a second copy of the server counts for itself. Safe for concurrent use.
type Throttle struct {
	now  func() time.Time
	rule ThrottleRule
	mu   sync.Mutex
	keys map[string]*attempts
}

type attempts struct {
	failed int
	last   time.Time
	until  time.Time
}

// NewThrottle makes one.
func NewThrottle(now func() time.Time, rule ThrottleRule) *Throttle {
	rule.Forget = or(rule.Forget, time.Hour)
	return &Throttle{now: now, rule: rule, keys: map[string]*attempts{}}
}

// Take counts an attempt as failed before it is made, so that a burst counts in full; a wait above 0 says that it must not be made.
func (t *Throttle) Take(key string) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	a := t.keys[key]
	if a == nil || now.Sub(a.last) >= t.rule.Forget && !now.Before(a.until) {
		if a == nil {
			makeRoom(t.keys, func(a *attempts) bool { return now.Sub(a.last) >= t.rule.Forget && !now.Before(a.until) })
		}
		a = &attempts{}
		t.keys[key] = a
	}
	if now.Before(a.until) {
		return a.until.Sub(now)
	}
	a.failed++
	a.last = now
	if over := a.failed - t.rule.Free; over >= 0 {
		pause := t.rule.Longest
		if over < 30 {
			pause = min(pause, t.rule.First<<over)
		}
		a.until = now.Add(pause)
	}
	return 0
}

// Wait gives how long the key must wait, 0 for not at all, and counts nothing.
func (t *Throttle) Wait(key string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.keys[key]; a != nil {
		return max(0, a.until.Sub(t.now()))
	}
	return 0
}

// Succeed forgets what was counted for the key.
func (t *Throttle) Succeed(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.keys, key)
}

// Undo takes back one attempt that turned out not to be a guess.
func (t *Throttle) Undo(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.keys[key]; a != nil && a.failed > 0 {
		if a.failed--; a.failed < t.rule.Free {
			a.until = time.Time{}
		}
	}
}

// Size gives how many keys are remembered.
func (t *Throttle) Size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.keys)
}

// makeRoom keeps a full memory from growing: it drops what may be forgotten and, where that is not enough, whatever comes first, until a
// tenth is free.
func makeRoom[V any](keys map[string]V, forgotten func(V) bool) {
	if len(keys) < throttleKeys {
		return
	}
	for key, v := range keys {
		if forgotten(v) {
			delete(keys, key)
		}
	}
	for key := range keys {
		if len(keys) < throttleKeys*9/10 {
			return
		}
		delete(keys, key)
	}
}

// IPPrefix gives what addresses are counted by: an IPv4 address, or the first 64 bits of an IPv6 one.
func IPPrefix(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return "?"
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	p, err := addr.Prefix(64)
	if err != nil {
		return "?"
	}
	return p.String()
}
