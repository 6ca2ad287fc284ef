package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/app"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
)

// How much a round of flows holds. The peer's memory adapter keeps some 1,000 entries and drops the oldest, so a round must not be long.
const (
	flowsARound  = 100
	flowsAtOnce  = 32
	roundsUnseen = 3 // at first, so that both have warmed up
)

// flowRounds is how often both take their turn; MANDORLA_BENCH_ROUNDS replaces it.
func flowRounds(b *testing.B) int {
	b.Helper()
	if s := os.Getenv("MANDORLA_BENCH_ROUNDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return 30
}

// authorizationServer is one that flows are counted of.
type authorizationServer struct {
	token string // address of the token endpoint
	codes func(n int) ([]code, error)
	http  *http.Client
}

// code is a fresh authorization code with what it takes to exchange it.
type code struct{ client, secret, code, redirect, verifier string }

// flow exchanges a code for tokens and then refreshes them.
func (s *authorizationServer) flow(c code) error {
	form := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {c.client}, "client_secret": {c.secret}, "code": {c.code},
		"redirect_uri": {c.redirect}, "code_verifier": {c.verifier},
	}
	refresh, err := s.post(form)
	if err != nil {
		return err
	}
	again, err := s.post(url.Values{
		"grant_type": {"refresh_token"}, "client_id": {c.client}, "client_secret": {c.secret}, "refresh_token": {refresh},
	})
	if err == nil && again == refresh {
		err = fmt.Errorf("the refresh token was not rotated")
	}
	return err
}

// post asks the token endpoint and gives the refresh token.
func (s *authorizationServer) post(form url.Values) (refresh string, err error) {
	res, err := s.http.PostForm(s.token, form)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	var t testkit.Tokens
	if err := json.Unmarshal(body, &t); res.StatusCode != http.StatusOK || err != nil || t.Access == "" || t.Refresh == "" {
		return "", fmt.Errorf("%s answers %d %.300s", s.token, res.StatusCode, body)
	}
	return t.Refresh, nil
}

