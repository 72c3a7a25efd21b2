package podtemplate

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"text/template"
	"text/template/parse"

	"github.com/outrigger-io/outrigger/internal/spelling"
)

// Check follows the fields that a template names, and what their types have, down
// from data like that of pods. A field that is not there would fail for every pod
// that comes to it. Errors name the template, the line, and the field that was
// likely meant. What has no type, such as the values, is not looked at.
func (t *Template) Check(data any) error {
	w := &checkWalker{templates: t.text, functions: t.in.Functions, walked: map[string]bool{}}
	root := shape{of: reflect.ValueOf(data)}
	root.typ = root.of.Type()
	w.body(t.text.Tree, root)
	return errors.Join(w.found...)
}

// shape is what is known of a value: its type, nil for nothing, and where the data
// holds it the value itself, which tells what is in an interface.
type shape struct {
	typ reflect.Type
	of  reflect.Value
}

func shapeOf(typ reflect.Type) shape { return shape{typ: typ} }

var unknown shape

// resolved goes through pointers and interfaces, as templates do.
func (s shape) resolved() shape {
	for s.typ != nil {
		switch s.typ.Kind() {
		case reflect.Interface:
			if !s.of.IsValid() || s.of.Kind() != reflect.Interface || s.of.IsNil() {
				return unknown
			}
			s.of = s.of.Elem()
			s.typ = s.of.Type()
		case reflect.Pointer:
			s.typ = s.typ.Elem()
			if s.of.IsValid() {
				s.of = s.of.Elem() // not valid where it is nil
			}
		default:
			return s
		}
	}
	return s
}

type checkWalker struct {
	templates *template.Template
	functions template.FuncMap
	tree      *parse.Tree
	dot       shape
	variables []shaped
	walked    map[string]bool
	depth     int
	found     []error
}

type shaped struct {
	name string
	is   shape
}

func (w *checkWalker) body(tree *parse.Tree, dot shape) {
	outer := *w
	w.tree, w.dot, w.variables, w.depth = tree, dot, []shaped{{"$", dot}}, w.depth+1
	w.list(tree.Root)
	w.tree, w.dot, w.variables, w.depth = outer.tree, outer.dot, outer.variables, outer.depth
}

func (w *checkWalker) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	mark := len(w.variables)
	for _, node := range list.Nodes {
		w.node(node)
	}
	w.variables = w.variables[:mark]
}

func (w *checkWalker) node(node parse.Node) {
	mark := len(w.variables)
	switch n := node.(type) {
	case *parse.ActionNode:
		w.pipeline(n.Pipe)
		return // its variables live on
	case *parse.IfNode:
		w.pipeline(n.Pipe)
		w.list(n.List)
		w.list(n.ElseList)
	case *parse.WithNode:
		w.under(w.pipeline(n.Pipe), n.List)
		w.list(n.ElseList)
	case *parse.RangeNode:
		w.under(w.ranged(n.Pipe), n.List)
		w.list(n.ElseList)
	case *parse.TemplateNode:
		w.called(n, w.pipeline(n.Pipe))
	}
	w.variables = w.variables[:mark]
}

func (w *checkWalker) under(dot shape, list *parse.ListNode) {
	outer := w.dot
	w.dot = dot
	w.list(list)
	w.dot = outer
}

func (w *checkWalker) called(n *parse.TemplateNode, dot shape) {
	named := w.templates.Lookup(n.Name)
	call := fmt.Sprint(n.Name, dot.typ)
	if named == nil || named.Tree == nil || w.walked[call] || w.depth >= maxTemplateDepth {
		return
	}
	w.walked[call] = true
	w.body(named.Tree, dot)
}

func (w *checkWalker) ranged(pipe *parse.PipeNode) shape {
	over := w.commands(pipe).resolved()
	var key, element shape
	if over.typ != nil {
		switch over.typ.Kind() {
		case reflect.Map:
			key, element = shapeOf(over.typ.Key()), shapeOf(over.typ.Elem())
		case reflect.Slice, reflect.Array:
			key, element = shapeOf(reflect.TypeFor[int]()), shapeOf(over.typ.Elem())
		}
	}
	for i, d := range pipe.Decl {
		is := key
		if i == len(pipe.Decl)-1 {
			is = element
		}
		w.declare(d.Ident[0], is, pipe.IsAssign)
	}
	return element
}

