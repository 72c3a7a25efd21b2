package pod

import (
	"slices"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// The annotations and labels that injection reads and writes in more than one step.
const (
	InjectKey          = "sidecar.istio.io/inject"
	StatusKey          = "sidecar.istio.io/status"
	OverridesKey       = "proxy.istio.io/overrides"
	RecordKey          = "sidecar.outrigger.io/record"
	ProxyConfigKey     = "proxy.istio.io/config"
	StatusPortKey      = "status.sidecar.istio.io/port"
	InterceptionKey    = "sidecar.istio.io/interceptionMode"
	NativeSidecarKey   = "sidecar.istio.io/nativeSidecar"
	TemplatesKey       = "inject.istio.io/templates"
	ImageTypeKey       = "sidecar.istio.io/proxyImageType"
	RewriteProbersKey  = "sidecar.istio.io/rewriteAppHTTPProbers"
	MergeMetricsKey    = "prometheus.istio.io/merge-metrics"
	NetworkLabel       = "topology.istio.io/network"
	ClusterVariable    = "ISTIO_META_CLUSTER_ID"
	NetworkVariable    = "ISTIO_META_NETWORK"
	ProbersVariable    = "ISTIO_KUBE_APP_PROBERS"
	PrometheusVariable = "ISTIO_PROMETHEUS_ANNOTATIONS"
)

// The labels and annotations that the mesh's own templates set.
const (
	TLSModeLabel           = "security.istio.io/tlsMode"
	TunnelLabel            = "networking.istio.io/tunnel"
	CanonicalNameLabel     = "service.istio.io/canonical-name"
	CanonicalRevisionLabel = "service.istio.io/canonical-revision"
	RevisionKey            = "istio.io/rev"
	DefaultContainerKey    = "kubectl.kubernetes.io/default-container"
	DefaultLogsKey         = "kubectl.kubernetes.io/default-logs-container"
	NetworksKey            = "k8s.v1.cni.cncf.io/networks"
	// TrafficPrefix begins the annotations that say how traffic is redirected.
	TrafficPrefix = "traffic.sidecar.istio.io/"
)

// Metadata is the pod's labels or annotations.
type Metadata struct{ object *tree.Value }

func Labels(p *tree.Value) Metadata      { return Metadata{p.Get("metadata", "labels")} }
func Annotations(p *tree.Value) Metadata { return Metadata{p.Get("metadata", "annotations")} }

// Get returns a value, and whether the key is there.
func (m Metadata) Get(key string) (string, bool) { return m.object.Get(key).Str() }

// Value returns a value, "" where the key is not there.
func (m Metadata) Value(key string) string { return m.object.Get(key).Text() }

func (m Metadata) Members() []tree.Member { return m.object.Members() }

// Map returns a copy as a map, for matching selectors.
func (m Metadata) Map() map[string]string {
	set := make(map[string]string, m.object.Len())
	for _, member := range m.Members() {
		set[member.Key] = member.Value.Text()
	}
	return set
}

func WithAnnotation(p *tree.Value, key, value string) *tree.Value {
	return withMetadata(p, "annotations", key, value)
}

// WithAnnotations sets several, each a key and its value.
func WithAnnotations(p *tree.Value, annotations [][2]string) *tree.Value {
	edit := p.Get("metadata", "annotations").Edit()
	for _, a := range annotations {
		if old, ok := edit.Get(a[0]).Str(); !ok || old != a[1] {
			edit.Set(a[0], tree.NewString(a[1]))
		}
	}
	return p.WithAt(edit.Value(), "metadata", "annotations")
}

func WithLabel(p *tree.Value, key, value string) *tree.Value {
	return withMetadata(p, "labels", key, value)
}

func withMetadata(p *tree.Value, field, key, value string) *tree.Value {
	if old, ok := p.Get("metadata", field, key).Str(); ok && old == value {
		return p
	}
	return p.WithAt(tree.NewString(value), "metadata", field, key)
}

// WithoutAnnotations drops the annotations whose key is told to go.
func WithoutAnnotations(p *tree.Value, drop func(key string) bool) *tree.Value {
	annotations := p.Get("metadata", "annotations")
	if !slices.ContainsFunc(annotations.Members(), func(m tree.Member) bool { return drop(m.Key) }) {
		return p
	}
	kept := slices.DeleteFunc(slices.Clone(annotations.Members()), func(m tree.Member) bool { return drop(m.Key) })
	return p.WithAt(tree.NewObject(kept...), "metadata", "annotations")
}
