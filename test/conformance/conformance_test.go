package conformance

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/manifest"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestReference runs every case on the sides that it has: through the engine as
// the admission server calls it, and through the text as the command does.
func TestReference(t *testing.T) {
	for _, generation := range []string{"current", "v1.0"} {
		t.Run(generation, func(t *testing.T) {
			conformance.Each(t, generation, nil, func(t *testing.T, c *conformance.Case) {
				if c.Webhook {
					webhookSide(t, c)
				}
				if c.CLI {
					commandSide(t, c)
				}
				if !c.Webhook && !c.CLI {
					t.Error("the case has neither side")
				}
			})
		})
	}
}

func webhookSide(t *testing.T, c *conformance.Case) {
	in := c.Injector(t, c.Sources(t), "default")
	for _, pod := range c.Pods(t) {
		result, err := in.Inject(pod.Request)
		switch {
		case pod.Expected == nil && err == nil:
			t.Errorf("%s: injected, want it refused", pod.Name)
		case pod.Expected != nil && err != nil:
			t.Errorf("%s: %v", pod.Name, err)
		case pod.Expected != nil:
			conformance.ComparePods(t, conformance.Apply(t, pod.Request.Pod, result.Patch), pod.Expected)
		}
	}
}

func commandSide(t *testing.T, c *conformance.Case) {
	in := c.Injector(t, c.Sources(t), "")
	input := conformance.Read(t, c.File("input.yaml"))
	var out bytes.Buffer
	err := manifest.Rewrite(&out, bytes.NewReader(input), manifest.Options{File: "input.yaml"}, func(w manifest.Workload) (tree.Patch, error) {
		r := c.Request(w.Pod)
		r.Workload = &inject.Workload{APIVersion: w.APIVersion, Kind: w.Kind, Namespace: w.Namespace, Name: w.Name}
		r.Namespace = w.Namespace
		result, err := in.Inject(r)
		return result.Patch, err
	})
	if c.Error != "" {
		if err == nil {
			t.Errorf("injected, want it refused: %s", c.Error)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	expected := conformance.Read(t, c.File("expected.yaml"))
	got, want := c.Templates(t, out.Bytes()), c.Templates(t, expected)
	if len(got) != len(want) {
		t.Fatalf("%d pods come out, want %d", len(got), len(want))
	}
	for i := range got {
		conformance.ComparePods(t, got[i].Pod, want[i].Pod)
	}
	if diff := cmp.Diff(conformance.AroundPods(t, expected), conformance.AroundPods(t, out.Bytes())); diff != "" {
		t.Errorf("around the pods it differs (-want +got):\n%s", diff)
	}
}
