package compiled

import (
	"reflect"
	"text/template"
	"text/template/parse"

	"github.com/outrigger-io/outrigger/internal/parsetree"
)

// assignedNames are those of the variables to which a template gives another value
// than they were declared with. The root is declared with the data.
func assignedNames(t *template.Template) map[string]bool {
	names := map[string]bool{}
	parsetree.Each(t, func(_ *parse.Tree, n parse.Node) {
		pipe, ok := n.(*parse.PipeNode)
		if !ok {
			return
		}
		for _, v := range pipe.Decl {
			if pipe.IsAssign || v.Ident[0] == "$" {
				names[v.Ident[0]] = true
			}
		}
	})
	return names
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
