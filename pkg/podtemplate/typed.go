package podtemplate

import (
	"fmt"
	"reflect"

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
	var decoded corev1.Pod
	if podDecoder()(reflect.ValueOf(&decoded).Elem(), bare) {
		return &decoded, nil
	}
	return typedByJSON(bare)
}

// typedByJSON is the plain way, and the one whose errors people see.
func typedByJSON(bare *tree.Value) (*corev1.Pod, error) {
	if err := podmerge.Pod().Check(bare, "pod"); err != nil {
		return nil, err
	}
	var decoded corev1.Pod
	if err := kjson.UnmarshalCaseSensitivePreserveInts(bare.JSON(), &decoded); err != nil {
		return nil, fmt.Errorf("pod: %w", err)
	}
	return &decoded, nil
}
