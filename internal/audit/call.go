package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/model"
)

// Call is one call of a tool by a person through a client, or by a private app. It holds no argument and no data.
type Call struct {
	ID     string // changes made by the call name it: Entry.Call
	Tenant string
	At     time.Time

	Person, PersonName string
	Client, ClientName string
	Authorization      string
	App, AppName       string // private app
	Token              string // name of the private app's token

	Surface  access.Surface
	Tool     string
	Model    string // "" where the call reached none
	Record   string // for calls about one record
	Rows     int
	Bytes    int
	Duration time.Duration // stored to the microsecond
	Outcome  string        // "ok", or a kind of fault
	Agent    string
	IP       string
}

// CallOf starts the log line of a principal's call.
func CallOf(p access.Principal, at time.Time) Call {
	return Call{
		ID: p.Call, Tenant: p.Tenant, At: at, Person: p.Person, PersonName: p.PersonName,
		Client: p.Client, ClientName: p.ClientName, Authorization: p.Authorization,
		App: p.PrivateApp, AppName: p.PrivateAppName, Token: p.Token, Surface: p.Surface,
	}
}

// CallQuery selects calls of a tenant, newest first. Empty fields match all.
type CallQuery struct {
	Tenant        string
	Client        string
	App           string
	Person        string
	Authorization string // one connection
	Outcome       string // "ok", or "failed" for everything else
	Before        string // id of the last call of the page before
	Limit         int    // 1 to 500
}

// CallStore keeps the call log.
type CallStore interface {
	// AppendCalls adds all of them or none. One that is there already, by its id, is left as it is.
	AppendCalls(ctx context.Context, calls []Call) error
	Calls(ctx context.Context, q CallQuery) ([]Call, error)
	// DeleteCalls removes those of every tenant that were made before.
	DeleteCalls(ctx context.Context, before time.Time) error
}

const (
	callsWaiting = 10_000
	callsKept    = 90 * 24 * time.Hour
)

// Calls collects the call log, so that no call waits for a write: lines are written in batches within a second. When more wait
// than fit, because the database does not answer, further ones are counted and reported instead. Every field is required; safe for
// concurrent use.
type Calls struct {
	Store CallStore
	Now   func() time.Time
	Log   *slog.Logger

	mu      sync.Mutex
	waiting []Call
	lost    int
}

// Add takes a line for the log. Part of it is what a stranger sent: only what every database can store is kept of it, since one line
// that cannot be written would hold up all those behind it.
func (c *Calls) Add(call Call) {
	for _, text := range []*string{&call.Tool, &call.Model, &call.Record, &call.Outcome, &call.Agent, &call.IP} {
		*text = model.PlainName(*text)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = append(c.waiting, call)
	c.trim()
}

// trim counts as lost what is more than may wait, the newest first: lines keep the order of their calls without a gap in it.
func (c *Calls) trim() {
	if over := len(c.waiting) - callsWaiting; over > 0 {
		c.waiting, c.lost = c.waiting[:callsWaiting], c.lost+over
	}
}

// Flush writes what waits. What cannot be written is kept for the next time.
func (c *Calls) Flush(ctx context.Context) error {
	c.mu.Lock()
	batch, lost := c.waiting, c.lost
	c.waiting, c.lost = nil, 0
	c.mu.Unlock()
	if lost > 0 {
		c.Log.ErrorContext(ctx, "calls are missing from the call log: more came than could be written", "calls", lost)
	}
	if len(batch) == 0 {
		return nil
	}
	err := c.Store.AppendCalls(ctx, batch)
	if err == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = append(batch, c.waiting...)
	c.trim()
	return fmt.Errorf("write the call log: %w", err)
}

// List gives calls with what was added up to now.
func (c *Calls) List(ctx context.Context, q CallQuery) ([]Call, error) {
	if err := c.Flush(ctx); err != nil {
		return nil, err
	}
	q.Limit = min(max(q.Limit, 1), 500)
	out, err := c.Store.Calls(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read the call log: %w", err)
	}
	return out, nil
}

// Sweep removes lines older than 90 days.
func (c *Calls) Sweep(ctx context.Context) error {
	if err := c.Store.DeleteCalls(ctx, c.Now().Add(-callsKept)); err != nil {
		return fmt.Errorf("sweep the call log: %w", err)
	}
	return nil
}

// Run sweeps now and each hour, and writes each second, until ctx ends; the last Flush is the caller's. The server runs it in one goroutine.
func (c *Calls) Run(ctx context.Context) {
	flush, sweep := time.NewTicker(time.Second), time.NewTicker(time.Hour)
	defer flush.Stop()
	defer sweep.Stop()
	for err := c.Sweep(ctx); ; {
		if err != nil && !errors.Is(err, context.Canceled) {
			c.Log.WarnContext(ctx, "background work of the call log", "err", err)
		}
		select {
		case <-flush.C:
			err = c.Flush(ctx)
		case <-sweep.C:
			err = c.Sweep(ctx)
		case <-ctx.Done():
			return
		}
	}
}
