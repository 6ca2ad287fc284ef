package main

import (
	"fmt"
	"os"
	"strings"
)

// allowances are mutants that behave as the original does, by name; true once one was met.
type allowances map[string]bool

// readAllowed reads lines "file: function: mutant => reason"; empty lines and lines that begin with # say nothing.
func readAllowed(file string) (allowances, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the allowed mutants: %w", err)
	}
	out := allowances{}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, ok := strings.Cut(line, " => ")
		if !ok || strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("%s:%d: a mutant is allowed with its reason, after \" => \"", file, i+1)
		}
		out[strings.TrimSpace(name)] = false
	}
	return out, nil
}

// use says whether a mutant is allowed, and notes that it exists.
func (a allowances) use(name string) bool {
	_, ok := a[name]
	if ok {
		a[name] = true
	}
	return ok
}

// unused lists what is allowed in a package although the package has no such mutant.
func (a allowances) unused(path string) (names []string) {
	for name, met := range a {
		if !met && strings.HasPrefix(name, path+"/") {
			names = append(names, name)
		}
	}
	return names
}
