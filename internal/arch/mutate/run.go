package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// subject is a package under proof.
type subject struct {
	path    string // from the module's root
	dir     string
	name    string
	files   []string
	engines bool // its tests have subtests for PostgreSQL, which are dearer
	temp    string
	binary  string
	mutants []*mutant
	took    map[string]time.Duration // by test, on SQLite alone
}

// patience is what a test may take above its usual time before it counts as hanging.
const patience = 8 * time.Second

func load(ctx context.Context, path string) (*subject, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-json=Dir,Name,GoFiles,TestImports,XTestImports,ImportPath,Module", path).Output()
	if err != nil {
		return nil, err
	}
	var listed struct {
		Dir, Name, ImportPath              string
		GoFiles, TestImports, XTestImports []string
		Module                             struct{ Path string }
	}
	if err := json.Unmarshal(out, &listed); err != nil {
		return nil, err
	}
	module := listed.Module.Path + "/"
	pg := module + "internal/testkit/pg"
	return &subject{
		path: strings.TrimPrefix(listed.ImportPath, module), dir: listed.Dir, name: listed.Name, files: listed.GoFiles,
		engines: slices.Contains(listed.TestImports, pg) || slices.Contains(listed.XTestImports, pg),
		took:    map[string]time.Duration{},
	}, nil
}

func (p *subject) prove(ctx context.Context) error {
	temp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	p.temp = temp
	if err := p.build(ctx); err != nil {
		return err
	}
	if err := p.reach(ctx); err != nil {
		return err
	}
	each(p.mutants, func(m *mutant) { p.hunt(ctx, m) })
	return ctx.Err()
}

// build compiles the tests over mutated sources.
func (p *subject) build(ctx context.Context) error {
	replace := map[string]string{}
	for _, name := range p.files {
		text, err := os.ReadFile(filepath.Join(p.dir, name))
		if err != nil {
			return err
		}
		mutated, err := mutate(p.path+"/"+name, text, &p.mutants)
		if err != nil {
			return err
		}
		copied := filepath.Join(p.temp, name)
		if err := os.WriteFile(copied, mutated, 0o600); err != nil {
			return err
		}
		replace[filepath.Join(p.dir, name)] = copied
	}
	file, err := writeSwitch(p.temp, p.name, len(p.mutants))
	if err != nil {
		return err
	}
	replace[filepath.Join(p.dir, filepath.Base(file))] = file
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	overlay := filepath.Join(p.temp, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		return err
	}
	p.binary = filepath.Join(p.temp, "mutants.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", p.binary, ".")
	build.Dir = p.dir
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

// reach runs each test by itself without a mistake, and learns its time and which mutants it passes.
func (p *subject) reach(ctx context.Context) error {
	list := exec.CommandContext(ctx, p.binary, "-test.list", "^(Test|Fuzz)")
	list.Dir = p.dir
	out, err := list.Output()
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var failed error
	each(strings.Fields(string(out)), func(test string) {
		hits := filepath.Join(p.temp, "hits-"+test)
		err := os.WriteFile(hits, nil, 0o600)
		start := time.Now()
		if err == nil {
			err = p.run(ctx, []string{test}, 10*time.Minute, p.engines, "MANDORLA_MUTANT_HITS="+hits)
		}
		text, readErr := os.ReadFile(hits)
		mu.Lock()
		defer mu.Unlock()
		p.took[test] = time.Since(start)
		if err := cmp.Or(err, readErr); err != nil {
			failed = fmt.Errorf("%s fails although nothing is wrong: %w", test, err)
		}
		for _, line := range strings.Fields(string(text)) {
			if id, err := strconv.Atoi(line); err == nil {
				p.mutants[id-1].reachedBy = append(p.mutants[id-1].reachedBy, test)
			}
		}
	})
	return failed
}

// hunt runs the tests that reach a mutant, quick ones first, in growing groups; PostgreSQL is asked only about what
// SQLite lets pass.
func (p *subject) hunt(ctx context.Context, m *mutant) {
	slices.SortFunc(m.reachedBy, func(a, b string) int { return cmp.Compare(p.took[a], p.took[b]) })
	active := "MANDORLA_MUTANT=" + strconv.Itoa(m.id)
	for from, size := 0, 1; from < len(m.reachedBy) && m.killer == ""; from, size = from+size, 2*size {
		group := m.reachedBy[from:min(from+size, len(m.reachedBy))]
		limit := patience
		for _, test := range group {
			limit += 3 * p.took[test]
		}
		if err := p.run(ctx, group, limit, p.engines, active); err != nil {
			m.killer = strings.Join(group, " ")
		}
	}
	if m.killer == "" && p.engines && len(m.reachedBy) > 0 {
		if err := p.run(ctx, m.reachedBy, 10*time.Minute, false, active); err != nil {
			m.killer = "tests on PostgreSQL"
		}
	}
}

// run gives an error when one of the tests fails, crashes or hangs.
func (p *subject) run(ctx context.Context, tests []string, limit time.Duration, skipPostgres bool, env ...string) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	args := []string{"-test.run", "^(" + strings.Join(tests, "|") + ")$", "-test.failfast", "-test.short"}
	if skipPostgres {
		args = append(args, "-test.skip", "/^postgres$")
	}
	cmd := exec.CommandContext(ctx, p.binary, args...)
	cmd.Dir = p.dir
	// The long forms of proofs are not for hundreds of runs.
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "MANDORLA_PROVE=") }), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w\n%s", err, out.Bytes())
	}
	return nil
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
