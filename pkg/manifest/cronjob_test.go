package manifest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gomodules.xyz/jsonpatch/v2"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// rewriteAll rewrites a text, each pod by what edit makes of it.
func rewriteAll(t reporter, text string, edit func(Workload) tree.Patch) string {
	t.Helper()
	var out bytes.Buffer
	err := Rewrite(&out, strings.NewReader(text), Options{File: "in"}, func(w Workload) (tree.Patch, error) { return edit(w), nil })
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return out.String()
}

func add(path, value string) jsonpatch.Operation {
	return tree.NewOperation("add", path, json.RawMessage(value))
}

// TestRewriteCronJob has its pod template's metadata before its job template's.
func TestRewriteCronJob(t *testing.T) {
	const in = `apiVersion: batch/v1
kind: CronJob
spec:
  jobTemplate:
    metadata:
      labels:
        app: nightly
        team: a
    spec:
      template:
        metadata:
          labels:
            team: b
        spec:
          x: 1
`
	const want = `apiVersion: batch/v1
kind: CronJob
spec:
  jobTemplate:
    metadata:
      labels:
        team: a
    spec:
      template:
        metadata:
          labels:
            team: c
          annotations:
            a: b
        spec:
          x: 1
`
	var pod string
	out := rewriteAll(t, in, func(w Workload) tree.Patch {
		pod = string(w.Pod)
		return tree.Patch{
			tree.NewOperation("replace", "/metadata/labels/team", json.RawMessage(`"c"`)),
			tree.NewOperation("remove", "/metadata/labels/app", nil),
			add("/metadata/annotations", `{}`),
			add("/metadata/annotations/a", `"b"`),
		}
	})
	if diff := cmp.Diff(`{"metadata":{"labels":{"team":"b","app":"nightly"}},"spec":{"x":1}}`, pod); diff != "" {
		t.Errorf("the pod: -want +got\n%s", diff)
	}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestRewriteCronJobs: the pod that comes out is the one that came, patched, and the
// job template's own metadata only ever loses what the patch removes.
func TestRewriteCronJobs(t *testing.T) {
	values := rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "c", "d/e"}), rapid.SampledFrom([]string{"x", "yes", ""}))
	metadata := rapid.Custom(func(t *rapid.T) map[string]any {
		m := map[string]any{}
		for _, name := range []string{"labels", "annotations"} {
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				m[name] = nil
			case 1, 2:
				m[name] = values.Draw(t, name)
			}
		}
		if rapid.Bool().Draw(t, "named") {
			m["name"] = "n"
		}
		return m
	})
	rapid.Check(t, func(t *rapid.T) {
		job := map[string]any{}
		template := map[string]any{"spec": map[string]any{"x": 1}}
		for _, at := range []map[string]any{job, template} {
			if rapid.Bool().Draw(t, "has") {
				at["metadata"] = metadata.Draw(t, "metadata")
			}
		}
		job["spec"] = map[string]any{"template": template}
		text, err := yaml.Marshal(map[string]any{"apiVersion": "batch/v1", "kind": "CronJob", "spec": map[string]any{"jobTemplate": job}})
		if err != nil {
			t.Fatal(err)
		}
		maker := patchMaker{steer: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "steer")}
		var want any
		out := rewriteAll(t, string(text), func(w Workload) tree.Patch {
			patch := maker.patch(w.Pod)
			for _, op := range patch {
				if op.Operation != "remove" && strings.Count(op.Path, "/") != 3 && strings.HasPrefix(op.Path, "/metadata") {
					patch = nil // injection writes one label or annotation at a time
					break
				}
			}
			patched := w.Pod
			if len(patch) > 0 {
				if patched, err = patchJSON(w.Pod, patch); err != nil {
					t.Fatal(err)
				}
			}
			if err := json.Unmarshal(patched, &want); err != nil {
				t.Fatal(err)
			}
			return patch
		})
		var got any
		rewriteAll(t, out, func(w Workload) tree.Patch {
			if err := json.Unmarshal(w.Pod, &got); err != nil {
				t.Fatal(err)
			}
			return nil
		})
		if diff := cmp.Diff(withoutEmptyMaps(want), withoutEmptyMaps(got)); diff != "" {
			t.Fatalf("-want +got\n%s\n--- in\n%s\n--- out\n%s", diff, text, out)
		}
	})
}

// withoutEmptyMaps takes out the maps of a pod's metadata that say nothing.
func withoutEmptyMaps(pod any) any {
	metadata, _ := pod.(map[string]any)["metadata"].(map[string]any)
	for _, name := range []string{"labels", "annotations"} {
		if m, ok := metadata[name].(map[string]any); ok && len(m) == 0 || metadata[name] == nil {
			delete(metadata, name)
		}
	}
	if len(metadata) == 0 {
		delete(pod.(map[string]any), "metadata")
	}
	return pod
}

// TestCronJobSaysItself: whether its pods are injected a pod template says itself, by label
// or annotation, before its job template does by either.
func TestCronJobSaysItself(t *testing.T) {
	const yes, no = `{sidecar.istio.io/inject: "true"}`, `{sidecar.istio.io/inject: "false"}`
	for _, tt := range []struct{ outer, own, labels, annotations string }{
		{"labels: " + yes, "annotations: " + no, "", "false"},
		{"annotations: " + no, "labels: " + yes, "true", ""},
		{"labels: " + yes, "labels: " + no, "false", ""},
		{"labels: " + no, "annotations: {a: b}", "false", ""},
		{"annotations: " + no, "labels: {a: b}", "", "false"},
		{"labels: " + yes, `labels: null`, "true", ""},
	} {
		in := "apiVersion: batch/v1\nkind: CronJob\nspec:\n  jobTemplate:\n    metadata: {" + tt.outer + "}\n    spec:\n      template:\n        metadata: {" + tt.own + "}\n        spec: {x: 1}\n"
		rewriteAll(t, in, func(w Workload) tree.Patch {
			p, err := tree.Parse(w.Pod)
			if err != nil {
				t.Fatal(err)
			}
			metadata := p.Get("metadata")
			if label, annotation := metadata.Get("labels", "sidecar.istio.io/inject").Text(), metadata.Get("annotations", "sidecar.istio.io/inject").Text(); label != tt.labels || annotation != tt.annotations {
				t.Errorf("%s, and %s: %s", tt.outer, tt.own, w.Pod)
			}
			return nil
		})
	}
}
