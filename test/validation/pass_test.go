package validation

import (
	"fmt"

	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// passes injects a pod, injects it again, as the same and as the other kind of sidecar,
// and takes the injection off. It says what Kubernetes refuses of any of these that it
// did not refuse of the pod; a pod that the engine refuses or leaves alone is none.
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
	for _, again := range []inject.Request{r, ofOtherKind(r)} {
		again.Pod = injected
		result, err := in.Inject(again)
		if err != nil && again.NativeSidecars != r.NativeSidecars {
			continue // it may have to be refused as that, such as a proxy without an application
		}
		if err != nil {
			return fmt.Errorf("injected, it is not injected again: %w\nbefore: %s\nafter:  %s", err, r.Pod, injected)
		}
		twice := conformance.Apply(t, injected, result.Patch)
		if bad := added(before, problems(twice)); len(bad) > 0 {
			return fmt.Errorf("injected again, it is refused: %s\nbefore: %s\nafter:  %s", indented(bad), r.Pod, twice)
		}
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

func ofOtherKind(r inject.Request) inject.Request {
	r.NativeSidecars = !r.NativeSidecars
	return r
}
