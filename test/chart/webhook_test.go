package chart_test

import (
	"encoding/json"
	"testing"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/webhook"
	"github.com/outrigger-io/outrigger/test/chart"
)

type webhookConfiguration = admissionregistrationv1.MutatingWebhookConfiguration

// TestWebhookConfiguration has the chart's object mean what the program's own
// does.
func TestWebhookConfiguration(t *testing.T) {
	eachOption(t, func(t *testing.T, r chart.Release, rendered *chart.Rendered) {
		all := objects(t, rendered.Manifests)
		settings, _ := r.Values["webhook"].(values)
		got := the[*webhookConfiguration](t, all)
		if enabled, ok := settings["enabled"].(bool); ok && !enabled {
			for i := range got.Webhooks {
				hook := &got.Webhooks[i]
				if never := hook.MatchConditions[0]; never.Expression != "false" {
					t.Errorf("webhook %s matches pods, while it is not enabled", hook.Name)
				}
				hook.MatchConditions = hook.MatchConditions[1:]
			}
		}
		takeSettings(t, got, settings)

		revision, _ := r.Values["revision"].(string)
		name := "outrigger"
		if revision != "" && revision != "default" {
			name += "-" + revision
		}
		namespace := or(r.Namespace, "outrigger-system")
		path, _ := settings["path"].(string)
		timeout, _ := settings["timeoutSeconds"].(int)
		files, _ := r.Values["certFiles"].(values)
		pem, _ := files["caBundle"].(string)
		every, _ := r.Values["enableNamespacesByDefault"].(bool)
		program := webhook.WebhookConfiguration{
			Name:           name,
			Revision:       revision,
			Tags:           texts(r.Values["revisionTags"]),
			EveryNamespace: every,
			Namespace:      namespace,
			Never:          texts(settings["neverNamespaces"]),
			Service:        &webhook.Service{Namespace: namespace, Name: name, Path: path},
			CABundle:       []byte(pem),
			TimeoutSeconds: int32(timeout),
		}
		closed := r.Values["certMode"] == nil || r.Values["certMode"] == "self"
		if url := serverElsewhere(r); url != "" {
			closed = false
			program.URL, program.Service, program.CABundle = url, nil, []byte(settings["caBundle"].(string))
		}
		want, err := program.Build()
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range want.Labels {
			if got.Labels[key] != value {
				t.Errorf("label %s is %q, want %q", key, got.Labels[key], value)
			}
		}
		got.Labels, want.Labels = nil, nil
		got.Annotations = nil
		for i := range want.Webhooks {
			if closed {
				want.Webhooks[i].Rules = nil // a replica adds them
			}
			if len(want.Webhooks[i].ClientConfig.CABundle) == 0 {
				want.Webhooks[i].ClientConfig.CABundle = nil
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-program +chart):\n%s", diff)
		}
	})
}

// takeSettings finds in the chart's object what webhook's values add to it, and
// takes it out.
func takeSettings(t *testing.T, got *webhookConfiguration, settings values) {
	t.Helper()
	for name, has := range map[string]map[string]string{"labels": got.Labels, "annotations": got.Annotations} {
		want, _ := settings[name].(values)
		for key, value := range want {
			if has[key] != value {
				t.Errorf("%s has %s=%q, want %q", name, key, has[key], value)
			}
		}
	}
	for i := range got.Webhooks {
		hook := &got.Webhooks[i]
		if want, ok := settings["failurePolicy"].(string); ok {
			if string(*hook.FailurePolicy) != want {
				t.Errorf("webhook %s has the failurePolicy %s, want %s", hook.Name, *hook.FailurePolicy, want)
			}
			hook.FailurePolicy = new(admissionregistrationv1.Fail)
		}
		if want, ok := settings["reinvocationPolicy"].(string); ok {
			if string(*hook.ReinvocationPolicy) != want {
				t.Errorf("webhook %s has the reinvocationPolicy %s, want %s", hook.Name, *hook.ReinvocationPolicy, want)
			}
			hook.ReinvocationPolicy = new(admissionregistrationv1.IfNeededReinvocationPolicy)
		}
		for name, selector := range map[string]*metav1.LabelSelector{
			"namespaceSelector": hook.NamespaceSelector, "objectSelector": hook.ObjectSelector,
		} {
			added, _ := settings[name].([]any)
			chart := len(selector.MatchExpressions) - len(added)
			for n, got := range selector.MatchExpressions[chart:] {
				want := added[n].(values)
				wanted := metav1.LabelSelectorRequirement{
					Key: want["key"].(string), Operator: metav1.LabelSelectorOperator(want["operator"].(string)), Values: texts(want["values"]),
				}
				if diff := cmp.Diff(wanted, got); diff != "" {
					t.Errorf("%s of %s (-want +got):\n%s", name, hook.Name, diff)
				}
			}
			selector.MatchExpressions = selector.MatchExpressions[:chart]
		}
	}
}

