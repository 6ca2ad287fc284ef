package web

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/oauth"
)

var update = flag.Bool("update", false, "write the golden files anew")

const troubleshooting = "../../docs/troubleshooting.md"

// docs/troubleshooting.md lists every problem of the pages, word for word as the pages say it.
func TestTroubleshooting(t *testing.T) {
	raw, err := os.ReadFile(troubleshooting)
	if err != nil {
		t.Fatal(err)
	}
	have := string(raw)
	want := between(t, between(t, have, "pages", pagesInWords()), "setup", setupInWords(t))
	if *update {
		if err := os.WriteFile(troubleshooting, []byte(want), 0o644); err != nil { //nolint:gosec // documentation
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("docs/troubleshooting.md is stale (-want +have); go test ./internal/web -run TestTroubleshooting -update mends it:\n%s", d)
	}
}

// between replaces what stands between the two marks of a name.
func between(t *testing.T, doc, name, block string) string {
	t.Helper()
	form := regexp.MustCompile(`(?s)(<!-- ` + name + `[^\n]*-->\n).*?(<!-- /` + name + ` -->)`)
	if !form.MatchString(doc) {
		t.Fatalf("docs/troubleshooting.md has no marks for %s", name)
	}
	return form.ReplaceAllStringFunc(doc, func(found string) string {
		m := form.FindStringSubmatch(found)
		return m[1] + block + m[2]
	})
}

func pagesInWords() string {
	var b strings.Builder
	all := slices.Clone(oauth.PageProblems)
	for _, p := range problems {
		all = append(all, oauth.PageProblem(p))
	}
	for _, p := range all {
		fmt.Fprintf(&b, "### %s\n\n**%s** (%d). %s\n\n*%s:* %s\n\n", p.Code, p.Title, p.Status, strings.ReplaceAll(p.Text, "%s", "…"), p.Who, p.How)
	}
	return b.String()
}

var problemCode = regexp.MustCompile(`Problem\w+\s+ProblemCode = "(\w+)"`)

func setupInWords(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("../oauth/problem.go")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| code | title | what to do |\n|---|---|---|\n")
	for _, m := range problemCode.FindAllStringSubmatch(string(source), -1) {
		title, text := problemWords(oauth.Client{Problem: oauth.Problem{Code: oauth.ProblemCode(m[1]), Detail: "…"}}, "https://mandorla.example.com")
		if title == "" {
			t.Errorf("the set-up page has no words for the problem %s", m[1])
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", m[1], title, text)
	}
	return b.String()
}

// Every code that an app is answered with has its line, too.
func TestTroubleshootingNamesEveryCode(t *testing.T) {
	raw, err := os.ReadFile(troubleshooting)
	if err != nil {
		t.Fatal(err)
	}
	for pattern, form := range map[string]string{
		"../oauth/*.go":             `code: "([a-z_]+)"`,
		"../oauth/authorize.go":     `return "([a-z]+_[a-z_]+)"`,
		"../oauth/authorize_*.go":   `"error": \{"([a-z_]+)"\}`,
		"../mcpserver/[b-g]*.go":    `writeStatus\(w, [^,]+, "([a-z_]+)"`,
		"../mcpserver/scope.go":     `error="([a-z_]+)"`,
		"../mcpserver/bearer.go":    `code, description :?= "([a-z_]+)"`,
		"../mcpserver/mcpserver.go": `writeStatus\(w, [^,]+, "([a-z_]+)"`,
	} {
		files, err := filepath.Glob(pattern)
		files = slices.DeleteFunc(files, func(file string) bool { return strings.HasSuffix(file, "_test.go") })
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		found := 0
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(form).FindAllStringSubmatch(string(source), -1) {
				if found++; !strings.Contains(string(raw), "`"+m[1]+"`") {
					t.Errorf("%s answers %s, which docs/troubleshooting.md does not name", file, m[1])
				}
			}
		}
		if found == 0 {
			t.Errorf("%s has no code like %s any more", pattern, form)
		}
	}
}

// Each problem is whole: said once, with its status, for somebody, with a way out, and without an exclamation mark.
func TestProblemsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	who := []string{oauth.ForYou, oauth.ForAdministrator, oauth.ForMaker, oauth.ForOperator}
	form := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	for _, p := range slices.Concat(oauth.PageProblems, func() (out []oauth.PageProblem) {
		for _, p := range problems {
			out = append(out, oauth.PageProblem(p))
		}
		return out
	}()) {
		if seen[p.Code] || !form.MatchString(p.Code) {
			t.Errorf("code %q is there twice, or is none", p.Code)
		}
		seen[p.Code] = true
		if p.Status < 400 || p.Title == "" || !strings.HasSuffix(p.Text, ".") || !strings.HasSuffix(p.How, ".") || !slices.Contains(who, p.Who) || strings.Contains(p.Text+p.How, "!") {
			t.Errorf("%s: %+v", p.Code, p)
		}
	}
	// The codes that the sources use are in the lists.
	for _, file := range []string{"problems.go", "../oauth/page_problem.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^\t(?:problem|Page)\w+\s+= "([a-z-]+)"$`).FindAllStringSubmatch(string(source), -1) {
			if !seen[m[1]] {
				t.Errorf("%s: %s is in no list", file, m[1])
			}
		}
	}
}
