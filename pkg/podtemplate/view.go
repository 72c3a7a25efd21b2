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
	// TypeMeta is the workload's apiVersion and kind, as .TypeMeta.APIVersion and
	// .TypeMeta.Kind. For a pod of a ReplicaSet of a Deployment that is the Deployment's.
	TypeMeta metav1.TypeMeta
	// DeploymentMeta is the workload's .Name and .Namespace.
	DeploymentMeta types.NamespacedName
	// ObjectMeta is the pod's metadata, such as .ObjectMeta.Labels and
	// .ObjectMeta.Annotations, without what an earlier injection put in.
	ObjectMeta metav1.ObjectMeta
	// Spec is the pod's spec, such as .Spec.Containers and .Spec.ServiceAccountName,
	// without what an earlier injection put in.
	Spec corev1.PodSpec
	// ProxyConfig is the mesh's defaultConfig with the pod's annotation
	// proxy.istio.io/config laid over it. Fields have the names of Go, such as
	// .ProxyConfig.DiscoveryAddress.
	ProxyConfig proto.Message
	// MeshConfig is the mesh's configuration over the defaults, such as
	// .MeshConfig.TrustDomain.
	MeshConfig *mesh.MeshConfig
	// Values is the key values of the ConfigMap, whatever it holds.
	Values map[string]any
	// Revision is that of --revision; empty for the default one.
	Revision string
	// NativeSidecars is whether the proxy belongs among the init containers, with
	// restartPolicy Always.
	NativeSidecars bool
	// ProxyImage is the proxy's image, of the values and the image type that the pod
	// or the mesh asks for.
	ProxyImage string
	// ProxyInitImage is the image of the init containers (1.31): as the proxy's, by the
	// name global.proxy_init.image.
	ProxyInitImage string
	// EstimatedConcurrency is how many threads the proxy should have (1.11 to 1.17): the
	// ProxyConfig's concurrency, else the whole processors that the proxy is given.
	EstimatedConcurrency int
	// ProxyUID is the user that the proxy runs as: 1337, on OpenShift one of the
	// namespace's range.
	ProxyUID int64
	// ProxyGID is the group that the proxy runs as: 1337, on OpenShift one of the
	// namespace's range.
	ProxyGID int64
	// InboundTrafficPolicyMode is "localhost" or "passthrough".
	InboundTrafficPolicyMode string
	// CompliancePolicy is COMPLIANCE_POLICY of the values' pilot.env, empty for none.
	CompliancePolicy string

	// context ends the rendering, nil for none.
	context context.Context
}
