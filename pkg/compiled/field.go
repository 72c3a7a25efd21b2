package compiled

import "reflect"

// chain is a value and the names behind it, each with a dot.
func (c *compiler) chain(e Expression, names []string) Expression {
	for i, name := range names {
		e = c.field(e, name, i == len(names)-1)
	}
	return e
}

// field is a name behind a dot: a method without arguments, a field, or a key of a map.
func (c *compiler) field(e Expression, name string, last bool) Expression {
	if e.known && !e.same.IsValid() {
		return e // of nothing all is nothing
	}
	known := e.known
	e = concrete(e)
	if e.Type == nil {
		unsupported()
	}
	if method, ok := e.Type.MethodByName(name); ok {
		return folded(method0(e, method), known)
	}
	if e.Type.Kind() == reflect.Pointer {
		e = pointedTo(e)
	}
	if _, ok := reflect.PointerTo(e.Type).MethodByName(name); ok {
		unsupported() // whether it can be called depends on where the value stands
	}
	switch e.Type.Kind() {
	case reflect.Struct:
		if e.Type == c.root && c.constant[name] {
			return constant(c.same.FieldByName(name))
		}
		return folded(member(e, name, last), known)
	case reflect.Map:
		return folded(entry(e, name, last), known)
	}
	unsupported()
	return e
}

// concrete is what is in an interface, going by the sample. Other values are given up.
func concrete(e Expression) Expression {
	if e.Type == nil || e.Type.Kind() != reflect.Interface || !e.sample.IsValid() || e.sample.IsNil() {
		return e
	}
	in, typ := e, e.sample.Elem().Type()
	e = typed(typ, func(f *Frame) reflect.Value {
		v := in.Value(f).Elem()
		if !v.IsValid() || v.Type() != typ {
			giveUp()
		}
		return v
	})
	e.sample = in.sample.Elem()
	return e
}

func pointedTo(e Expression) Expression {
	to := typed(e.Type.Elem(), func(f *Frame) reflect.Value {
		v := e.Value(f)
		if v.IsNil() {
			giveUp()
		}
		return v.Elem()
	})
	if e.sample.IsValid() {
		to.sample = e.sample.Elem()
	}
	return to
}

func method0(e Expression, method reflect.Method) Expression {
	if e.Type.Kind() == reflect.Interface || method.Type.NumIn() != 1 || method.Type.NumOut() != 1 {
		unsupported()
	}
	return typed(method.Type.Out(0), func(f *Frame) reflect.Value {
		return e.Value(f).Method(method.Index).Call(nil)[0]
	})
}

func member(e Expression, name string, last bool) Expression {
	field, ok := e.Type.FieldByName(name)
	if !ok || !field.IsExported() || field.Type == anyType && !last {
		unsupported()
	}
	value := func(f *Frame) reflect.Value { return e.Value(f).FieldByIndex(field.Index) }
	if len(field.Index) == 1 {
		i := field.Index[0]
		value = func(f *Frame) reflect.Value { return e.Value(f).Field(i) }
	}
	of := typed(field.Type, value)
	if e.sample.IsValid() {
		of.sample, _ = e.sample.FieldByIndexErr(field.Index)
	}
	return of
}

// entry is what stands in a map: nothing where the key is not there. Of a nil that is
// there nothing can be asked.
func entry(e Expression, name string, last bool) Expression {
	if !textType.AssignableTo(e.Type.Key()) {
		unsupported()
	}
	key := reflect.ValueOf(name)
	return untyped(func(f *Frame) reflect.Value {
		v := e.Value(f).MapIndex(key)
		if !last && v.Kind() == reflect.Interface && v.IsNil() {
			giveUp()
		}
		return v
	})
}
