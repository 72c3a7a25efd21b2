package check

import (
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// isInjector recognizes the entries that put a sidecar into pods: Outrigger's own,
// those of the mesh's control plane, which have kept their names' ends for as long
// as they exist, and those that call such a control plane's path for pods that are
// chosen by its labels. Injectors of other things have that path too.
func isInjector(w *admissionv1.MutatingWebhook) bool {
	if strings.HasSuffix(w.Name, "."+webhook.Domain) || strings.HasSuffix(w.Name, "sidecar-injector.istio.io") {
		return true
	}
	service := w.ClientConfig.Service
	return service != nil && service.Path != nil && (*service.Path == "/inject" || strings.HasPrefix(*service.Path, "/inject/")) &&
		slices.ContainsFunc(slices.Concat(requirements(w.NamespaceSelector), requirements(w.ObjectSelector)), func(r metav1.LabelSelectorRequirement) bool {
			return slices.Contains([]string{webhook.LabelInjection, webhook.LabelRevision, webhook.LabelInject}, r.Key)
		})
}

// trials are the pods by which the reach of webhooks is told: an ordinary one, and
// those that ask for injection themselves, by every revision and tag that an injector
// claims.
func (o *Observation) trials() []candidate {
	trials := []candidate{{}, {labels: map[string]string{webhook.LabelInject: "true"}}}
	var claimed []string
	for _, i := range o.Installations {
		claimed = append(claimed, revisionName(i.Revision))
	}
	for n := range o.Webhooks {
		for _, w := range o.Webhooks[n].Webhooks {
			if isInjector(&w) {
				claimed = append(claimed, revisionsIn(w.NamespaceSelector)...)
				claimed = append(claimed, revisionsIn(w.ObjectSelector)...)
			}
		}
	}
	slices.Sort(claimed)
	for _, revision := range slices.Compact(claimed) {
		trials = append(trials, candidate{labels: map[string]string{webhook.LabelRevision: revision}})
	}
	return trials
}

// revisionsIn are the revisions and tags that a selector names.
func revisionsIn(selector *metav1.LabelSelector) []string {
	var names []string
	for _, r := range requirements(selector) {
		if r.Key == webhook.LabelRevision && r.Operator == metav1.LabelSelectorOpIn {
			names = append(names, r.Values...)
		}
	}
	return names
}

// takers are the injectors' entries that a pod is sent to, for all that can be
// told, one for each configuration.
func (o *Observation) takers(namespace *corev1.Namespace, pod candidate) []passage {
	var all []passage
	for n := range o.Webhooks {
		if p, ok := taker(&o.Webhooks[n], namespace, pod); ok {
			all = append(all, p)
		}
	}
	return all
}

// taker is the injector's entry of a configuration that a pod is sent to.
func taker(c *admissionv1.MutatingWebhookConfiguration, namespace *corev1.Namespace, pod candidate) (p passage, ok bool) {
	for e := range c.Webhooks {
		if !isInjector(&c.Webhooks[e]) {
			continue
		}
		if p := pass(c.Name, &c.Webhooks[e], namespace, pod); p.answer != No {
			return p, true
		}
	}
	return passage{}, false
}

// ours says whether a configuration is that of an installation.
func (o *Observation) ours(configuration string) bool {
	return slices.ContainsFunc(o.Installations, func(i *Installation) bool { return i.Name == configuration })
}

// collision is several injectors that get the same pods.
type collision struct {
	configurations []string
	// namespaces have it for ordinary pods, labels are those of the pods for which
	// others have it.
	namespaces, labels []string
	// certain is whether nothing but what is known here decides, somewhere.
	certain bool
}

// judgeOthers looks for webhooks that get the pods of ours.
func (o *Observation) judgeOthers() []Finding {
	var findings []Finding
	for _, c := range o.collisions() {
		pods := "the pods of " + some(c.namespaces, "namespace", "namespaces")
		if len(c.namespaces) == 0 {
			pods = "pods labelled " + strings.Join(c.labels, " or ") + " in namespaces without a label of their own"
		}
		what := "each of them injects " + pods
		if !c.certain {
			what = "each of them may inject " + pods
		}
		// An injection that is there already is replaced by Outrigger's.
		if last := c.configurations[len(c.configurations)-1]; o.ours(last) {
			what += "; the sidecar that stays is that of " + last + ", which is called last"
		}
		findings = append(findings, Finding{
			Warning, DoubleInjection, "MutatingWebhookConfigurations " + strings.Join(c.configurations, ", "), what,
			"leave one of them (docs/migrating.md), or have each namespace choose by one label",
		})
	}
	for n := range o.Webhooks {
		c := &o.Webhooks[n]
		if o.ours(c.Name) {
			continue
		}
		others := entriesWhere(c, func(w *admissionv1.MutatingWebhook) bool { return !isInjector(w) && sendsPods(w.Rules) })
		if len(others) > 0 {
			findings = append(findings, Finding{
				Info, OtherWebhook, "MutatingWebhookConfiguration " + c.Name,
				"it gets pods too, by " + strings.Join(others, ", "), "",
			})
		}
	}
	return findings
}

func (o *Observation) collisions() []*collision {
	var all []*collision
	of := func(takers []passage) *collision {
		var names []string
		for _, p := range takers {
			names = append(names, p.configuration)
		}
		for _, c := range all {
			if slices.Equal(c.configurations, names) {
				return c
			}
		}
		all = append(all, &collision{configurations: names})
		return all[len(all)-1]
	}
	for n := range o.Namespaces.Value {
		namespace := &o.Namespaces.Value[n]
		for _, trial := range o.trials() {
			takers := o.takers(namespace, trial)
			if len(takers) < 2 || !slices.ContainsFunc(takers, func(p passage) bool { return o.ours(p.configuration) }) {
				continue
			}
			c := of(takers)
			c.certain = c.certain || !slices.ContainsFunc(takers, func(p passage) bool { return p.answer != Yes })
			if len(trial.labels) == 0 {
				c.namespaces = append(c.namespaces, namespace.Name)
			} else if label := labelsText(trial.labels); !slices.Contains(c.labels, label) {
				c.labels = append(c.labels, label)
			}
		}
	}
	return all
}

func labelsText(set map[string]string) string {
	var all []string
	for key, value := range set {
		all = append(all, key+"="+value)
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

// some names the first few of a list.
func some(names []string, one, many string) string {
	const most = 5
	what := many
	if len(names) == 1 {
		what = one
	}
	if len(names) > most {
		return fmt.Sprintf("%s %s and %d more", what, strings.Join(names[:most], ", "), len(names)-most)
	}
	return what + " " + strings.Join(names, ", ")
}
