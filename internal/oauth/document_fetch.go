package oauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"mandorla/internal/identity"
)

// Doer sends a request to an address that a stranger gave. The one of package outbound connects to public addresses only, uses no proxy,
// follows no redirect, inflates nothing and gives up after five seconds.
type Doer interface {
	Do(r *http.Request) (*http.Response, error)
}

// Limits of fetching metadata documents.
const (
	maxDocument   = 5 << 10
	fetchTime     = 5 * time.Second
	freshAtLeast  = 5 * time.Minute
	freshAtMost   = 24 * time.Hour
	failedFor     = time.Minute // a document that could not be read is not asked for again so soon
	againAfter    = time.Minute // one without the redirect URL that is wanted is: it may have just been added
	documentsKept = 500         // in memory, and as many of the generation before
)

// errDocument is all that a person is told; the cause goes to the log.
var errDocument = errors.New("the document could not be read")

// tooMany says that documents were asked for too often; wait before the next.
type tooMany struct{ wait time.Duration }

// Error says how long to wait.
func (e *tooMany) Error() string { return "too many documents; wait " + e.wait.String() }

// Unwrap is for identity.RetryAfter.
func (e *tooMany) Unwrap() error { return &identity.RetryError{After: e.wait} }

// documents fetches metadata documents: one fetch at a time for each, kept for as long as their headers say. A second copy of the server
// keeps its own. Safe for concurrent use.
type documents struct {
	client Doer
	now    func() time.Time
	rules  []fetchRule

	mu      sync.Mutex
	fresh   map[string]kept
	old     map[string]kept // the generation before
	flights map[string]*flight
}

type kept struct {
	app   App
	err   error
	asked time.Time // the last fetch
	until time.Time
}

// lacks tells whether another fetch may give a document that has the redirect URL.
func (k kept) lacks(redirect string, now time.Time) bool {
	return k.err == nil && wantsAgain(k.app.RedirectURIs, redirect, k.asked, now)
}

func wantsAgain(has []string, redirect string, asked, now time.Time) bool {
	return !matchRedirect(has, redirect) && !now.Before(asked.Add(againAfter))
}

type flight struct {
	done chan struct{}
	kept
}

type fetchRule struct {
	throttle *identity.Throttle
	key      func(host, account, prefix string) string
}

func newDocuments(client Doer, now func() time.Time) *documents {
	rule := func(free int, longest time.Duration, key func(host, account, prefix string) string) fetchRule {
		return fetchRule{identity.NewThrottle(now, identity.ThrottleRule{Free: free, First: time.Second, Longest: longest, Forget: longest}), key}
	}
	return &documents{
		client: client, now: now, fresh: map[string]kept{}, flights: map[string]*flight{},
		rules: []fetchRule{
			rule(20, 10*time.Minute, func(_, account, _ string) string { return account }),
			rule(40, 10*time.Minute, func(_, _, prefix string) string { return prefix }),
			rule(10, time.Minute, func(host, _, _ string) string { return host }),
			rule(100, 10*time.Second, func(string, string, string) string { return "all" }),
		},
	}
}

// get gives the document at id for a signed-in person. One that lacks the redirect URL is fetched again, and given where nothing newer can be
// had. The error is errDocument, with its cause, or *tooMany.
func (d *documents) get(ctx context.Context, id, redirect, account, ip string) (App, error) {
	d.mu.Lock()
	k, ok := d.look(id)
	if ok && !k.lacks(redirect, d.now()) {
		d.mu.Unlock()
		return k.app, k.err
	}
	f, waiting := d.flights[id]
	if !waiting {
		if wait := d.wait(hostOf(id), account, identity.IPPrefix(ip)); wait > 0 {
			d.mu.Unlock()
			if ok {
				return k.app, nil
			}
			return App{}, &tooMany{wait}
		}
		f = &flight{done: make(chan struct{})}
		d.flights[id] = f
		go d.fly(context.WithoutCancel(ctx), id, f, k, ok)
	}
	d.mu.Unlock()
	select {
	case <-f.done:
		return f.app, f.err
	case <-ctx.Done():
		return App{}, ctx.Err()
	}
}

// wait asks every limit, and counts the fetch only where all agree.
func (d *documents) wait(host, account, prefix string) (longest time.Duration) {
	for _, r := range d.rules {
		longest = max(longest, r.throttle.Wait(r.key(host, account, prefix)))
	}
	if longest > 0 {
		return longest
	}
	for _, r := range d.rules {
		r.throttle.Take(r.key(host, account, prefix))
	}
	return 0
}

func (d *documents) look(id string) (kept, bool) {
	k, ok := d.fresh[id]
	if !ok {
		k, ok = d.old[id]
	}
	return k, ok && d.now().Before(k.until)
}

// fly fetches for all who wait, and ends in any case. What it finds replaces a document that is fresh only where it can be read.
func (d *documents) fly(ctx context.Context, id string, f *flight, before kept, fresh bool) {
	f.err = errDocument // whatever happens below
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(d.fresh) >= documentsKept {
			d.old, d.fresh = d.fresh, map[string]kept{}
		}
		d.fresh[id] = f.kept
		delete(d.flights, id)
		close(f.done)
	}()
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	app, life, err := d.fetch(ctx, id)
	now := d.now()
	if err != nil && fresh {
		f.kept = kept{app: before.app, asked: now, until: before.until}
		return
	}
	if err != nil {
		f.kept = kept{err: fmt.Errorf("%w: %w", errDocument, err), until: now.Add(failedFor)}
		return
	}
	app.ReadAt, app.FreshUntil = now, now.Add(life)
	f.kept = kept{app: app, asked: now, until: app.FreshUntil}
}

func (d *documents) fetch(ctx context.Context, id string) (App, time.Duration, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, id, nil)
	if err != nil {
		return App{}, 0, err
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "mandorla")
	res, err := d.client.Do(r)
	if err != nil {
		return App{}, 0, err
	}
	defer res.Body.Close()
	if err := acceptable(res); err != nil {
		return App{}, 0, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxDocument+1))
	if err != nil {
		return App{}, 0, err
	}
	if len(body) > maxDocument {
		return App{}, 0, fmt.Errorf("it is larger than %d bytes", maxDocument)
	}
	app, err := parseDocument(id, body)
	return app, life(res.Header, d.now()), err
}

func acceptable(res *http.Response) error {
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	isJSON := media == "application/json" || strings.HasPrefix(media, "application/") && strings.HasSuffix(media, "+json")
	switch encoding := res.Header.Get("Content-Encoding"); {
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("status %d", res.StatusCode)
	case err != nil || !isJSON:
		return errors.New("it is not application/json")
	case encoding != "" && !strings.EqualFold(encoding, "identity"):
		return errors.New("it is compressed")
	case res.ContentLength > maxDocument:
		return fmt.Errorf("it is larger than %d bytes", maxDocument)
	}
	return nil
}

// life is how long the answer may be kept (RFC 9111), never less than five minutes nor more than a day.
func life(h http.Header, now time.Time) time.Duration {
	expires, _ := http.ParseTime(h.Get("Expires")) // long ago where it cannot be read
	out := expires.Sub(now)
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "max-age":
			if n, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
				out = time.Duration(n) * time.Second
			}
		case "no-store", "no-cache":
			return freshAtLeast
		}
	}
	return min(max(out, freshAtLeast), freshAtMost)
}
