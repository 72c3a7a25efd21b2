package conformance

import (
	"bytes"
	"fmt"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// lost are the cases whose expected pods cannot be led back to the pods that
// came in by what is in them alone, and why. Uninject has notes on each.
var lost = map[string]string{
	"custom-template":                  "the metadata that an operator's own template sets looks like a workload's",
	"merge-probers":                    "a probe asked for a port by its number, and the port has a name",
	"hello-openshift-custom-injection": "the ids that OpenShift gave the workload's own proxy were dropped, and the overrides do not have them",
}

// TestUninjectReference takes the injection off every pod that the reference
// injectors made, and counts those that come back to the pod that went in.
func TestUninjectReference(t *testing.T) {
	for _, generation := range []string{"current", "v1.0"} {
		t.Run(generation, func(t *testing.T) {
			back, all := 0, 0
			conformance.Each(t, generation, func(c *conformance.Case) bool { return c.Error == "" }, func(t *testing.T, c *conformance.Case) {
				all++
				if comeBack(t, c) {
					back++
				}
			})
			t.Logf("%s: %d of %d come back", generation, back, all)
		})
	}
}

// comeBack says whether all pods of a case come back, and fails the test where
// that is not as known.
func comeBack(t *testing.T, c *conformance.Case) bool {
	type pair struct {
		before inject.Request
		after  []byte
	}
	var pairs []pair
	if c.CLI {
		after := c.Templates(t, conformance.Read(t, c.File("expected.yaml")))
		for i, r := range c.Templates(t, conformance.Read(t, c.File("input.yaml"))) {
			pairs = append(pairs, pair{r, after[i].Pod})
		}
	}
	if c.Webhook {
		for _, pod := range c.Pods(t) {
			if pod.Expected != nil {
				pairs = append(pairs, pair{pod.Request, conformance.ToJSON(t, pod.Expected)})
			}
		}
	}
	reason, known := lost[c.Name()]
	all := true
	for _, p := range pairs {
		got, result := uninjected(t, p.after, p.before.Workload)
		// One case comes in injected, and comes back to what that was made of.
		want, _ := uninjected(t, p.before.Pod, p.before.Workload)
		diff := conformance.DiffPods(t, got, want)
		switch {
		case diff != "" && !known:
			t.Errorf("it does not come back (-want +got):\n%s\nnotes: %v", diff, result.Notes)
		case diff != "" && len(result.Notes) == 0:
			t.Error("it does not come back, and nothing says so")
		}
		all = all && diff == ""
	}
	switch {
	case all && known:
		t.Errorf("it comes back, and is said not to: %s", reason)
	case !all:
		t.Logf("does not come back: %s", reason)
	}
	return all
}

func uninjected(t *testing.T, pod []byte, workload *inject.Workload) ([]byte, inject.Uninjected) {
	t.Helper()
	result, err := inject.Uninject(pod, workload)
	if err != nil {
		t.Fatal(err)
	}
	return conformance.Apply(t, pod, result.Patch), result
}

// manifestOf is a case's command run on the text.
type manifestOf struct {
	*testing.T
	c *conformance.Case
}

func (m manifestOf) workload(w manifest.Workload) *inject.Workload {
	return &inject.Workload{APIVersion: w.APIVersion, Kind: w.Kind, Namespace: w.Namespace, Name: w.Name}
}

func (m manifestOf) edit(in *inject.Injector) func(w manifest.Workload) (tree.Patch, error) {
	return func(w manifest.Workload) (tree.Patch, error) {
		r := m.c.Request(w.Pod)
		r.Workload, r.Namespace, r.Earlier = m.workload(w), w.Namespace, inject.ReplaceEarlier
		result, err := in.Inject(r)
		return result.Patch, err
	}
}

func (m manifestOf) injected(in *inject.Injector, text []byte) []byte {
	m.Helper()
	var out bytes.Buffer
	if err := manifest.Rewrite(&out, bytes.NewReader(text), manifest.Options{File: "in"}, m.edit(in)); err != nil {
		m.Fatal(err)
	}
	return out.Bytes()
}

// injectable says that Kubernetes takes what a configuration makes of a manifest. Of
// a proxy of the workload's own it would take only one that is laid over, which the
// 1.0 line does not do.
func (m manifestOf) injectable(in *inject.Injector, text []byte) bool {
	m.Helper()
	for _, r := range m.c.Templates(m.T, text) {
		if result, err := in.Inject(r); err != nil && result.Decision.Reason == inject.InvalidResult {
			return false
		}
	}
	return true
}

func (m manifestOf) recorded(in *inject.Injector, text []byte) []byte {
	m.Helper()
	var out bytes.Buffer
	err := manifest.RewriteReversibly(&out, bytes.NewReader(text), manifest.Options{File: "in"}, m.edit(in), manifest.Reverse{
		Back: func(w manifest.Workload) (tree.Patch, error) {
			result, err := inject.Uninject(w.Pod, m.workload(w))
			return result.Patch, err
		},
		Keep: func(w manifest.Workload, patch tree.Patch, fix string) (tree.Patch, error) {
			return inject.Record(w.Pod, patch, m.workload(w), fix)
		},
	})
	if err != nil {
		m.Fatal(err)
	}
	return out.Bytes()
}

func (m manifestOf) uninjected(text []byte) (back []byte, notes []inject.Note) {
	m.Helper()
	var out bytes.Buffer
	err := manifest.RewriteBack(&out, bytes.NewReader(text), manifest.Options{File: "in"}, func(w manifest.Workload, _ bool) (manifest.Back, error) {
		result, err := inject.Uninject(w.Pod, m.workload(w))
		notes = append(notes, result.Notes...)
		return manifest.Back{Patch: result.Patch, Fix: result.Recorded.Fix}, err
	}, func(w manifest.Workload) { m.Errorf("the fix of %s is stale", w.Name) })
	if err != nil {
		m.Fatal(err)
	}
	return out.Bytes(), notes
}

// difference compares all that is in two manifests by meaning.
func (m manifestOf) difference(got, want []byte) string {
	m.Helper()
	diff := cmp.Diff(conformance.AroundPods(m, want), conformance.AroundPods(m, got))
	a, b := m.c.Templates(m.T, got), m.c.Templates(m.T, want)
	if len(a) != len(b) {
		return fmt.Sprintf("%d pods, want %d", len(a), len(b))
	}
	for i := range a {
		diff += conformance.DiffPods(m, a[i].Pod, b[i].Pod)
	}
	return diff
}

// TestManifestsComeBack injects the manifest of every case that the command has
// in the text, and takes the injection off again.
func TestManifestsComeBack(t *testing.T) {
	for _, generation := range []string{"current", "v1.0"} {
		t.Run(generation, func(t *testing.T) {
			inMeaning, toTheByte, withRecord, all := 0, 0, 0, 0
			conformance.Each(t, generation, commandInjects, func(t *testing.T, c *conformance.Case) {
				m := manifestOf{t, c}
				in := c.Injector(t, c.Sources(t), "")
				all++

				// What stands in the files is at times injected already.
				text, _ := m.uninjected(conformance.Read(t, c.File("input.yaml")))
				back, notes := m.uninjected(m.injected(in, text))
				switch diff := m.difference(back, text); {
				case diff == "":
					inMeaning++
					if bytes.Equal(back, text) {
						toTheByte++
					}
				case lost[c.Name()] == "":
					t.Errorf("without a record (-want +got):\n%s\nnotes: %v", diff, notes)
				}

				back, notes = m.uninjected(m.recorded(in, text))
				if !bytes.Equal(back, text) || len(notes) > 0 {
					t.Errorf("with a record (-want +got):\n%s\nnotes: %v", cmp.Diff(string(text), string(back)), notes)
				} else {
					withRecord++
				}

				if same, _ := m.uninjected(text); !bytes.Equal(same, text) {
					t.Errorf("not injected, and it changes:\n%s", cmp.Diff(string(text), string(same)))
				}
			})
			t.Logf("%s: without a record %d of %d come back in meaning and %d to the byte, with one %d to the byte", generation, inMeaning, all, toTheByte, withRecord)
		})
	}
}

func commandInjects(c *conformance.Case) bool { return c.CLI && c.Error == "" }

// TestInjectionsReplaceEachOther injects each manifest by another configuration,
// of either generation, before it injects it by the case's.
func TestInjectionsReplaceEachOther(t *testing.T) {
	var others []*inject.Injector
	for _, name := range []string{"istio", "istio-1.0"} {
		sources, err := profiles.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		other, err := inject.Compile(sources, inject.Options{Revision: "other"})
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, other)
	}
	for _, generation := range []string{"current", "v1.0"} {
		t.Run(generation, func(t *testing.T) {
			equal, all := 0, 0
			conformance.Each(t, generation, commandInjects, func(t *testing.T, c *conformance.Case) {
				m := manifestOf{t, c}
				in := c.Injector(t, c.Sources(t), "")
				text := conformance.Read(t, c.File("input.yaml"))
				want := m.injected(in, text)
				// What stands in the files is at times injected already.
				text, _ = m.uninjected(text)
				for i, other := range append(others, in) {
					if other != in && (notInOthers.Match(text) || !m.injectable(other, text)) || i == 1 && notIn10.Match(text) {
						continue
					}
					all++
					diff := m.difference(m.injected(in, m.injected(other, text)), want)
					if diff == "" {
						equal++
					} else if lost[c.Name()] == "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
					if diff := m.difference(m.injected(in, m.recorded(other, text)), want); diff != "" {
						t.Errorf("with a record (-want +got):\n%s", diff)
					}
				}
			})
			t.Logf("%s: %d of %d equal what is injected at once", generation, equal, all)
		})
	}
}

// What the other configurations refuse: templates that only a case's own has, and
// an annotation's value that the 1.0 line does not know.
var (
	notInOthers = regexp.MustCompile(`inject.istio.io/templates: .*(custom|grpc|spire)`)
	notIn10     = regexp.MustCompile(`sidecar.istio.io/interceptionMode: NONE`)
)
