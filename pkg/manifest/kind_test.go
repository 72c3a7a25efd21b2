package manifest

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

func TestParseKind(t *testing.T) {
	tests := []struct {
		in, err string
		want    Kind
	}{
		{in: "Rollout.argoproj.io=spec.template", want: Kind{Group: "argoproj.io", Name: "Rollout", Metadata: []string{"spec", "template", "metadata"}, Spec: []string{"spec", "template", "spec"}}},
		{in: "PodTemplate=template", want: Kind{Name: "PodTemplate", Metadata: []string{"template", "metadata"}, Spec: []string{"template", "spec"}}},
		{in: "RayCluster.ray.io=spec.workerGroupSpecs[].template", want: Kind{Group: "ray.io", Name: "RayCluster", Metadata: []string{"spec", "workerGroupSpecs", "[]", "template", "metadata"}, Spec: []string{"spec", "workerGroupSpecs", "[]", "template", "spec"}}},
		{in: "Grid=cells[][]", want: Kind{Name: "Grid", Metadata: []string{"cells", "[]", "[]", "metadata"}, Spec: []string{"cells", "[]", "[]", "spec"}}},
		{in: "MPIJob.kubeflow.org=spec.mpiReplicaSpecs.*.template", want: Kind{Group: "kubeflow.org", Name: "MPIJob", Metadata: []string{"spec", "mpiReplicaSpecs", "*", "template", "metadata"}, Spec: []string{"spec", "mpiReplicaSpecs", "*", "template", "spec"}}},
		{in: "A=[]", err: `workload kind "A=[]": "[]" is no path to a pod template`},
		{in: "Rollout.argoproj.io", err: `workload kind "Rollout.argoproj.io": want KIND.GROUP=path.to.podTemplate`},
		{in: "=spec", err: `workload kind "=spec": "" is no KIND.GROUP`},
		{in: "A.=spec", err: `workload kind "A.=spec": "A." is no KIND.GROUP`},
		{in: "A=", err: `workload kind "A=": "" is no path to a pod template`},
		{in: "A=spec..template", err: `workload kind "A=spec..template": "spec..template" is no path to a pod template`},
	}
	for _, test := range tests {
		got, err := ParseKind(test.in)
		message := ""
		if err != nil {
			message = err.Error()
		}
		if diff := cmp.Diff(test.err, message); diff != "" {
			t.Errorf("%s: -want +got\n%s", test.in, diff)
		}
		if diff := cmp.Diff(test.want, got, cmpopts.IgnoreUnexported(Kind{})); diff != "" {
			t.Errorf("%s: -want +got\n%s", test.in, diff)
		}
	}
}

