package compiled

import (
	"bytes"
	"reflect"
)

// Expression is a compiled part of a pipeline.
type Expression struct {
	// Type is that of its value. Nil where only a run tells it: the value may then be
	// none at all. It is never that of an interface without methods.
	Type  reflect.Type
	Value func(*Frame) reflect.Value
	// Text and Flag are the value where the type is string or bool, else nil.
	Text func(*Frame) string
	Flag func(*Frame) bool
	// Write prints the value without making it, nil where there is no such way.
	Write func(*bytes.Buffer, *Frame)

	// known says that the value is the same in every run.
	known bool
	same  reflect.Value
	// sample is a value as the runs will have it, which tells what is in an interface.
	sample reflect.Value
}

// Known is the value of an expression that is the same in every run.
func (e Expression) Known() (v reflect.Value, ok bool) { return e.same, e.known }

var (
	textType = reflect.TypeFor[string]()
	flagType = reflect.TypeFor[bool]()
	anyType  = reflect.TypeFor[any]()
)

// Text is an expression that gives text.
func Text(text func(*Frame) string) Expression {
	return Expression{Type: textType, Text: text, Value: func(f *Frame) reflect.Value { return reflect.ValueOf(text(f)) }}
}

func flagOf(flag func(*Frame) bool) Expression {
	return Expression{Type: flagType, Flag: flag, Value: func(f *Frame) reflect.Value { return reflect.ValueOf(flag(f)) }}
}

// typed is an expression whose value has a type.
func typed(typ reflect.Type, value func(*Frame) reflect.Value) Expression {
	if typ.Kind() == reflect.Interface && typ.NumMethod() == 0 {
		return untyped(value)
	}
	e := Expression{Type: typ, Value: value}
	switch typ {
	case textType:
		e.Text = func(f *Frame) string { return value(f).String() }
	case flagType:
		e.Flag = func(f *Frame) bool { return value(f).Bool() }
	}
	return e
}

// untyped is an expression whose value may be anything.
func untyped(value func(*Frame) reflect.Value) Expression {
	return Expression{Value: func(f *Frame) reflect.Value { return opened(value(f)) }}
}

// constant is an expression that always has the same value.
func constant(v reflect.Value) Expression {
	v = opened(v)
	e := Expression{known: true, same: v, sample: v, Value: func(*Frame) reflect.Value { return v }}
	if !v.IsValid() {
		return e
	}
	e.Type = v.Type()
	switch e.Type {
	case textType:
		text := v.String()
		e.Text = func(*Frame) string { return text }
	case flagType:
		flag := v.Bool()
		e.Flag = func(*Frame) bool { return flag }
	}
	return e
}

// opened is what is in an interface without methods, as it is after each command of a
// pipeline.
func opened(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Interface && v.Type().NumMethod() == 0 {
		return v.Elem()
	}
	return v
}

// boxed is a value as a function takes it that takes anything.
func boxed(v reflect.Value) any {
	if !v.IsValid() {
		return nil
	}
	return v.Interface()
}

// As gives an expression the type that a function wants.
func As[T any](e Expression) func(*Frame) T {
	want := reflect.TypeFor[T]()
	switch {
	case want == textType && e.Text != nil:
		return any(e.Text).(func(*Frame) T)
	case want == flagType && e.Flag != nil:
		return any(e.Flag).(func(*Frame) T)
	case want == anyType && e.known:
		v, _ := boxed(e.same).(T)
		return func(*Frame) T { return v }
	case want == anyType && e.Text != nil:
		return func(f *Frame) T { v, _ := any(e.Text(f)).(T); return v }
	case want == anyType:
		return func(f *Frame) T { v, _ := boxed(e.Value(f)).(T); return v }
	}
	if fit(e, want); e.Type != nil && e.Type != want && want.Kind() != reflect.Interface {
		unsupported()
	}
	return func(f *Frame) T {
		v, ok := fitting(e.Value(f), want).Interface().(T)
		if !ok && want.Kind() != reflect.Interface {
			giveUp()
		}
		return v
	}
}

// fit refuses an expression as an argument of a function that wants another type.
func fit(e Expression, want reflect.Type) {
	if e.Type != nil && !e.Type.AssignableTo(want) {
		unsupported()
	}
}

// fitting is a value as an argument of a function.
func fitting(v reflect.Value, want reflect.Type) reflect.Value {
	if !v.IsValid() {
		switch want.Kind() {
		case reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice:
			return reflect.Zero(want)
		}
		giveUp()
	}
	if !v.Type().AssignableTo(want) {
		giveUp()
	}
	return v
}

// truth is how a condition takes an expression.
func truth(e Expression) func(*Frame) bool {
	switch {
	case e.Flag != nil:
		return e.Flag
	case e.Text != nil:
		return func(f *Frame) bool { return e.Text(f) != "" }
	}
	return func(f *Frame) bool { return isTrue(e.Value(f)) }
}

func isTrue(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Invalid:
		return false
	case reflect.Interface:
		return isTrue(v.Elem())
	case reflect.Map, reflect.Slice, reflect.String, reflect.Array:
		return v.Len() > 0
	case reflect.Bool:
		return v.Bool()
	case reflect.Pointer:
		return !v.IsNil()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int() != 0
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Uint() != 0
	case reflect.Float32, reflect.Float64:
		return v.Float() != 0
	case reflect.Struct:
		return true
	}
	giveUp()
	return false
}
