package podtemplate

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/outrigger-io/outrigger/internal/parsetree"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Dialect is how the templates of some releases are written.
type Dialect struct {
	// Left and Right are the delimiters.
	Left, Right string
	// Functions are what templates can call.
	Functions template.FuncMap
	// Data is the type of what they see.
	Data reflect.Type
	// NoEnvironment says that function env had the environment of the control plane,
	// of which nothing is set here: it gives the default that stands beside each name.
	// Of the variables in Settings it gives a field of the data, which is a boolean.
	NoEnvironment bool
	Settings      map[string]string
	// Renders has function render, which renders a text of the values as a part of the
	// template.
	Renders bool
	// Values are those of the configuration.
	Values Values

	depth int // how many texts around render this one
}

// NativeSidecarsVariable was how control planes were told to use native sidecars.
const NativeSidecarsVariable = "ENABLE_NATIVE_SIDECARS"

// Parse compiles a template. Its errors name it and the line.
func (d *Dialect) Parse(name, text string) (*Template, error) {
	parsed, err := d.parse(name, text)
	if err != nil {
		return nil, err
	}
	return newTemplate(d, name, text, parsed), nil
}

func (d *Dialect) parse(name, text string) (*template.Template, error) {
	functions := d.functions()
	delete(functions, renderWith) // templates cannot name it
	t, err := template.New(name).Delims(d.Left, d.Right).Funcs(functions).Parse(text)
	if err != nil {
		return nil, err
	}
	if err := refuseMethods(t); err != nil {
		return nil, err
	}
	t.Funcs(template.FuncMap{renderWith: d.render})
	parsetree.Each(t, func(_ *parse.Tree, n parse.Node) {
		if command, ok := n.(*parse.CommandNode); ok {
			d.rewrite(command)
		}
	})
	return t, nil
}

// functions are all that a template calls.
func (d *Dialect) functions() template.FuncMap {
	functions := maps.Clone(d.Functions)
	if d.NoEnvironment {
		functions["env"] = func(_, otherwise string) string { return otherwise }
	}
	if d.Renders {
		functions["render"] = func(any) (string, error) { return "", nil }
	}
	functions[renderWith] = d.render
	return functions
}

// rewrite gives a call that the dialect changes what it means.
func (d *Dialect) rewrite(command *parse.CommandNode) {
	name, ok := command.Args[0].(*parse.IdentifierNode)
	switch {
	case !ok:
	case name.Ident == "render" && d.Renders:
		data := &parse.VariableNode{NodeType: parse.NodeVariable, Pos: name.Pos, Ident: []string{"$"}}
		rest := append([]parse.Node{data}, command.Args[1:]...)
		command.Args = append([]parse.Node{parse.NewIdentifier(renderWith).SetPos(name.Pos)}, rest...)
	case name.Ident == "env" && d.NoEnvironment && len(command.Args) == 3:
		variable, ok := command.Args[1].(*parse.StringNode)
		if !ok {
			return
		}
		if field := d.Settings[variable.Text]; field != "" {
			setting := &parse.VariableNode{NodeType: parse.NodeVariable, Pos: name.Pos, Ident: []string{"$", field}}
			command.Args = []parse.Node{parse.NewIdentifier("print").SetPos(name.Pos), setting}
			return
		}
		// Printed, the default is a text like what env gives.
		command.Args = []parse.Node{parse.NewIdentifier("print").SetPos(name.Pos), command.Args[2]}
	}
}

// renderWith is function render with the data as its first argument: calls of render
// become calls of it.
const renderWith = "renderWith"

// maxRenderDepth is how deep texts may render each other.
const maxRenderDepth = 10

// render renders a text of the values. What else has actions in it is an error: it
// may come from a pod.
func (d *Dialect) render(data any, text string) (string, error) {
	if !strings.Contains(text, d.Left) {
		return text, nil
	}
	if !slices.Contains(d.texts(), text) {
		return "", fmt.Errorf("%s is no text of the values", tree.Extract(text))
	}
	t, err := d.parseText(text)
	if err != nil {
		return "", err
	}
	interruptible(t)
	var out strings.Builder
	err = t.Execute(&out, data)
	return out.String(), err
}

func (d *Dialect) parseText(text string) (*template.Template, error) {
	if d.depth == maxRenderDepth {
		return nil, errors.New("texts render each other without an end")
	}
	deeper := *d
	deeper.depth++
	return deeper.parse("render", text)
}

// texts are those of the values that a template could render.
func (d *Dialect) texts() []string {
	var found []string
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case string:
			if strings.Contains(v, d.Left) {
				found = append(found, v)
			}
		case map[string]any:
			for _, value := range v {
				look(value)
			}
		case []any:
			for _, value := range v {
				look(value)
			}
		}
	}
	look(map[string]any(d.Values))
	return found
}
