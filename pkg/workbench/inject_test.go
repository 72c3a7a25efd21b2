package workbench

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/explain"
)

func injectIn(t testing.TB, manifest string, c Configuration, s Settings) Answer {
	t.Helper()
	return answered[Answer](t, newTest(t, Options{}), "/api/inject", InjectRequest{manifest, c, s})
}

func sampleNamed(t testing.TB, name string) string {
	t.Helper()
	for _, s := range samples() {
		if s.Name == name {
			return s.Text
		}
	}
	t.Fatalf("no sample %q", name)
	return ""
}

var (
	byCommand = Settings{As: AsCommand, NativeSidecars: true}
	byWebhook = Settings{As: AsWebhook, Namespace: "shop", NamespaceLabels: map[string]string{"istio-injection": "enabled"}, NativeSidecars: true}
)

func TestBookinfoIsTheProjectsOwn(t *testing.T) {
	want, err := os.ReadFile("../../testdata/bookinfo/bookinfo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), sampleNamed(t, "Bookinfo")); diff != "" {
		t.Errorf("samples/1-bookinfo.yaml is another one: %s", diff)
	}
}

func TestSamples(t *testing.T) {
	for _, as := range []Settings{byCommand, byWebhook} {
		for _, profile := range []Configuration{profile(t, profiles.Default), profile(t, "istio-1.0")} {
			for _, s := range samples() {
				t.Run(as.As+" "+profile.Name+" "+s.Name, func(t *testing.T) {
					a := injectIn(t, s.Text, profile, as)
					if len(a.Workloads) == 0 {
						t.Fatalf("no workload: %+v", a.Problems)
					}
					for _, w := range a.Workloads {
						if len(w.Rules) == 0 || w.Detail == "" || w.Reason == "" {
							t.Errorf("%s %s is %s without a reason: %+v", w.Kind, w.Name, w.Outcome, w)
						}
					}
					checkLines(t, s.Text, a)
				})
			}
		}
	}
}

// checkLines holds the marks against the texts: what is not marked is the manifest's
// own, in its order, and what is marked is where the fields say.
func checkLines(t *testing.T, manifest string, a Answer) {
	t.Helper()
	if a.Text == "" {
		return
	}
	lines := strings.Split(a.Text, "\n")
	marked := map[int]bool{}
	for _, m := range a.Marks {
		for line := m.From; line <= m.To; line++ {
			marked[line] = true
		}
	}
	own := strings.Split(manifest, "\n")
	for i, line := range lines {
		if marked[i+1] {
			continue
		}
		at := slices.Index(own, line)
		if at < 0 {
			t.Fatalf("line %d of the result is not marked, and not the manifest's: %q", i+1, line)
		}
		own = own[at+1:]
	}
	for _, f := range a.Fields {
		if f.Change == explain.Removed {
			continue
		}
		if f.From == 0 || f.To < f.From || f.Head > f.From {
			t.Fatalf("%s is on lines %d (%d) to %d", f.Name, f.Head, f.From, f.To)
		}
		key := f.Name[strings.LastIndexAny(f.Name, ".[")+1:]
		if strings.HasSuffix(f.Name, "]") {
			continue // an item, or a key with dots in it
		}
		if line := lines[f.From-1]; !strings.Contains(line, key+":") {
			t.Errorf("%s is said to be on line %d: %q", f.Name, f.From, line)
		}
	}
}

func TestTheWebhookMakesWhatTheCommandDoes(t *testing.T) {
	text := sampleNamed(t, "Bookinfo")
	command := byCommand
	command.Namespace = byWebhook.Namespace
	a, b := injectIn(t, text, profile(t, profiles.Default), command), injectIn(t, text, profile(t, profiles.Default), byWebhook)
	if diff := cmp.Diff(a.Text, b.Text); diff != "" {
		t.Errorf("-command +webhook\n%s", diff)
	}
}

const (
	plainPod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: app\nspec:\n  containers:\n  - name: app\n    image: app:1\n"
	smallest = "policy: enabled\ntemplates:\n  sidecar: |\n    spec:\n      containers:\n      - name: helper\n        image: {{ .Values.image }}\n"
)

