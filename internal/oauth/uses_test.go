package oauth

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mandorla/internal/identity"
)

// TestSweepFitsItsTime: on a machine on which a row takes this long, parts of a sweep soon take what they should, and never stop.
func TestSweepFitsItsTime(t *testing.T) {
	for _, row := range []time.Duration{0, 10 * time.Microsecond, 100 * time.Microsecond, time.Millisecond, time.Second} {
		limit := sweepFirst
		for range 40 {
			limit = sweepNext(limit, time.Duration(limit)*row)
		}
		took := time.Duration(limit) * row
		if limit < sweepLeast || limit > sweepMost || took > 2*sweepTime && limit > sweepLeast || took < sweepTime/4 && limit < sweepMost {
			t.Errorf("%s a row: %d rows take %s", row, limit, took)
		}
	}
}

// background is a store that notes when it is flushed and swept.
type background struct {
	Store
	flushed, swept []time.Time
	limits         []int
	parts          int // of a sweep
	took           func(limit int)
	err            error
}

func (b *background) NoteSign(context.Context, Sign) error {
	b.flushed = append(b.flushed, time.Now())
	return b.err
}

func (b *background) DeleteStale(_ context.Context, before Stale, limit int) (bool, error) {
	b.swept, b.limits = append(b.swept, before.Pending.Add(pendingLifetime)), append(b.limits, limit)
	if b.took != nil {
		b.took(limit)
	}
	return len(b.swept)%b.parts > 0, b.err
}

func (b *background) service(now func() time.Time) (*Service, *bytes.Buffer) {
	log := &bytes.Buffer{}
	return &Service{Options: Options{Store: b, Now: now, Log: slog.New(slog.NewTextHandler(log, nil))}, uses: identity.NewUses(nil)}, log
}

// TestRun: what waits is written every five seconds and once more at the end, what is over is removed every ten minutes, and a failure is
// logged and tried again.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &background{parts: 1}
		s, log := b.service(time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		begun, over := time.Now(), make(chan bool)
		go func() {
			s.Run(ctx)
			close(over)
		}()
		s.noteSign(SignMetadata, "x")
		<-time.After(5*time.Second + 1)
		if len(b.flushed) != 1 || b.flushed[0].Sub(begun) != 5*time.Second {
			t.Errorf("flushed at %v", b.flushed)
		}
		<-time.After(10 * time.Minute)
		if len(b.swept) != 1 || b.swept[0].Sub(begun) != 10*time.Minute || len(b.flushed) != 1 || log.Len() > 0 {
			t.Errorf("swept at %v, flushed at %v: %s", b.swept, b.flushed, log)
		}
		b.err = errors.New("no disk")
		s.noteSign(SignMetadata, "y")
		<-time.After(10 * time.Minute)
		if len(b.swept) != 2 || len(b.flushed) != 121 || strings.Count(log.String(), "no disk") != 121 {
			t.Errorf("swept %d times, flushed %d times: %s", len(b.swept), len(b.flushed), log)
		}
		b.err = nil
		cancel()
		<-over
		if len(b.flushed) != 122 {
			t.Errorf("flushed %d times", len(b.flushed))
		}
	})
}

// TestCleanInParts: a sweep goes on until nothing is left, waits as long as it took, and stops when it is told to.
func TestCleanInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		b := &background{parts: 4}
		s, _ := b.service(func() time.Time { return now })
		ctx, cancel := context.WithCancel(t.Context())
		b.took = func(limit int) { now = now.Add(time.Duration(limit) * time.Millisecond) }
		begun := time.Now()
		if err := s.Clean(ctx); err != nil || len(b.limits) != 4 || b.limits[0] != sweepFirst || b.limits[3] != sweepLeast {
			t.Errorf("parts %v, %v", b.limits, err)
		}
		if waited := time.Since(begun); waited != 100*time.Millisecond {
			t.Errorf("waited %v", waited)
		}
		b.limits, b.took = nil, func(int) {
			now = now.Add(time.Hour)
			cancel()
		}
		if err := s.Clean(ctx); !errors.Is(err, context.Canceled) || len(b.limits) != 1 {
			t.Errorf("parts %v, %v", b.limits, err)
		}
	})
}
