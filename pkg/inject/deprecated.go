package inject

import (
	"github.com/outrigger-io/outrigger/pkg/pod"
)

// deprecated are annotations of today's generation that still work, with what to
// write instead.
var deprecated = map[string]string{
	pod.InjectKey: "the label of the same name",
	"alpha.istio.io/canonical-serviceaccounts":    "nothing: it has no effect any more",
	"alpha.istio.io/kubernetes-serviceaccounts":   "nothing: it has no effect any more",
	"sidecar.istio.io/discoveryAddress":           "discoveryAddress in annotation " + pod.ProxyConfigKey,
	"sidecar.istio.io/extraStatTags":              "extraStatTags in annotation " + pod.ProxyConfigKey,
	"sidecar.istio.io/statsCompression":           "nothing: the proxy compresses by itself",
	"sidecar.istio.io/statsInclusionPrefixes":     "proxyStatsMatcher in annotation " + pod.ProxyConfigKey,
	"sidecar.istio.io/statsInclusionRegexps":      "proxyStatsMatcher in annotation " + pod.ProxyConfigKey,
	"sidecar.istio.io/statsInclusionSuffixes":     "proxyStatsMatcher in annotation " + pod.ProxyConfigKey,
	"traffic.sidecar.istio.io/kubevirtInterfaces": "annotation istio.io/reroute-virtual-interfaces",
}

// warnDeprecated warns of the pod's annotations that are on their way out.
func warnDeprecated(j *job) {
	for _, m := range pod.Annotations(j.pod).Members() {
		if instead, ok := deprecated[m.Key]; ok {
			j.warn("annotation %s is deprecated: use %s", m.Key, instead)
		}
	}
}
