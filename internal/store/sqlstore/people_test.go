package sqlstore

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mandorla/internal/model"
)

// Package identity keeps what is known of members under the version of the tenant's people, so each function here that writes what it is made of
// must move that version. This finds the ones that write it, by their SQL.
func TestWritersMovePeople(t *testing.T) {
	writes := regexp.MustCompile(`(?i)(INSERT INTO|UPDATE|DELETE FROM)\s+(sys_member|sys_member_role|sys_role|users)\b`)
	exempt := map[string]string{"InsertRole": "nobody has a new role"}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			var writing, moving bool
			ast.Inspect(fn, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.BasicLit:
					writing = writing || writes.MatchString(n.Value)
				case *ast.SelectorExpr:
					moving = moving || n.Sel.Name == "movePeople"
				}
				return true
			})
			if !writing {
				continue
			}
			found = append(found, fn.Name.Name)
			if !moving && exempt[fn.Name.Name] == "" {
				t.Errorf("%s: %s changes what is known of members and does not move the people's version", name, fn.Name.Name)
			}
		}
	}
	for _, known := range []string{"DeleteMember", "DeleteRole", "InsertMember", "InsertRole", "SetMemberRoles", "UpdateRole"} {
		if !slices.Contains(found, known) {
			t.Errorf("%s is not found any more", known)
		}
	}
}

// A column of a User record that a membership shows is one whose change moves the version.
func TestMemberColumnsMovePeople(t *testing.T) {
	var shown []string
	for _, column := range regexp.MustCompile(`u\.(\w+)`).FindAllStringSubmatch(memberColumns, -1) {
		if column[1] != "_id" {
			shown = append(shown, column[1])
		}
	}
	var moving []string
	for _, name := range memberProperties {
		moving = append(moving, columnName(&model.Property{Name: name}))
	}
	if slices.Sort(shown); !slices.Equal(shown, slices.Sorted(slices.Values(moving))) {
		t.Errorf("a membership shows %v, changes of %v move the version", shown, moving)
	}
}
