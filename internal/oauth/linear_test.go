package oauth_test

import (
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
)

// The calls of a history.
const (
	callRedeem  = "redeem"  // a code
	callRefresh = "refresh" // a refresh token
	callRevoke  = "revoke"  // a refresh token
	callUse     = "use"     // an access token
)

type linearCall struct{ what, token string }

// linearState is what an authorization is, in one line: the refresh token that is current, the one it took the place of, or nothing any more.
type linearState struct {
	connected, ended bool
	current, before  string
}

// linearStep is the model of everything that happens to one authorization and its code. got is the refresh token of the answer, "yes" for an
// access token that works or a revocation, "" for a refusal. The clock stands still, so that a retry is never too late.
func linearStep(s linearState, call linearCall, got string) (bool, linearState) {
	switch {
	case call.what == callUse:
		return (got != "") == !s.ended, s
	case call.what == callRevoke:
		s.ended = true
		return got != "", s
	case call.what == callRedeem && !s.connected && !s.ended:
		s.connected, s.current = true, got
		return got != "", s
	case call.what == callRefresh && !s.ended && call.token == s.current:
		s.before, s.current = s.current, got
		return got != "" && got != s.before, s
	case call.what == callRefresh && !s.ended && call.token == s.before:
		return got == s.current, s
	}
	s.ended = true // a code twice, or a refresh token that nobody should have any more
	return got == "", s
}

var linearModel = porcupine.Model{
	Init: func() any { return linearState{} },
	Step: func(state, input, output any) (bool, any) {
		return linearStep(state.(linearState), input.(linearCall), output.(string))
	},
}

// recorder keeps the history of one authorization, and the tokens that anybody was given.
type recorder struct {
	w       *world
	tick    atomic.Int64
	mu      sync.Mutex
	history []porcupine.Operation
	refresh []string
	access  []string
}

func (r *recorder) call(worker int, what, token string) {
	begun := r.tick.Add(1)
	got := ""
	var a answer
	switch what {
	case callRedeem:
		a = r.w.exchange(r.w.c1, token)
	case callRefresh:
		a = r.w.refresh(r.w.c1, token)
	case callRevoke:
		a = r.w.post(oauth.PathRevoke, "client_id="+r.w.c1.ID, "token="+token)
	case callUse:
		if _, err := r.w.as.Authenticate(r.w.Context(), token, oauth.MCP, access.SurfaceMCP); err == nil {
			got = "yes"
		}
	}
	if what != callUse && a.Code == 200 {
		got = "yes"
		if what != callRevoke {
			got = a.str("refresh_token")
		}
	}
	ended := r.tick.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if a.ResponseRecorder != nil && a.Code != 200 && a.Code != 400 {
		r.w.Errorf("%s: %d %s", what, a.Code, a.Body)
	}
	if at := a.str("access_token"); at != "" {
		r.refresh, r.access = append(r.refresh, got), append(r.access, at)
	}
	r.history = append(r.history, porcupine.Operation{ClientId: worker, Input: linearCall{what, token}, Call: begun, Output: got, Return: ended})
}

// one gives a token that somebody has: mostly one of the last two, sometimes any.
func (r *recorder) one(rnd *rand.Rand, list *[]string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(*list)
	if n == 0 {
		return ""
	}
	if rnd.IntN(8) > 0 {
		return (*list)[n-1-rnd.IntN(min(2, n))]
	}
	return (*list)[rnd.IntN(n)]
}

// rounds is how many histories are recorded: few in make test, many in make prove.
func rounds(few, many int) int {
	if os.Getenv("MANDORLA_PROVE") != "" {
		return many
	}
	return few
}

// TestProveRedemptionIsLinear is the long form of TestRedemptionIsLinear; so is TestProveRotationIsLinear of the other.
func TestProveRedemptionIsLinear(t *testing.T) { linear(t, rounds(0, 300), redemptions) }

// TestProveRotationIsLinear records long histories.
func TestProveRotationIsLinear(t *testing.T) { linear(t, rounds(0, 300), rotations) }

// TestRedemptionIsLinear (row 54) records what many see who redeem one code at once and use what they got, and finds an order of it in which
// one of them had the code first and everybody after that ended the connection.
func TestRedemptionIsLinear(t *testing.T) { linear(t, 6, redemptions) }

// TestRotationIsLinear (row 96) does the same with refresh tokens: current ones, retries, replays of old ones, and revocations among them.
func TestRotationIsLinear(t *testing.T) { linear(t, 8, rotations) }

func redemptions(r *recorder, code string, rnd func(int) *rand.Rand) {
	together(6, func(worker int) {
		random := rnd(worker)
		for range 1 + random.IntN(2) {
			r.call(worker, callRedeem, code)
			if token := r.one(random, &r.access); token != "" {
				r.call(worker, callUse, token)
			}
		}
	})
}

func rotations(r *recorder, code string, rnd func(int) *rand.Rand) {
	r.call(0, callRedeem, code)
	together(5, func(worker int) {
		random := rnd(worker)
		for range 6 {
			switch n := random.IntN(40); {
			case n == 0:
				r.call(worker, callRevoke, r.one(random, &r.refresh))
			case n < 10:
				r.call(worker, callUse, r.one(random, &r.access))
			default:
				r.call(worker, callRefresh, r.one(random, &r.refresh))
			}
		}
	})
}

func linear(t *testing.T, rounds int, run func(*recorder, string, func(int) *rand.Rand)) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			if rounds == 0 {
				return // make prove runs it
			}
			w := newWorld(t, openStore(t, engine))
			refused, calls := 0, 0
			for round := range rounds {
				w.clock.Add(time.Minute)
				r := &recorder{w: w}
				w.token["A"] = ""
				run(r, w.code(w.c1), func(worker int) *rand.Rand { return rand.New(rand.NewPCG(uint64(round), uint64(worker))) })
				for _, op := range r.history {
					calls++
					if op.Output == "" {
						refused++
					}
				}
				if result := porcupine.CheckOperationsTimeout(linearModel, r.history, time.Minute); result != porcupine.Ok {
					for _, op := range r.history {
						t.Logf("%d–%d worker %d: %.14v → %.12q", op.Call, op.Return, op.ClientId, op.Input, op.Output)
					}
					t.Fatalf("round %d has no order in which it could have happened: %s", round, result)
				}
			}
			if refused == 0 || refused == calls {
				t.Errorf("%d of %d calls were refused: the rounds try only one side", refused, calls)
			}
		})
	}
}
