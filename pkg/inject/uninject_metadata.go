package inject

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// The labels and annotations that the meshes' own templates set.
const (
	tlsModeLabel          = "security.istio.io/tlsMode"
	tunnelLabel           = "networking.istio.io/tunnel"
	canonicalNameLabel    = "service.istio.io/canonical-name"
	canonicalVersionLabel = "service.istio.io/canonical-revision"
	revisionAnnotation    = "istio.io/rev"
	defaultContainerKey   = "kubectl.kubernetes.io/default-container"
	defaultLogsKey        = "kubectl.kubernetes.io/default-logs-container"
	networksKey           = "k8s.v1.cni.cncf.io/networks"
	trafficPrefix         = "traffic.sidecar.istio.io/"
)

// knownTemplates are those whose metadata is known here. What an operator's own
// templates set cannot be told from what a workload says.
var knownTemplates = []string{"sidecar", "gateway", "grpc-simple", "grpc-agent", "spire"}

// templates are the names that the pod asks for; empty for the default ones.
func (r *removal) templates() []string {
	var names []string
	for name := range strings.SplitSeq(pod.Annotations(r.pod).Value(pod.TemplatesKey), ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func (r *removal) takeOffLabels() {
	labels := pod.Labels(r.pod)
	if network := labels.Value(pod.NetworkLabel); network != "" && pod.Find(r.proxy.Get("env").Items(), pod.NetworkVariable).Get("value").Text() == network {
		r.drop("metadata", "labels", pod.NetworkLabel)
		r.note("metadata.labels."+pod.NetworkLabel, "injection sets it to the mesh's network, %q, and it was taken off, but the workload may have named it itself", network)
	}
	name := cmp.Or(labels.Value("app.kubernetes.io/name"), labels.Value("app"), r.workload.Name)
	short := name
	if len(short) > 63 {
		short = short[:63]
	}
	for key, given := range map[string][]string{
		tlsModeLabel:          {"istio"},
		tunnelLabel:           {"http"},
		canonicalNameLabel:    {name, strings.TrimSuffix(short, "-")},
		canonicalVersionLabel: {cmp.Or(labels.Value("app.kubernetes.io/version"), labels.Value("version"), "latest")},
	} {
		if value, ok := labels.Get(key); ok && slices.Contains(given, value) {
			r.drop("metadata", "labels", key)
		}
	}
}

func (r *removal) takeOffAnnotations() {
	templates := r.templates()
	first := ""
	for _, c := range pod.List(r.pod, "containers") {
		if name := c.Get("name").Text(); name != pod.ProxyContainer {
			first = name
			break
		}
	}
	r.dropAnnotation(revisionAnnotation, cmp.Or(r.status.Get("revision").Text(), "default"))
	r.dropAnnotation(defaultLogsKey, first)
	r.dropAnnotation(defaultContainerKey, first)
	if slices.Contains(templates, "grpc-simple") || slices.Contains(templates, "grpc-agent") {
		r.dropAnnotation(pod.RewriteProbersKey, "false")
	}
	// Only under CNI does injection write down how traffic is redirected, and
	// only then does validation of the redirection run.
	if pod.ListsName(r.status.Get("initContainers"), pod.ValidationContainer) {
		r.takeOffRedirection()
	}
	for _, name := range templates {
		if !slices.Contains(knownTemplates, name) {
			r.note("metadata", "labels and annotations that template %q may have set are still there", name)
		}
	}
	for _, key := range []string{pod.StatusKey, pod.OverridesKey, recordKey} {
		r.drop("metadata", "annotations", key)
	}
}

// dropAnnotation takes an annotation off if it has the value that injection gives.
func (r *removal) dropAnnotation(key, given string) {
	if value, ok := pod.Annotations(r.pod).Get(key); ok && value == given {
		r.drop("metadata", "annotations", key)
	}
}

// takeOffRedirection takes off what tells the CNI plugin how to redirect.
func (r *removal) takeOffRedirection() {
	r.dropAnnotation(pod.InterceptionKey, "REDIRECT")
	r.dropAnnotation(trafficPrefix+"includeOutboundIPRanges", "*")
	r.dropAnnotation(trafficPrefix+"includeInboundPorts", "*")
	r.takeOffStatusPort()
	for _, key := range []string{
		pod.InterceptionKey, trafficPrefix + "includeOutboundIPRanges", trafficPrefix + "excludeOutboundIPRanges",
		trafficPrefix + "includeInboundPorts", trafficPrefix + "includeOutboundPorts", trafficPrefix + "excludeOutboundPorts",
	} {
		if value, ok := pod.Annotations(r.pod).Get(key); ok {
			r.note("metadata.annotations."+key, "%q is the workload's or the mesh's own setting, and stays", value)
		}
	}
	r.takeOffNetwork()
}

// takeOffStatusPort takes the agent's port off the ports not to redirect, at
// whose end injection puts it.
func (r *removal) takeOffStatusPort() {
	const key = trafficPrefix + "excludeInboundPorts"
	value, ok := pod.Annotations(r.pod).Get(key)
	if !ok {
		return
	}
	if value == r.port {
		r.drop("metadata", "annotations", key)
		return
	}
	if before, ok := strings.CutSuffix(value, ","+r.port); ok {
		r.pod = pod.WithAnnotation(r.pod, key, before)
	}
	r.note("metadata.annotations."+key, "the ports are the workload's or the mesh's own setting, and stay; %s, which injection adds, was taken off", r.port)
}

// cniNetworks are the names under which meshes add the CNI plugin to a pod's
// networks on Multus.
var cniNetworks = []string{"default/istio-cni", "istio-cni"}

// takeOffNetwork takes the mesh's network off a pod's list of networks, which is
// one of names or a JSON list of objects, and where injection puts it last.
func (r *removal) takeOffNetwork() {
	value, ok := pod.Annotations(r.pod).Get(networksKey)
	if !ok {
		return
	}
	if text, ok := strings.CutPrefix(strings.TrimSpace(value), "["); ok {
		if before, ok := withoutLastNetwork("[" + text); ok {
			r.pod = pod.WithAnnotation(r.pod, networksKey, before)
		}
		return
	}
	for _, network := range cniNetworks {
		if value == network {
			r.drop("metadata", "annotations", networksKey)
			return
		}
		if before, ok := strings.CutSuffix(value, network); ok {
			before = strings.TrimRight(before, " ")
			if before, ok = strings.CutSuffix(before, ","); ok {
				r.pod = pod.WithAnnotation(r.pod, networksKey, before)
				return
			}
		}
	}
}

// withoutLastNetwork leaves the text of the other networks as it is.
func withoutLastNetwork(list string) (string, bool) {
	var networks []json.RawMessage
	if err := json.Unmarshal([]byte(list), &networks); err != nil || len(networks) == 0 {
		return "", false
	}
	last := networks[len(networks)-1]
	var network struct{ Name string }
	if err := json.Unmarshal(last, &network); err != nil || network.Name != "istio-cni" {
		return "", false
	}
	before := strings.TrimRight(list[:strings.LastIndex(list, string(last))], " \t\r\n")
	return strings.TrimSuffix(before, ",") + "]", true
}

// takeOffSearchDomains takes off the domains by which older meshes let pods find
// services of other clusters. Others cannot be told from the workload's own.
func (r *removal) takeOffSearchDomains() {
	searches := r.pod.Get("spec", "dnsConfig", "searches")
	var own []*tree.Value
	for _, s := range searches.Items() {
		if domain := s.Text(); domain != "global" && !strings.HasSuffix(domain, ".global") {
			own = append(own, s)
		}
	}
	switch {
	case len(own) == searches.Len():
	case len(own) == 0:
		r.drop("spec", "dnsConfig", "searches")
	default:
		r.pod = r.pod.WithAt(tree.NewArray(own...), "spec", "dnsConfig", "searches")
	}
	if len(own) > 0 {
		r.note("spec.dnsConfig.searches", "the domains are the workload's or the mesh's own setting, and stay")
	}
}