func (w *checkWalker) pipeline(pipe *parse.PipeNode) shape {
	if pipe == nil {
		return unknown
	}
	is := w.commands(pipe)
	for _, d := range pipe.Decl {
		w.declare(d.Ident[0], is, pipe.IsAssign)
	}
	return is
}

// declare notes a variable. One that is assigned values of several types, be it on
// some way only, is of none.
func (w *checkWalker) declare(name string, is shape, assign bool) {
	if !assign {
		w.variables = append(w.variables, shaped{name, is})
		return
	}
	for i := range slices.Backward(w.variables) {
		if w.variables[i].name == name {
			if w.variables[i].is.typ != is.typ {
				w.variables[i].is = unknown
			}
			return
		}
	}
}

func (w *checkWalker) commands(pipe *parse.PipeNode) shape {
	is := unknown
	for _, command := range pipe.Cmds {
		is = w.command(command)
	}
	return is
}

func (w *checkWalker) command(command *parse.CommandNode) shape {
	var args []shape
	for _, arg := range command.Args[1:] {
		args = append(args, w.argument(arg))
	}
	if name, ok := command.Args[0].(*parse.IdentifierNode); ok {
		return w.result(name.Ident, args)
	}
	return w.argument(command.Args[0])
}

func (w *checkWalker) argument(node parse.Node) shape {
	switch n := node.(type) {
	case *parse.DotNode:
		return w.dot
	case *parse.FieldNode:
		return w.fields(w.dot, n.Ident, n)
	case *parse.VariableNode:
		for _, v := range slices.Backward(w.variables) {
			if v.name == n.Ident[0] {
				return w.fields(v.is, n.Ident[1:], n)
			}
		}
	case *parse.ChainNode:
		return w.fields(w.argument(n.Node), n.Field, n)
	case *parse.PipeNode:
		return w.pipeline(n)
	case *parse.IdentifierNode:
		return w.result(n.Ident, nil)
	}
	return unknown
}

// result is what a function gives.
func (w *checkWalker) result(name string, args []shape) shape {
	if f := reflect.TypeOf(w.functions[name]); f != nil {
		return shapeOf(f.Out(0))
	}
	if name == "index" && len(args) == 2 {
		switch in := args[0].resolved(); {
		case in.typ == nil:
		case in.typ.Kind() == reflect.Map, in.typ.Kind() == reflect.Slice:
			return shapeOf(in.typ.Elem())
		}
	}
	return unknown
}

func (w *checkWalker) fields(in shape, names []string, at parse.Node) shape {
	for _, name := range names {
		in = w.field(in, name, at)
	}
	return in
}

func (w *checkWalker) field(in shape, name string, at parse.Node) shape {
	in = in.resolved()
	if in.typ == nil {
		return unknown
	}
	methods := reflect.PointerTo(in.typ)
	if method, ok := methods.MethodByName(name); ok {
		if method.Type.NumOut() == 0 {
			return unknown
		}
		return shapeOf(method.Type.Out(0))
	}
	switch in.typ.Kind() {
	case reflect.Map:
		return shapeOf(in.typ.Elem())
	case reflect.Struct:
		if f, ok := in.typ.FieldByName(name); ok && f.IsExported() {
			is := shapeOf(f.Type)
			if in.of.IsValid() {
				if of, err := in.of.FieldByIndexErr(f.Index); err == nil {
					is.of = of
				}
			}
			return is
		}
	default:
	}
	w.complain(in.typ, name, at)
	return unknown
}

func (w *checkWalker) complain(typ reflect.Type, name string, at parse.Node) {
	place, text := w.tree.ErrorContext(at)
	hint := ""
	if nearest := spelling.Nearest(name, names(typ)); nearest != "" {
		hint = fmt.Sprintf("; did you mean .%s?", nearest)
	}
	of := "there is no ." + name
	if text != "."+name && text != "$."+name {
		of = fmt.Sprintf("%s: %s has no .%s", text, typ, name)
	}
	err := fmt.Errorf("template: %s: %s%s", place, of, hint)
	if !slices.ContainsFunc(w.found, func(e error) bool { return e.Error() == err.Error() }) {
		w.found = append(w.found, err)
	}
}

// names are the fields of a type, and its methods that templates can call.
func names(typ reflect.Type) []string {
	var all []string
	if typ.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(typ) {
			if f.IsExported() {
				all = append(all, f.Name)
			}
		}
	}
	for method := range reflect.PointerTo(typ).Methods() {
		if method.Type.NumOut() > 0 && !slices.Contains(refused, method.Name) {
			all = append(all, method.Name)
		}
	}
	return all
}
