package kit

import (
	"fmt"
	"html/template"
	"reflect"
	"text/template/parse"

	"mandorla/internal/web/assets"
)

// check proves that every field, method and function that a template names
// exists on the type it will be given, in all branches, taken or not, and in
// every template it calls. A value whose type is not known (any, a map) has no
// fields here: views are structs.
func check(set *template.Template, name string, view reflect.Type) error {
	c := &checker{set: set, seen: map[called]bool{}}
	return c.template(name, view)
}

type called struct {
	name string
	with reflect.Type
}

type checker struct {
	set  *template.Template
	seen map[called]bool
}

// scope is the dot and the variables; a nil type is a value nothing is known of.
type scope struct {
	tree *parse.Tree
	dot  reflect.Type
	vars map[string]reflect.Type
}

func (s scope) with(dot reflect.Type) scope {
	vars := make(map[string]reflect.Type, len(s.vars))
	for name, t := range s.vars {
		vars[name] = t
	}
	return scope{s.tree, dot, vars}
}

func (s scope) errorf(n parse.Node, format string, args ...any) error {
	where, _ := s.tree.ErrorContext(n)
	return fmt.Errorf("template %s: %s", where, fmt.Sprintf(format, args...))
}

var (
	typeBool   = reflect.TypeFor[bool]()
	typeInt    = reflect.TypeFor[int]()
	typeString = reflect.TypeFor[string]()
)

func (c *checker) template(name string, view reflect.Type) error {
	if c.seen[called{name, view}] {
		return nil
	}
	c.seen[called{name, view}] = true
	t := c.set.Lookup(name)
	if t == nil || t.Tree == nil {
		return fmt.Errorf("no template %q", name)
	}
	s := scope{t.Tree, view, map[string]reflect.Type{"$": view}}
	if err := c.list(t.Tree.Root, s); err != nil {
		return fmt.Errorf("%w (given %v)", err, view)
	}
	return nil
}

