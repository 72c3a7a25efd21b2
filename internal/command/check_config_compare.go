package command

import (
	"bytes"
	"fmt"
	"io"

	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/explain"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// comparedPods is what two configurations make of the same workloads.
type comparedPods struct {
	now, next   *inject.Injector
	annotations *namespaceAnnotations
	// native says whether a pod gets a native sidecar.
	native func(pod []byte) bool
	// resources are the ProxyConfig resources that count for both.
	resources *mesh.Resources

	// Workloads are those whose pods differ.
	Workloads []comparedPod `json:"workloads"`
	// Looked counts all workloads, Broken those that only the new one refuses.
	Looked int `json:"looked"`
	Broken int `json:"broken"`
}

// comparedPod is a workload with two outcomes.
type comparedPod struct {
	Workload string `json:"workload"`
	// Before and After say what becomes of its pods.
	Before outcomeOfPod `json:"before"`
	After  outcomeOfPod `json:"after"`
	// Differences are empty where one refuses the pod.
	Differences []explain.Difference `json:"differences,omitempty"`
}

// outcomeOfPod is what a configuration does with a pod.
type outcomeOfPod struct {
	// Is one of injected, skipped and refused.
	Is string `json:"is"`
	// Because says why, unless it is injected.
	Because string `json:"because,omitempty"`

	pod *tree.Value
}

// compare notes what becomes of a workload's pods.
func (c *comparedPods) compare(subject string, request inject.Request) error {
	request.ProxyConfigs = c.resources
	before, err := outcomeOf(c.now, request)
	if err != nil {
		return err
	}
	after, err := outcomeOf(c.next, request)
	if err != nil {
		return err
	}
	c.Looked++
	compared := comparedPod{Workload: subject, Before: before, After: after}
	switch {
	case before.pod == nil && after.pod == nil:
		return nil // as bad as it was
	case after.pod == nil:
		c.Broken++
	case before.pod != nil:
		if compared.Differences = asChanges(explain.Differences(before.pod, after.pod)); len(compared.Differences) == 0 {
			return nil
		}
	}
	c.Workloads = append(c.Workloads, compared)
	return nil
}

func outcomeOf(injector *inject.Injector, request inject.Request) (outcomeOfPod, error) {
	result, err := injector.Inject(request)
	if err != nil {
		return outcomeOfPod{Is: "refused", Because: oneLine(tree.Abridged(err)).Error()}, nil
	}
	pod, err := tree.Parse(request.Pod)
	if err == nil {
		pod, err = tree.Apply(pod, result.Patch)
	}
	if err != nil || !result.Decision.Inject {
		return outcomeOfPod{Is: "skipped", Because: result.Decision.Detail, pod: pod}, err
	}
	return outcomeOfPod{Is: "injected", pod: pod}, nil
}

// compareManifests goes through the workloads of manifests.
func (cmd *checkConfig) compareManifests(c *comparedPods, names []string) error {
	kinds, err := parseKinds(cmd.workloads)
	if err != nil {
		return err
	}
	files, err := expandInputs(names, "")
	if err != nil {
		return err
	}
	from := &inputs{stdin: cmd.Stdin}
	defer from.discard()
	for _, file := range files {
		text, err := from.read(file)
		if err == nil {
			err = configuration.ProxyConfigs(c.resources, text, shownName(file), cmd.settings.namespace)
		}
		if err != nil {
			return err
		}
	}
	for _, file := range files {
		text, err := from.read(file)
		if err != nil {
			return err
		}
		options := manifest.Options{File: shownName(file), Kinds: kinds}
		err = manifest.Rewrite(io.Discard, bytes.NewReader(text), options, func(w manifest.Workload) (tree.Patch, error) {
			namespace := w.Namespace
			if namespace == "" {
				namespace = cmd.settings.namespace
			}
			annotations, _ := c.annotations.of(namespace)
			return nil, c.compare(describeWorkload(w, namespace), inject.Request{
				Pod: w.Pod, Namespace: namespace, Workload: workloadOf(w, namespace),
				NativeSidecars: c.native(w.Pod), NamespaceAnnotations: annotations, Earlier: inject.ReplaceEarlier,
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// write tells of every workload that changes, field by field, in columns.
func (c *comparedPods) write(w io.Writer) {
	if !c.compared() {
		return
	}
	for _, p := range c.Workloads {
		fmt.Fprintln(w, printable(p.String()))
		for _, d := range p.Differences {
			fmt.Fprintf(w, "  %s\t%s\n", printable(d.Name), printable(changeOf(d)))
		}
	}
	fmt.Fprintln(w, c.sum())
}

// compared tells the same in colours, within the page's width.
func (p *page) compared(c *comparedPods) {
	if !c.compared() {
		return
	}
	for _, w := range c.Workloads {
		colour := yellow
		if w.After.Is == "refused" {
			colour = red
		}
		p.line(colour, "  ", w.String())
		for _, d := range w.Differences {
			p.line("", "      ", "  "+d.Name+"  "+changeOf(d))
		}
	}
	p.line(bold, "", c.sum())
}

// compared says that both configurations compile.
func (c *comparedPods) compared() bool { return c.next != nil && c.now != nil }

// String says what becomes of a workload's pods.
func (p comparedPod) String() string {
	what := "other pods"
	if p.Before.Is != p.After.Is {
		what = p.After.Is + ", now " + p.Before.Is
	}
	if p.After.Is != "injected" {
		what += ": " + p.After.Because
	}
	return p.Workload + ": " + what
}

func (c *comparedPods) sum() string {
	sum := fmt.Sprintf("%d of %d workloads would get other pods", len(c.Workloads)-c.Broken, c.Looked)
	if c.Broken > 0 {
		sum += fmt.Sprintf(", %d none at all", c.Broken)
	}
	return sum
}

// asChanges makes one change of an item that goes from a list and one that comes to
// its place.
func asChanges(differences []explain.Difference) []explain.Difference {
	var list []explain.Difference
	for _, d := range differences {
		if last := len(list) - 1; last >= 0 && d.Change == explain.Added && list[last].Change == explain.Removed && list[last].Name == d.Name {
			list[last].Change, list[last].After = explain.Changed, d.After
			continue
		}
		list = append(list, d)
	}
	return list
}

// changeOf shows a difference, long values from where they differ.
func changeOf(d explain.Difference) string {
	before, after := shownApart(string(d.Before), string(d.After))
	switch d.Change {
	case explain.Added:
		return "+ " + after
	case explain.Removed:
		return "- " + before
	default:
		return before + " -> " + after
	}
}

// maxShown is how much of a value is shown beside its field.
const maxShown = 60

// shownApart cuts two long values to where they differ.
func shownApart(a, b string) (string, string) {
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	cut := func(s string) string {
		begin := 0
		if len(s) > maxShown {
			begin = max(0, min(same, len(s))-maxShown/3)
		}
		shown := []rune(string([]byte(s)[begin:]))
		out := string(shown)
		if len(shown) > maxShown {
			out = string(shown[:maxShown]) + "..."
		}
		if begin > 0 {
			out = "..." + out
		}
		return out
	}
	return cut(a), cut(b)
}
