package profiles_test

import (
	"testing"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// TestReplicasCostNoRendering keeps the profiles' templates free of functions
// whose use makes an injector render every replica of a workload anew.
func TestReplicasCostNoRendering(t *testing.T) {
	for _, name := range profiles.Names() {
		sources, err := profiles.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		in, err := inject.Compile(sources, inject.Options{})
		if err != nil {
			t.Fatal(err)
		}
		allocations := testing.AllocsPerRun(20, func() {
			pod := []byte(`{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"a"}]}}`)
			if _, err := in.Inject(inject.Request{Pod: pod, Namespace: "shop"}); err != nil {
				t.Fatal(err)
			}
		})
		if allocations > 300 {
			t.Errorf("%s: %v allocations for a replica, as many as rendering takes", name, allocations)
		}
	}
}
