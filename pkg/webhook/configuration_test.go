package webhook

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

// sentTo says in plain words which revision, or tag of one, a pod is sent to, ""
// for none. An absent label is "".
func sentTo(namespace, injection, namespaceRevision, podRevision, podInject string, everyNamespace bool) string {
	switch namespace {
	case "kube-system", "kube-public", "kube-node-lease", "outrigger-system", "never":
		return ""
	}
	if podInject == "false" {
		return ""
	}
	if injection != "" {
		if injection == "enabled" {
			return "default"
		}
		return ""
	}
	if namespaceRevision != "" {
		return namespaceRevision
	}
	if podRevision != "" {
		return podRevision
	}
	if podInject == "true" || everyNamespace {
		return "default"
	}
	return ""
}

func TestWhichPodsAreSent(t *testing.T) {
	type names = []string
	for _, tt := range []struct {
		revision string
		tags     names
		every    bool
		answers  names // the names that it has
	}{
		{revision: "", answers: names{"default"}},
		{revision: "default", answers: names{"default"}},
		{revision: "canary", answers: names{"canary"}},
		{revision: "canary", tags: names{"prod"}, answers: names{"canary", "prod"}},
		{revision: "canary", tags: names{"prod", "default"}, answers: names{"canary", "prod", "default"}},
		{revision: "", tags: names{"prod"}, answers: names{"default", "prod"}},
		{revision: "", every: true, answers: names{"default"}},
		{revision: "canary", tags: names{"default"}, every: true, answers: names{"canary", "default"}},
	} {
		t.Run(fmt.Sprintf("revision %s, tags %v, every namespace %t", tt.revision, tt.tags, tt.every), func(t *testing.T) {
			object, err := WebhookConfiguration{
				Name: "outrigger", Revision: tt.revision, Tags: tt.tags, EveryNamespace: tt.every,
				Namespace: "outrigger-system", Never: names{"never"}, URL: "https://localhost/inject",
			}.Build()
			if err != nil {
				t.Fatal(err)
			}
			sent := 0
			revisions := names{"", "default", "canary", "prod", "other"}
			for _, namespace := range []string{"shop", "default", "kube-system", "kube-public", "kube-node-lease", "outrigger-system", "never"} {
				for _, injection := range []string{"", "enabled", "disabled", "other"} {
					for _, namespaceRevision := range revisions {
						for _, podRevision := range revisions {
							for _, podInject := range []string{"", "true", "false", "other"} {
								namespaceLabels := setOf("kubernetes.io/metadata.name", namespace, "istio-injection", injection, "istio.io/rev", namespaceRevision)
								podLabels := setOf("app", "cart", "istio.io/rev", podRevision, "sidecar.istio.io/inject", podInject)
								want := slices.Contains(tt.answers, sentTo(namespace, injection, namespaceRevision, podRevision, podInject, tt.every))
								got := matching(t, object, namespaceLabels, podLabels)
								if len(got) > 1 || (len(got) == 1) != want {
									t.Errorf("namespace %v, pod %v: matched by %q, want a match: %v", namespaceLabels, podLabels, got, want)
								}
								sent += len(got)
							}
						}
					}
				}
			}
			if sent == 0 {
				t.Error("no pod is sent at all")
			}
		})
	}
}

// setOf makes a set of labels, without those that have no value.
func setOf(pairs ...string) labels.Set {
	set := labels.Set{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			set[pairs[i]] = pairs[i+1]
		}
	}
	return set
}

// matching names the webhooks that the API server would call.
func matching(t *testing.T, object *admissionregistrationv1.MutatingWebhookConfiguration, namespace, pod labels.Set) (names []string) {
	t.Helper()
	for i := range object.Webhooks {
		webhook := &object.Webhooks[i]
		namespaces, err := metav1.LabelSelectorAsSelector(webhook.NamespaceSelector)
		if err != nil {
			t.Fatal(err)
		}
		pods, err := metav1.LabelSelectorAsSelector(webhook.ObjectSelector)
		if err != nil {
			t.Fatal(err)
		}
		if namespaces.Matches(namespace) && pods.Matches(pod) {
			names = append(names, webhook.Name)
		}
	}
	return names
}

func TestWebhookConfigurationYAML(t *testing.T) {
	c := WebhookConfiguration{
		Name: "outrigger-canary", Revision: "canary", Namespace: "outrigger-system",
		Service:  &Service{Namespace: "outrigger-system", Name: "outrigger", Path: "/inject/cluster/east"},
		CABundle: []byte("PEM"),
	}
	manifest, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	var got admissionregistrationv1.MutatingWebhookConfiguration
	if err := yaml.UnmarshalStrict(manifest, &got); err != nil {
		t.Fatal(err)
	}
	want, err := c.Build()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Errorf("what is written is not what is read (-want +got):\n%s", diff)
	}
	if got.Kind != "MutatingWebhookConfiguration" || got.APIVersion != "admissionregistration.k8s.io/v1" {
		t.Errorf("type %s %s", got.APIVersion, got.Kind)
	}
	names := map[string]bool{}
	for _, webhook := range got.Webhooks {
		names[webhook.Name] = true
		if diff := cmp.Diff(admissionregistrationv1.MutatingWebhook{
			Name:              webhook.Name,
			NamespaceSelector: webhook.NamespaceSelector,
			ObjectSelector:    webhook.ObjectSelector,
			ClientConfig: admissionregistrationv1.WebhookClientConfig{
				Service: &admissionregistrationv1.ServiceReference{
					Namespace: "outrigger-system", Name: "outrigger", Port: new(int32(443)), Path: new("/inject/cluster/east"),
				},
				CABundle: []byte("PEM"),
			},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{"CREATE"},
				Rule: admissionregistrationv1.Rule{
					APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"},
					Scope: new(admissionregistrationv1.NamespacedScope),
				},
			}},
			MatchConditions: []admissionregistrationv1.MatchCondition{
				{Name: "not-host-network", Expression: NotHostNetwork},
				{Name: "not-windows", Expression: NotWindows},
			},
			ReinvocationPolicy:      new(admissionregistrationv1.IfNeededReinvocationPolicy),
			FailurePolicy:           new(admissionregistrationv1.Fail),
			MatchPolicy:             new(admissionregistrationv1.Equivalent),
			SideEffects:             new(admissionregistrationv1.SideEffectClassNone),
			TimeoutSeconds:          new(int32(5)),
			AdmissionReviewVersions: []string{"v1", "v1beta1"},
		}, webhook); diff != "" {
			t.Errorf("%s (-want +got):\n%s", webhook.Name, diff)
		}
	}
	if len(names) != 2 || !names["rev.namespace.sidecar-injector.outrigger.io"] || !names["rev.object.sidecar-injector.outrigger.io"] {
		t.Errorf("a named revision has the webhooks %v", names)
	}
}

func TestWebhookConfigurationThatCannotBe(t *testing.T) {
	service := &Service{Namespace: "outrigger-system", Name: "outrigger"}
	for i, c := range []WebhookConfiguration{
		{},
		{Name: "outrigger", URL: "https://localhost/inject"},
		{Namespace: "outrigger-system", URL: "https://localhost/inject"},
		{Name: "outrigger", Namespace: "outrigger-system"},
		{Name: "outrigger", Namespace: "outrigger-system", URL: "https://localhost/inject", Service: service},
		{Name: "outrigger-canary", Namespace: "outrigger-system", Service: service, Revision: "canary", EveryNamespace: true},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			if manifest, err := c.YAML(); err == nil {
				t.Errorf("built from %+v:\n%s", c, manifest)
			}
		})
	}
}
