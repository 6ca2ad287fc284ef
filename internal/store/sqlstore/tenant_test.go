package sqlstore

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	createTable  = regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\);`)
	tenantFirst  = regexp.MustCompile(`PRIMARY KEY \(tenant_id\b`)
	touchesTable = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:(sys_\w+)|(quoted\())`)
	namesTenant  = regexp.MustCompile(`tenant_id\s*=|\(tenant_id\b|SELECT tenant_id`)
)

// tenantTables reads from the migrations which system tables hold one tenant's data per row.
func tenantTables(t *testing.T) map[string]bool {
	out := map[string]bool{}
	err := fs.WalkDir(os.DirFS("migrations"), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile("migrations/" + path)
		for _, m := range createTable.FindAllStringSubmatch(string(text), -1) {
			if tenantFirst.MatchString(m[2]) {
				out[m[1]] = true
			}
			if !tenantFirst.MatchString(m[2]) && strings.Contains(m[2], "tenant_id") && !keyed[m[1]] {
				t.Errorf("%s: the key of %s does not start with tenant_id", path, m[1])
			}
		}
		return err
	})
	if err != nil || !out["sys_audit"] {
		t.Fatalf("tenant tables %v, %v", out, err)
	}
	return out
}

// acrossTenants are the functions that may touch a tenant's rows without naming the tenant, and why.
var acrossTenants = map[string]string{
	"from":     "where, called right after it, names the tenant",
	"fromArms": "each arm names the tenant, and the rows are of the arms' tenant",

	"SaveTokens":          "by the family of an authorization that the caller has found by its token",
	"AppKnown":            "asked at the token endpoint, before a code or token says which tenant is meant",
	"ClientByID":          "a client is looked up before anybody has signed in, and a published one serves every tenant",
	"ForeignClients":      "a published client serves every tenant; whose people are connected through it is asked with theirs",
	"ConnectionsByTenant": "counts through one client, for its own tenant and for super admins",
	"ClientLogo":          "a logo is shown before anybody has signed in, and a published client's to every tenant",
	"LivingTokens":        "by the id of a client that the caller has found before; a published one has connections in every tenant",
	"lockAuthorization":   "makes others wait, by an id or a family, and gives nothing of the row",
	"NoteUses":            "by ids of authorizations whose use was noted in this process",
	"NoteProblem":         "by the id of a client that the caller has found before",
	"MarkStep":            "by the id of a client that the caller has found before",
	"EndAuthorizations":   "its condition may be an account, which can be a member of several tenants",
	"DeleteCalls":         "sweeps what is old in every tenant",
	"DeleteStale":         "sweeps what is over in every tenant",
	"TrimRegistrations":   "a registration is nobody's while no tenant has a client for it",
	"nameFamilies":        "brings every tenant's rows to this version",
	"hashSets":            "brings every tenant's rows to this version",
}

// keyed are the tables with another key: their rows belong to a browser rather than to a tenant, found by the hash of a secret, or they are
// read at every call, found by a number.
var keyed = map[string]bool{"sys_session": true, "sys_oauth_pending": true, "sys_oauth_authorization": true, "sys_oauth_token": true}

// TestEveryStatementNamesItsTenant reads the sources: a statement over a tenant's rows without a tenant condition is a leak.
func TestEveryStatementNamesItsTenant(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	tables, seen, statements := tenantTables(t), map[string]bool{}, 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		for fn, texts := range statementsOf(t, f.Name()) {
			for _, text := range texts {
				if !touches(text, tables) {
					continue
				}
				statements++
				switch _, excused := acrossTenants[fn]; {
				case namesTenant.MatchString(text):
				case excused:
					seen[fn] = true
				default:
					t.Errorf("%s: %s asks for no tenant:\n%s", f.Name(), fn, text)
				}
			}
		}
	}
	for fn := range acrossTenants {
		if !seen[fn] {
			t.Errorf("%s is excused for nothing", fn)
		}
	}
	if statements < 20 {
		t.Errorf("only %d statements found: the search is broken", statements)
	}
}

func TestTheSearchFindsALeak(t *testing.T) {
	tables := map[string]bool{"sys_audit": true}
	for text, leak := range map[string]bool{
		"SELECT x FROM sys_audit WHERE id = ?":                                  true,
		"SELECT x FROM sys_audit WHERE tenant_id = ? AND id = ?":                false,
		"SELECT x FROM sys_setting WHERE id = ?":                                false,
		"DELETE FROM quoted(m.Route) WHERE _id = ?":                             true,
		"INSERT INTO sys_audit (tenant_id, id) VALUES (?, ?)":                   false,
		"UPDATE sys_setting SET x = (SELECT x FROM sys_audit a) WHERE name = ?": true,
	} {
		if got := touches(text, tables) && !namesTenant.MatchString(text); got != leak {
			t.Errorf("leak = %v: %s", got, text)
		}
	}
}

func touches(text string, tables map[string]bool) bool {
	for _, m := range touchesTable.FindAllStringSubmatch(text, -1) {
		if m[2] != "" || tables[m[1]] {
			return true
		}
	}
	return false
}

// statementsOf gives the texts of a file by function: each longest sum of strings, with names of constants filled in and other
// parts as they are written.
func statementsOf(t *testing.T, name string) map[string][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out, consts := map[string][]string{}, packageConstants(t)
	for _, decl := range file.Decls {
		fn, isFunc := decl.(*ast.FuncDecl)
		if !isFunc {
			continue
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			switch e.(type) {
			case *ast.BinaryExpr, *ast.BasicLit:
				out[fn.Name.Name] = append(out[fn.Name.Name], flat(e, consts))
				return false
			}
			return true
		})
	}
	return out
}

// packageConstants gives the string constants of the package by name.
func packageConstants(t *testing.T) map[string]ast.Expr {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]ast.Expr{}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == len(spec.Names) {
				for i, name := range spec.Names {
					out[name.Name] = spec.Values[i]
				}
			}
			return true
		})
	}
	return out
}

func flat(e ast.Expr, consts map[string]ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		if err != nil {
			return e.Value
		}
		return s
	case *ast.BinaryExpr:
		return flat(e.X, consts) + flat(e.Y, consts)
	case *ast.Ident:
		if value, ok := consts[e.Name]; ok && e.Name != "text" {
			switch value.(type) {
			case *ast.BasicLit, *ast.BinaryExpr:
				return flat(value, consts)
			}
		}
		return e.Name
	case *ast.CallExpr:
		if id, ok := e.Fun.(*ast.Ident); ok {
			return id.Name + "()"
		}
	case *ast.ParenExpr:
		return flat(e.X, consts)
	}
	return " … "
}
