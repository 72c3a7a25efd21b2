package compiled

import (
	"fmt"
	"reflect"
	"strings"
)

// builtin is the call of one of text/template's own functions.
func builtin(name string, args []Expression) Expression {
	if len(args) == 0 {
		unsupported()
	}
	switch name {
	case "and":
		return choice(args, false)
	case "or":
		return choice(args, true)
	case "not":
		if len(args) == 1 {
			is := truth(args[0])
			return flagOf(func(f *Frame) bool { return !is(f) })
		}
	case "eq", "ne":
		if len(args) == 2 {
			is := equal(args[0], args[1])
			return flagOf(func(f *Frame) bool { return is(f) == (name == "eq") })
		}
	case "lt", "le", "gt", "ge":
		if len(args) == 2 {
			return compared(name, args[0], args[1])
		}
	case "index":
		if len(args) == 2 {
			return indexed(args[0], args[1])
		}
	case "len":
		if len(args) == 1 {
			return typed(reflect.TypeFor[int](), func(f *Frame) reflect.Value { return reflect.ValueOf(length(args[0].Value(f))) })
		}
	case "print":
		if len(args) == 1 && args[0].Text != nil {
			return args[0]
		}
		return call(fmt.Sprint, args)
	case "printf":
		if e, ok := joined(args); ok {
			return e
		}
		return call(fmt.Sprintf, args)
	}
	unsupported()
	return Expression{}
}

// choice is the first value of those that is true, or that is false, else the last.
func choice(args []Expression, of bool) Expression {
	for args[0].known && len(args) > 1 {
		if isTrue(args[0].same) == of {
			return args[0]
		}
		args = args[1:]
	}
	is := make([]func(*Frame) bool, len(args))
	texts := true
	for i, arg := range args {
		is[i] = truth(arg)
		texts = texts && arg.Text != nil
	}
	last := len(args) - 1
	if texts {
		return Text(func(f *Frame) string {
			for _, arg := range args[:last] {
				if v := arg.Text(f); (v != "") == of {
					return v
				}
			}
			return args[last].Text(f)
		})
	}
	if allFlags(args) {
		return flagOf(func(f *Frame) bool {
			for _, is := range is {
				if is(f) == of {
					return of
				}
			}
			return !of
		})
	}
	return untyped(func(f *Frame) reflect.Value {
		for _, arg := range args[:last] {
			if v := arg.Value(f); isTrue(v) == of {
				return v
			}
		}
		return args[last].Value(f)
	})
}

func allFlags(args []Expression) bool {
	for _, arg := range args {
		if arg.Flag == nil {
			return false
		}
	}
	return true
}

func equal(a, b Expression) func(*Frame) bool {
	switch {
	case a.Text != nil && b.Text != nil:
		return func(f *Frame) bool { return a.Text(f) == b.Text(f) }
	case a.Flag != nil && b.Flag != nil:
		return func(f *Frame) bool { return a.Flag(f) == b.Flag(f) }
	case !mayBeBasic(a) || !mayBeBasic(b):
		unsupported()
	}
	return func(f *Frame) bool { return equalValues(inside(a.Value(f)), inside(b.Value(f))) }
}

// inside is what is in an interface.
func inside(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Interface {
		return v.Elem()
	}
	return v
}

func equalValues(a, b reflect.Value) bool {
	switch {
	case a.Kind() == reflect.String && b.Kind() == reflect.String:
		return a.String() == b.String()
	case a.Kind() == reflect.Bool && b.Kind() == reflect.Bool:
		return a.Bool() == b.Bool()
	case a.CanInt() && b.CanInt():
		return a.Int() == b.Int()
	case isBasic(a) && !b.IsValid() || !a.IsValid() && isBasic(b):
		return false
	}
	giveUp()
	return false
}

func isBasic(v reflect.Value) bool {
	return v.Kind() == reflect.String || v.Kind() == reflect.Bool || v.CanInt()
}

// mayBeBasic says that an expression could have a value that is simple to compare.
func mayBeBasic(e Expression) bool { return e.Type == nil || isBasic(reflect.Zero(e.Type)) }

// compared compares whole numbers.
func compared(name string, a, b Expression) Expression {
	for _, e := range []Expression{a, b} {
		if e.Type != nil && !reflect.Zero(e.Type).CanInt() {
			unsupported()
		}
	}
	holds := map[string]func(a, b int64) bool{
		"lt": func(a, b int64) bool { return a < b },
		"le": func(a, b int64) bool { return a <= b },
		"gt": func(a, b int64) bool { return a > b },
		"ge": func(a, b int64) bool { return a >= b },
	}[name]
	return flagOf(func(f *Frame) bool {
		a, b := inside(a.Value(f)), inside(b.Value(f))
		if !a.CanInt() || !b.CanInt() {
			giveUp()
		}
		return holds(a.Int(), b.Int())
	})
}

// indexed is a member of a list or a map.
func indexed(of, by Expression) Expression {
	if of.Type == textsType && by.Text != nil {
		texts := As[map[string]string](of)
		return Text(func(f *Frame) string { return texts(f)[by.Text(f)] })
	}
	if k := kindOf(of); k != reflect.Invalid && k != reflect.Slice && k != reflect.Map || k == reflect.Map && by.Type != of.Type.Key() {
		unsupported()
	}
	value := func(f *Frame) reflect.Value {
		list, i := of.Value(f), inside(by.Value(f))
		switch {
		case list.Kind() == reflect.Slice && i.CanInt() && i.Int() >= 0 && i.Int() < int64(list.Len()):
			return list.Index(int(i.Int()))
		case list.Kind() == reflect.Map && i.IsValid() && i.Type() == list.Type().Key():
			if v := list.MapIndex(i); v.IsValid() {
				return v
			}
			return reflect.Zero(list.Type().Elem())
		}
		giveUp()
		return reflect.Value{}
	}
	if of.Type == nil {
		return untyped(value)
	}
	return typed(of.Type.Elem(), value)
}

// kindOf is the kind of an expression's type, Invalid where only a run tells it.
func kindOf(e Expression) reflect.Kind {
	if e.Type == nil {
		return reflect.Invalid
	}
	return e.Type.Kind()
}

func length(v reflect.Value) int {
	switch v = inside(v); v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len()
	}
	giveUp()
	return 0
}

// joined is a printf that only puts texts together.
func joined(args []Expression) (e Expression, ok bool) {
	if !args[0].known || args[0].Text == nil {
		return e, false
	}
	pieces := strings.Split(strings.ReplaceAll(args[0].same.String(), "%v", "%s"), "%s")
	if len(pieces) != len(args) || strings.Contains(strings.Join(pieces, ""), "%") {
		return e, false
	}
	for _, arg := range args[1:] {
		if arg.Text == nil {
			return e, false
		}
	}
	return Text(func(f *Frame) string {
		var text strings.Builder
		text.WriteString(pieces[0])
		for i, arg := range args[1:] {
			text.WriteString(arg.Text(f))
			text.WriteString(pieces[i+1])
		}
		return text.String()
	}), true
}
