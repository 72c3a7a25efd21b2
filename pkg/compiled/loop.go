package compiled

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"text/template/parse"
)

// loop compiles a range. Its variables hold the whole list where it is empty.
func (c *compiler) loop(n *parse.RangeNode, s *scope, b *builder) {
	if n.Pipe.IsAssign {
		refuse()
	}
	e := c.kept(c.pipe(n.Pipe, s), b)
	empty := s.with(s.dot)
	c.declare(n.Pipe, e, empty, b)
	otherwise := c.list(n.ElseList, empty)

	l := &looped{key: c.slot(), element: c.slot()}
	var key, element Expression
	switch {
	case e.Type == nil:
		key, element, l.over = slotOf(l.key, nil, reflect.Value{}), slotOf(l.element, nil, reflect.Value{}), l.anything
	case e.Type.Kind() == reflect.Slice:
		key, element, l.over = slotOf(l.key, reflect.TypeFor[int](), reflect.Value{}), elementOf(l.element, e.Type.Elem()), l.list
	case e.Type == textsType:
		key, element, l.over = textOf(l.key), textOf(l.element), l.texts
	case e.Type.Kind() == reflect.Map && e.Type.Key() == textType:
		key, element, l.over = textOf(l.key), elementOf(l.element, e.Type.Elem()), l.mapping
	default:
		refuse()
	}
	head := &builder{} // of each round
	inner := s.with(element)
	names := []Expression{key, element}
	for i, v := range n.Pipe.Decl {
		e := names[i+2-len(n.Pipe.Decl)]
		if c.assigned[v.Ident[0]] {
			inner.variables = append(inner.variables, c.declared(v.Ident[0], e, head))
		} else {
			inner.variables = append(inner.variables, variable{name: v.Ident[0], Expression: e})
		}
	}
	body := c.list(n.List, inner)
	l.body = inTurn(append(head.steps, body))
	b.add(func(f *Frame) flow {
		if l.over(f, e.Value(f)) {
			return onwards
		}
		return otherwise(f)
	})
}

// textOf is the text in a slot.
func textOf(slot int) Expression { return Text(func(f *Frame) string { return f.slots[slot].text }) }

// elementOf is an element of a list or a map. Texts are kept as such.
func elementOf(slot int, typ reflect.Type) Expression {
	switch typ {
	case textType:
		return textOf(slot)
	case anyType:
		typ = nil
	}
	return slotOf(slot, typ, reflect.Value{})
}

// looped is a loop that is compiled.
type looped struct {
	key, element int // slots
	// over goes over a value, and says whether there was anything.
	over func(*Frame, reflect.Value) bool
	body step
}

// round carries out the body once, and says whether it goes on.
func (l *looped) round(f *Frame, element reflect.Value) bool {
	f.round()
	at := &f.slots[l.element]
	if at.value = opened(element); !at.value.IsValid() {
		giveUp() // nothing can be asked of a nil in a list
	}
	if element.Kind() == reflect.String {
		at.text = element.String()
	}
	return l.body(f) != breaking
}

func (l *looped) list(f *Frame, v reflect.Value) bool {
	for i := range v.Len() {
		f.slots[l.key].value = reflect.ValueOf(i)
		if !l.round(f, v.Index(i)) {
			break
		}
	}
	return v.Len() > 0
}

var textsType = reflect.TypeFor[map[string]string]()

// texts goes over a map of texts.
func (l *looped) texts(f *Frame, v reflect.Value) bool {
	of := v.Interface().(map[string]string)
	for _, key := range slices.Sorted(maps.Keys(of)) {
		f.round()
		f.slots[l.key].text, f.slots[l.element].text = key, of[key]
		if l.body(f) == breaking {
			break
		}
	}
	return len(of) > 0
}

func (l *looped) mapping(f *Frame, v reflect.Value) bool {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		f.slots[l.key] = slot{text: key.String(), value: key}
		if !l.round(f, v.MapIndex(key)) {
			break
		}
	}
	return len(keys) > 0
}

// anything goes over what only the run tells the type of.
func (l *looped) anything(f *Frame, v reflect.Value) bool {
	switch v = behindAll(v); {
	case !v.IsValid():
		return false
	case v.Kind() == reflect.Slice:
		return l.list(f, v)
	case v.Kind() == reflect.Map && v.Type().Key() == textType:
		return l.mapping(f, v)
	}
	giveUp()
	return false
}
