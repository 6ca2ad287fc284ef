package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strings"
)

// mutant is one small mistake.
type mutant struct {
	id        int
	name      string // file: function: what is wrong; stays when lines move
	in        string // file and function
	line      int
	reachedBy []*unit
	killer    string // what noticed it; empty for a survivor
	hung      bool   // it did so by taking too long
}

// finder walks one file, outer nodes before inner ones, and notes mutants and the edits that put them in.
type finder struct {
	fset    *token.FileSet
	text    []byte
	file    string // from the module's root
	in      string // the declared function
	edits   edits
	names   map[string]int
	mutants *[]*mutant
}

// mutate returns the text of a file with a switch for each of its mutants, which it appends to the list.
func mutate(file string, text []byte, mutants *[]*mutant) ([]byte, error) {
	f := &finder{fset: token.NewFileSet(), text: text, file: file, names: map[string]int{}, mutants: mutants}
	tree, err := parser.ParseFile(f.fset, path.Base(file), text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, decl := range tree.Decls {
		f.in = "package variables"
		if fn, ok := decl.(*ast.FuncDecl); ok {
			f.in = functionName(fn)
		}
		ast.Inspect(decl, f.visit)
	}
	return f.edits.apply(text), nil
}

func functionName(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return fn.Name.Name
	}
	t := fn.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	return fmt.Sprintf("%s.%s", t, fn.Name.Name)
}

func (f *finder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok != token.CONST
	case *ast.ArrayType:
		return false // its length is a constant
	case *ast.FuncDecl:
		if n.Body != nil {
			f.returnAtOnce(n.Type, n.Body, "returns at once")
		}
	case *ast.FuncLit:
		f.returnAtOnce(n.Type, n.Body, "its func literal returns at once")
	case *ast.IfStmt:
		f.condition("if", n.Cond, true)
	case *ast.ForStmt:
		if n.Cond != nil {
			f.condition("for", n.Cond, false) // forced to be true it would not end
		}
	case *ast.SwitchStmt:
		f.cases(n)
	case *ast.BinaryExpr:
		f.operator(n)
	case *ast.BlockStmt:
		f.statements(n.List)
	case *ast.CaseClause:
		f.statements(n.Body)
	}
	return true
}

// add notes a mutant and returns its number.
func (f *finder) add(at ast.Node, format string, args ...any) int {
	name := fmt.Sprintf("%s: %s: %s", f.file, f.in, fmt.Sprintf(format, args...))
	f.names[name]++
	if n := f.names[name]; n > 1 {
		name += fmt.Sprintf(" (%d)", n)
	}
	m := &mutant{id: len(*f.mutants) + 1, name: name, in: f.file + ": " + f.in, line: f.fset.Position(at.Pos()).Line}
	*f.mutants = append(*f.mutants, m)
	return m.id
}

func (f *finder) offset(p token.Pos) int { return f.fset.Position(p).Offset }

func (f *finder) source(n ast.Node) string {
	text := strings.Join(strings.Fields(string(f.text[f.offset(n.Pos()):f.offset(n.End())])), " ")
	if len(text) > 120 {
		text = strings.ToValidUTF8(text[:120], "") + "…"
	}
	return text
}

func (f *finder) wrap(n ast.Node, before, after string) {
	f.edits.open(f.offset(n.Pos()), before)
	f.edits.close(f.offset(n.End()), after)
}

// returnAtOnce lets a function return zero values: unnamed results get the name _, which allows a bare return.
func (f *finder) returnAtOnce(t *ast.FuncType, body *ast.BlockStmt, what string) {
	if len(body.List) == 0 {
		return
	}
	if r := t.Results; r != nil && len(r.List) > 0 && r.List[0].Names == nil {
		for i, field := range r.List {
			name := "_ "
			if i == 0 && !r.Opening.IsValid() {
				name = "(_ "
				f.edits.close(f.offset(r.End()), ")")
			}
			f.edits.open(f.offset(field.Type.Pos()), name)
		}
	}
	f.edits.open(f.offset(body.Lbrace)+1, fmt.Sprintf(" if mutantOn(%d) { return };", f.add(body, "%s", what)))
}

func (f *finder) condition(keyword string, cond ast.Expr, both bool) {
	never := f.add(cond, "%s %s: never", keyword, f.source(cond))
	if !both {
		f.wrap(cond, fmt.Sprintf("(!mutantOn(%d) && (", never), "))")
		return
	}
	always := f.add(cond, "%s %s: always", keyword, f.source(cond))
	f.wrap(cond, fmt.Sprintf("(!mutantOn(%d) && (mutantOn(%d) || (", never, always), ")))")
}

func (f *finder) cases(n *ast.SwitchStmt) {
	if n.Tag != nil {
		return
	}
	for _, clause := range n.Body.List {
		for _, cond := range clause.(*ast.CaseClause).List {
			f.condition("case", cond, true)
		}
	}
}

// ordered are the comparisons that a function of the switch stands for, and what each becomes.
var ordered = map[token.Token][2]string{
	token.LSS: {"mutantLT", "<="}, token.GTR: {"mutantGT", ">="}, token.LEQ: {"mutantLE", "<"}, token.GEQ: {"mutantGE", ">"},
}

func (f *finder) operator(n *ast.BinaryExpr) {
	is := func(becomes string) int { return f.add(n, "%s: %s becomes %s", f.source(n), n.Op, becomes) }
	switch n.Op {
	case token.EQL:
		f.wrap(n, "((", fmt.Sprintf(") != mutantOn(%d))", is("!=")))
	case token.NEQ:
		f.wrap(n, "((", fmt.Sprintf(") != mutantOn(%d))", is("==")))
	case token.LAND:
		f.logic(n, is("||"))
	case token.LOR:
		f.logic(n, is("&&"))
	case token.LSS, token.GTR, token.LEQ, token.GEQ:
		to := ordered[n.Op]
		f.wrap(n, fmt.Sprintf("%s(%d, ", to[0], is(to[1])), ")")
		f.edits.replace(f.offset(n.OpPos), len(n.Op.String()), ",")
	}
}

// logic makes one of && and || behave as the other, by De Morgan's law: with the switch on, both sides and the whole
// are negated. So each side is written once and evaluated at most once.
func (f *finder) logic(n *ast.BinaryExpr, id int) {
	flip := fmt.Sprintf(") != mutantOn(%d))", id)
	f.wrap(n, "((", flip)
	f.wrap(n.X, "((", flip)
	f.wrap(n.Y, "((", flip)
}

// statements lets each call and assignment of a block be left out.
func (f *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt:
			call, ok := s.X.(*ast.CallExpr)
			if fn, isName := callee(call); !ok || isName && fn == "panic" {
				continue // a function may end in panic, and would lack its return
			}
		case *ast.DeferStmt:
		case *ast.AssignStmt:
			if name, ok := s.Lhs[0].(*ast.Ident); s.Tok == token.DEFINE || ok && name.Name == "_" {
				continue
			}
		default:
			continue
		}
		f.wrap(s, fmt.Sprintf("if !mutantOn(%d) { ", f.add(s, "without %s", f.source(s))), " }")
	}
}

func callee(call *ast.CallExpr) (string, bool) {
	if call == nil {
		return "", false
	}
	name, ok := call.Fun.(*ast.Ident)
	if !ok {
		return "", false
	}
	return name.Name, true
}
