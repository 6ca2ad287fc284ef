// Package clock is the time of a test: it moves only when the test says so. Only tests may import it.
package clock

import (
	"sync"
	"time"
)

// Clock is such a time. Safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	t  time.Time
}

// At makes a clock that stands at t.
func At(t time.Time) *Clock { return &Clock{t: t} }

// Now gives the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

// Add moves the time.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}
