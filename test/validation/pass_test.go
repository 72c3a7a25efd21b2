package validation

import (
	"fmt"

	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// passes injects a pod and takes the injection off again. It says what Kubernetes
// refuses of either that it did not refuse of the pod; a pod that the engine refuses
// or leaves alone is none.
func passes(t conformance.Failer, in *inject.Injector, r inject.Request) error {
	t.Helper()
	before := problems(r.Pod)
	result, err := in.Inject(r)
	if err != nil {
		return nil
	}
	injected := conformance.Apply(t, r.Pod, result.Patch)
	if bad := added(before, problems(injected)); len(bad) > 0 {
		return fmt.Errorf("injected, it is refused: %s\nbefore: %s\nafter:  %s", indented(bad), r.Pod, injected)
	}
	back, err := inject.Uninject(injected, r.Workload)
	if err != nil {
		return err
	}
	bare := conformance.Apply(t, injected, back.Patch)
	if bad := added(before, problems(bare)); len(bad) > 0 {
		return fmt.Errorf("with the injection taken off, it is refused: %s\nbefore: %s\nafter:  %s", indented(bad), r.Pod, bare)
	}
	return nil
}
