package webhook

import (
	"errors"
	"fmt"
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// The labels by which namespaces and pods choose injection.
const (
	LabelInjection = "istio-injection"         // on a namespace: enabled or disabled
	LabelRevision  = "istio.io/rev"            // on a namespace or a pod: a revision
	LabelInject    = "sidecar.istio.io/inject" // on a pod: true or false
)

// defaultRevision is the revision that istio-injection and
// sidecar.istio.io/inject stand for.
const defaultRevision = "default"

func isDefaultRevision(revision string) bool {
	return revision == "" || revision == defaultRevision
}

// Domain ends the name of every webhook: `kubectl describe` shows it
// before the message of a refusal.
const Domain = "sidecar-injector.outrigger.io"

// NotHostNetwork is the condition, in CEL, on which a pod is sent: one that shares
// the node's network is never injected, and its creation should not depend on a
// server that has nothing to say about it.
const NotHostNetwork = "!has(object.spec.hostNetwork) || !object.spec.hostNetwork"

// NotWindows is another: a pod for Windows, by its os or by the node that it wants,
// cannot run the sidecar.
const NotWindows = "object.spec.?os.?name.orValue('') != 'windows' && " +
	"object.spec.?nodeSelector[?'kubernetes.io/os'].orValue('') != 'windows'"

// Rules are those of every entry: the creation of pods.
func Rules() []admissionregistrationv1.RuleWithOperations {
	return []admissionregistrationv1.RuleWithOperations{{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
		Rule: admissionregistrationv1.Rule{
			APIGroups:   []string{""},
			APIVersions: []string{"v1"},
			Resources:   []string{"pods"},
			Scope:       new(admissionregistrationv1.NamespacedScope),
		},
	}}
}

// WebhookConfiguration says what the MutatingWebhookConfiguration of one
// revision looks like: which calls the API server sends, and where.
type WebhookConfiguration struct {
	// Name of the object.
	Name string
	// Revision that pods and namespaces choose by istio.io/rev. Empty is
	// "default", the revision that the labels without a revision mean.
	Revision string
	// Tags are more names of the revision, by which pods and namespaces choose it.
	// "default" among them means that it is what the labels without a revision
	// mean.
	Tags []string
	// EveryNamespace has the pods of namespaces sent that no label says anything
	// of. It is for the default revision.
	EveryNamespace bool
	// Namespace is Outrigger's own: its pods are not injected, or no replica
	// could start while all of them are down.
	Namespace string
	// Never are more namespaces whose pods are not sent.
	Never []string
	// Service or URL is where calls go; one of the two.
	Service *Service
	URL     string
	// CABundle is PEM, of the authorities that the server's certificate is
	// checked with. Empty: whoever manages the certificate fills it in, or the
	// system's authorities count.
	CABundle []byte
	// TimeoutSeconds is how long a pod's creation waits for an answer. 0 is 5.
	TimeoutSeconds int32
}

// Service is where in the cluster the server is reached.
type Service struct {
	Namespace, Name string
	// Port of the service. 0 is 443.
	Port int32
	// Path of the calls, with their parameters. Empty is /inject.
	Path string
}

// Build makes the object. Each pod is matched by one of its webhooks at most,
// and by those of one revision at most; in order, these say so:
//
//   - A pod in kube-system, kube-public, kube-node-lease or Outrigger's own
//     namespace, a pod labelled sidecar.istio.io/inject=false, and a pod of a
//     namespace labelled istio-injection=disabled is never sent.
//   - A namespace labelled istio-injection=enabled sends its pods to the default
//     revision, whatever istio.io/rev says.
//   - A namespace labelled istio.io/rev sends its pods to that revision.
//   - In a namespace with neither label, a pod labelled istio.io/rev goes to that
//     revision, and one labelled sidecar.istio.io/inject=true alone to the
//     default one; so does one with neither label, if EveryNamespace says so.
//
// Any other value of istio-injection sends nothing. The default revision is the one
// that has that name or tag.
func (c WebhookConfiguration) Build() (*admissionregistrationv1.MutatingWebhookConfiguration, error) {
	switch {
	case c.Name == "" || c.Namespace == "":
		return nil, errors.New("webhook configuration: it needs a name and Outrigger's namespace")
	case (c.Service == nil) == (c.URL == ""):
		return nil, errors.New("webhook configuration: it needs a service or a URL, and not both")
	case c.EveryNamespace && !c.isDefault():
		return nil, errors.New("webhook configuration: only the default revision injects every namespace")
	}
	revisions := c.revisions()

	notRefused := isNotIn(LabelInject, "false")
	webhooks := []admissionregistrationv1.MutatingWebhook{
		c.webhook("rev.namespace.",
			selector(isIn(LabelRevision, revisions...), isAbsent(LabelInjection)),
			selector(notRefused)),
		c.webhook("rev.object.",
			selector(isAbsent(LabelRevision), isAbsent(LabelInjection)),
			selector(isIn(LabelRevision, revisions...), notRefused)),
	}
	if c.isDefault() {
		webhooks = append(webhooks,
			c.webhook("namespace.",
				selector(isIn(LabelInjection, "enabled")),
				selector(notRefused)),
			c.webhook("object.",
				selector(isAbsent(LabelRevision), isAbsent(LabelInjection)),
				selector(isIn(LabelInject, "true"), isAbsent(LabelRevision))))
	}
	if c.EveryNamespace {
		webhooks = append(webhooks,
			c.webhook("auto.",
				selector(isAbsent(LabelRevision), isAbsent(LabelInjection)),
				selector(isNotIn(LabelInject, "true", "false"), isAbsent(LabelRevision))))
	}
	return &admissionregistrationv1.MutatingWebhookConfiguration{
		TypeMeta: metav1.TypeMeta{
			APIVersion: admissionregistrationv1.SchemeGroupVersion.String(),
			Kind:       "MutatingWebhookConfiguration",
		},
		ObjectMeta: metav1.ObjectMeta{
			Name:   c.Name,
			Labels: map[string]string{"app.kubernetes.io/name": "outrigger"},
		},
		Webhooks: webhooks,
	}, nil
}

// revisions are the names of the revision.
func (c WebhookConfiguration) revisions() []string {
	names := []string{c.Revision}
	if isDefaultRevision(c.Revision) {
		names[0] = defaultRevision
	}
	for _, tag := range c.Tags {
		if !slices.Contains(names, tag) {
			names = append(names, tag)
		}
	}
	return names
}

func (c WebhookConfiguration) isDefault() bool {
	return slices.Contains(c.revisions(), defaultRevision)
}

// YAML is the object as a manifest.
func (c WebhookConfiguration) YAML() ([]byte, error) {
	object, err := c.Build()
	if err != nil {
		return nil, err
	}
	manifest, err := yaml.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("webhook configuration %q: %w", c.Name, err)
	}
	return manifest, nil
}

