package manifest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

func TestParseKind(t *testing.T) {
	tests := []struct {
		in, err string
		want    Kind
	}{
		{in: "Rollout.argoproj.io=spec.template", want: Kind{Group: "argoproj.io", Name: "Rollout", Metadata: []string{"spec", "template", "metadata"}, Spec: []string{"spec", "template", "spec"}}},
		{in: "PodTemplate=template", want: Kind{Name: "PodTemplate", Metadata: []string{"template", "metadata"}, Spec: []string{"template", "spec"}}},
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
		if diff := cmp.Diff(test.want, got); diff != "" {
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
	cronJob, _ := newKinds(nil).find("batch/v1", "CronJob")
	want := []Workload{
		{File: "f", Line: 2, APIVersion: "example.org/v1", Kind: "Game", Namespace: "ns", Name: "g", Template: extra, Pod: []byte(`{"metadata":{"labels":{"true":"x","1":"z"}},"spec":{"z":1,"a":true,"o":8,"f":1.5,"e":null,"s":"1","d":"2001-01-01"}}`)},
		{File: "f", Line: 13, APIVersion: "batch/v1beta1", Kind: "CronJob", Path: []string{"items", "0"}, Template: cronJob, Pod: []byte(`{"metadata":{"annotations":{"a":"b"}},"spec":{}}`)},
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
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
