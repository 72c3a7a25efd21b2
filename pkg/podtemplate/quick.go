package podtemplate

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/compiled"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// quick are shorter ways to carry out the functions that templates call most, for the
// usual arguments: without copies of the metadata, and without memory for each text
// that they take and give.
var quick = map[string]func([]compiled.Expression) (compiled.Expression, bool){
	"annotation":     quickAnnotation,
	"quote":          quickQuote,
	"default":        func(args []compiled.Expression) (compiled.Expression, bool) { return quickDefault(args, 1, 0) },
	"valueOrDefault": func(args []compiled.Expression) (compiled.Expression, bool) { return quickDefault(args, 0, 1) },
}

func quickAnnotation(args []compiled.Expression) (e compiled.Expression, ok bool) {
	if len(args) != 3 || args[0].Type != reflect.TypeFor[metav1.ObjectMeta]() || args[1].Text == nil {
		return e, false
	}
	of, name, otherwise := args[0].Value, args[1].Text, args[2]
	if v, known := otherwise.Known(); known {
		text := printedText(v)
		otherwise = compiled.Text(func(*compiled.Frame) string { return text })
	}
	if otherwise.Text == nil {
		return compiled.Text(func(f *compiled.Frame) string {
			v := otherwise.Value(f)
			if value, ok := metaOf(of(f)).Annotations[name(f)]; ok {
				return value
			}
			return printedText(v)
		}), true
	}
	return compiled.Text(func(f *compiled.Frame) string {
		text := otherwise.Text(f)
		if value, ok := metaOf(of(f)).Annotations[name(f)]; ok {
			return value
		}
		return text
	}), true
}

func metaOf(v reflect.Value) *metav1.ObjectMeta { return v.Addr().Interface().(*metav1.ObjectMeta) }

// printedText is a value as the functions print it.
func printedText(v reflect.Value) string {
	if !v.IsValid() {
		return fmt.Sprint(nil)
	}
	return fmt.Sprint(v.Interface())
}

func quickQuote(args []compiled.Expression) (e compiled.Expression, ok bool) {
	if len(args) != 1 || args[0].Text == nil {
		return e, false
	}
	text := args[0].Text
	e = compiled.Text(func(f *compiled.Frame) string { return strconv.Quote(text(f)) })
	e.Write = func(out *bytes.Buffer, f *compiled.Frame) { writeQuoted(out, text(f)) }
	return e, true
}

func writeQuoted(out *bytes.Buffer, text string) {
	const del = 0x7F
	if tree.PlainRun(text) < len(text) || strings.IndexByte(text, del) >= 0 {
		out.Write(strconv.AppendQuote(out.AvailableBuffer(), text))
		return
	}
	out.WriteByte('"')
	out.WriteString(text)
	out.WriteByte('"')
}

// quickDefault is of functions that take a text, and another for where it is empty.
func quickDefault(args []compiled.Expression, value, otherwise int) (e compiled.Expression, ok bool) {
	if len(args) != 2 || args[0].Text == nil || args[1].Text == nil {
		return e, false
	}
	text, instead := args[value].Text, args[otherwise].Text
	return compiled.Text(func(f *compiled.Frame) string {
		v, other := text(f), instead(f) // either may fail
		if v != "" {
			return v
		}
		return other
	}), true
}
