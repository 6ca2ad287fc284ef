package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// subject is a package under proof.
type subject struct {
	path    string // from the module's root
	dir     string
	name    string
	files   []string
	engines bool // its tests have subtests for each engine; PostgreSQL is dearer
	temp    string
	binary  string
	mutants []*mutant
	trials
}

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
	}, nil
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
