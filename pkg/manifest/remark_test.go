package manifest

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestRemarks has what is passed on as it is, and what is said of it.
func TestRemarks(t *testing.T) {
	const pod = "{metadata: {labels: {a: b}}, spec: {containers: [{name: app, image: 'app:1'}]}}"
	tests := map[string]struct {
		in   string
		want []string
	}{
		"a Knative Service": {
			in:   "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: s, namespace: ns}\nspec:\n  template: " + pod + "\n",
			want: []string{"f:1 Service ns/s KnativeService: Knative refuses what injection adds"},
		},
		"Knative in a list, JSON": {
			in:   `{"kind": "List", "apiVersion": "v1", "items": [` + "\n" + `{"apiVersion": "serving.knative.dev/v1", "kind": "Configuration", "metadata": {"name": "c"}}]}`,
			want: []string{"f:2 Configuration /c KnativeService: Knative refuses what injection adds"},
		},
		"an OpenShift Template": {
			in:   "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: t}\nobjects:\n- {apiVersion: v1, kind: Pod}\n",
			want: []string{"f:1 Template /t TemplateNotProcessed: templates are not looked into; make manifests of it first, with oc process"},
		},
		"an OpenShift Template of old, with a kind of somebody's": {
			in:   "apiVersion: v1\nkind: Template\nmetadata: {name: t}\nobjects:\n- {apiVersion: x/v1, kind: Y, spec: {template: {spec: {containers: [{name: '${NAME}'}]}}}}\n",
			want: []string{"f:1 Template /t TemplateNotProcessed: templates are not looked into"},
		},
		"an OpenShift Template without pods": {
			in: "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: t}\nobjects:\n- {apiVersion: v1, kind: Service}\n",
		},
		"a pod template at a path that nobody named": {
			in:   "apiVersion: example.org/v1\nkind: Fleet\nmetadata: {name: f}\nspec:\n  ships:\n  - crew: " + pod + "\n",
			want: []string{"f:1 Fleet /f PodTemplateUnnamed: it has a pod template at spec.ships[].crew, which is not looked at; if it is one, say --workload Fleet.example.org=spec.ships[].crew"},
		},
		"a pod template that nobody named, in a list": {
			in:   "apiVersion: v1\nkind: List\nitems:\n- apiVersion: example.org/v1\n  kind: Fleet\n  metadata: {name: f}\n  crew: " + pod + "\n",
			want: []string{"f:4 Fleet /f PodTemplateUnnamed: it has a pod template at crew, which is not looked at; if it is one, say --workload Fleet.example.org=crew"},
		},
		"a list of containers of an operator's": {
			in: "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: p}\nspec:\n  containers: [{name: a, image: b}]\n",
		},
		"a policy with a pattern": {
			in: "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nspec:\n  rules:\n  - validate: {pattern: {spec: {containers: [{name: '*', image: '*:*'}]}}}\n  - validate: {pattern: {spec: {containers: [{image: '*:*'}]}}}\n",
		},
		"the schema of pods": {
			in: "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {x: {spec: {containers: [{name: a}]}}}\n",
		},
		"what kustomize builds from": {
			in:   "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n",
			want: []string{"f:1 Kustomization / : it tells kustomize what to build"},
		},
		"a key that stands twice": {
			in:   "# c\napiVersion: v1\nkind: Service\nmetadata:\n  name: s\n  name: s\n",
			want: []string{`f:1 Service /s : line 6: duplicate key "name", of which the last counts; it is passed on as it is`},
		},
		"a key that stands twice, JSON in a row": {
			in:   "{\"kind\": \"A\"}\n{\"kind\": \"Service\",\n\"a\": 1, \"a\": 2}\n",
			want: []string{`f:2 Service / : line 3: duplicate key "a", of which the last counts; it is passed on as it is`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			remark := func(r Remark) {
				got = append(got, fmt.Sprintf("%s:%d %s %s/%s %s: %s", r.File, r.Line, r.Kind, r.Namespace, r.Name, r.Reason, r.Text))
			}
			var out bytes.Buffer
			err := Rewrite(&out, strings.NewReader(test.in), Options{File: "f", Remark: remark}, func(w Workload) (tree.Patch, error) {
				t.Errorf("%s %s was handed out", w.Kind, w.Name)
				return nil, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if out.String() != test.in {
				t.Errorf("it comes out as\n%s", &out)
			}
			if len(got) != len(test.want) {
				t.Fatalf("the remarks are %q, want %q", got, test.want)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("-want +got\n%s", cmp.Diff(want, got[i]))
				}
			}
		})
	}
}

func TestRewriteOfANamedKindIsNotLeftAlone(t *testing.T) {
	k, err := ParseKind("Service.serving.knative.dev=spec.template")
	if err != nil {
		t.Fatal(err)
	}
	called := false
	err = Rewrite(new(bytes.Buffer), strings.NewReader("apiVersion: serving.knative.dev/v1\nkind: Service\nspec: {template: {spec: {}}}\n"), Options{Kinds: []Kind{k}}, func(Workload) (tree.Patch, error) {
		called = true
		return nil, nil
	})
	if err != nil || !called {
		t.Errorf("it was not handed out: %v", err)
	}
}

// TestEveryReasonIsTold: the reasons that only manifests have are in the table of them.
func TestEveryReasonIsTold(t *testing.T) {
	page, err := os.ReadFile("../../docs/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, reason := range []inject.Reason{inject.KnativeService, inject.TemplateNotProcessed, inject.PodTemplateUnnamed} {
		if !bytes.Contains(page, []byte("`"+reason+"`")) {
			t.Errorf("docs/troubleshooting.md does not have `%s`", reason)
		}
	}
}
