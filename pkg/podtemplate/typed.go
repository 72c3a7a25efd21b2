package podtemplate

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	kjson "sigs.k8s.io/json"

	"github.com/outrigger-io/outrigger/pkg/podmerge"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Typed decodes a pod into the Kubernetes type, which templates walk through. An
// error names the field that is not what the type says.
func Typed(p *tree.Value) (*corev1.Pod, error) {
	// Managed fields are most of a pod, and nothing that a template could use.
	meta := p.Get("metadata").Without("managedFields")
	bare := tree.NewObject(tree.Member{Key: "metadata", Value: meta}, tree.Member{Key: "spec", Value: p.Get("spec")})
	if err := podmerge.Pod().Check(bare, "pod"); err != nil {
		return nil, err
	}
	var decoded corev1.Pod
	// The decoder fills what room there is, and else copies these large structures again
	// and again.
	decoded.Spec.Containers = roomFor[corev1.Container](p, "containers")
	decoded.Spec.InitContainers = roomFor[corev1.Container](p, "initContainers")
	decoded.Spec.Volumes = roomFor[corev1.Volume](p, "volumes")
	if err := kjson.UnmarshalCaseSensitivePreserveInts(bare.JSON(), &decoded); err != nil {
		return nil, fmt.Errorf("pod: %w", err)
	}
	return &decoded, nil
}

// roomFor is an empty list with room for one of the pod, nil where it has none.
func roomFor[T any](p *tree.Value, list string) []T {
	n := p.Get("spec", list).Len()
	if n == 0 {
		return nil
	}
	return make([]T, 0, n)
}
