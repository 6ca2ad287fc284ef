package identity

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"mandorla/internal/access"
	"mandorla/internal/fault"
)

// Pace limits how often each caller calls: one person through one client, however many connections and tokens they have there, or one
// private app. It lives in memory like a Throttle, and what it forgets is what has not called for a while. Safe for concurrent use.
type Pace struct {
	now   func() time.Time
	calls int
	mu    sync.Mutex
	keys  map[string]*paced
}

type paced struct {
	bucket *rate.Limiter
	noted  time.Time
}

const (
	paceSpan  = 10 * time.Second
	paceNotes = time.Minute // one refusal of a caller in this time is worth a line in a log
)

// NewPace makes one that lets each caller make so many calls in ten seconds, all of them at once if it likes; 0 or less: no limit.
func NewPace(now func() time.Time, calls int) *Pace {
	return &Pace{now: now, calls: calls, keys: map[string]*paced{}}
}

// Take takes one call. The error is fault.RateLimited, for RetryAfter, and the call must not be made; note says that a log should hear
// of it. A nil Pace has no limit.
func (p *Pace) Take(who access.Principal) (note bool, err error) {
	if p == nil || p.calls <= 0 {
		return false, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now, c := p.now(), p.of(who)
	turn := c.bucket.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait == 0 {
		return false, nil
	}
	turn.CancelAt(now)
	if note = now.Sub(c.noted) >= paceNotes; note {
		c.noted = now
	}
	return note, fault.Wrap(fault.RateLimited, &RetryError{After: wait}, "Too many calls: %d in ten seconds are the limit. Try again in %s.", p.calls, humanWait(wait))
}

func (p *Pace) of(who access.Principal) *paced {
	key := who.Tenant + " " + who.Person + " " + who.Client + who.PrivateApp
	c := p.keys[key]
	if c == nil {
		makeRoom(p.keys, func(c *paced) bool { return c.bucket.TokensAt(p.now()) >= float64(p.calls) })
		c = &paced{bucket: rate.NewLimiter(rate.Limit(float64(p.calls)/paceSpan.Seconds()), p.calls)}
		p.keys[key] = c
	}
	return c
}

// Size gives how many callers are remembered.
func (p *Pace) Size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.keys)
}

// RetrySeconds is the value of a Retry-After header (RFC 9110 section 10.2.3).
func RetrySeconds(wait time.Duration) string {
	return fmt.Sprint(max(1, int((wait+time.Second-1)/time.Second)))
}
