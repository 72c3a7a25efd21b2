package compiled

import "reflect"

// function is the call of a function.
func (c *compiler) function(name string, args []Expression) Expression {
	known := allKnown(args)
	fn, ok := c.Functions[name]
	switch {
	case !ok:
		return folded(builtin(name, args), known)
	case c.Quick[name] != nil:
		if e, ok := c.Quick[name](args); ok {
			return folded(e, known)
		}
	}
	return folded(call(fn, args), known && c.Repeatable(name))
}

// call calls a function as its type says. Those that are called often are not called by
// reflection.
func call(fn any, args []Expression) Expression {
	typ := reflect.TypeOf(fn)
	if n := typ.NumIn(); typ.IsVariadic() && len(args) < n-1 || !typ.IsVariadic() && len(args) != n {
		unsupported()
	}
	switch fn := fn.(type) {
	case func(string) string:
		return call1(fn, args)
	case func(string) bool:
		return call1(fn, args)
	case func(any) string:
		return call1(fn, args)
	case func(any) (string, error):
		return call1(sure(fn), args)
	case func(any) any:
		return call1(fn, args)
	case func(map[string]string) (string, error):
		return call1(sure(fn), args)
	case func(string, string) string:
		return call2(fn, args)
	case func(string, string) bool:
		return call2(fn, args)
	case func(int, string) string:
		return call2(fn, args)
	case func(string, any) string:
		return call2(fn, args)
	case func(any, string) string:
		return call2(fn, args)
	case func(any, any) any:
		return call2(fn, args)
	case func(any, any) []any:
		return call2(fn, args)
	case func(map[string]string, string) bool:
		return call2(fn, args)
	case func(...any) string:
		return callAll(fn, args)
	case func(...any) any:
		return callAll(fn, args)
	case func(...any) []any:
		return callAll(fn, args)
	case func(...any) map[string]string:
		return callAll(fn, args)
	case func(...map[string]string) map[string]string:
		return callAll(fn, args)
	case func(any, ...any) any:
		return callRest(fn, args)
	case func(string, ...any) string:
		return callRest(fn, args)
	case func(map[string]string, ...string) map[string]string:
		return callRest(fn, args)
	}
	return callReflected(reflect.ValueOf(fn), args)
}

// sure gives up where a function fails.
func sure[A, R any](fn func(A) (R, error)) func(A) R {
	return func(a A) R {
		r, err := fn(a)
		if err != nil {
			giveUp()
		}
		return r
	}
}

func call1[A, R any](fn func(A) R, args []Expression) Expression {
	a := As[A](args[0])
	return resultOf(func(f *Frame) R { return fn(a(f)) })
}

func call2[A, B, R any](fn func(A, B) R, args []Expression) Expression {
	a, b := As[A](args[0]), As[B](args[1])
	return resultOf(func(f *Frame) R { return fn(a(f), b(f)) })
}

func callAll[A, R any](fn func(...A) R, args []Expression) Expression {
	all := list[A](args)
	return resultOf(func(f *Frame) R { return fn(all(f)...) })
}

func callRest[A, B, R any](fn func(A, ...B) R, args []Expression) Expression {
	a, rest := As[A](args[0]), list[B](args[1:])
	return resultOf(func(f *Frame) R { return fn(a(f), rest(f)...) })
}

func list[A any](args []Expression) func(*Frame) []A {
	all := make([]func(*Frame) A, len(args))
	for i := range args {
		all[i] = As[A](args[i])
	}
	return func(f *Frame) []A {
		list := make([]A, len(all))
		for i := range all {
			list[i] = all[i](f)
		}
		return list
	}
}

// resultOf is an expression of what a function gives.
func resultOf[R any](result func(*Frame) R) Expression {
	switch result := any(result).(type) {
	case func(*Frame) string:
		return Text(result)
	case func(*Frame) bool:
		return flagOf(result)
	}
	return typed(reflect.TypeFor[R](), func(f *Frame) reflect.Value { return reflect.ValueOf(result(f)) })
}

func callReflected(fn reflect.Value, args []Expression) Expression {
	typ := fn.Type()
	if typ.Out(0) == reflect.TypeFor[reflect.Value]() {
		unsupported()
	}
	wants := func(i int) reflect.Type {
		if n := typ.NumIn() - 1; typ.IsVariadic() && i >= n {
			return typ.In(n).Elem()
		}
		return typ.In(i)
	}
	for i, arg := range args {
		fit(arg, wants(i))
	}
	return typed(typ.Out(0), func(f *Frame) reflect.Value {
		values := make([]reflect.Value, len(args))
		for i, arg := range args {
			values[i] = fitting(arg.Value(f), wants(i))
		}
		results := fn.Call(values)
		if len(results) == 2 && !results[1].IsNil() {
			giveUp()
		}
		return results[0]
	})
}