func TestRewriteFindsWorkloads(t *testing.T) {
	extra, err := ParseKind("Game.example.org=spec.pods.template")
	if err != nil {
		t.Fatal(err)
	}
	in := `# games
apiVersion: example.org/v1
kind: Game
metadata: {name: g, namespace: ns}
spec:
  pods:
    template:
      spec: {z: 1, a: yes, o: 010, f: 1.50, e: ~, s: '1', d: 2001-01-01}
      metadata: {labels: {on: x, 1: z}}
---
apiVersion: v1
items:
- apiVersion: batch/v1beta1
  kind: CronJob
  spec: {jobTemplate: {metadata: {annotations: {a: b}}, spec: {template: {metadata: {c: d}, spec: {}}}}}
- kind: List
  apiVersion: v1
  items:
  - {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {}}
kind: List
`
	want := []Workload{
		{File: "f", Line: 2, APIVersion: "example.org/v1", Kind: "Game", Namespace: "ns", Name: "g", Template: extra, Pod: []byte(`{"metadata":{"labels":{"true":"x","1":"z"}},"spec":{"z":1,"a":true,"o":8,"f":1.5,"e":null,"s":"1","d":"2001-01-01"}}`)},
		{File: "f", Line: 13, APIVersion: "batch/v1beta1", Kind: "CronJob", Path: []string{"items", "0"}, Template: cronJob, Pod: []byte(`{"metadata":{"c":"d","annotations":{"a":"b"}},"spec":{}}`)},
		{File: "f", Line: 19, APIVersion: "v1", Kind: "Pod", Name: "p", Path: []string{"items", "1", "items", "0"}, Template: templateAt("", "Pod"), Pod: []byte(`{"metadata":{"name":"p"},"spec":{}}`)},
	}
	var got []Workload
	err = Rewrite(new(bytes.Buffer), strings.NewReader(in), Options{File: "f", Kinds: []Kind{extra}}, func(w Workload) (tree.Patch, error) {
		got = append(got, w)
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Kind{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestRewriteFindsEveryTemplate has kinds with several pod templates, and paths
// through lists and objects.
func TestRewriteFindsEveryTemplate(t *testing.T) {
	const objects = `apiVersion: ray.io/v1
kind: RayCluster
metadata: {name: r}
spec:
  headGroupSpec: {template: {spec: {a: 1}}}
  workerGroupSpecs:
  - template: {spec: {a: 2}}
  - template: {spec: {a: 3}}
---
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata: {name: p}
spec: {pytorchReplicaSpecs: {Master: {template: {spec: {a: 4}}}, Worker: {template: {spec: {a: 5}}}}}
---
apiVersion: ray.io/v1
kind: RayCluster
metadata: {name: no-workers}
spec: {headGroupSpec: {template: {spec: {a: 6}}}}
---
apiVersion: kubeflow.org/v1
kind: Notebook
metadata: {name: nb, labels: {a: b}}
spec: {template: {spec: {a: 7}}}
---
apiVersion: example.org/v1
kind: Pair
metadata: {name: p}
spec: {left: {spec: {a: 8}}, right: {spec: {a: 9}}, cells: [[{spec: {a: 10}}], []]}
---
apiVersion: v1
kind: PodTemplate
metadata: {name: core}
template: {spec: {a: 11}}
`
	var kinds []Kind
	for _, s := range []string{"Pair.example.org=spec.left", "Pair.example.org=spec.right", "Pair.example.org=spec.middle", "Pair.example.org=spec.cells[][]"} {
		k, err := ParseKind(s)
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, k)
	}
	want := []string{
		`r spec.headGroupSpec.template {"spec":{"a":1}}`,
		`r spec.workerGroupSpecs[0].template {"spec":{"a":2}}`,
		`r spec.workerGroupSpecs[1].template {"spec":{"a":3}}`,
		`p spec.pytorchReplicaSpecs.Master.template {"spec":{"a":4}}`,
		`p spec.pytorchReplicaSpecs.Worker.template {"spec":{"a":5}}`,
		`no-workers spec.headGroupSpec.template {"spec":{"a":6}}`,
		`nb spec.template {"metadata":{"name":"nb","labels":{"a":"b"}},"spec":{"a":7}}`,
		`p spec.left {"spec":{"a":8}}`,
		`p spec.right {"spec":{"a":9}}`,
		`p spec.cells[0][0] {"spec":{"a":10}}`,
		`core template {"spec":{"a":11}}`,
	}
	var got []string
	var out bytes.Buffer
	err := Rewrite(&out, strings.NewReader(objects), Options{File: "f", Kinds: kinds}, func(w Workload) (tree.Patch, error) {
		got = append(got, w.Name+" "+w.Template.TemplatePath()+" "+string(w.Pod))
		return tree.Patch{add("/spec/b", `"here"`)}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	changed := regexp.MustCompile(`a: \d+(,|\s)\s*b: here`).FindAllStringSubmatch(out.String(), -1)
	if len(changed) != len(want) {
		t.Errorf("%d pods are changed, want %d:\n%s", len(changed), len(want), &out)
	}
}

func TestRewriteNeedsOneOfSeveralTemplates(t *testing.T) {
	const object = "apiVersion: example.org/v1\nkind: Pair\nmetadata: {name: p}\nspec: {left: null}\n"
	for path, want := range map[string]string{
		"spec.left":    `f:1: Pair "p": there is no spec.left`,
		"spec.cells[]": `f:1: Pair "p": there is no spec.cells`,
	} {
		k, err := ParseKind("Pair.example.org=" + path)
		if err != nil {
			t.Fatal(err)
		}
		err = Rewrite(new(bytes.Buffer), strings.NewReader(object), Options{File: "f", Kinds: []Kind{k}}, func(Workload) (tree.Patch, error) { return nil, nil })
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}
