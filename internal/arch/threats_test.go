package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// threat is a line of docs/threats.md.
type threat struct {
	row, title string
	tests      []string // functions that try the row under another name
	reason     string   // why there is no test
}

var (
	threatLine = regexp.MustCompile(`^\| ([0-9]{3}a?) \| ([^|]+) \| ?([^|]*)\|$`)
	rowName    = regexp.MustCompile(`^([0-9]{3}a?)-[a-z0-9-]+$`)
	quotedTest = regexp.MustCompile("^`(Test[A-Za-z0-9_]+)`$")
)

// TestThreats holds docs/threats.md against the sources: every row has a test of its name, a test that the list names, or a reason.
func TestThreats(t *testing.T) {
	threats, err := readThreats(slurp(t, "docs/threats.md"))
	if err != nil {
		t.Fatal(err)
	}
	sources, _ := parse(read(t))
	named, functions := tried(sources)
	for _, problem := range compareThreats(threats, named, functions) {
		t.Error(problem)
	}
	if last := threats[len(threats)-1].row; len(threats) != 284 || last != "283" {
		t.Errorf("%d rows, the last one %s: rows are never taken away", len(threats), last)
	}
	none := 0
	for _, one := range threats {
		if one.reason != "" {
			none++
			t.Logf("no test: %s %s: %s", one.row, one.title, one.reason)
		}
	}
	t.Logf("%d rows, %d without a test", len(threats), none)
}

func readThreats(text string) ([]threat, error) {
	var list []threat
	for line := range strings.Lines(text) {
		m := threatLine.FindStringSubmatch(strings.TrimSpace(line))
		switch {
		case m != nil:
			one := threat{row: m[1], title: strings.TrimSpace(m[2])}
			one.tests, one.reason = readNote(strings.TrimSpace(m[3]))
			if len(list) > 0 && one.row <= list[len(list)-1].row {
				return nil, fmt.Errorf("row %s comes after row %s", one.row, list[len(list)-1].row)
			}
			list = append(list, one)
		case strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| row |"):
			return nil, fmt.Errorf("not a row: %s", line)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("there is no row")
	}
	return list, nil
}

// readNote takes the last column for names of tests, or, where it is anything else, for a reason.
func readNote(note string) (tests []string, reason string) {
	if note == "" {
		return nil, ""
	}
	for part := range strings.SplitSeq(note, ", ") {
		m := quotedTest.FindStringSubmatch(part)
		if m == nil {
			return nil, note
		}
		tests = append(tests, m[1])
	}
	return tests, ""
}

// tried gives the rows that tests are named by, with the files, and the names of all test functions.
func tried(sources []source) (named map[string][]string, functions []string) {
	named = map[string][]string{}
	for _, s := range sources {
		if !s.isTest() || s.dir() == "internal/arch" {
			continue
		}
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				functions = append(functions, f.Name.Name)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			for _, text := range namesIn(n) {
				if m := rowName.FindStringSubmatch(text); m != nil && !slices.Contains(named[m[1]], s.path) {
					named[m[1]] = append(named[m[1]], s.path)
				}
			}
			return true
		})
	}
	return named, functions
}

// namesIn gives the texts in a place where a test gets its name: the first of a literal's values, a key or the value of the key "name",
// the first argument of Run.
func namesIn(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.CompositeLit:
		if len(n.Elts) > 1 {
			return texts(n.Elts[0])
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "name" {
			return texts(n.Value)
		}
		return texts(n.Key)
	case *ast.CallExpr:
		if lastName(n.Fun) == "Run" && len(n.Args) > 1 {
			return texts(n.Args[0])
		}
	}
	return nil
}

func texts(x ast.Expr) []string {
	lit, ok := x.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return nil
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		return nil
	}
	return []string{text}
}

func compareThreats(threats []threat, named map[string][]string, functions []string) []string {
	var found []string
	known := map[string]bool{}
	for _, one := range threats {
		known[one.row] = true
		tested := len(named[one.row]) > 0
		switch {
		case one.reason != "" && tested:
			found = append(found, fmt.Sprintf("row %s has a test in %s and a reason for having none: %s", one.row, named[one.row][0], one.reason))
		case one.reason == "" && !tested && len(one.tests) == 0:
			found = append(found, fmt.Sprintf("row %s has no test and no reason: %s", one.row, one.title))
		}
		for _, name := range one.tests {
			if !slices.Contains(functions, name) {
				found = append(found, fmt.Sprintf("row %s names %s, which no package has", one.row, name))
			}
		}
	}
	for row, files := range named {
		if !known[row] {
			found = append(found, fmt.Sprintf("%s tries row %s, which docs/threats.md does not have", files[0], row))
		}
	}
	slices.Sort(found)
	return found
}

// Each thing the report looks for is shown to be found.
func TestThreatsReport(t *testing.T) {
	const list = "| row | what is tried | other tests, or why none |\n|---|---|---|\n| 001 | a | |\n| 002 | b | |\n| 003 | c | `TestC` |\n" +
		"| 004 | d | `TestGone` |\n| 005 | e | not yet |\n| 006 | f | not yet |\n| 006a | g | |\n"
	sources, broken := parse(map[string]string{"internal/record/a_test.go": `package record
		// "002-only-a-comment"
		func TestC() {
			rows := []row{{"001-first", f}, {name: "006-both", run: f}}
			other := map[string]func(){"777-unknown": f}
			t.Run("006a-run", f)
			say("002-no-name-of-a-test")
		}`})
	if len(broken) > 0 {
		t.Fatal(broken)
	}
	threats, err := readThreats(list)
	if err != nil {
		t.Fatal(err)
	}
	named, functions := tried(sources)
	got := strings.Join(compareThreats(threats, named, functions), "\n")
	want := `internal/record/a_test.go tries row 777, which docs/threats.md does not have
row 002 has no test and no reason: b
row 004 names TestGone, which no package has
row 006 has a test in internal/record/a_test.go and a reason for having none: not yet`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, bad := range []string{"", "| 002 | b | |\n| 001 | a | |\n", "| 1 | a | |\n", "| 001 | a |\n"} {
		if list, err := readThreats(bad); err == nil {
			t.Errorf("%q is read: %v", bad, list)
		}
	}
}
