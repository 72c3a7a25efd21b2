package podtemplate

import (
	"reflect"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
)

// Reads is what a template can learn of a pod, found by walking its parse tree once.
type Reads struct {
	// paths lead to what it may read, all of what stands there.
	paths [][]string
	// Unrepeatable says that it calls a function whose result does not follow
	// from its arguments.
	Unrepeatable bool
}

// Unrepeatable are the functions after which the same pod need not give the same
// text: random ones, those that tell the time where they are given none, read the
// environment or list a map in no order.
var Unrepeatable = map[string]bool{
	"now": true, "ago": true, "date": true, "date_in_zone": true, "dateInZone": true, "htmlDate": true, "htmlDateInZone": true,
	"durationRound": true, "env": true,
	"randAlphaNum": true, "randAlpha": true, "randAscii": true, "randNumeric": true, "randBytes": true, "randInt": true,
	"shuffle": true, "uuidv4": true, "bcrypt": true, "htpasswd": true, "encryptAES": true,
	"genPrivateKey": true, "genCA": true, "genCAWithKey": true, "genSelfSignedCert": true,
	"genSelfSignedCertWithKey": true, "genSignedCert": true, "genSignedCertWithKey": true,
	"keys": true, "values": true,
}

// readsOf walks a template whose data is of the given type. What it cannot follow
// counts as read in full, so it errs towards too much.
func readsOf(t *template.Template, in *Dialect) Reads {
	w := &readsWalker{templates: t, walked: map[string]bool{}}
	root := &place{typ: in.Data, view: true}
	w.body(t.Tree, root)
	if !w.renders {
		return w.found
	}
	alone := *in
	alone.Values = nil // any of them may render any other: each is looked at once
	for _, text := range in.texts() {
		if t, err := alone.parseText(text); err == nil {
			of := readsOf(t, &alone)
			w.found.paths = append(w.found.paths, of.paths...)
			w.found.Unrepeatable = w.found.Unrepeatable || of.Unrepeatable
		}
	}
	return w.found
}

// place is where in the pod a value of the template stands. Nil stands for a value
// that is no part of the pod, or of which all has been counted as read.
type place struct {
	path []string // JSON names from the pod on; anyElement for those of a list or map
	typ  reflect.Type
	view bool // the data itself, of which the pod's metadata and spec are fields
}

const AnyElement = "[]"

type readsWalker struct {
	templates *template.Template
	dot       *place
	variables []variable
	walked    map[string]bool // which templates were called with what
	depth     int
	renders   bool // it renders texts of the values
	found     Reads
}

type variable struct {
	name string
	at   *place
}

// maxTemplateDepth is how deep templates may call each other before the walk
// gives up on following them.
const maxTemplateDepth = 20

// called walks a template that another calls.
func (w *readsWalker) called(t *template.Template, dot *place) {
	call := t.Name()
	if dot != nil {
		call += " " + dot.typ.String() + " " + strings.Join(dot.path, "/")
	}
	switch {
	case w.walked[call]:
	case w.depth == maxTemplateDepth:
		w.everything()
	default:
		w.walked[call] = true
		w.body(t.Tree, dot)
	}
}

func (w *readsWalker) body(tree *parse.Tree, dot *place) {
	outer, variables := w.dot, w.variables
	w.dot, w.variables = dot, []variable{{"$", dot}}
	w.depth++
	w.list(tree.Root)
	w.depth--
	w.dot, w.variables = outer, variables
}

// list walks nodes; the variables that they declare end with it.
func (w *readsWalker) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	mark := len(w.variables)
	for _, node := range list.Nodes {
		w.node(node)
	}
	w.variables = w.variables[:mark]
}

func (w *readsWalker) node(node parse.Node) {
	mark := len(w.variables)
	switch n := node.(type) {
	case *parse.ActionNode:
		if v := w.pipeline(n.Pipe); len(n.Pipe.Decl) == 0 {
			w.read(v)
		}
		return // its variables live on
	case *parse.IfNode:
		w.truth(w.pipeline(n.Pipe))
		w.list(n.List)
		w.list(n.ElseList)
	case *parse.WithNode:
		v := w.pipeline(n.Pipe)
		w.truth(v)
		w.under(v, n.List)
		w.list(n.ElseList)
	case *parse.RangeNode:
		w.under(w.ranged(n.Pipe), n.List)
		w.list(n.ElseList)
	case *parse.TemplateNode:
		arg := w.pipeline(n.Pipe)
		if named := w.templates.Lookup(n.Name); named != nil && named.Tree != nil {
			w.called(named, arg)
		}
	case *parse.ListNode:
		w.list(n)
	}
	w.variables = w.variables[:mark]
}

