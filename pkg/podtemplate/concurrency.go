package podtemplate

import (
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// usualConcurrency is how many threads a proxy has of which nothing is said.
const usualConcurrency = 2

// EstimatedConcurrency is how many threads the proxy of a pod should have: what its
// ProxyConfig says, else the whole processors of annotations
// sidecar.istio.io/proxyCPULimit and proxyCPU, else those of the values (spec:
// releases.md, 1.9 to 1.26).
func EstimatedConcurrency(said int32, p *tree.Value, v Values) int {
	if said > 0 {
		return int(said)
	}
	annotations := pod.Annotations(p)
	for _, cpu := range []string{
		annotations.Value("sidecar.istio.io/proxyCPULimit"), annotations.Value("sidecar.istio.io/proxyCPU"),
		v.Text("global", "proxy", "resources", "limits", "cpu"), v.Text("global", "proxy", "resources", "requests", "cpu"),
	} {
		if n := WholeProcessors(cpu); n > 0 {
			return n
		}
	}
	return usualConcurrency
}

// WholeProcessors rounds a quantity of processor time up; 0 for none.
func WholeProcessors(cpu string) int {
	if cpu == "" {
		return 0
	}
	q, err := resource.ParseQuantity(cpu)
	if err != nil {
		return 0
	}
	return int(q.Value())
}