// webhook is one entry: all of them differ in name and selectors only.
func (c WebhookConfiguration) webhook(prefix string, namespaces, pods *metav1.LabelSelector) admissionregistrationv1.MutatingWebhook {
	never := append([]string{"kube-system", "kube-public", "kube-node-lease", c.Namespace}, c.Never...)
	namespaces.MatchExpressions = append(namespaces.MatchExpressions, isNotIn(corev1.LabelMetadataName, never...))
	timeout := c.TimeoutSeconds
	if timeout == 0 {
		timeout = 5
	}
	return admissionregistrationv1.MutatingWebhook{
		Name:              prefix + Domain,
		ClientConfig:      c.client(),
		NamespaceSelector: namespaces,
		ObjectSelector:    pods,
		Rules:             Rules(),
		MatchConditions: []admissionregistrationv1.MatchCondition{
			{Name: "not-host-network", Expression: NotHostNetwork},
			{Name: "not-windows", Expression: NotWindows},
		},
		// A webhook that comes later may add containers, whose ports and probes
		// the sidecar has to know.
		ReinvocationPolicy:      new(admissionregistrationv1.IfNeededReinvocationPolicy),
		FailurePolicy:           new(admissionregistrationv1.Fail),
		MatchPolicy:             new(admissionregistrationv1.Equivalent),
		SideEffects:             new(admissionregistrationv1.SideEffectClassNone),
		TimeoutSeconds:          &timeout,
		AdmissionReviewVersions: []string{"v1", "v1beta1"},
	}
}

func (c WebhookConfiguration) client() admissionregistrationv1.WebhookClientConfig {
	if c.Service == nil {
		return admissionregistrationv1.WebhookClientConfig{URL: new(c.URL), CABundle: c.CABundle}
	}
	port, path := c.Service.Port, c.Service.Path
	if port == 0 {
		port = 443
	}
	if path == "" {
		path = "/inject"
	}
	return admissionregistrationv1.WebhookClientConfig{
		Service: &admissionregistrationv1.ServiceReference{
			Namespace: c.Service.Namespace, Name: c.Service.Name, Port: &port, Path: &path,
		},
		CABundle: c.CABundle,
	}
}

func selector(requirements ...metav1.LabelSelectorRequirement) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchExpressions: requirements}
}

func isIn(label string, values ...string) metav1.LabelSelectorRequirement {
	return metav1.LabelSelectorRequirement{Key: label, Operator: metav1.LabelSelectorOpIn, Values: values}
}

// isNotIn holds as well where the label is absent.
func isNotIn(label string, values ...string) metav1.LabelSelectorRequirement {
	return metav1.LabelSelectorRequirement{Key: label, Operator: metav1.LabelSelectorOpNotIn, Values: values}
}

func isAbsent(label string) metav1.LabelSelectorRequirement {
	return metav1.LabelSelectorRequirement{Key: label, Operator: metav1.LabelSelectorOpDoesNotExist}
}
