package rule

import (
	"fmt"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
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

// InsteadOf says what to write in place of a deprecated annotation, "" for any other.
func InsteadOf(key string) string { return deprecated[key] }

// Deprecated are warnings of the pod's annotations that are on their way out.
func Deprecated(p *tree.Value) []string {
	var warnings []string
	for _, m := range pod.Annotations(p).Members() {
		if instead, ok := deprecated[m.Key]; ok {
			warnings = append(warnings, fmt.Sprintf("annotation %s is deprecated: use %s", m.Key, instead))
		}
	}
	return warnings
}
