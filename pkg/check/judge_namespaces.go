package check

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// judgeNamespaces says what namespaces ask for and do not get.
func (o *Observation) judgeNamespaces() []Finding {
	if o.Namespaces.Err != nil || o.WebhooksErr != nil {
		return nil // said elsewhere
	}
	var findings []Finding
	injected := map[string][]string{} // by the configuration that sees to it
	asked := false
	for n := range o.Namespaces.Value {
		namespace := &o.Namespaces.Value[n]
		if label, _ := wish(namespace); label != "" {
			asked = true
		}
		if f, ok := o.judgeNamespace(namespace); ok {
			findings = append(findings, f)
			continue
		}
		for _, p := range o.takers(namespace, candidate{}) {
			injected[p.configuration] = append(injected[p.configuration], namespace.Name)
		}
	}
	for n := range o.Webhooks {
		if names := injected[o.Webhooks[n].Name]; o.ours(o.Webhooks[n].Name) && len(names) > 0 {
			findings = append(findings, Finding{OK, NamespacesInjected, "MutatingWebhookConfiguration " + o.Webhooks[n].Name, "it receives the pods of " + some(names, "namespace", "namespaces"), ""})
		}
	}
	if !asked && len(injected) == 0 {
		findings = append(findings, Finding{
			Info, NoNamespaces, "namespaces", "none is labeled for injection; pods with their own label are injected",
			"kubectl label namespace NAME " + o.labelOfSome(),
		})
	}
	return findings
}

// wish is what a namespace's labels ask for: the label that counts.
func wish(namespace *corev1.Namespace) (label string, asks bool) {
	if value, has := namespace.Labels[webhook.LabelInjection]; has {
		return webhook.LabelInjection + "=" + value, value == "enabled"
	}
	if value, has := namespace.Labels[webhook.LabelRevision]; has {
		return webhook.LabelRevision + "=" + value, true
	}
	return "", false
}

// judgeNamespace finds what is wrong with the labels of a namespace.
func (o *Observation) judgeNamespace(namespace *corev1.Namespace) (Finding, bool) {
	subject := "Namespace " + namespace.Name
	label, asks := wish(namespace)
	injection, both := namespace.Labels[webhook.LabelInjection]
	revision, hasRevision := namespace.Labels[webhook.LabelRevision]
	both = both && hasRevision
	switch {
	case label == "":
		return Finding{}, false
	case !asks && injection != "disabled":
		return Finding{
			Error, NamespaceLabelUnknown, subject, fmt.Sprintf("%s is not a valid value, so no injector receives its pods: the values are enabled and disabled", label),
			o.relabel(namespace, label),
		}, true
	case asks && o.exempts(namespace) && len(o.takers(namespace, candidate{})) == 0:
		return Finding{
			Warning, NamespaceNeverInjected, subject, "it asks for injection by " + label + ", but is never injected: the pods of the cluster and of Outrigger must start without a mesh",
			"kubectl label namespace " + namespace.Name + " " + strings.Split(label, "=")[0] + "-",
		}, true
	case asks && len(o.takers(namespace, candidate{})) == 0:
		i := o.chosenBy(label)
		if i == nil {
			return Finding{
				Error, NamespaceUnserved, subject, fmt.Sprintf("it asks for injection by %s, and no webhook configuration selects its pods; there are %s", label, o.revisions()),
				"label it for a revision that there is, or install that one: " + o.relabel(namespace, label),
			}, true
		}
		if i.Webhook != nil && isOff(i.Webhook) {
			return Finding{}, false // that was said
		}
		if nearest, ok := nearest(namespace, candidate{}, i); ok && nearest.Rule != rulesStep {
			return Finding{
				Error, SelectorMisses, subject, fmt.Sprintf("it asks for injection by %s, and no entry of MutatingWebhookConfiguration %s selects its pods: %s", label, i.Name, nearest.text()),
				nearest.mend("take the edit of the webhook configuration back: " + i.upgrade("") + ", or apply the manifests again"),
			}, true
		}
		return Finding{}, false // what is wrong with the webhook configuration was said
	case both && asks && revision != "default":
		return Finding{
			Warning, NamespaceAmbiguous, subject, fmt.Sprintf("of its labels %s counts, and %s=%s is ignored", label, webhook.LabelRevision, revision),
			"take one away: kubectl label namespace " + namespace.Name + " " + webhook.LabelRevision + "-, or " + webhook.LabelInjection + "-",
		}, true
	}
	return Finding{}, false
}

// exempts says whether it is by its name that a namespace is kept from
// Outrigger's injection, whatever else its labels are.
func (o *Observation) exempts(namespace *corev1.Namespace) bool {
	for _, i := range o.Installations {
		if i.Webhook == nil {
			continue
		}
		key, value, _ := strings.Cut(i.label(), "=")
		asking := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace.Name, Labels: map[string]string{
			key: value, corev1.LabelMetadataName: namespace.Labels[corev1.LabelMetadataName],
		}}}
		if _, taken := taker(i.Webhook, asking, candidate{}); taken {
			return false
		}
		delete(asking.Labels, corev1.LabelMetadataName)
		if _, taken := taker(i.Webhook, asking, candidate{}); taken {
			return true
		}
	}
	return false
}

// revisions names those that there are webhook configurations for.
func (o *Observation) revisions() string {
	var names []string
	for _, i := range o.Installations {
		if i.Webhook != nil {
			names = append(names, revisionName(i.Revision))
		}
	}
	if len(names) == 0 {
		return "none of Outrigger's"
	}
	slices.Sort(names)
	return "those of Outrigger's " + some(names, "revision", "revisions")
}

// labelOfSome is the label by which a namespace chooses an installation.
func (o *Observation) labelOfSome() string {
	for _, i := range o.Installations {
		if i.Webhook != nil {
			return i.label()
		}
	}
	return webhook.LabelInjection + "=enabled"
}

// relabel is the command that has a namespace choose a revision that there is, in
// place of what its label says.
func (o *Observation) relabel(namespace *corev1.Namespace, label string) string {
	command := "kubectl label --overwrite namespace " + namespace.Name + " "
	with := o.labelOfSome()
	if old, _, _ := strings.Cut(label, "="); old != "" && !strings.HasPrefix(with, old+"=") {
		command += old + "- "
	}
	return command + with
}

// chosenBy is the installation that the label of a namespace or pod chooses, nil
// for none.
func (o *Observation) chosenBy(label string) *Installation {
	for _, i := range o.Installations {
		for _, name := range i.names() {
			isDefault := name == "default" && (label == webhook.LabelInjection+"=enabled" || label == webhook.LabelInject+"=true")
			if isDefault || label == webhook.LabelRevision+"="+name {
				return i
			}
		}
	}
	return nil
}

// names are the revision and its tags, as the webhook configuration has them.
func (i *Installation) names() []string {
	names := []string{revisionName(i.Revision)}
	if i.Webhook == nil {
		return names
	}
	for _, w := range i.Webhook.Webhooks {
		names = append(names, revisionsIn(w.NamespaceSelector)...)
	}
	return names
}

// label is the one by which a namespace chooses this installation.
func (i *Installation) label() string {
	if i.Revision == "" {
		return webhook.LabelInjection + "=enabled"
	}
	return webhook.LabelRevision + "=" + i.Revision
}