// round gives how long flowsARound flows took, flowsAtOnce of them at once. Their codes are made before.
func (s *authorizationServer) round() (time.Duration, error) {
	codes, err := s.codes(flowsARound)
	if err != nil {
		return 0, fmt.Errorf("make codes: %w", err)
	}
	queue := make(chan code, len(codes))
	for _, c := range codes {
		queue <- c
	}
	close(queue)
	var group sync.WaitGroup
	errs := make([]error, flowsAtOnce)
	start := time.Now()
	for i := range errs {
		group.Go(func() {
			for c := range queue {
				if err := s.flow(c); err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	group.Wait()
	took := time.Since(start)
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return took, nil
}

func client() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: flowsAtOnce}, Timeout: 30 * time.Second}
}

// ours serves a world of its own on loopback, as `mandorla serve` does.
func ours(b *testing.B, engine string) *authorizationServer {
	b.Helper()
	l, err := app.Listen("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := "http://" + l.Addr().String()
	w := openWorld(b, engine, address)
	if err := w.fill(context.Background(), 0); err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.app.Serve(ctx, l) }()
	b.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	return &authorizationServer{token: address + oauth.PathToken, codes: w.codes(b, address), http: client()}
}

// codes gives the function that authorizes: several people through several clients in turn, as nobody keeps more than 20 connections through one.
func (w *world) codes(b *testing.B, address string) func(n int) ([]code, error) {
	b.Helper()
	ctx := context.Background()
	var visitors []oauth.Visitor
	for i := range 2 { // these have a password
		v, err := testkit.Visit(ctx, w.app, fmt.Sprintf("p%d@bench.example", i), "bench-password-1")
		if err != nil {
			b.Fatal(err)
		}
		visitors = append(visitors, v)
	}
	var clients []code
	for i := range 8 {
		c, secret, err := w.app.OAuth.CreateClient(ctx, w.manager, oauth.ClientInput{
			Name: fmt.Sprint("Bench ", i), Kind: oauth.Confidential, RedirectURIs: []string{testkit.Callback}, Set: access.Full(w.app.Schema.Base()),
		})
		if err != nil {
			b.Fatal(err)
		}
		clients = append(clients, code{client: c.ID, secret: secret, redirect: testkit.Callback, verifier: testkit.Verifier})
	}
	next := 0
	return func(n int) (out []code, err error) {
		for range n {
			v, c := visitors[next%len(visitors)], clients[next/len(visitors)%len(clients)]
			next++
			v.IP = fmt.Sprintf("10.%d.%d.1", next>>8&255, next&255) // else the authorization page slows down whoever asks this often
			if c.code, err = testkit.Code(ctx, w.app, address, c.client, v); err != nil {
				return nil, err
			}
			out = append(out, c)
		}
		return out, nil
	}
}

// peer starts the server to compare with, in memory or in a database of this name; nil where scripts/bench.sh has not installed it.
func peer(b *testing.B, file ...string) *authorizationServer {
	b.Helper()
	if _, err := os.Stat(filepath.Join("clients", "node_modules", "oidc-provider")); err != nil {
		return nil
	}
	cmd := exec.CommandContext(b.Context(), "node", append([]string{"--no-warnings", "peer.mjs"}, file...)...)
	cmd.Dir, cmd.Env, cmd.Stderr = "clients", append(os.Environ(), "NODE_ENV=production"), b.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close() // it ends by itself
		_ = cmd.Wait()
	})
	out := bufio.NewReader(pipe)
	line := func(into any) error {
		text, err := out.ReadString('\n')
		if err != nil {
			return fmt.Errorf("read from the peer: %w", err)
		}
		return json.Unmarshal([]byte(text), into)
	}
	var hello struct{ Token, Client, Secret, Redirect, Verifier string }
	if err := line(&hello); err != nil {
		b.Fatal(err)
	}
	return &authorizationServer{token: hello.Token, http: client(), codes: func(n int) (codes []code, err error) {
		var texts []string
		if _, err := fmt.Fprintln(in, n); err != nil {
			return nil, err
		}
		if err := line(&texts); err != nil {
			return nil, err
		}
		for _, text := range texts {
			codes = append(codes, code{hello.Client, hello.Secret, text, hello.Redirect, hello.Verifier})
		}
		return codes, nil
	}}
}

// BenchmarkFlows counts flows (code → tokens → refreshed tokens) a second over HTTP on loopback: ours, and node's oidc-provider twice: with all it keeps in
// memory, and on disk before it answers, as ours is. They take turns; the figures are medians of rounds.
func BenchmarkFlows(b *testing.B) {
	root = b
	servers, names := []*authorizationServer{ours(b, "sqlite")}, []string{"sqlite"}
	if p := peer(b); p != nil {
		servers, names = append(servers, p, peer(b, filepath.Join(b.TempDir(), "peer.db"))), append(names, "oidc-provider", "oidc-provider-on-disk")
	} else {
		b.Log("bench/clients is not installed (scripts/bench.sh does that): nothing to compare with")
	}
	rounds := flowRounds(b)
	b.ResetTimer()
	for range b.N {
		persecond := make([][]float64, len(servers))
		for round := range roundsUnseen + rounds {
			for i, s := range servers {
				took, err := s.round()
				if err != nil {
					b.Fatalf("%s: %v", names[i], err)
				}
				if round >= roundsUnseen {
					persecond[i] = append(persecond[i], flowsARound/took.Seconds())
				}
			}
		}
		for i, p := range persecond {
			slices.Sort(p)
			b.ReportMetric(p[len(p)/2], "flows/s-"+names[i])
			if i > 0 {
				b.ReportMetric(persecond[0][rounds/2]/p[rounds/2], "times-"+names[i])
			}
		}
	}
	b.ReportMetric(float64(rounds), "rounds")
}
