package podtemplate

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/template"
	"text/template/parse"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/internal/parsetree"
)

// A value that is not there prints as "<no value>", and as the default of an
// annotation as "<nil>". Neither is meant to reach a pod.
const (
	noValue = "<no value>"
	noThing = "<nil>"
)

// checkValues looks for what has no value in a text that the template gave. The pod
// itself may have such words in it, so the template is asked.
func (t *Template) checkValues(text string, data any) error {
	if !strings.Contains(text, noValue) && !strings.Contains(text, noThing) {
		return nil
	}
	strict, err := t.strict()
	if err != nil {
		return err
	}
	var missing *missingError
	if err := strict.Execute(io.Discard, t.own(data)); errors.As(err, &missing) {
		return missing
	}
	return nil
}

// missingError says what has no value, and where.
type missingError struct{ place, what string }

func (e *missingError) Error() string {
	return fmt.Sprintf("template: %s: %s has no value", e.place, e.what)
}

// parseStrict returns the template as it was written, but failing where it prints
// what has no value.
func (t *Template) parseStrict() (*template.Template, error) {
	strict, err := t.in.parse(t.name, t.source)
	if err != nil {
		return nil, err
	}
	strict.Funcs(template.FuncMap{
		"printed": func(place, what string, v any) (any, error) {
			if v == nil {
				return nil, &missingError{place, what}
			}
			return v, nil
		},
		"annotationGiven": func(place, what string, meta metav1.ObjectMeta, name string, otherwise any) (string, error) {
			if _, ok := meta.Annotations[name]; !ok && otherwise == nil {
				return "", &missingError{place, what}
			}
			return annotationOr(meta, name, otherwise), nil
		},
	})
	call := func(of *parse.Tree, at, what parse.Node, name string) []parse.Node {
		place, _ := of.ErrorContext(at)
		text := func(s string) parse.Node {
			return &parse.StringNode{NodeType: parse.NodeString, Pos: at.Position(), Quoted: fmt.Sprintf("%q", s), Text: s}
		}
		return []parse.Node{parse.NewIdentifier(name).SetPos(at.Position()), text(place), text(what.String())}
	}
	parsetree.Each(strict, func(of *parse.Tree, n parse.Node) {
		switch n := n.(type) {
		case *parse.ActionNode:
			if pipe := n.Pipe; len(pipe.Decl) == 0 {
				command := &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pipe.Pos, Args: call(of, n, pipe, "printed")}
				pipe.Cmds = append(pipe.Cmds, command)
			}
		case *parse.CommandNode:
			if name, ok := n.Args[0].(*parse.IdentifierNode); ok && name.Ident == "annotation" && len(n.Args) >= 3 {
				n.Args = append(call(of, name, n.Args[len(n.Args)-1], "annotationGiven"), n.Args[1:]...)
			}
		}
	})
	interruptible(strict)
	return strict, nil
}