func TestProblemsHavePlaces(t *testing.T) {
	withTemplate := func(text string) Configuration {
		return Configuration{Config: "policy: enabled\ntemplates:\n  sidecar: |\n" + text}
	}
	for name, test := range map[string]struct {
		manifest      string
		configuration Configuration
		settings      Settings
		want          Place
		message       string
	}{
		"YAML": {
			"kind: Pod\nspec: [\n",
			Configuration{Config: smallest},
			byCommand,
			Place{PaneManifest, 2},
			"did not find",
		},
		"annotation": {
			strings.Replace(plainPod, "  name: app\n", "  name: app\n  annotations:\n    sidecar.istio.io/proxyCPU: lots\n", 1),
			profile(t, profiles.Default), byCommand,
			Place{PaneManifest, 6},
			"sidecar.istio.io/proxyCPU",
		},
		"unknown function": {
			plainPod, withTemplate("    spec:\n      {{ nosuch }}\n"), byCommand,
			Place{PaneConfig, 5},
			`function "nosuch" not defined`,
		},
		"template that fails": {
			plainPod, withTemplate("    spec:\n      a: b\n      {{ fail \"no\" }}\n"), byCommand,
			Place{PaneConfig, 6},
			"no",
		},
		"template that is no YAML": {
			plainPod, withTemplate("    spec: [\n"), byCommand,
			Place{PaneConfig, 3},
			"does not render to YAML",
		},
		"template written in quotes": {
			plainPod,
			Configuration{Config: "templates:\n  sidecar: \"{{ nosuch }}\"\npolicy: enabled\n"},
			byCommand,
			Place{PaneConfig, 2},
			"nosuch",
		},
		"template of the 1.0 line": {
			plainPod,
			Configuration{Config: "policy: enabled\ntemplate: |\n  containers:\n  - [[ nosuch ]]\n"},
			byCommand,
			Place{PaneConfig, 4},
			"nosuch",
		},
		"configuration's YAML": {plainPod, Configuration{Config: "policy: enabled\ntemplates: [\n"}, byCommand, Place{PaneConfig, 2}, "injector config"},
		"values":               {plainPod, Configuration{Config: smallest, Values: "a: 1\nb: [\n"}, byCommand, Place{PaneValues, 2}, "injector values"},
		"mesh":                 {plainPod, Configuration{Config: smallest, Mesh: "trustDomain: a\ndefaultConfig:\n  statusPort: -1\n"}, byCommand, Place{PaneMesh, 3}, "statusPort"},
		"policy":               {plainPod, Configuration{Config: "templates:\n  sidecar: |\n    spec: {}\npolicy: maybe\n"}, byCommand, Place{PaneConfig, 4}, "maybe"},
	} {
		t.Run(name, func(t *testing.T) {
			a := injectIn(t, test.manifest, test.configuration, test.settings)
			for _, p := range a.Problems {
				if p.Place == test.want && strings.Contains(p.Message, test.message) {
					return
				}
			}
			t.Errorf("no problem %q at %v, but %+v", test.message, test.want, a.Problems)
		})
	}
}

func TestWhoIsSentToTheWebhook(t *testing.T) {
	labelled := func(label string) string {
		return strings.Replace(plainPod, "  name: app\n", "  name: app\n  labels:\n    "+label+"\n", 1)
	}
	for name, test := range map[string]struct {
		manifest        string
		namespaceLabels map[string]string
		revision        string
		outcome, reason string
	}{
		"nobody asks":           {plainPod, nil, "", skipped, "NotSent"},
		"the namespace asks":    {plainPod, map[string]string{"istio-injection": "enabled"}, "", injected, "PolicyEnabled"},
		"the namespace refuses": {labelled(`sidecar.istio.io/inject: "true"`), map[string]string{"istio-injection": "disabled"}, "", skipped, "NotSent"},
		"the pod asks":          {labelled(`sidecar.istio.io/inject: "true"`), nil, "", injected, "LabelEnabled"},
		"another revision":      {plainPod, map[string]string{"istio.io/rev": "canary"}, "", skipped, "NotSent"},
		"that revision":         {plainPod, map[string]string{"istio.io/rev": "canary"}, "canary", injected, "PolicyEnabled"},
	} {
		t.Run(name, func(t *testing.T) {
			settings := byWebhook
			settings.NamespaceLabels, settings.Revision = test.namespaceLabels, test.revision
			w := injectIn(t, test.manifest, profile(t, profiles.Default), settings).Workloads[0]
			if w.Outcome != test.outcome || string(w.Reason) != test.reason {
				t.Errorf("%s (%s), want %s (%s)", w.Outcome, w.Reason, test.outcome, test.reason)
			}
			if last := w.Rules[len(w.Rules)-1]; (last.Answer == explain.Yes) != (w.Outcome == injected) {
				t.Errorf("the last rule says %s: %+v", last.Answer, w.Rules)
			}
		})
	}
}

