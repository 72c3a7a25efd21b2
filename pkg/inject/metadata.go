package inject

import (
	"slices"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// The annotations and labels that injection reads and writes in more than one step.
const (
	injectKey          = "sidecar.istio.io/inject"
	statusKey          = "sidecar.istio.io/status"
	overridesKey       = "proxy.istio.io/overrides"
	proxyConfigKey     = "proxy.istio.io/config"
	statusPortKey      = "status.sidecar.istio.io/port"
	interceptionKey    = "sidecar.istio.io/interceptionMode"
	nativeSidecarKey   = "sidecar.istio.io/nativeSidecar"
	templatesKey       = "inject.istio.io/templates"
	imageTypeKey       = "sidecar.istio.io/proxyImageType"
	rewriteProbersKey  = "sidecar.istio.io/rewriteAppHTTPProbers"
	mergeMetricsKey    = "prometheus.istio.io/merge-metrics"
	networkLabel       = "topology.istio.io/network"
	clusterVariable    = "ISTIO_META_CLUSTER_ID"
	networkVariable    = "ISTIO_META_NETWORK"
	probersVariable    = "ISTIO_KUBE_APP_PROBERS"
	prometheusVariable = "ISTIO_PROMETHEUS_ANNOTATIONS"
)

// metadata is the pod's labels or annotations.
type metadata struct{ object *tree.Value }

func labelsOf(pod *tree.Value) metadata      { return metadata{pod.Get("metadata", "labels")} }
func annotationsOf(pod *tree.Value) metadata { return metadata{pod.Get("metadata", "annotations")} }

// get returns a value, and whether the key is there.
func (m metadata) get(key string) (string, bool) { return m.object.Get(key).Str() }

// value returns a value, "" where the key is not there.
func (m metadata) value(key string) string { return m.object.Get(key).Text() }

// toMap returns a copy as a map, for matching selectors.
func (m metadata) toMap() map[string]string {
	set := make(map[string]string, m.object.Len())
	for _, member := range m.object.Members() {
		set[member.Key] = member.Value.Text()
	}
	return set
}

func withAnnotation(pod *tree.Value, key, value string) *tree.Value {
	return withMetadata(pod, "annotations", key, value)
}

func withLabel(pod *tree.Value, key, value string) *tree.Value {
	return withMetadata(pod, "labels", key, value)
}

func withMetadata(pod *tree.Value, field, key, value string) *tree.Value {
	if old, ok := pod.Get("metadata", field, key).Str(); ok && old == value {
		return pod
	}
	return pod.WithAt(tree.NewString(value), "metadata", field, key)
}

// withoutAnnotations drops the annotations whose key is told to go.
func withoutAnnotations(pod *tree.Value, drop func(key string) bool) *tree.Value {
	annotations := pod.Get("metadata", "annotations")
	kept := slices.DeleteFunc(slices.Clone(annotations.Members()), func(m tree.Member) bool { return drop(m.Key) })
	if len(kept) == annotations.Len() {
		return pod
	}
	return pod.WithAt(tree.NewObject(kept...), "metadata", "annotations")
}
