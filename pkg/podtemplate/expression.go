package podtemplate

import (
	"fmt"
	"reflect"
	"text/template/parse"
)

// expression is a chain of fields that a node of a template goes by.
type expression struct {
	// root is which of the mark's roots it begins with.
	root int
	// base leads from the data to the root, where known says so.
	base  []string
	known bool
	steps []expressionStep
}

// expressionStep is a field, or a key that is itself a text or an expression.
type expressionStep struct {
	text string
	of   *expression
}

// keyed are the functions that look for keys, their arguments from the second on, in
// what the first is.
var keyed = map[string]int{"annotation": 1, "isset": 1, "index": -1, "get": 1, "hasKey": 1}

// pipe notes what a pipeline reads.
func (m *marker) pipe(at *mark, pipe *parse.PipeNode, s *scope) {
	if pipe == nil {
		return
	}
	for _, command := range pipe.Cmds {
		m.command(at, command, s)
	}
}

func (m *marker) command(at *mark, command *parse.CommandNode, s *scope) {
	args := command.Args
	if name, ok := args[0].(*parse.IdentifierNode); ok {
		if keys := keyed[name.Ident]; keys != 0 && len(args) > 2 {
			if keys < 0 {
				keys = len(args) - 2
			}
			if e, ok := at.expression(args[1], s); ok && at.keys(e, args[2:2+keys], s) {
				args = args[2+keys:]
			}
		}
	}
	for _, arg := range args {
		if nested, ok := arg.(*parse.PipeNode); ok {
			m.pipe(at, nested, s)
			continue
		}
		if e, ok := at.expression(arg, s); ok {
			at.reads = append(at.reads, *e)
		} else if chain, ok := arg.(*parse.ChainNode); ok {
			if nested, ok := chain.Node.(*parse.PipeNode); ok {
				m.pipe(at, nested, s)
			}
		}
	}
}

// keys notes an expression with keys behind it.
func (k *mark) keys(e *expression, keys []parse.Node, s *scope) bool {
	if e.known && len(e.base)+len(e.steps) == 1 && stepsText(e)[0] == "ObjectMeta" {
		e.steps = append(e.steps, expressionStep{text: "Annotations"})
	}
	for _, key := range keys {
		switch n := key.(type) {
		case *parse.StringNode:
			e.steps = append(e.steps, expressionStep{text: n.Text})
		case *parse.NumberNode:
			e.steps = append(e.steps, expressionStep{text: n.Text})
		default:
			of, ok := k.expression(key, s)
			if !ok {
				return false
			}
			e.steps = append(e.steps, expressionStep{of: of})
		}
	}
	k.reads = append(k.reads, *e)
	return true
}

func stepsText(e *expression) []string {
	all := append([]string{}, e.base...)
	for _, step := range e.steps {
		all = append(all, step.text)
	}
	return all
}

// expression is what a node of a pipeline stands for, if it is a chain of fields.
func (k *mark) expression(node parse.Node, s *scope) (*expression, bool) {
	switch n := node.(type) {
	case *parse.DotNode:
		return k.chain(n, s.dot, nil), true
	case *parse.FieldNode:
		return k.chain(&parse.DotNode{NodeType: parse.NodeDot, Pos: n.Pos}, s.dot, n.Ident), true
	case *parse.VariableNode:
		root := &parse.VariableNode{NodeType: parse.NodeVariable, Pos: n.Pos, Ident: n.Ident[:1]}
		return k.chain(root, s.variable(n.Ident[0]), n.Ident[1:]), true
	case *parse.ChainNode:
		e, ok := k.expression(n.Node, s)
		if ok {
			for _, field := range n.Field {
				e.steps = append(e.steps, expressionStep{text: field})
			}
		}
		return e, ok
	case *parse.PipeNode:
		if len(n.Decl) == 0 && len(n.Cmds) == 1 && len(n.Cmds[0].Args) == 1 {
			return k.expression(n.Cmds[0].Args[0], s)
		}
	}
	return nil, false
}

func (k *mark) chain(root parse.Node, of symbol, fields []string) *expression {
	k.given = append(k.given, of.given...)
	e := &expression{root: -1, base: of.path, known: of.known}
	for i, known := range k.roots {
		if known.String() == root.String() {
			e.root = i
		}
	}
	if e.root < 0 {
		e.root = len(k.roots)
		k.roots = append(k.roots, root)
	}
	for _, field := range fields {
		e.steps = append(e.steps, expressionStep{text: field})
	}
	return e
}

// symbolOfPipe is what is known of a pipeline's value.
func symbolOfPipe(pipe *parse.PipeNode, s *scope) symbol {
	if len(pipe.Cmds) != 1 || len(pipe.Cmds[0].Args) != 1 {
		return symbol{}
	}
	scratch := &mark{}
	e, ok := scratch.expression(pipe.Cmds[0].Args[0], s)
	if !ok {
		return symbol{}
	}
	return symbol{path: stepsText(e), known: e.known, given: scratch.given}
}

// value follows an expression from what its root is, as far as there is something.
func (e *expression) value(roots []any) any {
	if e.root >= len(roots) {
		return nil
	}
	return follow(roots[e.root], e.names(roots))
}

// path leads from the data to what an expression names.
func (e *expression) path(roots []any) []string {
	return append(append([]string{}, e.base...), e.names(roots)...)
}

func (e *expression) names(roots []any) []string {
	names := make([]string, len(e.steps))
	for i, step := range e.steps {
		if names[i] = step.text; step.of != nil {
			names[i] = fmt.Sprint(step.of.value(roots))
		}
	}
	return names
}

// follow goes down fields, keys, and methods without arguments, as templates do.
func follow(v any, names []string) (found any) {
	defer func() {
		if recover() != nil { // of a method that wants more than there is
			found = nil
		}
	}()
	at := reflect.ValueOf(v)
	for _, name := range names {
		if at = down(at, name); !at.IsValid() {
			return nil
		}
	}
	if !at.IsValid() || !at.CanInterface() {
		return nil
	}
	return at.Interface()
}

func down(at reflect.Value, name string) reflect.Value {
	for at.Kind() == reflect.Interface && !at.IsNil() {
		at = at.Elem()
	}
	if !at.IsValid() {
		return at
	}
	if m := at.MethodByName(name); m.IsValid() && m.Type().NumIn() == 0 && m.Type().NumOut() == 1 {
		return m.Call(nil)[0]
	}
	if at.CanAddr() {
		if m := at.Addr().MethodByName(name); m.IsValid() && m.Type().NumIn() == 0 && m.Type().NumOut() == 1 {
			return m.Call(nil)[0]
		}
	}
	for at.Kind() == reflect.Pointer {
		at = at.Elem()
	}
	switch at.Kind() {
	case reflect.Struct:
		return at.FieldByName(name)
	case reflect.Map:
		if at.Type().Key().Kind() == reflect.String {
			return at.MapIndex(reflect.ValueOf(name).Convert(at.Type().Key()))
		}
	case reflect.Slice, reflect.Array:
		var i int
		if _, err := fmt.Sscanf(name, "%d", &i); err == nil && i >= 0 && i < at.Len() {
			return at.Index(i)
		}
	}
	return reflect.Value{}
}
