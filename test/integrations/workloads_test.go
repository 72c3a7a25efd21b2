package integrations_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"
)

// object is what the tests look at in a manifest.
type object struct {
	Kind     string
	Metadata struct{ Name, Namespace string }
	Spec     struct {
		Template struct {
			Spec struct {
				Containers     []struct{ Name string }
				InitContainers []struct{ Name string } `yaml:"initContainers"`
			}
		}
	}
}

// workloads lists the workloads in a stream of manifests, with a star behind
// those that have the sidecar.
func workloads(t *testing.T, manifests []byte) []string {
	t.Helper()
	var list []string
	decoder := yaml.NewDecoder(bytes.NewReader(manifests))
	for {
		var o object
		err := decoder.Decode(&o)
		if errors.Is(err, io.EOF) {
			slices.Sort(list)
			return list
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, manifests)
		}
		pod := o.Spec.Template.Spec
		if len(pod.Containers) == 0 {
			continue
		}
		name := o.Kind + " " + o.Metadata.Name
		for _, c := range slices.Concat(pod.Containers, pod.InitContainers) {
			if c.Name == "istio-proxy" {
				name += " *"
			}
		}
		list = append(list, name)
	}
}
