package podtemplate

import (
	"bytes"
	"fmt"
	"strconv"
	"text/template"
	"text/template/parse"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// fold carries out what in a template does not depend on the pod: actions and
// conditions on the fields named constant, which all data has as same has them.
// What would fail stays as it is, to fail where and when it would have. A template
// that calls an unrepeatable function, changes values or gives $ another one is left
// alone.
func (t *Template) fold() {
	if t.Reads.Unrepeatable || len(t.constant) == 0 || t.changes || assignsRoot(t.text) {
		return
	}
	scratch, err := t.text.Clone()
	if err != nil {
		return
	}
	t.text.Funcs(template.FuncMap{annotationOfPod: annotationOrOf})
	scratch.Funcs(template.FuncMap{annotationOfPod: annotationOrOf})
	f := &folder{data: t.same, constant: map[string]bool{}}
	for _, name := range t.constant {
		f.constant[name] = true
	}
	f.scratch = scratch.Funcs(template.FuncMap{"captured": func(v any) string { f.captured = v; return "" }})
	for name := range bodiesOfData(t.text) {
		if body := t.text.Lookup(name); body != nil && body.Tree != nil {
			f.list(body.Tree.Root, true)
		}
	}
}

// annotationOfPod is the function "annotation" for the pod's own metadata, which it
// is not given a copy of. Templates cannot name it: they are parsed without it.
const annotationOfPod = "annotationOfPod"

func annotationOrOf(meta *metav1.ObjectMeta, name string, otherwise any) string {
	if value, ok := meta.Annotations[name]; ok {
		return value
	}
	return fmt.Sprint(otherwise)
}

// bodiesOfData names those of a template's definitions, itself included, that are
// only ever called with the data itself.
func bodiesOfData(t *template.Template) map[string]bool {
	bodies := map[string]bool{}
	for _, body := range t.Templates() {
		bodies[body.Name()] = body.Tree != nil
	}
	for settled := false; !settled; {
		settled = true
		for _, body := range t.Templates() {
			if body.Tree == nil {
				continue
			}
			calls(body.Tree.Root, true, func(called string, withDot bool) {
				if bodies[called] && !(withDot && bodies[body.Name()]) {
					bodies[called], settled = false, false
				}
			})
		}
	}
	for name, only := range bodies {
		if !only {
			delete(bodies, name)
		}
	}
	return bodies
}

// calls tells of each call of a template whether it is given the dot that the body
// began with.
func calls(list *parse.ListNode, sameDot bool, tell func(called string, withDot bool)) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TemplateNode:
			tell(n.Name, n.Pipe != nil && (n.Pipe.String() == "$" || n.Pipe.String() == "." && sameDot))
		case *parse.IfNode:
			calls(n.List, sameDot, tell)
			calls(n.ElseList, sameDot, tell)
		case *parse.RangeNode:
			calls(n.List, false, tell)
			calls(n.ElseList, sameDot, tell)
		case *parse.WithNode:
			calls(n.List, false, tell)
			calls(n.ElseList, sameDot, tell)
		case *parse.ListNode:
			calls(n, sameDot, tell)
		}
	}
}

type folder struct {
	data     any
	constant map[string]bool
	scratch  *template.Template
	captured any
}

// list folds the nodes of a body; sameDot says that the dot is the data.
func (f *folder) list(list *parse.ListNode, sameDot bool) {
	if list == nil {
		return
	}
	folded := list.Nodes[:0:0]
	for _, node := range list.Nodes {
		for _, n := range f.node(node, sameDot) {
			if text, ok := n.(*parse.TextNode); ok && len(folded) > 0 {
				if before, ok := folded[len(folded)-1].(*parse.TextNode); ok {
					joined := append(before.Text[:len(before.Text):len(before.Text)], text.Text...)
					folded[len(folded)-1] = textNode(before, joined)
					continue
				}
			}
			folded = append(folded, n)
		}
	}
	list.Nodes = folded
}

func textNode(at parse.Node, text []byte) *parse.TextNode {
	return &parse.TextNode{NodeType: parse.NodeText, Pos: at.Position(), Text: text}
}

// node returns what takes a node's place.
func (f *folder) node(node parse.Node, sameDot bool) []parse.Node {
	switch n := node.(type) {
	case *parse.ActionNode:
		if f.isConstant(n.Pipe, sameDot) {
			if text, err := f.run(n); err == nil {
				return []parse.Node{textNode(n, text)}
			}
		}
		f.arguments(n.Pipe, sameDot)
	case *parse.IfNode:
		f.list(n.List, sameDot)
		f.list(n.ElseList, sameDot)
		if branch, ok := f.branch(n, sameDot); ok {
			return branch
		}
		f.arguments(n.Pipe, sameDot)
	case *parse.RangeNode:
		f.list(n.List, false)
		f.list(n.ElseList, sameDot)
	case *parse.WithNode:
		f.list(n.List, false)
		f.list(n.ElseList, sameDot)
		f.arguments(n.Pipe, sameDot)
	case *parse.ListNode:
		f.list(n, sameDot)
	}
	return []parse.Node{node}
}