func TestObjectsThatArePassedBy(t *testing.T) {
	knative := "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: fn\nspec:\n  template:\n    spec:\n      containers:\n      - image: fn:1\n"
	a := injectIn(t, plainPod+"---\n"+knative, profile(t, profiles.Default), byCommand)
	if len(a.Workloads) != 2 || a.Workloads[1].Outcome != skipped || a.Workloads[1].Line != 10 || a.Workloads[1].ResultLine == 0 {
		t.Errorf("workloads %+v, problems %+v", a.Workloads, a.Problems)
	}
	c := answered[Comparison](t, newTest(t, Options{}), "/api/compare", CompareRequest{plainPod + "---\n" + knative, profile(t, profiles.Default), profile(t, "istio-1.0"), byCommand})
	if len(c.Workloads) != 2 || len(c.Workloads[1].Differences) != 0 {
		t.Errorf("compared: %+v", c.Workloads)
	}
}

func TestRulesEndWithTheOneThatDecides(t *testing.T) {
	a := injectIn(t, sampleNamed(t, "Pods that are left alone, or refused"), profile(t, profiles.Default), byCommand)
	var got []string
	for _, w := range a.Workloads {
		last := w.Rules[len(w.Rules)-1]
		got = append(got, fmt.Sprintf("%d %s %s", len(w.Rules), last.Answer, last.Rule))
	}
	want := []string{"1 no host network", "4 no label sidecar.istio.io/inject", "1 no InvalidAnnotation"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestRulesClaimNoMoreThanTheyKnow: the 1.0 line does not ask the label.
func TestRulesClaimNoMoreThanTheyKnow(t *testing.T) {
	a := injectIn(t, sampleNamed(t, "Pods that are left alone, or refused"), profile(t, "istio-1.0"), byCommand)
	w := a.Workloads[1]
	i := slices.IndexFunc(w.Rules, func(s explain.Step) bool { return s.Rule == "label sidecar.istio.io/inject" })
	if w.Outcome != injected || i < 0 || w.Rules[i].Answer != explain.Silent || !strings.Contains(w.Rules[i].What, `"false"`) {
		t.Errorf("%s: %+v", w.Outcome, w.Rules)
	}
}

func TestComparison(t *testing.T) {
	before := Configuration{Config: smallest, Values: "image: helper:1\n"}
	after := Configuration{Config: smallest, Values: "image: helper:2\n"}
	broken := Configuration{Config: "policy: ["}
	handler := newTest(t, Options{})
	c := answered[Comparison](t, handler, "/api/compare", CompareRequest{plainPod, before, after, byCommand})
	want := []explain.Difference{{Path: "/spec/containers/0/image", Name: "spec.containers[helper].image", Change: explain.Changed, Before: []byte(`"helper:1"`), After: []byte(`"helper:2"`)}}
	if diff := cmp.Diff(want, slices.DeleteFunc(c.Workloads[0].Differences, func(d explain.Difference) bool { return strings.HasPrefix(d.Name, "metadata") })); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if c = answered[Comparison](t, handler, "/api/compare", CompareRequest{plainPod, before, before, byCommand}); len(c.Workloads[0].Differences) != 0 {
		t.Errorf("the same configuration differs: %+v", c.Workloads)
	}
	if c = answered[Comparison](t, handler, "/api/compare", CompareRequest{plainPod, before, broken, byCommand}); len(c.Workloads) != 0 || len(c.After.Problems) == 0 || c.Before.Text == "" {
		t.Errorf("a broken configuration: %+v", c)
	}
}

// TestProxyConfigsOfTheManifestCount, in both ways to be injected; a wrong one is told
// at its place.
func TestProxyConfigsOfTheManifestCount(t *testing.T) {
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec: {containers: [{name: app, image: app}]}\n---\n"
	const resource = "apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {name: all}\nspec: {concurrency: %d}\n"
	for _, as := range []Settings{byCommand, byWebhook} {
		a := injectIn(t, pod+fmt.Sprintf(resource, 7), profile(t, profiles.Default), as)
		if !strings.Contains(a.Text, `"concurrency":7`) {
			t.Errorf("%s: it does not count: %+v", as.As, a.Problems)
		}
		a = injectIn(t, pod+fmt.Sprintf(resource, -7), profile(t, profiles.Default), as)
		if a.Text != "" || len(a.Problems) != 1 || a.Problems[0].Place != (Place{PaneManifest, 6}) || !strings.Contains(a.Problems[0].Message, "spec.concurrency: -7 is negative") {
			t.Errorf("%s: %+v", as.As, a.Problems)
		}
	}
}
