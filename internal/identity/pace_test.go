package identity_test

import (
	"fmt"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/testkit/clock"
)

func TestPace(t *testing.T) {
	c := clock.At(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	p := identity.NewPace(c.Now, 20)
	carly := access.Principal{Tenant: "t", Person: "carly", Client: "claude", Authorization: "a1"}
	takes := func(who access.Principal, n int) (taken int) {
		for range n {
			if _, err := p.Take(who); err == nil {
				taken++
			}
		}
		return taken
	}
	if n := takes(carly, 50); n != 20 {
		t.Errorf("%d of 50 calls at once were taken", n)
	}
	again, other, elsewhere, program := carly, carly, carly, access.Principal{Tenant: "t", PrivateApp: "claude"}
	again.Authorization, other.Person, elsewhere.Client = "a2", "marcus", "chatgpt"
	if n := takes(again, 1); n != 0 {
		t.Error("a second connection of the same person through the same app has calls of its own")
	}
	for _, who := range []access.Principal{other, elsewhere, program} {
		if n := takes(who, 50); n != 20 {
			t.Errorf("%d of 50 calls of %+v were taken", n, who)
		}
	}

	note, err := p.Take(carly)
	if wait := identity.RetryAfter(err); !fault.Is(err, fault.RateLimited) || wait != 500*time.Millisecond || identity.RetrySeconds(wait) != "1" || note {
		t.Errorf("refused with %v, wait %s, noted again %v", err, wait, note)
	}
	c.Add(500 * time.Millisecond)
	if n := takes(carly, 50); n != 1 {
		t.Errorf("half a second later %d calls are taken", n)
	}
	c.Add(time.Minute)
	if n := takes(carly, 20); n != 20 {
		t.Errorf("a minute later %d calls are taken", n)
	}
	if note, err := p.Take(carly); err == nil || !note {
		t.Errorf("the first refusal of the next minute is not noted: %v", err)
	}
}

// No limit is none, and memory does not grow with those who call.
func TestPaceIsBounded(t *testing.T) {
	c := clock.At(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	for _, p := range []*identity.Pace{nil, identity.NewPace(c.Now, 0)} {
		for range 1000 {
			if _, err := p.Take(access.Principal{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	p := identity.NewPace(c.Now, 2)
	for i := range 120_000 {
		if _, err := p.Take(access.Principal{Tenant: "t", Person: fmt.Sprint(i), Client: "c"}); err != nil {
			t.Fatal(err)
		}
	}
	if p.Size() > 50_000 {
		t.Errorf("%d callers are remembered", p.Size())
	}
}
