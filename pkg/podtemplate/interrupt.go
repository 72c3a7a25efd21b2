package podtemplate

import (
	"context"
	"text/template"
	"text/template/parse"

	"github.com/outrigger-io/outrigger/internal/parsetree"
)

// goOn is a function that fails once the context of the data has ended. A call of it
// stands before every round of a loop and in every definition of a template that is
// ready to be rendered: loops in loops over the lists of a large pod can take minutes.
// Templates cannot name it: they are parsed without it.
const goOn = "goOn"

// interruptible puts the calls in, last of all that is done to a template: they are
// not to count as reading the data.
func interruptible(t *template.Template) {
	t.Funcs(template.FuncMap{goOn: func(data any) (string, error) {
		if v, ok := data.(*View); ok {
			return "", v.goOn()
		}
		return "", nil
	}})
	parsetree.Each(t, func(of *parse.Tree, n parse.Node) {
		switch n := n.(type) {
		case *parse.RangeNode:
			callGoOn(n.List)
		case *parse.ListNode:
			if n == of.Root && of.Name != t.Name() {
				callGoOn(n)
			}
		}
	})
}

func callGoOn(list *parse.ListNode) {
	at := list.Position()
	data := &parse.VariableNode{NodeType: parse.NodeVariable, Pos: at, Ident: []string{"$"}}
	command := &parse.CommandNode{NodeType: parse.NodeCommand, Pos: at, Args: []parse.Node{parse.NewIdentifier(goOn).SetPos(at), data}}
	pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: at, Cmds: []*parse.CommandNode{command}}
	call := &parse.ActionNode{NodeType: parse.NodeAction, Pos: at, Pipe: pipe}
	list.Nodes = append([]parse.Node{call}, list.Nodes...)
}

// within gives the data of one rendering the context that ends it.
func within(ctx context.Context, data any) any {
	if v, ok := data.(*View); ok {
		v.context = ctx
	}
	return data
}

// goOn is the error of the context that ends the rendering, if it has ended.
func (v *View) goOn() error {
	if v.context == nil {
		return nil
	}
	return v.context.Err()
}
