// Package parsetree goes through what text/template makes of a template's text.
package parsetree

import (
	"text/template"
	"text/template/parse"
)

// Each calls f for the nodes of a template and of all that it defines.
func Each(t *template.Template, f func(of *parse.Tree, n parse.Node)) {
	for _, body := range t.Templates() {
		if body.Tree != nil {
			walk(body.Tree.Root, func(n parse.Node) { f(body.Tree, n) })
		}
	}
}

// walk calls f for a node and all below it.
func walk(node parse.Node, f func(parse.Node)) {
	below := func(nodes ...parse.Node) {
		for _, n := range nodes {
			walk(n, f)
		}
	}
	branch := func(n *parse.BranchNode) {
		walk(n.Pipe, f)
		walk(n.List, f)
		if n.ElseList != nil {
			walk(n.ElseList, f)
		}
	}
	f(node)
	switch n := node.(type) {
	case *parse.ListNode:
		below(n.Nodes...)
	case *parse.ActionNode:
		walk(n.Pipe, f)
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			walk(n.Pipe, f)
		}
	case *parse.PipeNode:
		for _, d := range n.Decl {
			walk(d, f)
		}
		for _, c := range n.Cmds {
			walk(c, f)
		}
	case *parse.CommandNode:
		below(n.Args...)
	case *parse.ChainNode:
		walk(n.Node, f)
	}
}
