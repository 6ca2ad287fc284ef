package arch

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// checkInit: what runs at import is neither visible nor ordered; lists are written out where they are used.
func checkInit(s source) []violation {
	if !withinAny(s.dir(), []string{"internal", "cmd"}) {
		return nil
	}
	var found []violation
	for _, decl := range s.file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			found = append(found, violation{"init", s.at(f.Pos()), "has an init function: write the list out, or call it from app"})
		}
	}
	return found
}

// rowCalls are the methods of record.Store that read or write rows.
var rowCalls = []string{"Select", "Count", "Insert", "Update", "Delete"}

// checkGate: rows are reached through package record alone. Outside it and the storage below nothing may name query.Select, without
// which no row can be read, nor call a method of the record store on something that is called a store.
func checkGate(s source) []violation {
	if !withinAny(s.dir(), []string{"internal", "cmd"}) || withinAny(s.dir(), []string{"internal/record", "internal/query", "internal/store"}) || forTests(s) {
		return nil
	}
	var found []violation
	ast.Inspect(s.file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		on := lastName(selector.X)
		reads := on == "query" && selector.Sel.Name == "Select"
		calls := slices.Contains([]string{"store", "st"}, strings.ToLower(on)) && slices.Contains(rowCalls, selector.Sel.Name)
		if reads || calls {
			found = append(found, violation{"gate", s.at(selector.Pos()), "reaches rows past package record: call record.Service"})
		}
		return true
	})
	return found
}

// lastName gives the last name of a.b.c, "" for anything else.
func lastName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	default:
		return ""
	}
}

// checkAmbient: time, randomness, the environment and the network are passed in.
func checkAmbient(s source) []violation {
	if !within(s.dir(), "internal") || forTests(s) || withinAny(s.dir(), ambientAllowed) {
		return nil
	}
	var found []violation
	named := map[string]ambient{} // as this file calls the package
	for _, imp := range s.imports {
		i := slices.IndexFunc(ambients, func(a ambient) bool { return a.importPath == imp.path })
		switch {
		case i < 0:
		case ambients[i].names == nil || imp.name == ".":
			found = append(found, violation{"ambient", s.at(imp.pos), fmt.Sprintf("imports %s: %s", imp.path, ambients[i].instead)})
		default:
			named[imp.name] = ambients[i]
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok {
			if a, ok := named[x.Name]; ok && slices.Contains(a.names, selector.Sel.Name) {
				found = append(found, violation{"ambient", s.at(selector.Pos()), fmt.Sprintf("uses %s.%s: %s", a.importPath, selector.Sel.Name, a.instead)})
			}
		}
		return true
	})
	return found
}

// checkFolders: each folder with Go files has a row, a name that says something, and a package comment.
func checkFolders(sources []source) []violation {
	var found []violation
	for len(sources) > 0 {
		dir := sources[0].dir()
		var inside, rest []source
		for _, s := range sources {
			if s.dir() == dir {
				inside = append(inside, s)
			} else {
				rest = append(rest, s)
			}
		}
		sources = rest
		found = append(found, checkFolder(dir, inside)...)
	}
	return found
}

func checkFolder(dir string, files []source) []violation {
	var found []violation
	if _, ok := lookup(dir); !ok {
		found = append(found, violation{"unknown-package", dir, "a new package means a new line in the table (internal/arch/table_test.go)"})
	}
	for _, name := range []string{path.Base(dir), strings.TrimSuffix(files[0].file.Name.Name, "_test")} {
		if slices.Contains(badNames, name) {
			found = append(found, violation{"package-name", dir, fmt.Sprintf("a package named %q says nothing: name the thing it owns", name)})
			break
		}
	}
	if !hasComment(files) {
		found = append(found, violation{"package-comment", dir, "no package comment: say what it owns, what it must not know, who calls it"})
	}
	return found
}

// hasComment accepts the comment in a test file only where there is nothing but tests.
func hasComment(files []source) bool {
	onlyTests := !slices.ContainsFunc(files, func(s source) bool { return !s.isTest() })
	return slices.ContainsFunc(files, func(s source) bool {
		doc := s.file.Doc.Text()
		want := "Package " + s.file.Name.Name + " "
		return (onlyTests || !s.isTest()) && doc != "" && (s.file.Name.Name == "main" || strings.HasPrefix(doc, want))
	})
}
