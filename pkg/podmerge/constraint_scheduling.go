package podmerge

import (
	"math"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ofScheduling are those of where a pod runs and what it is called there.
var ofScheduling = map[reflect.Type]byField{
	reflect.TypeFor[corev1.Toleration](): {
		"key":   texts(checkQualifiedName),
		"value": texts(checkLabelValue),
		"":      {rule: toleratesSomething},
	},
	reflect.TypeFor[corev1.NodeSelector](): {"nodeSelectorTerms": needed},
	reflect.TypeFor[corev1.NodeSelectorRequirement](): {
		"key":      named(checkQualifiedName),
		"operator": needed,
		"":         {rule: valuesFitOperator},
	},
	reflect.TypeFor[corev1.PreferredSchedulingTerm]():  {"weight": weight},
	reflect.TypeFor[corev1.WeightedPodAffinityTerm]():  {"weight": weight},
	reflect.TypeFor[corev1.PodAffinityTerm]():          {"topologyKey": named(checkQualifiedName)},
	reflect.TypeFor[metav1.LabelSelector]():            {"matchLabels": {key: checkQualifiedName, value: checkLabelValue}},
	reflect.TypeFor[metav1.LabelSelectorRequirement](): {"key": named(checkQualifiedName), "operator": needed, "": {rule: valuesFitOperator}},
	reflect.TypeFor[corev1.TopologySpreadConstraint](): {
		"maxSkew":           {required: true, bounded: true, low: 1, high: math.MaxInt32},
		"minDomains":        from(1, math.MaxInt32),
		"topologyKey":       named(checkQualifiedName),
		"whenUnsatisfiable": needed,
		"":                  {rule: domainsAreWanted},
	},
	reflect.TypeFor[corev1.PodReadinessGate]():   {"conditionType": named(checkQualifiedName)},
	reflect.TypeFor[corev1.PodSchedulingGate]():  {"name": named(checkQualifiedName)},
	reflect.TypeFor[corev1.PodOS]():              {"name": needed},
	reflect.TypeFor[corev1.HostAlias]():          {"ip": named(address), "hostnames": {rule: each(checkSubdomain)}},
	reflect.TypeFor[corev1.PodDNSConfigOption](): {"name": needed},
	reflect.TypeFor[corev1.PodDNSConfig](): {
		"nameservers": {rule: firstOf(atMost(3), each(address))},
		"searches":    {rule: firstOf(atMost(32), each(searchDomain))},
	},
	reflect.TypeFor[corev1.PodResourceClaim](): {
		"name":                      named(checkLabel),
		"resourceClaimName":         texts(checkSubdomain),
		"resourceClaimTemplateName": texts(checkSubdomain),
	},
}

var weight = constraint{required: true, bounded: true, low: 1, high: 100}
