package compiled

import (
	"fmt"
	"io"
	"reflect"
	"text/template/parse"
)

// leave leaves a pipeline to text/template: as a template of its own, which keeps the
// pipeline's value and prints nothing. The dot and the variables are read from the
// data that it is given.
func (c *compiler) leave(pipe *parse.PipeNode, s *scope) Expression {
	l := &leaver{c: c, scope: s, known: true}
	root := &parse.ListNode{NodeType: parse.NodeList, Nodes: []parse.Node{&parse.ActionNode{
		NodeType: parse.NodeAction, Pipe: pipeOf(&parse.FieldNode{NodeType: parse.NodeField, Ident: []string{"Keep"}}, l.pipe(pipe)),
	}}}
	c.nodes++
	name := fmt.Sprintf("left %d", c.nodes)
	t, err := c.plain.AddParseTree(name, &parse.Tree{Name: name, Root: root})
	if err != nil {
		refuse()
	}
	reads := l.reads
	e := untyped(func(f *Frame) reflect.Value {
		data := &lent{frame: f, reads: reads}
		if t.Execute(io.Discard, data) != nil {
			giveUp()
		}
		return data.kept
	})
	if l.known {
		if v, ok := valueNow(e); ok {
			return constant(v)
		}
	}
	c.left = append(c.left, pipe.String())
	return e
}

// lent is the data of a pipeline that was left.
type lent struct {
	frame *Frame
	reads []Expression
	kept  reflect.Value
}

// Read is one of the values that the pipeline reads.
func (l *lent) Read(i int) reflect.Value { return l.reads[i].Value(l.frame) }

// Keep takes the value of the pipeline.
func (l *lent) Keep(v reflect.Value) string {
	l.kept = v
	return ""
}

// leaver rewrites a pipeline for the data that it is given.
type leaver struct {
	c     *compiler
	scope *scope
	reads []Expression
	known bool // all that it reads
}

func (l *leaver) pipe(pipe *parse.PipeNode) *parse.PipeNode {
	p := &parse.PipeNode{NodeType: parse.NodePipe}
	for _, command := range pipe.Cmds {
		changed := &parse.CommandNode{NodeType: parse.NodeCommand}
		for _, arg := range command.Args {
			changed.Args = append(changed.Args, l.node(arg))
		}
		p.Cmds = append(p.Cmds, changed)
	}
	return p
}

// node is a node that reads the same from the data that it is given.
func (l *leaver) node(node parse.Node) parse.Node {
	if e, ok := l.c.knownOperand(node, l.scope); ok {
		return l.read(e)
	}
	switch n := node.(type) {
	case *parse.DotNode:
		return l.read(l.scope.dot)
	case *parse.FieldNode:
		return behind(l.read(l.scope.dot), n.Ident)
	case *parse.VariableNode:
		return behind(l.read(l.scope.variable(n.Ident[0]).Expression), n.Ident[1:])
	case *parse.ChainNode:
		return behind(l.node(n.Node), n.Field)
	case *parse.PipeNode:
		if len(n.Decl) > 0 {
			refuse()
		}
		return l.pipe(n)
	case *parse.IdentifierNode:
		_, added := l.c.Functions[n.Ident]
		l.known = l.known && (!added || l.c.Repeatable(n.Ident))
	}
	return node
}

func (l *leaver) read(e Expression) parse.Node {
	l.known = l.known && e.known
	l.reads = append(l.reads, e)
	i := len(l.reads) - 1
	number := &parse.NumberNode{NodeType: parse.NodeNumber, IsInt: true, Int64: int64(i), Text: fmt.Sprint(i)}
	return pipeOf(&parse.FieldNode{NodeType: parse.NodeField, Ident: []string{"Read"}}, number)
}

func pipeOf(args ...parse.Node) *parse.PipeNode {
	return &parse.PipeNode{NodeType: parse.NodePipe, Cmds: []*parse.CommandNode{{NodeType: parse.NodeCommand, Args: args}}}
}

func behind(node parse.Node, names []string) parse.Node {
	if len(names) == 0 {
		return node
	}
	return &parse.ChainNode{NodeType: parse.NodeChain, Node: node, Field: names}
}