// branch returns the branch that a constant condition takes. One that declares
// variables stays where they end with it.
func (f *folder) branch(n *parse.IfNode, sameDot bool) ([]parse.Node, bool) {
	if !f.isConstant(n.Pipe, sameDot) {
		return nil, false
	}
	yes := &parse.ListNode{NodeType: parse.NodeList, Nodes: []parse.Node{textNode(n, []byte("yes"))}}
	text, err := f.run(&parse.IfNode{BranchNode: parse.BranchNode{NodeType: parse.NodeIf, Pos: n.Pos, Pipe: n.Pipe, List: yes}})
	if err != nil {
		return nil, false
	}
	branch := n.List
	if len(text) == 0 {
		branch = n.ElseList
	}
	if branch == nil {
		return nil, true
	}
	for _, node := range branch.Nodes {
		if action, ok := node.(*parse.ActionNode); ok && len(action.Pipe.Decl) > 0 && !action.Pipe.IsAssign {
			return nil, false
		}
	}
	return branch.Nodes, true
}

// arguments folds those of a pipeline's constants that are strings or booleans.
func (f *folder) arguments(pipe *parse.PipeNode, sameDot bool) {
	if pipe == nil {
		return
	}
	for _, command := range pipe.Cmds {
		if name, ok := command.Args[0].(*parse.IdentifierNode); ok && name.Ident == "annotation" && len(command.Args) > 1 && isMetadata(command.Args[1], sameDot) {
			command.Args[0] = parse.NewIdentifier(annotationOfPod).SetPos(name.Pos)
		}
		for i, arg := range command.Args {
			switch n := arg.(type) {
			case *parse.PipeNode:
				if !f.isConstant(n, sameDot) {
					f.arguments(n, sameDot)
					continue
				}
			case *parse.FieldNode, *parse.VariableNode, *parse.ChainNode:
				if i == 0 && len(command.Args) > 1 || !f.isConstant(n, sameDot) {
					continue
				}
			default:
				continue
			}
			switch v := f.value(arg).(type) {
			case string:
				command.Args[i] = &parse.StringNode{NodeType: parse.NodeString, Pos: arg.Position(), Quoted: strconv.Quote(v), Text: v}
			case bool:
				command.Args[i] = &parse.BoolNode{NodeType: parse.NodeBool, Pos: arg.Position(), True: v}
			}
		}
	}
}

// isMetadata says whether a node is the field ObjectMeta of the data.
func isMetadata(node parse.Node, sameDot bool) bool {
	s := node.String()
	return s == ".ObjectMeta" && sameDot || s == "$.ObjectMeta"
}

func (f *folder) isConstant(node parse.Node, sameDot bool) bool {
	switch n := node.(type) {
	case *parse.StringNode, *parse.NumberNode, *parse.BoolNode, *parse.NilNode, *parse.IdentifierNode:
		return true
	case *parse.FieldNode:
		return sameDot && f.constant[n.Ident[0]]
	case *parse.VariableNode:
		return n.Ident[0] == "$" && len(n.Ident) > 1 && f.constant[n.Ident[1]]
	case *parse.ChainNode:
		return f.isConstant(n.Node, sameDot)
	case *parse.PipeNode:
		if len(n.Decl) > 0 {
			return false
		}
		for _, command := range n.Cmds {
			for _, arg := range command.Args {
				if !f.isConstant(arg, sameDot) {
					return false
				}
			}
		}
		return true
	default:
		return false
	}
}

// value returns what a constant stands for, nil where it fails.
func (f *folder) value(node parse.Node) any {
	f.captured = nil
	pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: node.Position(), Cmds: []*parse.CommandNode{{
		NodeType: parse.NodeCommand, Pos: node.Position(), Args: []parse.Node{parse.NewIdentifier("captured"), node},
	}}}
	if _, err := f.run(&parse.ActionNode{NodeType: parse.NodeAction, Pos: node.Position(), Pipe: pipe}); err != nil {
		return nil
	}
	return f.captured
}

// run executes one node alone.
func (f *folder) run(node parse.Node) ([]byte, error) {
	tree := &parse.Tree{Name: "constant", Root: &parse.ListNode{NodeType: parse.NodeList, Nodes: []parse.Node{node}}}
	t, err := f.scratch.AddParseTree("constant", tree)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := t.Execute(&text, f.data); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}