func (w *readsWalker) under(dot *place, list *parse.ListNode) {
	outer := w.dot
	w.dot = dot
	w.list(list)
	w.dot = outer
}

// ranged returns the element that a range goes through, and declares its variables.
func (w *readsWalker) ranged(pipe *parse.PipeNode) *place {
	element := w.element(w.commands(pipe))
	if pipe.IsAssign {
		w.read(element)
		return element
	}
	for i, d := range pipe.Decl {
		v := variable{name: d.Ident[0]}
		if i == len(pipe.Decl)-1 {
			v.at = element
		}
		w.variables = append(w.variables, v)
	}
	return element
}

// pipeline returns the place of its value, and declares its variable.
func (w *readsWalker) pipeline(pipe *parse.PipeNode) *place {
	if pipe == nil {
		return nil
	}
	v := w.commands(pipe)
	switch {
	case len(pipe.Decl) == 0:
	case pipe.IsAssign:
		// The variable keeps the place it was declared with; what it is given on
		// some way through the template counts as read here.
		w.read(v)
	default:
		w.variables = append(w.variables, variable{pipe.Decl[0].Ident[0], v})
	}
	return v
}

func (w *readsWalker) commands(pipe *parse.PipeNode) *place {
	var v *place
	for i, command := range pipe.Cmds {
		v = w.command(command, v, i > 0)
	}
	return v
}

func (w *readsWalker) command(command *parse.CommandNode, piped *place, isPiped bool) *place {
	if name, ok := command.Args[0].(*parse.IdentifierNode); ok {
		return w.call(name.Ident, command.Args[1:], piped)
	}
	v := w.argument(command.Args[0])
	if len(command.Args) > 1 || isPiped {
		// A method with arguments.
		w.read(v)
		w.read(piped)
		for _, arg := range command.Args[1:] {
			w.read(w.argument(arg))
		}
		return nil
	}
	return v
}

func (w *readsWalker) argument(node parse.Node) *place {
	switch n := node.(type) {
	case *parse.DotNode:
		return w.dot
	case *parse.FieldNode:
		return w.fields(w.dot, n.Ident)
	case *parse.VariableNode:
		for _, v := range slices.Backward(w.variables) {
			if v.name == n.Ident[0] {
				return w.fields(v.at, n.Ident[1:])
			}
		}
		return nil
	case *parse.ChainNode:
		return w.fields(w.argument(n.Node), n.Field)
	case *parse.PipeNode:
		return w.pipeline(n)
	case *parse.IdentifierNode:
		return w.call(n.Ident, nil, nil)
	default:
		return nil // a literal
	}
}

// call walks a function's arguments. Of a function that is not among those below,
// all that its arguments hold counts as read, so its result needs no place.
func (w *readsWalker) call(name string, nodes []parse.Node, piped *place) *place {
	if Unrepeatable[name] {
		w.found.Unrepeatable = true
	}
	if len(nodes) > 0 && name == renderWith {
		nodes = nodes[1:] // the data, of which they tell nothing of the pod
	}
	args := make([]*place, len(nodes), len(nodes)+1)
	for i, node := range nodes {
		args[i] = w.argument(node)
	}
	args = append(args, piped)
	switch {
	case name == renderWith:
		w.renders = true
	case name == "index" && len(nodes) > 0:
		at := args[0]
		for i, key := range args[1:] {
			if i+1 == len(nodes) {
				break // nothing was piped in; where something was, it follows
			}
			w.read(key)
			at = w.indexed(at, literal(nodes[i+1]))
		}
		if piped != nil {
			w.read(piped)
			w.read(at)
			return nil
		}
		return at
	case name == "isset" && len(nodes) == 2 && literal(nodes[1]) != nil:
		w.read(w.indexed(args[0], literal(nodes[1])))
		return nil
	case name == "annotation" && len(nodes) >= 2 && literal(nodes[1]) != nil:
		w.read(w.indexed(w.fields(args[0], []string{"Annotations"}), literal(nodes[1])))
		args = args[2:]
	case (name == "includeInboundPorts" || name == "applicationPorts") && len(nodes) == 1:
		w.read(w.fields(w.element(args[0]), []string{"Name"}))
		w.read(w.fields(w.element(args[0]), []string{"Ports"}))
		return nil
	case name == "otelResourceAttributes" && len(nodes) == 5:
		version := OtelVersionLabel
		w.read(w.indexed(args[2], &version))
		w.read(w.fields(w.element(args[4]), []string{"Name"}))
		w.read(w.fields(w.element(args[4]), []string{"Image"}))
		args[2], args[4] = nil, nil
	}
	for _, arg := range args {
		w.read(arg)
	}
	return nil
}

