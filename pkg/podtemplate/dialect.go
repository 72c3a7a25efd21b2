package podtemplate

import (
	"bytes"
	"reflect"
	"text/template"
	"text/template/parse"
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
	// Renders has function render, which renders the text that it is given as a part
	// of the template.
	Renders bool
}

// NativeSidecarsVariable was how control planes were told to use native sidecars.
const NativeSidecarsVariable = "ENABLE_NATIVE_SIDECARS"

// Parse compiles a template. Its errors name it and the line.
func (d *Dialect) Parse(name, text string) (*Template, error) {
	t := template.New(name).Delims(d.Left, d.Right).Funcs(d.Functions)
	if d.NoEnvironment {
		t.Funcs(template.FuncMap{"env": func(_, otherwise string) string { return otherwise }})
	}
	if d.Renders {
		t.Funcs(template.FuncMap{"render": func(any) (string, error) { return "", nil }, renderWith: d.render})
	}
	t, err := t.Parse(text)
	if err != nil {
		return nil, err
	}
	for _, body := range t.Templates() {
		if body.Tree != nil {
			d.rewrite(body.Tree.Root)
		}
	}
	return &Template{name: name, text: t, Reads: readsOf(t, d.Data)}, nil
}

// renderWith is function render with the data as its first argument. Templates cannot
// name it: their calls of render become calls of it.
const renderWith = "renderWith"

func (d *Dialect) render(data any, text string) (string, error) {
	t, err := d.Parse("render", text)
	if err != nil {
		return "", err
	}
	var rendered bytes.Buffer
	err = t.text.Execute(&rendered, data)
	return rendered.String(), err
}

// rewrite gives the calls that a dialect changes what they mean.
func (d *Dialect) rewrite(list *parse.ListNode) {
	if list == nil || !d.NoEnvironment && !d.Renders {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.ActionNode:
			d.pipeline(n.Pipe)
		case *parse.TemplateNode:
			d.pipeline(n.Pipe)
		case *parse.IfNode:
			d.branch(&n.BranchNode)
		case *parse.RangeNode:
			d.branch(&n.BranchNode)
		case *parse.WithNode:
			d.branch(&n.BranchNode)
		}
	}
}

func (d *Dialect) branch(n *parse.BranchNode) {
	d.pipeline(n.Pipe)
	d.rewrite(n.List)
	d.rewrite(n.ElseList)
}

func (d *Dialect) pipeline(pipe *parse.PipeNode) {
	if pipe == nil {
		return
	}
	for _, command := range pipe.Cmds {
		for _, arg := range command.Args {
			if inner, ok := arg.(*parse.PipeNode); ok {
				d.pipeline(inner)
			}
		}
		if name, ok := command.Args[0].(*parse.IdentifierNode); ok {
			d.call(command, name)
		}
	}
}

func (d *Dialect) call(command *parse.CommandNode, name *parse.IdentifierNode) {
	switch {
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
