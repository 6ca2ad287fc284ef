package arch

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

func TestHouse(t *testing.T) {
	files := read(t)
	if len(files) == 0 {
		t.Fatal("found no source file")
	}
	for _, v := range check(files) {
		t.Error(v)
	}
}

// read returns every Go file of the module, as the go command would find them.
func read(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() {
			hidden := name != root && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_"))
			if hidden || base == "node_modules" || base == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(base) != ".go" {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(root, name)
		files[filepath.ToSlash(inside)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Each direct dependency has its line in docs/dependencies.md.
func TestDependenciesAreExplained(t *testing.T) {
	doc := slurp(t, "docs/dependencies.md")
	direct := directModules(slurp(t, "go.mod"))
	for _, manifest := range []string{"internal/web/assets/package.json", "e2e/clients/package.json"} {
		direct = append(direct, npmPackages(t, manifest)...)
	}
	for _, name := range direct {
		if !strings.Contains(doc, "`"+name+"`") {
			t.Errorf("docs/dependencies.md has no line for `%s`", name)
		}
	}
}

func slurp(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// directModules reads the require lines of a go.mod that are not marked indirect.
func directModules(gomod string) []string {
	var list []string
	inBlock := false
	for line := range strings.Lines(gomod) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case fields[0] == "require" && len(fields) > 1 && fields[1] == "(":
			inBlock = true
		case fields[0] == ")":
			inBlock = false
		case strings.Contains(line, "// indirect"):
		case inBlock:
			list = append(list, fields[0])
		case fields[0] == "require":
			list = append(list, fields[1])
		}
	}
	return list
}

func npmPackages(t *testing.T, manifest string) []string {
	t.Helper()
	var content struct{ Dependencies, DevDependencies map[string]string }
	if err := json.Unmarshal([]byte(slurp(t, manifest)), &content); err != nil {
		t.Fatalf("%s: %v", manifest, err)
	}
	var list []string
	for _, group := range []map[string]string{content.Dependencies, content.DevDependencies} {
		for name := range group {
			list = append(list, name)
		}
	}
	return list
}
