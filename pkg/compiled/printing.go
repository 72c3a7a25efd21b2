package compiled

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
)

var (
	errorType    = reflect.TypeFor[error]()
	stringerType = reflect.TypeFor[fmt.Stringer]()
)

// printing is the step of an action.
func printing(e Expression) step {
	switch {
	case e.Write != nil:
		return func(f *Frame) flow { e.Write(&f.text, f); return onwards }
	case e.Text != nil:
		return func(f *Frame) flow { f.text.WriteString(e.Text(f)); return onwards }
	}
	return func(f *Frame) flow { print(&f.text, e.Value(f)); return onwards }
}

// printed is how a value prints.
func printed(v reflect.Value) []byte {
	var text bytes.Buffer
	print(&text, v)
	return text.Bytes()
}

// print writes a value as text/template does.
func print(text *bytes.Buffer, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		v = behindAll(v)
	}
	if !v.IsValid() {
		text.WriteString("<no value>")
		return
	}
	switch v.Type() {
	case textType:
		text.WriteString(v.String())
		return
	case flagType:
		text.Write(strconv.AppendBool(text.AvailableBuffer(), v.Bool()))
		return
	case reflect.TypeFor[int64](), reflect.TypeFor[int32](), reflect.TypeFor[int]():
		text.Write(strconv.AppendInt(text.AvailableBuffer(), v.Int(), 10))
		return
	}
	if v.Kind() == reflect.Chan || v.Kind() == reflect.Func {
		giveUp()
	}
	if saysItself(v.Type()) || !v.CanAddr() || !saysItself(reflect.PointerTo(v.Type())) {
		fmt.Fprint(text, v.Interface())
		return
	}
	fmt.Fprint(text, v.Addr().Interface())
}

// behindAll is what pointers and interfaces lead to, or the one that leads nowhere.
func behindAll(v reflect.Value) reflect.Value {
	for (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && !v.IsNil() {
		v = v.Elem()
	}
	return v
}

func saysItself(t reflect.Type) bool { return t.Implements(errorType) || t.Implements(stringerType) }
