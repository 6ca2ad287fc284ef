package arch

import (
	"strings"
	"testing"
)

// Each rule is shown to fail on a source made for it, and to leave its neighbour alone.
var fixtures = []struct {
	name  string
	path  string
	text  string
	rule  string // "" for a source that breaks none
	where string // a part of the report
}{
	{"does not parse", "internal/fault/a.go", "package", "parse", "internal/fault/a.go"},

	{"lower rank", "internal/record/a.go", "// Package record is a gate.\npackage record\nimport _ \"mandorla/internal/access\"", "", ""},
	{"higher rank", "internal/access/a.go", "// Package access decides.\npackage access\nimport _ \"mandorla/internal/record\"", "rank", "a.go:3: imports internal/record"},
	{"same rank", "internal/query/a.go", "// Package query asks.\npackage query\nimport _ \"mandorla/internal/catalog\"", "rank", "from rank 2"},
	{"a test looks upwards", "e2e/a_test.go", "// Package e2e walks.\npackage e2e\nimport _ \"mandorla/internal/app\"", "", ""},
	{"engine above the surfaces", "internal/store/sqlite/a.go", "// Package sqlite opens.\npackage sqlite\nimport _ \"mandorla/internal/web\"", "rank", "rank 10"},

	{"folder without a row", "internal/novelty/a.go", "// Package novelty is new.\npackage novelty", "unknown-package", "new line in the table"},
	{"folder below a row", "internal/fault/deep/a.go", "// Package deep is new.\npackage deep", "unknown-package", "internal/fault/deep"},
	{"import without a row", "internal/app/a.go", "// Package app composes.\npackage app\nimport _ \"mandorla/internal/novelty\"", "unknown-package", "imports internal/novelty"},
	{"a row that is a tree", "e2e/deep/a_test.go", "// Package deep walks.\npackage deep\nimport _ \"mandorla/internal/app\"", "", ""},

	{"product imports testkit", "internal/app/a.go", "// Package app composes.\npackage app\nimport _ \"mandorla/internal/testkit/pg\"", "tests-only", "internal/testkit/pg"},
	{"testkit imports testkit", "internal/testkit/a.go", "// Package testkit tests.\npackage testkit\nimport _ \"mandorla/internal/testkit/pg\"", "", ""},
	{"suite imports engines", "internal/store/storetest/a.go", "// Package storetest tests.\npackage storetest\nimport _ \"mandorla/internal/store/sqlite\"", "", ""},

	{"surface imports store", "internal/rest/a.go", "// Package rest translates.\npackage rest\nimport _ \"mandorla/internal/store/sqlite\"", "denied", "never sees storage"},
	{"surface imports a part of another", "internal/rest/a.go", "// Package rest translates.\npackage rest\nimport _ \"mandorla/internal/web/kit\"", "denied", "surfaces do not know each other"},
	{"surface imports its own part", "internal/web/a.go", "// Package web translates.\npackage web\nimport _ \"mandorla/internal/web/kit\"", "", ""},
	{"kit imports a service", "internal/web/kit/a.go", "// Package kit draws.\npackage kit\nimport _ \"mandorla/internal/model\"", "denied", "knows no page"},
	{"kit imports what it may", "internal/web/kit/a.go", "// Package kit draws.\npackage kit\nimport (\n_ \"mandorla/internal/fault\"\n_ \"mandorla/internal/web/assets\"\n)", "", ""},
	{"assistant imports the gate", "internal/assistant/a.go", "// Package assistant hosts.\npackage assistant\nimport _ \"mandorla/internal/record\"", "denied", "only through MCP"},

	{"pgx outside its engine", "internal/record/a.go", "// Package record is a gate.\npackage record\nimport _ \"github.com/jackc/pgx/v5\"", "third-party", "stays in internal/store/postgres"},
	{"pgx in its engine", "internal/store/postgres/a.go", "// Package postgres opens.\npackage postgres\nimport _ \"github.com/jackc/pgx/v5/stdlib\"", "", ""},
	{"MCP SDK in a page", "internal/web/a.go", "// Package web translates.\npackage web\nimport _ \"github.com/modelcontextprotocol/go-sdk/mcp\"", "third-party", "two ends"},
	{"module nobody named", "internal/app/a.go", "// Package app composes.\npackage app\nimport _ \"example.org/novelty\"", "third-party", "docs/dependencies.md"},
	{"module in tests", "e2e/a_test.go", "// Package e2e walks.\npackage e2e\nimport _ \"github.com/google/go-cmp/cmp\"", "", ""},

	{"init", "internal/model/a.go", "// Package model declares.\npackage model\nfunc init() {}", "init", "a.go:3"},
	{"init in a command", "cmd/mandorla/a.go", "// Command mandorla runs.\npackage main\nfunc init() {}\nfunc main() {}", "init", "a.go:3"},
	{"method named init", "internal/model/a.go", "// Package model declares.\npackage model\ntype t int\nfunc (t) init() {}", "", ""},

	{"reads rows past the gate", "internal/web/a.go", "// Package web shows.\npackage web\nimport \"mandorla/internal/query\"\nvar q query.Select", "gate", "past package record"},
	{"writes rows past the gate", "internal/app/a.go", "// Package app wires.\npackage app\nfunc f() { a.Store.Insert() }", "gate", "past package record"},
	{"writes rows in the gate", "internal/record/a.go", "// Package record is a gate.\npackage record\nfunc f() { s.store.Insert() }", "", ""},
	{"calls another method of the store", "internal/app/a.go", "// Package app wires.\npackage app\nfunc f() { a.Store.Tenants() }", "", ""},
	{"reads the clock", "internal/oauth/a.go", "// Package oauth authorizes.\npackage oauth\nimport \"time\"\nvar t = time.Now()", "ambient", "time.Now: take a clock"},
	{"hands the clock on", "internal/oauth/a.go", "// Package oauth authorizes.\npackage oauth\nimport clock \"time\"\nvar now = clock.Now", "ambient", "time.Now"},
	{"names a duration", "internal/oauth/a.go", "// Package oauth authorizes.\npackage oauth\nimport \"time\"\nconst limit = time.Minute", "", ""},
	{"hides the package", "internal/oauth/a.go", "// Package oauth authorizes.\npackage oauth\nimport . \"time\"\nvar t = Now()", "ambient", "imports time"},
	{"randomness", "internal/oauth/a.go", "// Package oauth authorizes.\npackage oauth\nimport _ \"crypto/rand\"", "ambient", "io.Reader"},
	{"shared generator", "internal/demo/a.go", "// Package demo seeds.\npackage demo\nimport \"math/rand/v2\"\nvar n = rand.IntN(3)", "ambient", "made with a seed"},
	{"generator of one's own", "internal/demo/a.go", "// Package demo seeds.\npackage demo\nimport \"math/rand/v2\"\nvar r = rand.New(rand.NewPCG(1, 2))", "", ""},
	{"environment", "internal/config/a.go", "// Package config lists.\npackage config\nimport \"os\"\nvar v = os.Getenv(\"X\")", "ambient", "option"},
	{"shared client", "internal/assistant/a.go", "// Package assistant hosts.\npackage assistant\nimport \"net/http\"\nvar c = http.DefaultClient", "ambient", "guard"},
	{"shared client's function", "internal/assistant/a.go", "// Package assistant hosts.\npackage assistant\nimport \"net/http\"\nvar f = http.Get", "ambient", "guard"},
	{"composition root", "internal/app/a.go", "// Package app composes.\npackage app\nimport \"time\"\nvar now = time.Now", "", ""},

	{"no package comment", "internal/model/a.go", "package model", "package-comment", "internal/model"},
	{"comment about something else", "internal/model/a.go", "// Copyright of somebody.\npackage model", "package-comment", "internal/model"},

	{"package utils", "internal/model/utils/a.go", "// Package utils helps.\npackage utils", "package-name", "says nothing"},
	{"package clause helpers", "internal/model/a.go", "// Package helpers helps.\npackage helpers", "package-name", "helpers"},
}

