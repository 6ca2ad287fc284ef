package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// unit is what is run and timed by itself: a test, or a subtest of a slow one.
type unit struct {
	name string // TestMatrix/sqlite/042-slug
	took time.Duration
}

// slow is from when on a test is taken apart into its subtests.
const slow = time.Second

// learn finds the units, runs each by itself without a mistake, and learns its time and which mutants it passes.
func (p *subject) learn(ctx context.Context, tests *regexp.Regexp) error {
	names, err := p.tests(ctx, tests)
	if err != nil {
		return err
	}
	ran := map[string]time.Duration{}
	for _, name := range names {
		took, err := p.list(ctx, name, "postgres")
		if err != nil {
			return err
		}
		for test, d := range took {
			ran[test] = d
		}
	}
	var units []*unit
	for _, name := range names {
		units = append(units, split(name, ran)...)
	}
	var mu sync.Mutex
	var failed error
	each(units, func(u *unit) {
		reached, err := p.passed(ctx, u)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failed = fmt.Errorf("%s fails although nothing is wrong: %w", u.name, err)
		}
		for _, id := range reached {
			p.mutants[id-1].reachedBy = append(p.mutants[id-1].reachedBy, u)
		}
	})
	return failed
}

// tests gives the names of the package's tests that match.
func (p *subject) tests(ctx context.Context, match *regexp.Regexp) ([]string, error) {
	out, err := p.command(ctx, "-test.list", "^(Test|Fuzz)").Output()
	if err != nil {
		return nil, fmt.Errorf("list the tests: %w", err)
	}
	return slices.DeleteFunc(strings.Fields(string(out)), func(name string) bool { return !match.MatchString(name) }), nil
}

var passLine = regexp.MustCompile(`(?m)^\s*--- PASS: (\S+) \(([0-9.]+)s\)$`)

// list runs a test and gives the times of it and all its subtests, without those for one engine.
func (p *subject) list(ctx context.Context, test, without string) (map[string]time.Duration, error) {
	out, err := p.run(ctx, []string{test}, 20*time.Minute, without)
	if err != nil {
		return nil, fmt.Errorf("%s fails although nothing is wrong: %w", test, err)
	}
	took := map[string]time.Duration{}
	for _, m := range passLine.FindAllStringSubmatch(out, -1) {
		seconds, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return nil, err
		}
		took[m[1]] = time.Duration(seconds * float64(time.Second))
	}
	return took, nil
}

// split gives a test, or where it is slow and has subtests, what they are split into.
func split(name string, ran map[string]time.Duration) (units []*unit) {
	if ran[name] > slow {
		for child := range ran {
			if rest, ok := strings.CutPrefix(child, name+"/"); ok && !strings.Contains(rest, "/") {
				units = append(units, split(child, ran)...)
			}
		}
	}
	if len(units) == 0 {
		units = []*unit{{name: name}}
	}
	return units
}

// passed runs a unit, notes its time and gives the mutants that it passes.
func (p *subject) passed(ctx context.Context, u *unit) (ids []int, err error) {
	hits := filepath.Join(p.temp, "hits-"+strings.ReplaceAll(u.name, "/", "-"))
	if err := os.WriteFile(hits, nil, 0o600); err != nil {
		return nil, err
	}
	start := time.Now()
	if _, err := p.run(ctx, []string{u.name}, 10*time.Minute, "postgres", "MANDORLA_MUTANT_HITS="+hits); err != nil {
		return nil, err
	}
	u.took = time.Since(start)
	text, err := os.ReadFile(hits)
	for _, line := range strings.Fields(string(text)) {
		if id, err := strconv.Atoi(line); err == nil {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// pattern is the -test.run that runs these tests and subtests and nothing else.
func pattern(names []string) string {
	var out []string
	for _, name := range names {
		var parts []string
		for part := range strings.SplitSeq(name, "/") {
			parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
		}
		out = append(out, strings.Join(parts, "/"))
	}
	return strings.Join(out, "|")
}
