package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// module is the module's import path; everything below it is named without it.
const module = "mandorla"

// violation is one broken rule at one place.
type violation struct {
	rule string
	at   string // file:line, or a folder
	says string
}

func (v violation) String() string { return fmt.Sprintf("%s: %s [%s]", v.at, v.says, v.rule) }

// source is one parsed file.
type source struct {
	path    string // from the module's root, with slashes
	file    *ast.File
	fset    *token.FileSet
	imports []imported
}

type imported struct {
	path string
	name string // as the file calls it; "." and "_" as written
	pos  token.Pos
}

func (s source) dir() string  { return path.Dir(s.path) }
func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }
func (s source) at(pos token.Pos) string {
	return fmt.Sprintf("%s:%d", s.path, s.fset.Position(pos).Line)
}

// parse reads files given as path to text. A file that does not parse is a violation of its own.
func parse(files map[string]string) (sources []source, broken []violation) {
	for name, text := range files {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			broken = append(broken, violation{"parse", name, err.Error()})
			continue
		}
		sources = append(sources, source{path: name, file: file, fset: fset, imports: importsOf(file)})
	}
	slices.SortFunc(sources, func(a, b source) int { return strings.Compare(a.path, b.path) })
	return sources, broken
}

func importsOf(file *ast.File) []imported {
	var list []imported
	for _, spec := range file.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted it, so it is a string
		}
		name := defaultName(target)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		list = append(list, imported{path: target, name: name, pos: spec.Pos()})
	}
	return list
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// defaultName guesses the package name from the path: right for the standard library, which is all it is for.
func defaultName(importPath string) string {
	base := path.Base(importPath)
	if majorVersion.MatchString(base) {
		base = path.Base(path.Dir(importPath))
	}
	return base
}

// ours returns the path inside the module.
func ours(importPath string) (string, bool) { return strings.CutPrefix(importPath, module+"/") }

// isStandard: paths of the standard library have no dot in their first element.
func isStandard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// within reports whether a path is tree or below it.
func within(p, tree string) bool { return p == tree || strings.HasPrefix(p, tree+"/") }

func withinAny(p string, trees []string) bool {
	return slices.ContainsFunc(trees, func(tree string) bool { return within(p, tree) })
}

// lookup finds the row of a folder.
func lookup(dir string) (pkg, bool) {
	for _, row := range packages {
		if row.path == dir || row.tree && within(dir, row.path) {
			return row, true
		}
	}
	return pkg{}, false
}

// forTests reports whether a file is a test, or in a package that only tests use.
func forTests(s source) bool {
	row, _ := lookup(s.dir())
	return s.isTest() || row.testsOnly
}
