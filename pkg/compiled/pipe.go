package compiled

import (
	"reflect"
	"strconv"
	"text/template/parse"
)

// pipe compiles a pipeline without what it declares. What is not known is left to
// text/template.
func (c *compiler) pipe(pipe *parse.PipeNode, s *scope) Expression {
	e, ok := supported(func() Expression {
		var before []Expression // what the command before gave, for the next one
		for _, command := range pipe.Cmds {
			before = []Expression{c.command(command, s, before)}
		}
		return before[0]
	})
	if !ok {
		return c.leave(pipe, s)
	}
	return e
}

// supported compiles something that may not be known here.
func supported(compile func() Expression) (e Expression, ok bool) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case notSupported:
			ok = false
		default:
			panic(p)
		}
	}()
	return compile(), true
}

func (c *compiler) command(command *parse.CommandNode, s *scope, last []Expression) Expression {
	first := command.Args[0]
	if name, ok := first.(*parse.IdentifierNode); ok {
		var args []Expression
		for _, arg := range command.Args[1:] {
			args = append(args, c.operand(arg, s))
		}
		return c.function(name.Ident, append(args, last...))
	}
	if _, ok := first.(*parse.NilNode); ok || len(command.Args) > 1 || len(last) > 0 {
		unsupported()
	}
	return c.operand(first, s)
}

func (c *compiler) operand(node parse.Node, s *scope) Expression {
	switch n := node.(type) {
	case *parse.DotNode:
		return s.dot
	case *parse.FieldNode:
		return c.chain(s.dot, n.Ident)
	case *parse.VariableNode:
		return c.chain(s.variable(n.Ident[0]).Expression, n.Ident[1:])
	case *parse.ChainNode:
		return c.chain(c.operand(n.Node, s), n.Field)
	case *parse.PipeNode:
		if len(n.Decl) > 0 {
			refuse()
		}
		return c.pipe(n, s)
	case *parse.IdentifierNode:
		return c.function(n.Ident, nil)
	case *parse.StringNode:
		return constant(reflect.ValueOf(n.Text))
	case *parse.BoolNode:
		return constant(reflect.ValueOf(n.True))
	case *parse.NumberNode:
		if i := int(n.Int64); n.IsInt && strconv.Itoa(i) == n.Text {
			return constant(reflect.ValueOf(i))
		}
	case *parse.NilNode:
		return constant(reflect.Value{})
	}
	unsupported()
	return Expression{}
}

// knownOperand is a chain of fields whose value is known.
func (c *compiler) knownOperand(node parse.Node, s *scope) (e Expression, ok bool) {
	switch node.(type) {
	case *parse.FieldNode, *parse.VariableNode, *parse.ChainNode:
		e, ok = supported(func() Expression { return c.operand(node, s) })
		return e, ok && e.known
	}
	return e, false
}

// folded carries out now what is the same in every run. What fails is left to
// text/template: if it fails there too, it is to fail where and when it would have.
func folded(e Expression, known bool) Expression {
	if !known {
		return e
	}
	v, ok := valueNow(e)
	if !ok {
		unsupported()
	}
	return constant(v)
}

func valueNow(e Expression) (v reflect.Value, ok bool) {
	defer func() { ok = recover() == nil }()
	return e.Value(&Frame{}), true
}

func allKnown(args []Expression) bool {
	for _, arg := range args {
		if !arg.known {
			return false
		}
	}
	return true
}
