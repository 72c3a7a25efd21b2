package inject

import (
	"strconv"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/podtemplate"
	"github.com/outrigger-io/outrigger/pkg/rule"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// ledger is what Explain writes down while a pod goes through the engine. Injection
// itself has none, and pays nothing.
type ledger struct {
	original *tree.Value
	now      *origin
	// traces are of the overlays, in their order.
	traces []*podtemplate.Trace
	// oneTemplate says that there is one, which is no pod but parts of one.
	oneTemplate bool
}

// begin notes the pod that came.
func (l *ledger) begin(p *tree.Value) {
	if l != nil {
		l.original, l.now = p, &origin{value: p}
	}
}

// rendered traces the overlay that was rendered last.
func (l *ledger) rendered(c *configuration, j *job, f *rule.Facts, name string, view *podtemplate.View) error {
	if l == nil {
		return nil
	}
	layers, err := c.mesh.Layers(c.ownProxyConfig(f), j.resources)
	if err != nil {
		return err
	}
	proxies := make([]podtemplate.ProxyLayer, len(layers))
	for i, layer := range layers {
		proxies[i] = podtemplate.ProxyLayer{Source: layer.Source, Data: layer.Proxy.Data()}
	}
	trace, err := c.templates[name].Trace(view, proxies)
	l.traces, l.oneTemplate = append(l.traces, trace), c.format.oneTemplate
	return err
}

// ofTrace is what wrote a field of what a template rendered, by its path there.
func ofTrace(template string, trace *podtemplate.Trace, path []string) *Writer {
	w := &Writer{Kind: ByTemplate, Template: template}
	if o, ok := trace.At(path); ok {
		w.Line, w.Reads = o.Line, o.Reads
	}
	return w
}

// inText is the path of a pod's field in the text of the one template of the formats to
// 1.8, whose lists are not of a spec.
func inText(steps []string) []string {
	switch {
	case len(steps) > 1 && steps[0] == "metadata":
		return append([]string{"podRedirectAnnot"}, steps[2:]...)
	case len(steps) > 0:
		return steps[1:]
	}
	return nil
}

// applied notes what a rule made of the pod.
func (l *ledger) applied(r rule.Rule, p *tree.Value, f *rule.Facts) {
	if l == nil {
		return
	}
	s := step{by: &Writer{Kind: ByRule, Rule: r.Name()}}
	switch r.(type) {
	case rule.Overlay:
		for i, overlay := range f.Overlays {
			s.layers = append(s.layers, &layer{overlay.Pod, func(path string) *Writer {
				steps := tree.Steps(path)
				if l.oneTemplate {
					steps = inText(steps)
				}
				return ofTrace(overlay.Template, l.traces[i], steps)
			}})
		}
	case rule.Redirection, rule.DNS, rule.PodSecurity:
		s.layers = append(s.layers, &layer{beside(f.Rendered), func(path string) *Writer {
			return ofTrace(theTemplate, l.traces[0], inText(tree.Steps(path)))
		}})
	case rule.Overrides:
		s.layers = overridesOf(f)
	}
	l.now = s.to(l.now, p)
}

// beside is what rules take, as parts of a pod, from the text of the one template of
// the formats to 1.8.
func beside(rendered *tree.Value) *tree.Value {
	p := tree.NewObject()
	if annotations := rendered.Get("podRedirectAnnot"); annotations != nil {
		p = p.WithAt(annotations, "metadata", "annotations")
	}
	for _, field := range []string{"dnsConfig", "securityContext"} {
		if value := rendered.Get(field); value != nil {
			p = p.WithAt(value, "spec", field)
		}
	}
	return p
}

// overridesOf are what the user wrote for containers of the templates: now, and before an
// earlier injection, which remembers it.
func overridesOf(f *rule.Facts) []*layer {
	by := func(string) *Writer { return &Writer{Kind: ByOverride} }
	layers := []*layer{{f.Original, by}}
	if remembered, err := pod.Overrides(f.Original); err == nil && remembered != nil {
		layers = append(layers, &layer{tree.NewObject(tree.Member{Key: "spec", Value: remembered}), by})
	}
	return layers
}

// base notes the pod that the rules begin with: without what an earlier injection
// appended to its lists.
func (l *ledger) base(p *tree.Value) {
	if l != nil {
		l.now = step{by: &Writer{Kind: ByRule, Rule: rule.Overlay{}.Name()}}.to(l.now, p)
	}
}

// account closes the ledger: what is as it came has no writer, whatever became of it
// on the way.
func (l *ledger) account() Account {
	a := Account{Writers: map[string]Writer{}, traces: l.traces, oneTemplate: l.oneTemplate}
	if l.now != nil {
		a.pod = l.now.value
		settle(a.Writers, l.original, l.now, podmerge.Pod(), "")
	}
	return a
}

// settle collects the writers of the leaves of a pod that are not as they came.
func settle(writers map[string]Writer, came *tree.Value, o *origin, schema *podmerge.Schema, path string) {
	now := o.value
	switch {
	case came == now:
	case isLeaf(now):
		if came != nil && tree.Equal(came, now) {
			return
		}
		if o.by == nil {
			// It came with a container that is now in the other list, with the template's.
			writers[path] = Writer{Kind: ByOverride}
			return
		}
		writers[path] = *o.by
	case now.Kind() == tree.Array:
		if came.Kind() != tree.Array {
			came = nil
		}
		for i, was := range schema.Pairs(came.Items(), now.Items()) {
			var old *tree.Value
			if was >= 0 {
				old = came.Items()[was]
			}
			settle(writers, old, o.part(i), schema.Element(), path+"/"+strconv.Itoa(i))
		}
	default:
		for i, m := range now.Members() {
			settle(writers, came.Get(m.Key), o.part(i), schema.Field(m.Key), stepTo(path, m.Key))
		}
	}
}
