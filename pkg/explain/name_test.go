package explain

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

func TestParseName(t *testing.T) {
	tests := map[string][]string{
		"spec":                               {"spec"},
		"spec.containers[istio-proxy].image": {"spec", "containers", "istio-proxy", "image"},
		"spec.containers[0]":                 {"spec", "containers", "0"},
		"metadata.annotations[a.b/c]":        {"metadata", "annotations", "a.b/c"},
		`metadata.annotations["a.b/c"]`:      {"metadata", "annotations", "a.b/c"},
		".spec.volumes":                      {"spec", "volumes"},
		"/spec/containers/0/a~1b":            {"spec", "containers", "0", "a/b"},
		"":                                   nil,
		"spec.":                              nil,
		"spec..image":                        nil,
		"spec.containers[]":                  nil,
		"spec.containers[app":                nil,
		"spec.containers[app]image":          nil,
	}
	for name, want := range tests {
		got, err := ParseName(name)
		if diff := cmp.Diff(want, got); diff != "" || (err == nil) != (want != nil) {
			t.Errorf("%q: %v, -want +got\n%s", name, err, diff)
		}
	}
}

const twoContainers = `{"metadata":{"annotations":{"a.b/c":"d"}},"spec":{"initContainers":[{"name":"istio-proxy","image":"p","env":[{"name":"A"}]}],"containers":[{"name":"app","args":["x","y"]}]}}`

func TestFind(t *testing.T) {
	pod, err := tree.Parse([]byte(twoContainers))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, pointer, found, err string }{
		{name: "metadata.annotations[a.b/c]", pointer: "/metadata/annotations/a.b~1c", found: "metadata.annotations[a.b/c]"},
		{name: "spec.containers[app].args[1]", pointer: "/spec/containers/0/args/1", found: "spec.containers[app].args[1]"},
		{name: "spec.containers[0]", pointer: "/spec/containers/0", found: "spec.containers[app]"},
		{name: "spec.containers[istio-proxy].image", pointer: "/spec/initContainers/0/image", found: "spec.initContainers[istio-proxy].image"},
		{name: "spec.containers[istio-proxy].imag", err: "there is no field spec.initContainers[istio-proxy].imag; did you mean spec.initContainers[istio-proxy].image?"},
		{name: "spec.containers[istio-prox].image", err: "there is no field spec.initContainers[istio-prox].image; did you mean spec.initContainers[istio-proxy].image?"},
		{name: "spec.containers[istio-proxy].env[B]", err: "there is no field spec.initContainers[istio-proxy].env[B]; did you mean spec.initContainers[istio-proxy].env[A]?"},
		{name: "spec.containers[7].image", err: "there is no field spec.containers[7].image; spec.containers has app"},
		{name: "stat", err: "there is no field stat; the pod has metadata, spec"},
		{name: "spec.containers[app].args[1].x", err: "there is no field spec.containers[app].args[1].x: nothing is below spec.containers[app].args[1]"},
	}
	for _, tt := range tests {
		steps, err := ParseName(tt.name)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		pointer, found, err := Find(pod, steps)
		if err != nil {
			text = err.Error()
		}
		if pointer != tt.pointer || found != tt.found || text != tt.err {
			t.Errorf("%s: %s (%s) %s\nwant %s (%s) %s", tt.name, pointer, found, text, tt.pointer, tt.found, tt.err)
		}
	}
}

// TestNamesLeadBack: the name that people are told of a field is one that they can ask
// for it by.
func TestNamesLeadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		after := tree.NewObject(tree.Member{Key: "root", Value: document(3).Draw(t, "document")})
		w := NewWritten(tree.NewObject())
		if err := w.Apply(tree.Diff(tree.NewObject(), after)); err != nil {
			t.Fatal(err)
		}
		w.Visit(func(f Field, _ *Written) {
			steps, err := ParseName(f.Name)
			if err != nil {
				t.Fatal(err)
			}
			if pointer, name, err := Find(after, steps); err != nil || pointer != f.Path || name != f.Name {
				t.Fatalf("%s (%s) leads to %s (%s): %v", f.Name, f.Path, name, pointer, err)
			}
		})
	})
}
