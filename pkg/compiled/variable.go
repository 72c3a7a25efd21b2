package compiled

import (
	"reflect"
	"text/template"
	"text/template/parse"
)

// assignedNames are those of the variables to which a template gives another value
// than they were declared with. The root is declared with the data.
func assignedNames(t *template.Template) map[string]bool {
	names := map[string]bool{}
	for _, body := range t.Templates() {
		if body.Tree != nil {
			addAssigned(body.Root, names)
		}
	}
	return names
}

func addAssigned(list *parse.ListNode, names map[string]bool) {
	if list == nil {
		return
	}
	pipe := func(p *parse.PipeNode) {
		if p == nil {
			return
		}
		for _, v := range p.Decl {
			if p.IsAssign || v.Ident[0] == "$" {
				names[v.Ident[0]] = true
			}
		}
	}
	branch := func(n *parse.BranchNode) {
		pipe(n.Pipe)
		addAssigned(n.List, names)
		addAssigned(n.ElseList, names)
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.ActionNode:
			pipe(n.Pipe)
		case *parse.TemplateNode:
			pipe(n.Pipe)
		case *parse.IfNode:
			branch(&n.BranchNode)
		case *parse.WithNode:
			branch(&n.BranchNode)
		case *parse.RangeNode:
			branch(&n.BranchNode)
		}
	}
}

// declare gives the variables of a pipeline its value.
func (c *compiler) declare(pipe *parse.PipeNode, e Expression, s *scope, b *builder) {
	for _, v := range pipe.Decl {
		name := v.Ident[0]
		if pipe.IsAssign {
			b.add(assign(s.variable(name).slot, e))
			continue
		}
		s.variables = append(s.variables, c.declared(name, e, b))
	}
}

func (c *compiler) declared(name string, e Expression, b *builder) variable {
	if !c.assigned[name] {
		return variable{name: name, Expression: c.kept(e, b)}
	}
	n := c.slot()
	b.add(assign(n, e))
	return variable{name: name, slot: n, Expression: untyped(func(f *Frame) reflect.Value { return f.slots[n].value })}
}

func (c *compiler) slot() int {
	c.slots++
	return c.slots - 1
}

// assign is a step that gives a slot a value of any type.
func assign(slot int, e Expression) step {
	return func(f *Frame) flow { f.slots[slot].value = e.Value(f); return onwards }
}

// kept is an expression whose value is made now, however often it is asked for.
func (c *compiler) kept(e Expression, b *builder) Expression {
	if e.known {
		return e
	}
	n := c.slot()
	if e.Text != nil {
		b.add(func(f *Frame) flow { f.slots[n].text = e.Text(f); return onwards })
		return Text(func(f *Frame) string { return f.slots[n].text })
	}
	b.add(assign(n, e))
	return slotOf(n, e.Type, e.sample)
}

// slotOf is what a slot holds.
func slotOf(n int, typ reflect.Type, sample reflect.Value) Expression {
	value := func(f *Frame) reflect.Value { return f.slots[n].value }
	e := Expression{Value: value}
	if typ != nil {
		e = typed(typ, value)
	}
	e.sample = sample
	return e
}
