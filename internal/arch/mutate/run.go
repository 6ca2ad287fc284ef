package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// trials is what was seen of the tests so far.
type trials struct {
	mu       sync.Mutex
	noticed  map[string][]*unit // by function: what noticed mistakes in it, the last one first
	postgres map[string]bool    // the tests that there are for PostgreSQL; nil until somebody asks
}

// patience is what tests may take above their usual time before they count as hanging.
const patience = 10 * time.Second

// options narrow a proof while somebody mends survivors.
type options struct {
	only, tests *regexp.Regexp // names of mutants, names of tests
	most        int            // units asked about each mutant, for a first look; 0: all
	survived    func(*mutant)  // told of each mutant that SQLite's tests let pass, at once
}

func (p *subject) prove(ctx context.Context, o options) error {
	temp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	p.temp = temp
	if err := p.build(ctx); err != nil {
		return err
	}
	if err := p.learn(ctx, o.tests); err != nil {
		return err
	}
	p.mutants = slices.DeleteFunc(p.mutants, func(m *mutant) bool { return !o.only.MatchString(m.name) })
	each(p.mutants, func(m *mutant) {
		if p.hunt(ctx, m, o.most); m.killer == "" && ctx.Err() == nil {
			o.survived(m)
		}
	})
	if err := ctx.Err(); err != nil || !p.engines || o.most > 0 {
		return err
	}
	return p.askPostgres(ctx, o.tests)
}

// hunt runs the tests that reach a mutant on SQLite until one notices, in growing groups.
func (p *subject) hunt(ctx context.Context, m *mutant, most int) {
	units := p.order(m)
	if most > 0 {
		units = units[:min(len(units), most)]
	}
	for from, size := 0, 4; from < len(units) && m.killer == "" && ctx.Err() == nil; from, size = from+size, 2*size {
		group := units[from:min(from+size, len(units))]
		limit := patience
		var names []string
		for _, u := range group {
			limit += 3 * u.took
			names = append(names, u.name)
		}
		start := time.Now()
		out, err := p.run(ctx, names, limit, "postgres", active(m))
		if err == nil {
			continue
		}
		m.killer, m.hung = lastRun(out, names), time.Since(start) >= limit
		for _, u := range group {
			if m.killer == u.name || strings.HasPrefix(m.killer, u.name+"/") {
				p.note(m, u)
			}
		}
	}
}

func active(m *mutant) string { return "MANDORLA_MUTANT=" + strconv.Itoa(m.id) }

// order sorts what reaches a mutant: first what noticed others in its function, then the quickest part of each test, the second quickest …
func (p *subject) order(m *mutant) []*unit {
	p.mu.Lock()
	defer p.mu.Unlock()
	rank, parts := map[*unit]int{}, map[string]int{}
	quick := slices.SortedFunc(slices.Values(m.reachedBy), func(a, b *unit) int { return cmp.Compare(a.took, b.took) })
	for _, u := range quick {
		test, _, _ := strings.Cut(u.name, "/")
		rank[u] = parts[test]
		parts[test]++
	}
	for i, u := range p.noticed[m.in] {
		rank[u] = i - len(p.noticed[m.in])
	}
	slices.SortStableFunc(quick, func(a, b *unit) int { return cmp.Compare(rank[a], rank[b]) })
	return quick
}

func (p *subject) note(m *mutant, u *unit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.noticed == nil {
		p.noticed = map[string][]*unit{}
	}
	rest := slices.DeleteFunc(p.noticed[m.in], func(other *unit) bool { return other == u })
	p.noticed[m.in] = append([]*unit{u}, rest...)
}

var runLine = regexp.MustCompile(`(?m)^=== RUN +(\S+)$`)

// lastRun gives the test that ran when everything ended, which is the one that failed, crashed or hung.
func lastRun(out string, names []string) string {
	if all := runLine.FindAllStringSubmatch(out, -1); len(all) > 0 {
		return all[len(all)-1][1]
	}
	return strings.Join(names, " ")
}

// askPostgres runs the tests for PostgreSQL that reach what SQLite's let pass.
func (p *subject) askPostgres(ctx context.Context, tests *regexp.Regexp) error {
	for _, m := range p.mutants {
		if m.killer != "" || len(m.reachedBy) == 0 {
			continue
		}
		if p.postgres == nil {
			if err := p.listPostgres(ctx, tests); err != nil {
				return err
			}
		}
		var names []string
		for _, u := range m.reachedBy {
			if name := onPostgres(u.name); p.postgres[name] {
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			continue
		}
		if out, err := p.run(ctx, names, 10*time.Minute, "sqlite", active(m)); err != nil {
			m.killer = lastRun(out, names)
		}
	}
	return ctx.Err()
}

func (p *subject) listPostgres(ctx context.Context, tests *regexp.Regexp) error {
	names, err := p.tests(ctx, tests)
	if err != nil {
		return err
	}
	p.postgres = map[string]bool{}
	for _, name := range names {
		took, err := p.list(ctx, name, "sqlite")
		if err != nil {
			return err
		}
		for test := range took {
			p.postgres[test] = true
		}
	}
	return nil
}

// onPostgres names the same test there: the engine is the first subtest of those that have one.
func onPostgres(name string) string {
	parts := strings.Split(name, "/")
	if len(parts) == 1 {
		parts = append(parts, "")
	}
	parts[1] = "postgres"
	return strings.Join(parts, "/")
}

// run gives what tests say, and an error when one fails, crashes or hangs. The subtests of one engine are left out.
func (p *subject) run(ctx context.Context, names []string, limit time.Duration, without string, env ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := p.command(ctx, "-test.run", pattern(names), "-test.skip", "/^"+without+"$", "-test.v", "-test.failfast", "-test.short")
	cmd.Env = append(cmd.Env, env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%w\n%s", err, out.Bytes())
	}
	return out.String(), nil
}

// command runs the test binary. The long forms of proofs are not for hundreds of runs, and what makes a counter-example of rapid
// short and keeps it is not either.
func (p *subject) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.binary, args...)
	cmd.Dir = p.dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "MANDORLA_PROVE=") })
	cmd.Env = append(cmd.Env, "RAPID_SEED=1", "RAPID_NOFAILFILE=true", "RAPID_SHRINKTIME=0s")
	return cmd
}

// each calls fn for every item, two at a time.
func each[T any](items []T, fn func(T)) {
	var wg sync.WaitGroup
	next := make(chan T)
	for range 2 {
		wg.Go(func() {
			for item := range next {
				fn(item)
			}
		})
	}
	for _, item := range items {
		next <- item
	}
	close(next)
	wg.Wait()
}
