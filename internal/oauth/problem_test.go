package oauth_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"mandorla/internal/oauth"
)

// countedNotes counts the writes of problems.
type countedNotes struct {
	oauth.Store
	notes int
}

func (c *countedNotes) NoteProblem(ctx context.Context, client string, p oauth.Problem) error {
	c.notes++
	return c.Store.NoteProblem(ctx, client, p)
}

// A flood of bad requests is written now and then, whether they are all alike or each another.
func TestProblemsAreNotAFlood(t *testing.T) {
	st := openStore(t, "sqlite")
	counted := &countedNotes{Store: st}
	w := newWorld(t, st, func(o *oauth.Options) { o.Store = counted })
	ask := func(i int) {
		w.clock.Add(10 * time.Millisecond)
		_, _ = w.as.BeginAuthorize(w.Context(), oauth.AuthorizeRequest{RawQuery: w.query(w.c1, fmt.Sprintf("redirect_uri=https://evil.test/%d", i)), IP: fmt.Sprintf("10.%d.0.1", i)})
	}
	for range 100 {
		ask(0)
	}
	if counted.notes != 1 {
		t.Errorf("the same problem was written %d times in a second", counted.notes)
	}
	for i := range 200 {
		ask(i + 1)
	}
	if counted.notes != 20 {
		t.Errorf("problems were written %d times in three seconds, want 20", counted.notes)
	}
	w.clock.Add(10 * time.Second)
	ask(7)
	c, err := w.as.Client(t.Context(), w.tenant["T1"], w.c1.ID)
	if err != nil || c.Problem.Detail != "https://evil.test/7" {
		t.Errorf("the last problem is %+v, %v", c.Problem, err)
	}
}
