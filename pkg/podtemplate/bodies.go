package podtemplate

import (
	"text/template"
	"text/template/parse"
)

// bodiesOfData names those of a template's definitions, itself included, that are
// only ever called with the data itself.
func bodiesOfData(t *template.Template) map[string]bool {
	bodies := map[string]bool{}
	for _, body := range t.Templates() {
		bodies[body.Name()] = body.Tree != nil
	}
	for settled := false; !settled; {
		settled = true
		for _, body := range t.Templates() {
			if body.Tree == nil {
				continue
			}
			calls(body.Tree.Root, true, func(called string, withDot bool) {
				if bodies[called] && !(withDot && bodies[body.Name()]) {
					bodies[called], settled = false, false
				}
			})
		}
	}
	for name, only := range bodies {
		if !only {
			delete(bodies, name)
		}
	}
	return bodies
}

// calls tells of each call of a template whether it is given the dot that the body
// began with.
func calls(list *parse.ListNode, sameDot bool, tell func(called string, withDot bool)) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TemplateNode:
			tell(n.Name, n.Pipe != nil && (n.Pipe.String() == "$" || n.Pipe.String() == "." && sameDot))
		case *parse.IfNode:
			calls(n.List, sameDot, tell)
			calls(n.ElseList, sameDot, tell)
		case *parse.RangeNode:
			calls(n.List, false, tell)
			calls(n.ElseList, sameDot, tell)
		case *parse.WithNode:
			calls(n.List, false, tell)
			calls(n.ElseList, sameDot, tell)
		case *parse.ListNode:
			calls(n, sameDot, tell)
		}
	}
}
