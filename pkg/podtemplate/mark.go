package podtemplate

import (
	"strconv"
	"text/template"
	"text/template/parse"
)

// mark stands before a node of a template that is executed to tell which node wrote
// what: a call of a function that notes where the output has come to, and gives no text.
type mark struct {
	id int
	// node is what stands behind it: a text, an action, or one that has others in it.
	// Nil begins a branch, or ends the call of a template.
	node parse.Node
	// around is the innermost condition, loop or the like that the node stands in.
	around *mark
	// taken is the branch of around in which it stands: the main one, or that of else.
	taken branch
	// reads are what the node goes by.
	reads []expression
	// given are the nodes that gave the variables it goes by their values.
	given []*mark
	// roots are what the expressions begin with, as arguments of the call.
	roots []parse.Node
}

type branch uint8

const (
	noBranch branch = iota
	mainBranch
	elseBranch
)

// markFunction is the function that is called. Templates cannot name it: they are
// parsed without it.
const markFunction = "marked"

// marker puts marks into a template.
type marker struct {
	marks []*mark
}

// scope is what names stand for in a part of a template.
type scope struct {
	dot       symbol
	variables []symbolOf
}

type symbolOf struct {
	name string
	symbol
}

// symbol is what is known of a value before a template is executed.
type symbol struct {
	// path leads to it from the data. Not where known is false.
	path  []string
	known bool
	given []*mark
}

func (s *scope) variable(name string) symbol {
	for i := len(s.variables) - 1; i >= 0; i-- {
		if s.variables[i].name == name {
			return s.variables[i].symbol
		}
	}
	return symbol{}
}

// assign notes that a variable has got another value.
func (s *scope) assign(name string, by *mark) {
	for i := len(s.variables) - 1; i >= 0; i-- {
		if v := &s.variables[i]; v.name == name {
			v.symbol = symbol{given: append(v.given[:len(v.given):len(v.given)], by)}
			return
		}
	}
}

// markAll marks a template and all that it defines.
func markAll(t *template.Template) []*mark {
	m := &marker{}
	ofData := bodiesOfData(t)
	for _, body := range t.Templates() {
		if body.Tree == nil {
			continue
		}
		s := &scope{dot: symbol{known: ofData[body.Name()]}}
		s.variables = []symbolOf{{"$", s.dot}}
		m.list(body.Tree.Root, s, nil, noBranch)
	}
	return m.marks
}

func (m *marker) add(node parse.Node, around *mark, taken branch) *mark {
	added := &mark{id: len(m.marks), node: node, around: around, taken: taken}
	m.marks = append(m.marks, added)
	return added
}

// list marks nodes; the variables that they declare end with it.
func (m *marker) list(list *parse.ListNode, s *scope, around *mark, taken branch) {
	if list == nil {
		return
	}
	outer := len(s.variables)
	var nodes []parse.Node
	if taken != noBranch {
		nodes = append(nodes, m.add(nil, around, taken).call(list.Pos))
	}
	for _, node := range list.Nodes {
		nodes = append(nodes, m.node(node, s, around, taken)...)
	}
	list.Nodes = nodes
	s.variables = s.variables[:outer]
}

// node returns a node with its marks.
func (m *marker) node(node parse.Node, s *scope, around *mark, taken branch) []parse.Node {
	at := m.add(node, around, taken)
	switch n := node.(type) {
	case *parse.ActionNode:
		m.pipe(at, n.Pipe, s)
		m.declare(at, n.Pipe, s)
	case *parse.IfNode:
		m.pipe(at, n.Pipe, s)
		outer := len(s.variables)
		m.declare(at, n.Pipe, s)
		m.list(n.List, s, at, mainBranch)
		m.list(n.ElseList, s, at, elseBranch)
		s.variables = s.variables[:outer]
	case *parse.WithNode:
		m.pipe(at, n.Pipe, s)
		m.within(at, &n.BranchNode, s, symbolOfPipe(n.Pipe, s))
	case *parse.RangeNode:
		m.pipe(at, n.Pipe, s)
		element := symbolOfPipe(n.Pipe, s)
		if element.known {
			element.path = append(element.path[:len(element.path):len(element.path)], AnyElement)
		}
		m.within(at, &n.BranchNode, s, element)
	case *parse.TemplateNode:
		m.pipe(at, n.Pipe, s)
		return []parse.Node{at.call(n.Pos), node, m.add(nil, around, noBranch).call(n.Pos)}
	}
	return []parse.Node{at.call(node.Position()), node}
}

// within marks the branches of a node that changes the dot.
func (m *marker) within(at *mark, n *parse.BranchNode, s *scope, dot symbol) {
	outer := *s
	mark := len(s.variables)
	dot.given = append(dot.given[:len(dot.given):len(dot.given)], at)
	for i, v := range n.Pipe.Decl {
		value := dot
		if i < len(n.Pipe.Decl)-1 {
			value = symbol{given: dot.given} // the index or key
		}
		s.variables = append(s.variables, symbolOf{v.Ident[0], value})
	}
	s.dot = dot
	m.list(n.List, s, at, mainBranch)
	s.dot = outer.dot
	m.list(n.ElseList, s, at, elseBranch)
	s.variables = s.variables[:mark]
}

// declare notes the variables to which a pipeline gives values.
func (m *marker) declare(at *mark, pipe *parse.PipeNode, s *scope) {
	for _, v := range pipe.Decl {
		if pipe.IsAssign {
			s.assign(v.Ident[0], at)
			continue
		}
		value := symbolOfPipe(pipe, s)
		value.given = append(value.given[:len(value.given):len(value.given)], at)
		s.variables = append(s.variables, symbolOf{v.Ident[0], value})
	}
}

// call is the mark as a node of the template.
func (k *mark) call(pos parse.Pos) parse.Node {
	n := strconv.Itoa(k.id)
	number := &parse.NumberNode{NodeType: parse.NodeNumber, Pos: pos, IsInt: true, Int64: int64(k.id), Text: n}
	command := &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: append([]parse.Node{parse.NewIdentifier(markFunction).SetPos(pos), number}, k.roots...)}
	pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: pos, Cmds: []*parse.CommandNode{command}}
	return &parse.ActionNode{NodeType: parse.NodeAction, Pos: pos, Pipe: pipe}
}
