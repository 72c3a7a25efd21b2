package compiled

import (
	"reflect"
	"slices"
	"text/template"
	"text/template/parse"
)

// Language is what templates can say beside the syntax of text/template.
type Language struct {
	// Functions are those that the template was parsed with.
	Functions template.FuncMap
	// Quick are shorter ways to carry out some of them. Ok is false where one is none for
	// these arguments.
	Quick map[string]func(args []Expression) (e Expression, ok bool)
	// Repeatable says whether a function gives the same for the same arguments.
	Repeatable func(name string) bool
}

// Compile compiles a template for data like the sample, a pointer to a struct. Fields of
// it that are named constant have in every run the value that they have in same. Nil is
// for a template that cannot be compiled.
func Compile(t *template.Template, in Language, sample, same any, constants ...string) (p *Program) {
	plain, err := t.Clone()
	assigned := assignedNames(t)
	if err != nil || assigned["$"] {
		return nil
	}
	c := &compiler{
		Language: in, templates: t, plain: plain, assigned: assigned, constant: map[string]bool{},
		root: reflect.TypeOf(sample).Elem(), same: reflect.Indirect(reflect.ValueOf(same)),
	}
	for _, name := range constants {
		c.constant[name] = true
	}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case refused, gaveUp:
			p = nil
		default:
			panic(e)
		}
	}()
	data := typed(reflect.TypeOf(sample), func(f *Frame) reflect.Value { return f.data })
	data.sample = reflect.ValueOf(sample)
	body := c.body(t.Tree.Root, data)
	return &Program{body: body, slots: c.slots, left: c.left}
}

type compiler struct {
	Language
	templates *template.Template
	plain     *template.Template // has the pipelines that are left to text/template
	left      []string
	assigned  map[string]bool // names of variables that get another value somewhere
	root      reflect.Type    // of the data
	same      reflect.Value
	constant  map[string]bool
	slots     int
	nodes     int
	depth     int
}

// refused is the panic for a template that cannot be compiled at all, and
// notSupported for a pipeline that is then left to text/template.
type (
	refused      struct{}
	notSupported struct{}
)

func refuse()      { panic(refused{}) }
func unsupported() { panic(notSupported{}) }

// Each call of a template is compiled by itself, with what is known of its data. So
// there are bounds, which templates that call themselves come to.
const (
	maxDepth = 20
	maxNodes = 50_000
)

// scope is what names stand for in a part of a template.
type scope struct {
	dot       Expression
	variables []variable
}

type variable struct {
	name string
	Expression
	slot int // of one that is assigned
}

func (s *scope) variable(name string) variable {
	for _, v := range slices.Backward(s.variables) {
		if v.name == name {
			return v
		}
	}
	refuse()
	return variable{}
}

// with is a scope inside of this one.
func (s *scope) with(dot Expression, variables ...variable) *scope {
	return &scope{dot: dot, variables: append(slices.Clip(s.variables), variables...)}
}

// body compiles a template whose data is given.
func (c *compiler) body(list *parse.ListNode, data Expression) step {
	if c.depth++; c.depth > maxDepth {
		refuse()
	}
	defer func() { c.depth-- }()
	return c.list(list, &scope{dot: data, variables: []variable{{name: "$", Expression: data}}})
}

// list compiles nodes. What they declare ends with them.
func (c *compiler) list(list *parse.ListNode, outer *scope) step {
	if list == nil {
		return inTurn(nil)
	}
	b := &builder{}
	s := outer.with(outer.dot)
	for _, node := range list.Nodes {
		if c.nodes++; c.nodes > maxNodes {
			refuse()
		}
		c.node(node, s, b)
	}
	return b.step()
}

// builder puts steps together; text that stands together becomes one.
type builder struct {
	steps []step
	text  []byte
}

func (b *builder) add(steps ...step) {
	b.flush()
	b.steps = append(b.steps, steps...)
}

func (b *builder) flush() {
	if len(b.text) == 0 {
		return
	}
	text := b.text
	b.text = nil
	b.steps = append(b.steps, func(f *Frame) flow { f.text.Write(text); return onwards })
}

func (b *builder) step() step {
	b.flush()
	return inTurn(b.steps)
}

func (c *compiler) node(node parse.Node, s *scope, b *builder) {
	switch n := node.(type) {
	case *parse.TextNode:
		b.text = append(b.text, n.Text...)
	case *parse.ActionNode:
		c.action(n.Pipe, s, b)
	case *parse.IfNode:
		c.branch(&n.BranchNode, s, b, false)
	case *parse.WithNode:
		c.branch(&n.BranchNode, s, b, true)
	case *parse.RangeNode:
		c.loop(n, s, b)
	case *parse.TemplateNode:
		c.call(n, s, b)
	case *parse.BreakNode:
		b.add(func(*Frame) flow { return breaking })
	case *parse.ContinueNode:
		b.add(func(*Frame) flow { return continuing })
	case *parse.CommentNode:
	default:
		refuse()
	}
}

func (c *compiler) action(pipe *parse.PipeNode, s *scope, b *builder) {
	e := c.pipe(pipe, s)
	switch {
	case len(pipe.Decl) > 0:
		c.declare(pipe, e, s, b)
	case e.known:
		b.text = append(b.text, printed(e.same)...)
	default:
		b.add(printing(e))
	}
}

// branch compiles an if, or a with, which is the dot in its first list. A condition that
// is known is none.
func (c *compiler) branch(n *parse.BranchNode, s *scope, b *builder, with bool) {
	e, inner := c.pipe(n.Pipe, s), s.with(s.dot)
	if with || len(n.Pipe.Decl) > 0 {
		e = c.kept(e, b)
		c.declare(n.Pipe, e, inner, b)
	}
	taken := inner.with(inner.dot)
	if with {
		taken.dot = e
	}
	switch {
	case !e.known:
	case isTrue(e.same):
		b.add(c.list(n.List, taken))
		return
	default:
		b.add(c.list(n.ElseList, inner))
		return
	}
	test, yes, no := truth(e), c.list(n.List, taken), c.list(n.ElseList, inner)
	b.add(func(f *Frame) flow {
		if test(f) {
			return yes(f)
		}
		return no(f)
	})
}

// call compiles the call of a template.
func (c *compiler) call(n *parse.TemplateNode, s *scope, b *builder) {
	body := c.templates.Lookup(n.Name)
	if body == nil || body.Tree == nil {
		refuse()
	}
	data := constant(reflect.Value{})
	if n.Pipe != nil {
		data = c.kept(c.pipe(n.Pipe, s), b)
		c.declare(n.Pipe, data, s, b)
	}
	b.add(c.body(body.Root, data))
}
