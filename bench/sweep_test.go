package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
)

// deadTokens is how many tokens the sweep finds; MANDORLA_BENCH_DEAD replaces it.
func deadTokens(b *testing.B) int {
	b.Helper()
	if s := os.Getenv("MANDORLA_BENCH_DEAD"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return 1_000_000
}

// waits are how long requests took.
type waits []time.Duration

func (w *waits) time(b *testing.B, fn func() error) {
	b.Helper()
	start := time.Now()
	if err := fn(); err != nil {
		b.Fatal(err)
	}
	*w = append(*w, time.Since(start))
}

func (w waits) report(b *testing.B, name string) {
	if len(w) == 0 {
		return
	}
	slices.Sort(w)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(w[len(w)/2]), "ms-p50-"+name)
	b.ReportMetric(ms(w[len(w)*99/100]), "ms-p99-"+name)
	b.ReportMetric(ms(w[len(w)-1]), "ms-max-"+name)
}

// traffic asks as a client does: it checks its access token, and it refreshes, which writes.
type traffic struct {
	b      *testing.B
	w      *world
	token  http.Handler
	form   url.Values
	tokens testkit.Tokens

	check, refresh waits
}

func newTraffic(b *testing.B, w *world) *traffic {
	b.Helper()
	ctx := context.Background()
	client, secret, err := w.app.OAuth.CreateClient(ctx, w.manager, oauth.ClientInput{
		Name: "Traffic", Kind: oauth.Confidential, RedirectURIs: []string{testkit.Callback}, Set: access.Full(w.app.Schema.Base()),
	})
	if err != nil {
		b.Fatal(err)
	}
	t := &traffic{b: b, w: w, form: url.Values{"grant_type": {"refresh_token"}, "client_id": {client.ID}, "client_secret": {secret}}}
	for _, route := range w.app.OAuth.Routes() {
		if route.Path == oauth.PathToken {
			t.token = route.Handler
		}
	}
	if t.tokens, err = testkit.Authorize(ctx, w.app, origin, client.ID, secret, "p0@bench.example", "bench-password-1"); err != nil {
		b.Fatal(err)
	}
	return t
}

// report gives the waits since the last report.
func (t *traffic) report(suffix string) {
	t.check.report(t.b, "check"+suffix)
	t.refresh.report(t.b, "refresh"+suffix)
	t.check, t.refresh = nil, nil
}

// once makes both requests.
func (t *traffic) once() {
	t.check.time(t.b, func() error {
		_, err := t.w.app.OAuth.Authenticate(context.Background(), t.tokens.Access, oauth.MCP, access.SurfaceMCP)
		return err
	})
	t.form.Set("refresh_token", t.tokens.Refresh)
	r := httptest.NewRequest(http.MethodPost, origin+oauth.PathToken, strings.NewReader(t.form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	t.refresh.time(t.b, func() error {
		t.token.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK {
			return fmt.Errorf("refresh: %d %s", rec.Code, rec.Body)
		}
		return nil
	})
	if err := json.Unmarshal(rec.Body.Bytes(), &t.tokens); err != nil {
		t.b.Fatal(err)
	}
}

// BenchmarkSweep is what requests wait while the sweep removes dead tokens and their authorizations, and what as many of the same requests wait without it:
// the longest of so many is the disk's doing as well.
func BenchmarkSweep(b *testing.B) {
	root = b
	dead := deadTokens(b)
	w := &tokenWorld{world: openWorld(b, "sqlite", origin), tokens: dead, age: 30 * 24 * time.Hour}
	if err := errors.Join(w.fill(context.Background(), 0), w.fillTokens(context.Background(), b)); err != nil {
		b.Fatal(err)
	}
	t := newTraffic(b, w.world)
	b.ResetTimer()
	done := make(chan error, 1)
	start := time.Now()
	go func() { done <- w.app.OAuth.Clean(context.Background()) }()
	for swept := false; !swept; {
		select {
		case err := <-done:
			if err != nil {
				b.Fatal(err)
			}
			swept = true
		default:
			t.once()
		}
	}
	b.ReportMetric(time.Since(start).Seconds(), "s-sweep")
	b.ReportMetric(float64(dead), "dead-tokens")
	requests := len(t.refresh)
	b.ReportMetric(float64(requests), "requests")
	t.report("")
	for range requests {
		t.once()
	}
	t.report("-alone")
}
