package rule

import (
	"fmt"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// deprecated are annotations of today's generation that are on their way out, with
// what to do about it.
var deprecated = map[string]string{
	pod.InjectKey: "use the label of the same name",
	"alpha.istio.io/canonical-serviceaccounts":    "it has no effect any more",
	"alpha.istio.io/kubernetes-serviceaccounts":   "it has no effect any more",
	"sidecar.istio.io/discoveryAddress":           "use discoveryAddress in annotation " + pod.ProxyConfigKey,
	"sidecar.istio.io/extraStatTags":              "use extraStatTags in annotation " + pod.ProxyConfigKey,
	"sidecar.istio.io/statsCompression":           "the proxy compresses by itself",
	"sidecar.istio.io/statsInclusionPrefixes":     "use proxyStatsMatcher in annotation " + pod.ProxyConfigKey,
	"sidecar.istio.io/statsInclusionRegexps":      "use proxyStatsMatcher in annotation " + pod.ProxyConfigKey,
	"sidecar.istio.io/statsInclusionSuffixes":     "use proxyStatsMatcher in annotation " + pod.ProxyConfigKey,
	"traffic.sidecar.istio.io/kubevirtInterfaces": "use annotation istio.io/reroute-virtual-interfaces",
}

// Deprecation says what to do about a deprecated annotation, "" for any other.
func Deprecation(key string) string { return deprecated[key] }

// Deprecated are warnings of the pod's annotations that are on their way out.
func Deprecated(p *tree.Value) []string {
	var warnings []string
	for _, m := range pod.Annotations(p).Members() {
		if advice, ok := deprecated[m.Key]; ok {
			if _, labelled := pod.Labels(p).Get(m.Key); m.Key == pod.InjectKey && m.Value.Text() == "true" && !labelled {
				advice += "; where a namespace does not ask for injection, API servers go by the label alone"
			}
			warnings = append(warnings, fmt.Sprintf("annotation %s is deprecated: %s", m.Key, advice))
		}
	}
	return warnings
}
