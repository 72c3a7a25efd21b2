package inject_test

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// explainer holds what Explain says of pods against what is known otherwise.
type explainer struct {
	in *inject.Injector
	// templates are the lines of each.
	templates map[string][]string
	leaves    int // that were looked at
}

func newExplainer(t rapid.TB, in *inject.Injector, s inject.Sources) *explainer {
	t.Helper()
	config, err := tree.ParseYAMLObject(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	e := &explainer{in: in, templates: map[string][]string{"template": strings.Split(config.Get("template").Text(), "\n")}}
	for _, m := range config.Get("templates").Members() {
		e.templates[m.Key] = strings.Split(m.Value.Text(), "\n")
	}
	return e
}

// hold fails the test where the account of a pod is not true.
func (e *explainer) hold(t rapid.TB, r inject.Request) {
	t.Helper()
	result, account, err := e.in.Explain(r)
	plain, plainErr := e.in.Forgetful().Inject(r)
	if fmt.Sprint(err) != fmt.Sprint(plainErr) || !reflect.DeepEqual(plain, result) {
		t.Fatalf("explained, the result is another: %v, %v (-plain +explained)\n%s", plainErr, err, cmp.Diff(plain, result))
	}
	if err != nil || !result.Decision.Inject {
		if len(account.Writers) > 0 {
			t.Fatalf("nothing was written, and there are %d writers", len(account.Writers))
		}
		return
	}
	before := parsed(t, r.Pod)
	after, err := tree.Apply(before, result.Patch)
	if err != nil {
		t.Fatal(err)
	}
	if result.Replaced != nil {
		if before, err = tree.Apply(before, result.Replaced.Patch); err != nil {
			t.Fatal(err)
		}
	}
	was := map[string]*tree.Value{}
	for _, l := range leavesOf(before) {
		was[l.name] = l.value
	}
	seen := map[string]bool{}
	for _, l := range leavesOf(after) {
		e.leaves++
		w, written := account.Writers[l.path]
		seen[l.path] = true
		if same := was[l.name] != nil && tree.Equal(was[l.name], l.value); same == written {
			t.Errorf("%s (%s) is as it was: %v; and is written: %v, by %v", l.name, l.path, same, written, w)
		}
		if w.Kind == inject.ByTemplate {
			e.holdLine(t, l, w)
			for _, c := range account.WhyNot(l.path) {
				if c.Template == w.Template && c.Writes == w.Line {
					t.Errorf("%s: line %d wrote it, and is said not to, for %q", l.name, w.Line, c.Text)
				}
			}
		}
	}
	for path := range account.Writers {
		if !seen[path] {
			t.Errorf("%s has a writer, and is no leaf", path)
		}
	}
}

var (
	// entry is a line of a template with a key and a value behind it.
	entry  = regexp.MustCompile(`^\s*(?:- )*"?([\w./-]+)"?:\s+[^{\[&*\s]`)
	number = regexp.MustCompile(`^\d+$`)
)

// holdLine fails the test where a template's line does not write a leaf: it has its
// value, or an action, and no other key.
func (e *explainer) holdLine(t rapid.TB, l leaf, w inject.Writer) {
	t.Helper()
	lines := e.templates[w.Template]
	if w.Line < 1 || w.Line > len(lines) {
		t.Errorf("%s: template %q has no line %d", l.name, w.Template, w.Line)
		return
	}
	line := lines[w.Line-1]
	hasAction := strings.Contains(line, "{{") || strings.Contains(line, "[[")
	isText := strings.Contains(line, l.value.Text()) && (l.value.Len() > 0 || l.value.Text() != "" || strings.Contains(line, `""`) || strings.Contains(line, "''") || strings.Contains(line, "{}") || strings.Contains(line, "[]"))
	isBlock := strings.HasSuffix(strings.TrimRight(line, " "), "|") || strings.HasSuffix(strings.TrimRight(line, " "), "|-") || strings.HasSuffix(strings.TrimRight(line, " "), ">-")
	if !hasAction && !isText && !isBlock {
		t.Errorf("%s = %.40q: line %d of %q does not write it: %q", l.name, l.value.Text(), w.Line, w.Template, line)
	}
	steps := tree.Steps(l.path)
	key := steps[len(steps)-1]
	if m := entry.FindStringSubmatch(line); m != nil && !number.MatchString(key) && m[1] != key {
		t.Errorf("%s: line %d of %q is of another field: %q", l.name, w.Line, w.Template, line)
	}
}

// leaf is one of a pod, with its path and what that means: elements of lists have the
// names by which Kubernetes tells them apart.
type leaf struct {
	path, name string
	value      *tree.Value
}

func leavesOf(pod *tree.Value) []leaf {
	var all []leaf
	var walk func(v *tree.Value, schema *podmerge.Schema, path, name string)
	walk = func(v *tree.Value, schema *podmerge.Schema, path, name string) {
		if v.Len() == 0 {
			all = append(all, leaf{path, name, v})
			return
		}
		for _, m := range v.Members() {
			step := string(tree.AppendStep(nil, m.Key))
			walk(m.Value, schema.Field(m.Key), path+step, name+step)
		}
		count := map[string]int{}
		for i, item := range v.Items() {
			element := item.Get(schema.Identity()).Text()
			switch {
			case schema.Identity() == "" && item.Len() == 0:
				element = item.Text()
			case schema.Identity() == "":
				element = fmt.Sprint(i)
			}
			count[element]++
			walk(item, schema.Element(), fmt.Sprintf("%s/%d", path, i), fmt.Sprintf("%s[%s#%d]", name, element, count[element]))
		}
	}
	walk(pod, podmerge.Pod(), "", "")
	return all
}

// Whatever the pod, the account is true.
func TestAccountOfAnyPod(t *testing.T) {
	for i, in := range injectors(t) {
		sources := testSources(t)
		if i == 2 {
			sources = inject.Sources{Config: testdata(t, "config-1.0.yaml")}
		}
		e := newExplainer(t, in, sources)
		rapid.Check(t, func(t *rapid.T) {
			e.hold(t, inject.Request{Pod: podtest.Written("both", "extra", "sidecar, extra").Draw(t, "pod"), Namespace: "shop", NativeSidecars: rapid.Bool().Draw(t, "native")})
		})
	}
}

// So it is of the pods of every generation, with the configurations of their time.
func TestAccountOfReference(t *testing.T) {
	for _, generation := range []string{"current", "v1.0"} {
		t.Run(generation, func(t *testing.T) {
			conformance.Each(t, generation, nil, func(t *testing.T, c *conformance.Case) {
				sources := c.Sources(t)
				e := newExplainer(t, c.Injector(t, sources, "default"), sources)
				if c.Webhook {
					for _, pod := range c.Pods(t) {
						e.hold(t, pod.Request)
						holdText(t, e.in, pod.Request)
					}
				}
				if c.CLI {
					e.holdManifest(t, c, nil)
				}
			})
		})
	}
	namespaces := conformance.ReleaseNamespaces(t)
	for _, release := range conformance.Releases(t) {
		t.Run(release, func(t *testing.T) {
			explainers := map[string]*explainer{}
			for _, c := range conformance.ReleaseCases(t, release) {
				t.Run(c.Name(), func(t *testing.T) {
					key := c.Config + c.Platform
					if explainers[key] == nil {
						sources := c.ReleaseSources(t)
						explainers[key] = newExplainer(t, c.Injector(t, sources, ""), sources)
					}
					explainers[key].holdManifest(t, c, namespaces)
				})
			}
			leaves := 0
			for _, e := range explainers {
				leaves += e.leaves
			}
			t.Logf("%s: %d leaves", release, leaves)
		})
	}
}

// holdManifest holds the accounts of a case's manifest, and the texts.
func (e *explainer) holdManifest(t *testing.T, c *conformance.Case, namespaces map[string]map[string]string) {
	input := conformance.Read(t, c.File("input.yaml"))
	_ = manifest.Rewrite(&bytes.Buffer{}, bytes.NewReader(input), manifest.Options{File: "input.yaml"}, func(w manifest.Workload) (tree.Patch, error) {
		r := c.Request(w.Pod)
		r.Workload = &inject.Workload{APIVersion: w.APIVersion, Kind: w.Kind, Namespace: w.Namespace, Name: w.Name}
		r.Namespace = w.Namespace
		if namespaces != nil {
			r.Earlier, r.NamespaceAnnotations = inject.ReplaceEarlier, namespaces[w.Namespace]
		}
		e.hold(t, r)
		holdText(t, e.in, r)
		return nil, nil
	})
}

// holdText fails the test where a rendering that is traced gives another text.
func holdText(t rapid.TB, in *inject.Injector, r inject.Request) {
	t.Helper()
	plain, traced, err := in.Renderings(r)
	if err != nil {
		return // refused either way
	}
	if !slices.Equal(plain, traced) {
		t.Errorf("traced, the text is another:\n%s", cmp.Diff(plain, traced))
	}
}