func (c *checker) list(list *parse.ListNode, s scope) error {
	if list == nil {
		return nil
	}
	for _, n := range list.Nodes {
		if err := c.node(n, s); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) node(n parse.Node, s scope) error {
	switch n := n.(type) {
	case *parse.ActionNode:
		_, err := c.pipe(n.Pipe, s)
		return err
	case *parse.IfNode:
		inner := s.with(s.dot)
		if _, err := c.pipe(n.Pipe, inner); err != nil {
			return err
		}
		return c.both(n.List, inner, n.ElseList, inner)
	case *parse.WithNode:
		inner := s.with(s.dot)
		dot, err := c.pipe(n.Pipe, inner)
		if err != nil {
			return err
		}
		return c.both(n.List, inner.with(dot), n.ElseList, inner)
	case *parse.RangeNode:
		return c.ranges(n, s)
	case *parse.TemplateNode:
		return c.call(n, s)
	}
	return nil
}

func (c *checker) both(then *parse.ListNode, inner scope, other *parse.ListNode, outer scope) error {
	if err := c.list(then, inner); err != nil {
		return err
	}
	return c.list(other, outer)
}

func (c *checker) ranges(n *parse.RangeNode, s scope) error {
	inner := s.with(s.dot)
	over, err := c.pipe(n.Pipe, inner)
	if err != nil {
		return err
	}
	key, value := elements(over)
	if value == nil {
		return s.errorf(n, "cannot range over %v", over)
	}
	switch decl := n.Pipe.Decl; len(decl) {
	case 1:
		inner.vars[decl[0].Ident[0]] = value
	case 2:
		inner.vars[decl[0].Ident[0]], inner.vars[decl[1].Ident[0]] = key, value
	}
	return c.both(n.List, inner.with(value), n.ElseList, s)
}

func elements(t reflect.Type) (key, value reflect.Type) {
	t = pointed(t)
	if t == nil {
		return nil, nil
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return typeInt, t.Elem()
	case reflect.Map:
		return t.Key(), t.Elem()
	case reflect.Int:
		return typeInt, typeInt
	}
	return nil, nil
}

func (c *checker) call(n *parse.TemplateNode, s scope) error {
	if n.Name == "page" { // checked on its own, with the page's view
		return nil
	}
	var with reflect.Type
	if n.Pipe != nil {
		var err error
		if with, err = c.pipe(n.Pipe, s); err != nil {
			return err
		}
	}
	if err := c.template(n.Name, pointed(with)); err != nil {
		where, _ := s.tree.ErrorContext(n)
		return fmt.Errorf("%w\n\tcalled at %s", err, where)
	}
	return nil
}

// pipe gives the type of the pipeline's value and declares its variables.
func (c *checker) pipe(p *parse.PipeNode, s scope) (reflect.Type, error) {
	if p == nil {
		return nil, nil
	}
	var out reflect.Type
	for i, cmd := range p.Cmds {
		var err error
		if out, err = c.command(cmd, s, out, i > 0); err != nil {
			return nil, err
		}
	}
	for _, v := range p.Decl {
		s.vars[v.Ident[0]] = out
	}
	return out, nil
}

func (c *checker) command(cmd *parse.CommandNode, s scope, piped reflect.Type, hasPiped bool) (reflect.Type, error) {
	var args []reflect.Type
	for _, arg := range cmd.Args[1:] {
		t, err := c.arg(arg, s)
		if err != nil {
			return nil, err
		}
		args = append(args, t)
	}
	if hasPiped {
		args = append(args, piped)
	}
	if id, ok := cmd.Args[0].(*parse.IdentifierNode); ok {
		return c.function(id, cmd, args, s)
	}
	return c.arg(cmd.Args[0], s)
}

func (c *checker) arg(n parse.Node, s scope) (reflect.Type, error) {
	switch n := n.(type) {
	case *parse.DotNode:
		return s.dot, nil
	case *parse.FieldNode:
		return c.fields(n, s.dot, n.Ident, s)
	case *parse.VariableNode:
		return c.fields(n, s.vars[n.Ident[0]], n.Ident[1:], s)
	case *parse.ChainNode:
		t, err := c.arg(n.Node, s)
		if err != nil {
			return nil, err
		}
		return c.fields(n, t, n.Field, s)
	case *parse.PipeNode:
		return c.pipe(n, s)
	case *parse.IdentifierNode:
		return c.function(n, nil, nil, s)
	case *parse.StringNode:
		return typeString, nil
	case *parse.BoolNode:
		return typeBool, nil
	case *parse.NumberNode:
		return typeInt, nil
	}
	return nil, nil
}

func (c *checker) fields(n parse.Node, t reflect.Type, names []string, s scope) (reflect.Type, error) {
	for _, name := range names {
		next := member(t, name)
		if next == nil {
			return nil, s.errorf(n, "no field or method %s on %v", name, t)
		}
		t = next
	}
	return t, nil
}

// member is the type of a field or of a method's first result.
func member(t reflect.Type, name string) reflect.Type {
	if t == nil {
		return nil
	}
	if m, ok := t.MethodByName(name); ok && m.Type.NumOut() > 0 {
		return m.Type.Out(0)
	}
	t = pointed(t)
	if m, ok := t.MethodByName(name); ok && m.Type.NumOut() > 0 {
		return m.Type.Out(0)
	}
	if t.Kind() == reflect.Struct {
		if f, ok := t.FieldByName(name); ok && f.IsExported() {
			return f.Type
		}
	}
	return nil
}

func pointed(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// results are the types of what templates can call; a nil type is not known.
// The kit's own functions are listed beside the ones every template has.
var results = map[string]reflect.Type{
	"eq": typeBool, "ne": typeBool, "lt": typeBool, "le": typeBool, "gt": typeBool, "ge": typeBool, "not": typeBool,
	"len": typeInt, "print": typeString, "printf": typeString, "println": typeString, "urlquery": typeString,
	"icon": typeString, "asset": typeString, "csrf": typeString, "csrftoken": typeString, "ago": typeString,
	"count": typeString, "flag": typeString,
}

func (c *checker) function(id *parse.IdentifierNode, cmd *parse.CommandNode, args []reflect.Type, s scope) (reflect.Type, error) {
	switch id.Ident {
	case "and", "or":
		return common(args), nil
	case "index", "slice":
		return indexed(id.Ident, args), nil
	case "icon", "asset":
		return typeString, c.literal(id, cmd, s)
	}
	t, ok := results[id.Ident]
	if !ok {
		return nil, s.errorf(id, "function %s is not known to the kit", id.Ident)
	}
	return t, nil
}

// literal refuses an icon or asset, named in the template's text, that was not built.
func (c *checker) literal(id *parse.IdentifierNode, cmd *parse.CommandNode, s scope) error {
	if cmd == nil || len(cmd.Args) < 2 || !assets.Built() {
		return nil
	}
	name, ok := cmd.Args[1].(*parse.StringNode)
	if !ok {
		return nil
	}
	if id.Ident == "icon" && !assets.HasIcon(name.Text) || id.Ident == "asset" && !assets.Has(name.Text) {
		return s.errorf(id, "no %s %q: list it in assets/build.mjs", id.Ident, name.Text)
	}
	return nil
}

func common(args []reflect.Type) reflect.Type {
	for _, t := range args {
		if t != args[0] {
			return nil
		}
	}
	if len(args) == 0 {
		return nil
	}
	return args[0]
}

func indexed(name string, args []reflect.Type) reflect.Type {
	if len(args) == 0 {
		return nil
	}
	if name == "slice" {
		return args[0]
	}
	t := args[0]
	for range args[1:] {
		_, t = elements(t)
	}
	return t
}