// literal returns the string that a node spells out, nil of any other.
func literal(node parse.Node) *string {
	if s, ok := node.(*parse.StringNode); ok {
		return &s.Text
	}
	return nil
}

func (p *place) at(step string, typ reflect.Type) *place {
	return &place{path: append(slices.Clip(p.path), step), typ: typ}
}

func (p *place) kind() reflect.Kind {
	for p.typ.Kind() == reflect.Pointer {
		p.typ = p.typ.Elem()
	}
	return p.typ.Kind()
}

func (w *readsWalker) fields(p *place, names []string) *place {
	for _, name := range names {
		p = w.field(p, name)
	}
	return p
}

func (w *readsWalker) field(p *place, name string) *place {
	if p == nil {
		return nil
	}
	kind := p.kind()
	if p.view {
		switch f, _ := p.typ.FieldByName(name); name {
		case "ObjectMeta":
			return p.at("metadata", f.Type)
		case "Spec":
			return p.at("spec", f.Type)
		default:
			return nil
		}
	}
	if _, ok := reflect.PointerTo(p.typ).MethodByName(name); !ok {
		switch kind {
		case reflect.Map:
			return p.at(name, p.typ.Elem())
		case reflect.Struct:
			if f, ok := p.typ.FieldByName(name); ok {
				key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if key == "" { // embedded: its fields stand in the same object
					return &place{path: p.path, typ: f.Type}
				}
				return p.at(key, f.Type)
			}
		}
	}
	w.read(p)
	return nil
}

func (w *readsWalker) indexed(p *place, key *string) *place {
	if p != nil && !p.view {
		switch kind := p.kind(); {
		case kind == reflect.Map && key != nil:
			return p.at(*key, p.typ.Elem())
		case kind == reflect.Slice && key == nil:
			return p.at(AnyElement, p.typ.Elem())
		}
	}
	w.read(p)
	return nil
}

func (w *readsWalker) element(p *place) *place {
	if p != nil && !p.view {
		switch p.kind() {
		case reflect.Map, reflect.Slice:
			return p.at(AnyElement, p.typ.Elem())
		}
	}
	w.read(p)
	return nil
}

// truth counts what a condition reads: of a string whether it is empty, of
// anything else its size, which no varying field changes.
func (w *readsWalker) truth(p *place) {
	if p == nil || p.view {
		return
	}
	switch p.kind() {
	case reflect.Map, reflect.Slice, reflect.Struct, reflect.Bool:
	default:
		w.read(p)
	}
}

// everything is what a template may read and call that the walk does not follow.
func (w *readsWalker) everything() {
	w.found.paths = append(w.found.paths, nil)
	w.found.Unrepeatable = true
}

// read counts all that stands at a place as read.
func (w *readsWalker) read(p *place) {
	if p == nil {
		return
	}
	w.found.paths = append(w.found.paths, p.path)
}

// Meets says whether a template may read something at the path, on the way to it or
// behind it. Its steps are JSON names, anyElement for each of a list.
func (r Reads) Meets(path []string) bool {
	return slices.ContainsFunc(r.paths, func(read []string) bool { return meet(read, path) })
}

// meet says whether one path leads to the other, or through it.
func meet(a, b []string) bool {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] && a[i] != AnyElement && b[i] != AnyElement {
			return false
		}
	}
	return true
}