func TestEachRule(t *testing.T) {
	shown := map[string]bool{}
	for _, f := range fixtures {
		t.Run(f.name, func(t *testing.T) {
			found := check(map[string]string{f.path: f.text})
			if f.rule == "" {
				for _, v := range found {
					t.Errorf("unexpected: %v", v)
				}
				return
			}
			shown[f.rule] = true
			for _, v := range found {
				if v.rule == f.rule && strings.Contains(v.String(), f.where) {
					return
				}
			}
			t.Errorf("no violation of %q that mentions %q; found %v", f.rule, f.where, found)
		})
	}
	for _, rule := range []string{
		"parse", "rank", "unknown-package", "tests-only", "denied", "third-party", "init", "ambient", "package-comment", "package-name",
	} {
		if !shown[rule] {
			t.Errorf("no fixture breaks rule %q", rule)
		}
	}
}

// The denials and the module rows name trees; a typing error in one would switch it off.
func TestTablesNameKnownPackages(t *testing.T) {
	known := func(tree string) bool {
		if tree == "internal" {
			return true
		}
		_, ok := lookup(tree)
		return ok
	}
	var trees []string
	for _, d := range denials {
		trees = append(append(trees, d.from, d.to), d.except...)
	}
	for _, p := range thirdParties {
		trees = append(trees, p.in...)
	}
	for _, tree := range append(trees, ambientAllowed...) {
		if !known(tree) {
			t.Errorf("%s is in no row of the table", tree)
		}
	}
	seen := map[string]bool{}
	for _, p := range packages {
		if seen[p.path] || p.owns == "" {
			t.Errorf("%s: listed twice, or without a reason", p.path)
		}
		seen[p.path] = true
	}
}

func TestDirectModules(t *testing.T) {
	got := strings.Join(directModules("module m\n\nrequire a.b/c v1\n\nrequire (\n\td.e/f v2\n\tg.h/i v3 // indirect\n)\n"), " ")
	if want := "a.b/c d.e/f"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
