package podtemplate

import (
	"context"

	"google.golang.org/protobuf/proto"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/outrigger-io/outrigger/pkg/mesh"
)

// View is what a template of today's generation sees: the names of its fields
// are the contract with every template there is (spec: injection.md section 4).
type View struct {
	// TypeMeta is the workload's .TypeMeta.APIVersion and .TypeMeta.Kind. For a pod of a
	// Deployment they are the Deployment's, not the ReplicaSet's.
	TypeMeta metav1.TypeMeta
	// DeploymentMeta is the workload's .DeploymentMeta.Name and .DeploymentMeta.Namespace.
	DeploymentMeta types.NamespacedName
	// ObjectMeta is the pod's metadata, such as .ObjectMeta.Labels and
	// .ObjectMeta.Annotations, without what an earlier injection added.
	ObjectMeta metav1.ObjectMeta
	// Spec is the pod's spec, such as .Spec.Containers and .Spec.ServiceAccountName,
	// without what an earlier injection added.
	Spec corev1.PodSpec
	// ProxyConfig is the mesh's defaultConfig, merged with the ProxyConfig resources and
	// the annotation proxy.istio.io/config that apply to the pod. Fields have their Go
	// names, such as .ProxyConfig.DiscoveryAddress.
	ProxyConfig proto.Message
	// MeshConfig is the mesh configuration, with defaults for what it does not set, such
	// as .MeshConfig.TrustDomain.
	MeshConfig *mesh.MeshConfig
	// Values is the content of the key values in the injector's ConfigMap.
	Values map[string]any
	// Revision is the control plane's revision, empty for the default one.
	Revision string
	// NativeSidecars is whether the proxy is to be a native sidecar: an init container
	// with restartPolicy Always.
	NativeSidecars bool
	// ProxyImage is the proxy's image: that of the values, in the image type that the pod
	// or the mesh asks for.
	ProxyImage string
	// ProxyInitImage is the image of the init containers (1.31): like the proxy's, with
	// the name from global.proxy_init.image.
	ProxyInitImage string
	// EstimatedConcurrency is the number of worker threads of the proxy (1.11 to 1.17):
	// the ProxyConfig's concurrency, else the proxy's CPU limit or request, rounded up.
	EstimatedConcurrency int
	// ProxyUID is the user ID of the proxy: 1337, or on OpenShift one of the namespace's
	// range.
	ProxyUID int64
	// ProxyGID is the group ID of the proxy: 1337, or on OpenShift one of the namespace's
	// range.
	ProxyGID int64
	// InboundTrafficPolicyMode is "localhost" or "passthrough".
	InboundTrafficPolicyMode string
	// CompliancePolicy is the value pilot.env.COMPLIANCE_POLICY, empty if there is none.
	CompliancePolicy string

	// context ends the rendering, nil for none.
	context context.Context
}