// texts is a list of texts among values.
func texts(list any) (texts []string) {
	items, _ := list.([]any)
	for _, item := range items {
		texts = append(texts, item.(string))
	}
	return texts
}

// TestUpgradeKeepsTheAuthority has no release own what the authority is kept in:
// neither the Secret nor the caBundle.
func TestUpgradeKeepsTheAuthority(t *testing.T) {
	eachOption(t, func(t *testing.T, r chart.Release, rendered *chart.Rendered) {
		for _, m := range rendered.Manifests {
			if m.Kind == "Secret" {
				t.Errorf("the chart makes a Secret:\n%s", m.YAML)
			}
		}
		if r.Values["certMode"] == "files" || serverElsewhere(r) != "" {
			return
		}
		for _, configuration := range of[*webhookConfiguration](objects(t, rendered.Manifests)) {
			for _, hook := range configuration.Webhooks {
				if hook.ClientConfig.CABundle != nil {
					t.Errorf("webhook %s has a caBundle in the chart", hook.Name)
				}
			}
		}
	})
}

// TestUpgradeKeepsCABundle does what Helm 3 does in an upgrade.
func TestUpgradeKeepsCABundle(t *testing.T) {
	before := renderedWebhook(t, chart.Release{})
	after := renderedWebhook(t, chart.Release{Values: values{"webhook": values{"timeoutSeconds": 9}}})
	live := before.DeepCopy()
	for i := range live.Webhooks {
		live.Webhooks[i].ClientConfig.CABundle = []byte(chart.Bundle)
	}
	documents := make([][]byte, 3)
	for i, object := range []*webhookConfiguration{before, after, live} {
		var err error
		if documents[i], err = json.Marshal(object); err != nil {
			t.Fatal(err)
		}
	}
	meta, err := strategicpatch.NewPatchMetaFromStruct(webhookConfiguration{})
	if err != nil {
		t.Fatal(err)
	}
	patch, err := strategicpatch.CreateThreeWayMergePatch(documents[0], documents[1], documents[2], meta, true)
	if err != nil {
		t.Fatal(err)
	}
	upgraded, err := strategicpatch.StrategicMergePatch(documents[2], patch, webhookConfiguration{})
	if err != nil {
		t.Fatal(err)
	}
	var got webhookConfiguration
	if err := json.Unmarshal(upgraded, &got); err != nil {
		t.Fatal(err)
	}
	for _, hook := range got.Webhooks {
		if string(hook.ClientConfig.CABundle) != chart.Bundle {
			t.Errorf("webhook %s lost its caBundle: %q", hook.Name, hook.ClientConfig.CABundle)
		}
		if *hook.TimeoutSeconds != 9 {
			t.Errorf("webhook %s was not upgraded", hook.Name)
		}
	}
}

func renderedWebhook(t *testing.T, r chart.Release) *webhookConfiguration {
	t.Helper()
	rendered, err := chart.Render(r)
	if err != nil {
		t.Fatal(err)
	}
	return the[*webhookConfiguration](t, objects(t, rendered.Manifests))
}

func certificate(t *testing.T, all []client.Object, name string) *certmanagerv1.Certificate {
	t.Helper()
	for _, c := range of[*certmanagerv1.Certificate](all) {
		if c.Namespace+"/"+c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no Certificate %q", name)
	return nil
}
