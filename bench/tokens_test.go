package bench

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
)

// tokenSizes are the numbers of living tokens that are compared; MANDORLA_BENCH_TOKENS="1000 200000" replaces them. PostgreSQL, to which each
// row goes one by one, is filled with a tenth of the larger number.
func tokenSizes(b *testing.B, engine string) []int {
	b.Helper()
	sizes := []int{1_000, 1_000_000}
	if s := os.Getenv("MANDORLA_BENCH_TOKENS"); s != "" {
		sizes = nil
		for _, f := range strings.Fields(s) {
			n, err := strconv.Atoi(f)
			if err != nil {
				b.Fatal(err)
			}
			sizes = append(sizes, n)
		}
	}
	if last := len(sizes) - 1; engine == "postgres" && sizes[last] > 100_000 {
		sizes[last] /= 10
	}
	return sizes
}

// tokenWorld is a tenant of owners people, each with an account and roles, who hold so many living tokens through a few clients.
type tokenWorld struct {
	*world
	tokens int
	warm   bool
	age    time.Duration // how long ago all of them would have been made
}

const tokenClients = 8

var tokenWorlds = map[string]*tokenWorld{}

// loadTokens gives the world with so many living tokens: half of them access tokens, each with its refresh token and authorization.
func loadTokens(b *testing.B, engine string, tokens int) *tokenWorld {
	b.Helper()
	mu.Lock()
	defer mu.Unlock()
	key := fmt.Sprintf("%s/%d", engine, tokens)
	if w, ok := tokenWorlds[key]; ok {
		return w
	}
	w := &tokenWorld{world: openWorld(b, engine, origin), tokens: tokens}
	if err := errors.Join(w.fill(context.Background(), 0), w.fillTokens(context.Background(), b)); err != nil {
		b.Fatal(err)
	}
	tokenWorlds[key] = w
	return w
}

// access gives the n-th access token, which names its family.
func (w *tokenWorld) access(n int) string { return "at_" + family(n) + secretText("access", n) }

// refresh gives the n-th refresh token.
func (w *tokenWorld) refresh(n int) string {
	return "rt_" + secretText("family", n) + secretText("refresh", n)
}

func family(n int) string { return stored("rt_" + secretText("family", n)) }

func secretText(of string, n int) string { return stored(fmt.Sprint("bench ", of, n)) }

