package oauth

import (
	"testing"
	"time"
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
