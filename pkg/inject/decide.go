package inject

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

const (
	policyEnabled  = "enabled"
	policyDisabled = "disabled"
)

// ignoredNamespaces are those of the cluster itself, whose pods must come up
// without a mesh.
var ignoredNamespaces = []string{"kube-system", "kube-public", "kube-node-lease", "local-path-storage"}

// selection is what the configuration says of whom to inject.
type selection struct {
	policy        string
	never, always []selector
}

// selector is a LabelSelector with the text to show people.
type selector struct {
	labels.Selector
	text string
}

func inject(r Reason, detail string) Decision {
	return Decision{Inject: true, Reason: r, Detail: detail}
}
func skip(r Reason, detail string) Decision { return Decision{Reason: r, Detail: detail} }

// decideByRules follows spec injection.md section 2: the first rule that matches wins.
func (c *configuration) decideByRules(j *job) Decision {
	if d, ok := decideByNode(j.pod); ok {
		return d
	}
	if slices.Contains(ignoredNamespaces, j.Namespace) {
		return skip(NamespaceIgnored, "namespace "+j.Namespace+" is never injected")
	}
	policy, never, always := c.policy, c.never, c.always
	if j.fromManifest() {
		policy, never, always = policyEnabled, nil, nil
	}
	if policy != policyEnabled && policy != policyDisabled {
		return skip(PolicyInvalid, fmt.Sprintf("the configuration's policy %q is neither enabled nor disabled", policy))
	}
	if d, ok := decideByWish(j); ok {
		return d
	}
	if len(never)+len(always) > 0 {
		set := labels.Set(pod.Labels(j.pod).Map())
		for _, s := range never {
			if s.Matches(set) {
				return skip(NeverInjectSelector, "neverInjectSelector "+s.text+" matches")
			}
		}
		for _, s := range always {
			if s.Matches(set) {
				return inject(AlwaysInjectSelector, "alwaysInjectSelector "+s.text+" matches")
			}
		}
	}
	if policy == policyDisabled {
		return skip(PolicyDisabled, "the configuration's policy is disabled, and nothing asks for injection")
	}
	return inject(PolicyEnabled, "the configuration's policy is enabled")
}

// decideByNode leaves alone what cannot have a sidecar, whatever it asks for: pods with
// the network of their node, and pods for Windows.
func decideByNode(p *tree.Value) (Decision, bool) {
	spec := p.Get("spec")
	if spec.Get("hostNetwork").True() {
		return skip(HostNetwork, "hostNetwork is true"), true
	}
	if by := windowsBy(spec); by != "" {
		return skip(WindowsPod, by+", where the sidecar does not run"), true
	}
	return Decision{}, false
}

// decideByWish follows what the pod itself asks for. Its label counts before its
// annotation.
func decideByWish(j *job) (Decision, bool) {
	kind, yes, no := "label", LabelEnabled, LabelDisabled
	wish, ok := pod.Labels(j.pod).Get(pod.InjectKey) // also an empty one
	if !ok {
		kind, yes, no = "annotation", AnnotationEnabled, AnnotationDisabled
		wish = pod.Annotations(j.pod).Value(pod.InjectKey)
	}
	switch wish {
	case "":
		return Decision{}, false
	case "true":
		return inject(yes, kind+" "+pod.InjectKey+" is true"), true
	case "false":
		return skip(no, kind+" "+pod.InjectKey+" is false"), true
	default:
		j.warn("%s %s: %q is neither true nor false and was ignored", kind, pod.InjectKey, wish)
		return Decision{}, false
	}
}

// decideNamed is how releases to 1.7 decided: their command injected whatever a
// manifest names.
func (c *configuration) decideNamed(j *job) Decision {
	if _, ok := decideByNode(j.pod); j.fromManifest() && !ok {
		return inject(PolicyEnabled, "the command of releases to 1.7 injects every workload")
	}
	return c.decideByRules(j)
}

// decideByAnnotation is how the 1.0 line decided (spec: v1.0.md).
func (c *configuration) decideByAnnotation(j *job) Decision {
	if d, ok := decideByNode(j.pod); ok {
		return d
	}
	if j.fromManifest() {
		return inject(PolicyEnabled, "the 1.0 line's command injects every workload")
	}
	if j.Namespace == "kube-system" || j.Namespace == "kube-public" {
		return skip(NamespaceIgnored, "namespace "+j.Namespace+" is never injected")
	}
	if c.policy != policyEnabled && c.policy != policyDisabled {
		return skip(PolicyInvalid, fmt.Sprintf("the configuration's policy %q is neither enabled nor disabled", c.policy))
	}
	switch wish := pod.Annotations(j.pod).Value(pod.InjectKey); strings.ToLower(wish) {
	case "":
	case "y", "yes", "true", "on":
		return inject(AnnotationEnabled, fmt.Sprintf("annotation %s is %s", pod.InjectKey, wish))
	default:
		return skip(AnnotationDisabled, fmt.Sprintf("annotation %s is %q", pod.InjectKey, wish))
	}
	if c.policy == policyDisabled {
		return skip(PolicyDisabled, "the configuration's policy is disabled, and nothing asks for injection")
	}
	return inject(PolicyEnabled, "the configuration's policy is enabled")
}

// selectors reads a list of LabelSelectors. An empty one matches nothing, and so
// does an invalid one, which is worth a warning.
func selectors(config *tree.Value, key string) (list []selector, warnings []string) {
	for i, item := range config.Get(key).Items() {
		var raw metav1.LabelSelector
		text := string(item.JSON())
		err := yaml.UnmarshalStrict([]byte(text), &raw)
		var s labels.Selector
		if err == nil {
			s, err = metav1.LabelSelectorAsSelector(&raw)
		}
		switch {
		case err != nil:
			warnings = append(warnings, fmt.Sprintf("injector config: %s[%d] is invalid and matches nothing: %v", key, i, err))
		case !s.Empty():
			list = append(list, selector{s, text})
		}
	}
	return list, warnings
}