// stored is the form in which the authorization server stores a secret.
func stored(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (w *tokenWorld) fillTokens(ctx context.Context, b *testing.B) error {
	like, err := w.authorizations(ctx, b)
	if err != nil {
		return err
	}
	accounts, err := w.members(ctx)
	if err != nil {
		return err
	}
	const batch = 10_000
	now := time.Now().Add(-w.age).UTC().Truncate(time.Millisecond)
	for from := 0; from < w.tokens/2; from += batch {
		err := w.app.Store.InTx(ctx, func(ctx context.Context) error {
			for i := from; i < min(from+batch, w.tokens/2); i++ {
				a := like[i%len(like)]
				who := (i / len(like)) % len(accounts)
				a.ID, a.Person, a.Account, a.AccountEpoch = w.app.NewID(), w.people[who], accounts[who].ID, accounts[who].Epoch
				a.Family, a.ConnectedAt = family(i), now
				a.CreatedAt, a.IdleUntil, a.ExpiresAt = now, now.Add(w.lives(90*24*time.Hour)), now.Add(w.lives(365*24*time.Hour))
				if err := w.connect(ctx, a, i, now); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// lives is a lifetime, short where all of it shall be over by now.
func (w *tokenWorld) lives(d time.Duration) time.Duration {
	if w.age > 0 {
		return 8 * time.Hour
	}
	return d
}

// connect stores the n-th authorization with its two tokens.
func (w *tokenWorld) connect(ctx context.Context, a oauth.AuthorizationRecord, n int, now time.Time) error {
	return w.app.Store.InsertAuthorization(ctx, a, oauth.Tokens{
		Access:  []oauth.AccessToken{{Hash: stored(w.access(n)), Scope: a.Scope, CreatedAt: now, ExpiresAt: now.Add(8 * time.Hour)}},
		Refresh: stored(w.refresh(n)),
	})
}

// authorizations makes the clients, authorizes each once, and gives those authorizations as patterns.
func (w *tokenWorld) authorizations(ctx context.Context, b *testing.B) ([]oauth.AuthorizationRecord, error) {
	for range tokenClients {
		w.token(b)
	}
	return w.app.Store.Authorizations(ctx, oauth.Which{Tenant: w.tenant})
}

// members gives everybody an account and the role of a CSM, and every tenth person the administrator's as well.
func (w *tokenWorld) members(ctx context.Context) (out []identity.Account, err error) {
	roles, err := w.app.Identity.Roles(ctx, w.tenant)
	if err != nil {
		return nil, err
	}
	role := func(name string) string {
		return roles[slices.IndexFunc(roles, func(r access.Role) bool { return r.Name == name })].ID
	}
	err = w.app.Store.InTx(ctx, func(ctx context.Context) error {
		out = nil
		for i, person := range w.people {
			a := identity.Account{ID: w.app.NewID(), Email: fmt.Sprintf("t%d@bench.example", i), Epoch: 1, CreatedAt: time.Now()}
			if i < 2 { // these have one
				m, err := w.app.Identity.Member(ctx, w.tenant, person)
				if err != nil {
					return err
				}
				out = append(out, m.Account)
				continue
			}
			if err := w.app.Store.InsertAccount(ctx, a, "no password"); err != nil {
				return err
			}
			if err := w.app.Store.InsertMember(ctx, w.tenant, person, a.ID, time.Now()); err != nil {
				return err
			}
			has := []string{role("CSM")}
			if i%10 == 0 {
				has = append(has, role("Administrator"))
			}
			if err := w.app.Store.SetMemberRoles(ctx, w.tenant, person, has); err != nil {
				return err
			}
			out = append(out, a)
		}
		return nil
	})
	return out, err
}

// warm checks so many tokens that the database is in memory as far as it ever will be.
func warm(b *testing.B, of []*tokenWorld) {
	b.Helper()
	for _, w := range of {
		if w.warm {
			continue
		}
		w.warm = true
		for n := range min(w.tokens, 100_000) {
			if _, err := w.app.OAuth.Authenticate(context.Background(), w.access(rand.IntN(w.tokens/2)), oauth.MCP, access.SurfaceMCP); err != nil {
				b.Fatal(err)
			}
			if n%4000 == 3999 {
				if err := w.app.OAuth.Flush(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}

// BenchmarkTokenCheck is the whole check of a bearer token, any of the living ones at random: token, authorization, client, person, roles,
// registry version. The sizes take turns, so that whatever else the machine does falls on both.
func BenchmarkTokenCheck(b *testing.B) {
	root = b
	for _, engine := range engines {
		b.Run(engine, func(b *testing.B) {
			var of []*tokenWorld
			for _, n := range tokenSizes(b, engine) {
				of = append(of, loadTokens(b, engine, n))
			}
			warm(b, of)
			took := make([][]time.Duration, len(of))
			b.ReportAllocs()
			b.ResetTimer()
			for n := range b.N {
				for i, w := range of {
					token := w.access(rand.IntN(w.tokens / 2))
					start := time.Now()
					_, err := w.app.OAuth.Authenticate(context.Background(), token, oauth.MCP, access.SurfaceMCP)
					took[i] = append(took[i], time.Since(start))
					if err != nil {
						b.Fatal(err)
					}
				}
				if n%4000 == 3999 { // the server does that every five seconds
					b.StopTimer()
					for _, w := range of {
						if err := w.app.OAuth.Flush(context.Background()); err != nil {
							b.Fatal(err)
						}
					}
					b.StartTimer()
				}
			}
			b.StopTimer()
			var p50 []float64
			for i, w := range of {
				slices.Sort(took[i])
				p50 = append(p50, float64(took[i][len(took[i])/2].Nanoseconds()))
				b.ReportMetric(p50[i], fmt.Sprintf("ns-p50-of-%d", w.tokens))
				b.ReportMetric(float64(took[i][len(took[i])*99/100].Nanoseconds()), fmt.Sprintf("ns-p99-of-%d", w.tokens))
			}
			b.ReportMetric(p50[len(p50)-1]/p50[0], "ratio")
		})
	}
}
