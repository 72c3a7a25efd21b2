package inject

import (
	"fmt"

	meshconfig "istio.io/api/mesh/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	kjson "sigs.k8s.io/json"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// view is what a template of today's generation sees: the names of its fields
// are the contract with every template there is (spec: injection.md section 4).
type view struct {
	TypeMeta       metav1.TypeMeta
	DeploymentMeta types.NamespacedName
	ObjectMeta     metav1.ObjectMeta
	Spec           corev1.PodSpec
	ProxyConfig    *meshconfig.ProxyConfig
	MeshConfig     *meshconfig.MeshConfig
	Values         map[string]any
	Revision       string
	NativeSidecars bool
	ProxyImage     string
	ProxyUID       int64
	ProxyGID       int64
	// InboundTrafficPolicyMode is "localhost" or "passthrough".
	InboundTrafficPolicyMode string
	CompliancePolicy         string
}

// v1View is what a template of the 1.0 line sees.
type v1View struct {
	ObjectMeta  metav1.ObjectMeta
	Spec        corev1.PodSpec
	ProxyConfig *v1ProxyConfig
	MeshConfig  *v1MeshConfig
}

// typed decodes a pod into the Kubernetes type, which templates walk through. An
// error names the field that is not what the type says.
func typed(pod *tree.Value) (*corev1.Pod, error) {
	// Managed fields are most of a pod, and nothing that a template could use.
	meta := pod.Get("metadata").Without("managedFields")
	bare := tree.NewObject(tree.Member{Key: "metadata", Value: meta}, tree.Member{Key: "spec", Value: pod.Get("spec")})
	if err := podSchema().check(bare, "pod"); err != nil {
		return nil, &RefusedError{InvalidPod, err}
	}
	var p corev1.Pod
	if err := kjson.UnmarshalCaseSensitivePreserveInts(bare.JSON(), &p); err != nil {
		return nil, &RefusedError{InvalidPod, fmt.Errorf("pod: %w", err)}
	}
	return &p, nil
}
