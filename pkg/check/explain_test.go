package check

import (
	"errors"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/tree"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

const (
	plain      = `{"metadata":{"name":"web"},"spec":{"containers":[{"name":"web","image":"web"}]}}`
	refusing   = `{"metadata":{"name":"web","labels":{"sidecar.istio.io/inject":"false"}},"spec":{"containers":[]}}`
	asking     = `{"metadata":{"name":"web","labels":{"sidecar.istio.io/inject":"true"}},"spec":{"containers":[]}}`
	annotated  = `{"metadata":{"name":"web","annotations":{"sidecar.istio.io/inject":"false"}},"spec":{"containers":[]}}`
	misplaced  = `{"metadata":{"name":"web","labels":{"istio.io/rev":"canary"}},"spec":{"containers":[]}}`
	onHost     = `{"metadata":{"name":"web"},"spec":{"hostNetwork":true,"containers":[]}}`
	onWindows  = `{"metadata":{"name":"web"},"spec":{"os":{"name":"windows"},"containers":[]}}`
	onWinNodes = `{"metadata":{"name":"web"},"spec":{"nodeSelector":{"kubernetes.io/os":"windows"},"containers":[]}}`
	badValue   = `{"metadata":{"name":"web","annotations":{"sidecar.istio.io/proxyCPU":"lots"}},"spec":{"containers":[]}}`
	injected   = `{"metadata":{"name":"web","annotations":{"sidecar.istio.io/status":"{\"containers\":[\"istio-proxy\"],\"revision\":\"old\"}"}},"spec":{"containers":[{"name":"web"},{"name":"istio-proxy"}]}}`
	ofReplicas = `{"metadata":{"name":"web-5d9c-x","generateName":"web-5d9c-","labels":{"pod-template-hash":"5d9c"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-5d9c","controller":true}]},"spec":{"containers":[]}}`
)

func TestExplain(t *testing.T) {
	before := now.Add(-time.Hour)
	tests := []struct {
		name    string
		pod     string
		created time.Time
		change  func(t *testing.T, o *Observation, i *Installation)
		verdict Verdict
		reason  Reason
		because string   // in the sentence
		next    string   // in the next step; empty: there is none
		steps   []string // among the steps, as answer, rule and what
	}{
		{
			name: "a labelled namespace", pod: plain,
			verdict: WouldBeInjected, reason: Reason(inject.PolicyEnabled), because: "outrigger sends it to revision default",
			steps: []string{
				"yes namespaceSelector: namespace shop has istio-injection=enabled",
				"yes matchCondition not-host-network: the pod has a network of its own",
				"yes failurePolicy: Fail",
				"yes PolicyEnabled: the configuration's policy is enabled; it adds istio-init, istio-proxy",
			},
		},
		{
			name: "ProxyConfigs that say how the proxy is set", pod: plain,
			change: func(t *testing.T, o *Observation, _ *Installation) {
				r, err := mesh.NewResource("shop", "all", time.Time{}, tree.NewObject(tree.Member{Key: "concurrency", Value: tree.NewInt(3)}))
				if err != nil {
					t.Fatal(err)
				}
				o.ProxyConfigs.Value = mesh.NewResources(r)
			},
			verdict: WouldBeInjected, reason: Reason(inject.PolicyEnabled), because: "outrigger sends it to revision default",
			steps: []string{`yes proxy: it sets concurrency to "3"`},
		},
		{
			name: "ProxyConfigs that may not be read", pod: plain,
			change:  func(_ *testing.T, o *Observation, _ *Installation) { o.ProxyConfigs.Err = errors.New("forbidden") },
			verdict: WouldBeInjected, reason: Reason(inject.PolicyEnabled), because: "outrigger sends it to revision default",
			steps: []string{"unknown proxy: they were not looked at: forbidden"},
		},
		{
			name: "nodes that may not be seen", pod: plain,
			change:  func(_ *testing.T, o *Observation, _ *Installation) { o.Nodes.Err = errors.New("forbidden") },
			verdict: WouldBeInjected, reason: Reason(inject.PolicyEnabled), because: "outrigger sends it to revision default",
			steps: []string{"unknown native sidecars: they were not looked at, and are taken to run native sidecars: forbidden"},
		},
		{
			name: "a pod that asks, in a namespace that says nothing", pod: asking,
			change:  func(_ *testing.T, o *Observation, _ *Installation) { shop(o) },
			verdict: WouldBeInjected, reason: Reason(inject.LabelEnabled), because: "label sidecar.istio.io/inject is true",
		},
		{
			name: "neither asks", pod: plain,
			change:  func(_ *testing.T, o *Observation, _ *Installation) { shop(o) },
			verdict: WouldBeLeftAlone, reason: NamespaceUnlabelled, because: "namespace shop has neither", next: "namespace shop istio-injection=enabled",
			steps: []string{"no objectSelector: it wants sidecar.istio.io/inject=true, and the pod has no label sidecar.istio.io/inject"},
		},
		{
			name:    "the pod asks where no API server looks",
			pod:     `{"metadata":{"name":"web","namespace":"shop","annotations":{"sidecar.istio.io/inject":"true"}},"spec":{"containers":[{"name":"web"}]}}`,
			change:  func(_ *testing.T, o *Observation, _ *Installation) { shop(o) },
			verdict: WouldBeLeftAlone, reason: NamespaceUnlabelled, because: "API servers hear the label sidecar.istio.io/inject only, not the annotation", next: "label the pod template sidecar.istio.io/inject=true",
		},
		{
			name: "the pod's label refuses", pod: refusing,
			verdict: WouldBeLeftAlone, reason: Reason(inject.LabelDisabled), because: "label sidecar.istio.io/inject=false", next: "take sidecar.istio.io/inject off",
			steps: []string{"no objectSelector: it wants sidecar.istio.io/inject!=false, and the pod has sidecar.istio.io/inject=false"},
		},
		{
			name: "the pod's annotation refuses", pod: annotated,
			verdict: WouldBeLeftAlone, reason: Reason(inject.AnnotationDisabled), because: "annotation sidecar.istio.io/inject is false", next: "take sidecar.istio.io/inject off",
		},
		{
			name: "the node's network", pod: onHost,
			verdict: WouldBeLeftAlone, reason: Reason(inject.HostNetwork), because: "hostNetwork: true",
			steps: []string{"no matchCondition not-host-network: the pod shares its node's network"},
		},
		{
			name: "Windows", pod: onWindows,
			verdict: WouldBeLeftAlone, reason: WindowsPod, because: "the pod is for Windows",
			steps: []string{"no matchCondition not-windows: the pod is for Windows"},
		},
		{
			name: "nodes with Windows", pod: onWinNodes,
			verdict: WouldBeLeftAlone, reason: WindowsPod, because: "the pod is for Windows",
		},
		{
			name: "a namespace that refuses", pod: asking,
			change:  func(_ *testing.T, o *Observation, _ *Installation) { shop(o, webhook.LabelInjection, "disabled") },
			verdict: WouldBeLeftAlone, reason: NamespaceDisabled, because: "istio-injection=disabled", next: "istio-injection=enabled",
		},
		{
			name: "a word that is none", pod: plain,
			change:  func(_ *testing.T, o *Observation, _ *Installation) { shop(o, webhook.LabelInjection, "true") },
			verdict: WouldBeLeftAlone, reason: NamespaceLabelUnknown, because: "istio-injection=true", next: "istio-injection=enabled",
		},
		{
			name: "a revision that nobody serves", pod: plain,
			change:  func(_ *testing.T, o *Observation, _ *Installation) { shop(o, webhook.LabelRevision, "canary") },
			verdict: WouldBeLeftAlone, reason: NamespaceUnserved, because: "istio.io/rev=canary", next: "istio.io/rev- istio-injection=enabled",
		},
		{
			name: "a pod that wants a revision that nobody serves", pod: misplaced,
			change:  func(_ *testing.T, o *Observation, _ *Installation) { shop(o) },
			verdict: WouldBeLeftAlone, reason: RevisionUnserved, because: "istio.io/rev=canary", next: "correct the label",
		},
		{
			name: "a revision that is served", pod: misplaced,
			change:  func(t *testing.T, o *Observation, _ *Installation) { add(t, o, "canary"); shop(o) },
			verdict: WouldBeInjected, reason: Reason(inject.PolicyEnabled), because: "outrigger-canary sends it to revision canary",
		},
		{
			name: "a namespace of the cluster's own", pod: plain,
			change: func(_ *testing.T, o *Observation, _ *Installation) {
				shop(o, corev1.LabelMetadataName, "kube-system")
			},
			verdict: WouldBeLeftAlone, reason: Reason(inject.NamespaceIgnored), because: "never injected",
		},
		{
			name: "selectors that somebody edited", pod: plain,
			change: func(_ *testing.T, _ *Observation, i *Installation) {
				for n := range i.Webhook.Webhooks {
					i.Webhook.Webhooks[n].ObjectSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "a"}}
				}
			},
			verdict: WouldBeLeftAlone, reason: SelectorMisses, because: "it wants team=a, and the pod has no label team", next: "take the edit",
		},
		{
			name: "no webhook configuration", pod: plain,
			change:  func(_ *testing.T, o *Observation, i *Installation) { o.Webhooks, i.Webhook = nil, nil },
			verdict: WouldBeLeftAlone, reason: WebhookMissing, because: "no webhook configuration", next: "outrigger check",
		},
		{
			name: "a webhook configuration that is not enabled", pod: plain,
			change:  func(_ *testing.T, _ *Observation, i *Installation) { disable(i) },
			verdict: WouldBeLeftAlone, reason: WebhookDisabled, because: "outrigger is not enabled", next: "--set webhook.enabled=true",
			steps: []string{"no matchCondition enabled: it is never true"},
		},
		{
			name: "a mesh's own injector", pod: plain,
			change: func(_ *testing.T, o *Observation, i *Installation) {
				o.Webhooks = []admissionv1.MutatingWebhookConfiguration{meshInjector()}
			},
			verdict: Undecided, reason: OtherInjector, because: "istio-sidecar-injector gets it",
		},
		{
			name: "two injectors", pod: plain,
			change: func(_ *testing.T, o *Observation, _ *Installation) {
				o.Webhooks = append(o.Webhooks, meshInjector())
			},
			verdict: WouldBeInjected, reason: Reason(inject.PolicyEnabled), because: "outrigger sends it", next: "istio-sidecar-injector gets it too",
		},
		{
			name: "an entry that the pod is not sent to does not trust", pod: plain,
			change: func(_ *testing.T, _ *Observation, i *Installation) {
				i.Certificates.Value.Webhooks[0].Trusts = []string{"bbbb"}
			},
			verdict: WouldBeInjected, reason: Reason(inject.PolicyEnabled), because: "outrigger sends it",
		},
		{
			name: "the entry that the pod is sent to does not trust", pod: plain,
			change: func(_ *testing.T, _ *Observation, i *Installation) {
				i.Certificates.Value.Webhooks[2].Trusts = []string{"bbbb"}
			},
			verdict: Refused, reason: BundleDistrusts, because: "entry namespace.sidecar-injector.outrigger.io", next: "a replica that runs",
		},
		{
			name: "an injector of something else, at the same path", pod: plain,
			change: func(_ *testing.T, o *Observation, _ *Installation) {
				shop(o)
				o.Webhooks = append(o.Webhooks, admissionv1.MutatingWebhookConfiguration{
					ObjectMeta: metav1.ObjectMeta{Name: "secrets"},
					Webhooks: []admissionv1.MutatingWebhook{{
						Name: "secrets.example.com", Rules: podRules(),
						ClientConfig: admissionv1.WebhookClientConfig{Service: &admissionv1.ServiceReference{Path: new("/inject")}},
					}},
				})
			},
			verdict: WouldBeLeftAlone, reason: NamespaceUnlabelled, because: "namespace shop has neither", next: "istio-injection=enabled",
		},
		{
			name: "a namespace of the cluster's own, with the mesh's injector there", pod: plain,
			change: func(_ *testing.T, o *Observation, _ *Installation) {
				shop(o, corev1.LabelMetadataName, "kube-system")
				o.Webhooks = append(o.Webhooks, meshInjector())
			},
			verdict: WouldBeLeftAlone, reason: Reason(inject.NamespaceIgnored), because: "never injected",
		},
		{
			name: "a pod of a revision whose entries somebody edited", pod: misplaced,
			change: func(t *testing.T, o *Observation, _ *Installation) {
				shop(o)
				for n, w := range add(t, o, "canary").Webhook.Webhooks {
					w.ObjectSelector.MatchLabels = map[string]string{"team": "a"}
					o.Webhooks[1].Webhooks[n] = w
				}
			},
			verdict: WouldBeLeftAlone, reason: SelectorMisses, because: "it wants team=a", next: "take the edit",
		},
		{
			name: "a pod that asks, where there is no default revision", pod: asking,
			change: func(t *testing.T, o *Observation, _ *Installation) {
				o.Webhooks, o.Installations = nil, nil
				add(t, o, "canary")
				shop(o)
			},
			verdict: WouldBeLeftAlone, reason: RevisionUnserved, because: "which asks the default revision, and there are those of Outrigger's revision canary", next: "istio.io/rev=REVISION",
		},
		{
			name: "a condition of somebody else's", pod: plain,
			change: func(_ *testing.T, _ *Observation, i *Installation) {
				for n := range i.Webhook.Webhooks {
					i.Webhook.Webhooks[n].MatchConditions = []admissionv1.MatchCondition{{Name: "odd", Expression: "object.metadata.name != 'x'"}}
				}
			},
			verdict: Undecided, reason: ConditionUnknown, because: "object.metadata.name != 'x'",
		},
		{
			name: "a value that cannot be used", pod: badValue,
			verdict: Refused, reason: Reason(inject.InvalidAnnotation), because: "sidecar.istio.io/proxyCPU", next: "correct it",
		},
		{
			name: "nobody answers", pod: plain,
			change:  func(_ *testing.T, _ *Observation, i *Installation) { i.Slices.Value = nil },
			verdict: Refused, reason: NoEndpoints, because: "it has no ready endpoints", next: "Deployment",
		},
		{
			name: "nobody answers, and it does not matter", pod: plain,
			change: func(_ *testing.T, _ *Observation, i *Installation) {
				i.Slices.Value = nil
				for n := range i.Webhook.Webhooks {
					i.Webhook.Webhooks[n].FailurePolicy = new(admissionv1.Ignore)
				}
			},
			verdict: WouldBeLeftAlone, reason: NoEndpoints, because: "it has no ready endpoints", next: "Deployment",
			steps: []string{"yes failurePolicy: Ignore"},
		},
		{
			name: "a configuration that does not compile", pod: plain,
			change: func(_ *testing.T, _ *Observation, i *Installation) {
				i.Injector.Value.Data["config"] = "policy: enabled"
			},
			verdict: Undecided, reason: ConfigurationInvalid, because: "it does not compile", next: "correct it",
		},
		{
			name: "a namespace that may not be read", pod: plain,
			change: func(_ *testing.T, o *Observation, _ *Installation) {
				o.Namespaces = Seen[[]corev1.Namespace]{Err: forbidden}
			},
			verdict: Undecided, reason: NotLookedAt, because: "namespace shop was not looked at", next: "docs/troubleshooting.md",
			steps: []string{"unknown labels: its labels are not known and taken as none"},
		},
		{
			name: "a pod that asks, in a namespace that may not be read", pod: asking,
			change: func(_ *testing.T, o *Observation, _ *Installation) {
				o.Namespaces = Seen[[]corev1.Namespace]{Err: forbidden}
			},
			verdict: Undecided, reason: NotLookedAt, because: "namespace shop was not looked at", next: "docs/troubleshooting.md",
		},
		{
			name: "a pod that refuses, in a namespace that may not be read", pod: refusing,
			change: func(_ *testing.T, o *Observation, _ *Installation) {
				o.Namespaces = Seen[[]corev1.Namespace]{Err: forbidden}
			},
			verdict: WouldBeLeftAlone, reason: Reason(inject.LabelDisabled), because: "label sidecar.istio.io/inject=false", next: "take",
		},
		{
			name: "a pod that runs, in a namespace that may not be read", pod: ofReplicas, created: before,
			change: func(_ *testing.T, o *Observation, _ *Installation) {
				o.Namespaces = Seen[[]corev1.Namespace]{Err: forbidden}
			},
			verdict: NotInjected, reason: NotLookedAt, because: "it cannot be told whether it would be injected", next: "docs/troubleshooting.md",
		},
		{
			name: "an entry on somebody else's condition, and one without", pod: plain,
			change: func(_ *testing.T, _ *Observation, i *Installation) {
				entry := *i.Webhook.Webhooks[2].DeepCopy()
				entry.MatchConditions = []admissionv1.MatchCondition{{Name: "odd", Expression: "object.metadata.name != 'x'"}}
				i.Webhook.Webhooks[0] = entry
			},
			verdict: WouldBeInjected, reason: Reason(inject.PolicyEnabled), because: "outrigger sends it",
		},
		{
			name: "a namespace that is not there", pod: asking,
			change:  func(_ *testing.T, o *Observation, _ *Installation) { o.Namespaces.Value = nil },
			verdict: WouldBeInjected, reason: Reason(inject.LabelEnabled), because: "outrigger sends it",
			steps: []string{"unknown labels: there is none"},
		},
		{
			name: "a pod that is injected", pod: injected, created: before,
			verdict: Injected, reason: Reason(inject.PolicyEnabled), because: "it carries the injection of revision old",
			steps: []string{"yes annotation sidecar.istio.io/status: it carries the injection of revision old: istio-proxy"},
		},
		{
			name: "a pod that is injected, and would not be again", pod: injected, created: before,
			change:  func(_ *testing.T, o *Observation, _ *Installation) { shop(o) },
			verdict: Injected, reason: NamespaceUnlabelled, because: "created now, it would not be injected", next: "label",
		},
		{
			name: "a pod older than the webhook configuration", pod: ofReplicas, created: now.Add(-48 * time.Hour),
			verdict: NotInjected, reason: PodOlder, because: "before MutatingWebhookConfiguration outrigger", next: "kubectl -n shop rollout restart deployment/web",
		},
		{
			name: "a pod older than the label", pod: plain, created: before,
			change: func(_ *testing.T, o *Observation, _ *Installation) {
				at := metav1.NewTime(now)
				shop(o, webhook.LabelInjection, "enabled").ManagedFields = []metav1.ManagedFieldsEntry{{
					Time: &at, FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:labels":{"f:istio-injection":{}}}}`),
				}}
			},
			verdict: NotInjected, reason: PodOlder, because: "before the labels of namespace shop were set (2026-05-01T12:00:00Z)", next: "create it anew",
		},
		{
			name: "a pod that slipped by", pod: plain, created: before,
			verdict: NotInjected, reason: NotSentThen, because: "something was different then", next: "create it anew",
		},
		{
			name: "a pod that would be refused", pod: badValue, created: before,
			verdict: NotInjected, reason: Reason(inject.InvalidAnnotation), because: "it carries no injection; created now, it would be refused: annotation sidecar.istio.io/proxyCPU", next: "correct it",
		},
		{
			name: "a pod that is injected, and would be refused", pod: injected, created: before,
			change:  func(_ *testing.T, _ *Observation, i *Installation) { i.Slices.Value = nil },
			verdict: Injected, reason: NoEndpoints, because: "created now, it would be refused: Service", next: "Deployment",
		},
		{
			name: "a pod that is not injected", pod: ofReplicas, created: before,
			change:  func(_ *testing.T, o *Observation, _ *Installation) { shop(o) },
			verdict: NotInjected, reason: NamespaceUnlabelled, because: "neither", next: "istio-injection=enabled; then kubectl -n shop rollout restart deployment/web",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := healthy(t)
			if tt.change != nil {
				tt.change(t, o, o.Installations[0])
			}
			e, err := Explain(o, Pod{Subject: "Pod shop/web", Namespace: "shop", JSON: []byte(tt.pod), Created: tt.created})
			if err != nil {
				t.Fatal(err)
			}
			if e.Verdict != tt.verdict || e.Reason != tt.reason || !strings.Contains(e.Because, tt.because) {
				t.Errorf("it is %s (%s): %s\nwant %s (%s) with %q in it", e.Verdict, e.Reason, e.Because, tt.verdict, tt.reason, tt.because)
			}
			if !strings.Contains(e.Next, tt.next) || (e.Next == "") != (tt.next == "") {
				t.Errorf("the next step is %q, want %q in it", e.Next, tt.next)
			}
			var steps strings.Builder
			for _, s := range e.Steps {
				steps.WriteString(string(s.Answer) + " " + s.Rule + ": " + s.What + "\n")
			}
			for _, want := range tt.steps {
				if !strings.Contains(steps.String(), want) {
					t.Errorf("%q is not among the steps\n%s", want, &steps)
				}
			}
		})
	}
	if _, err := Explain(healthy(t), Pod{Subject: "Pod shop/web", JSON: []byte("{")}); err == nil {
		t.Error("what is no JSON was explained")
	}
}

// TestExplainAbsence tells the messages that people see apart.
func TestExplainAbsence(t *testing.T) {
	const call = `admission webhook: failed calling webhook "namespace.sidecar-injector.outrigger.io": failed to call webhook: Post "https://outrigger.outrigger-system.svc:443/inject?timeout=5s": `
	tests := []struct{ note, because, next string }{
		{call + "tls: failed to verify certificate: x509: certificate signed by unknown authority", "does not trust", "outrigger check"},
		{call + "tls: failed to verify certificate: x509: certificate has expired or is not yet valid", "has expired", "outrigger check"},
		{call + "tls: failed to verify certificate: x509: certificate is valid for a, not b", "does not accept", "outrigger check"},
		{call + "context deadline exceeded", "no answer came in time", "OutriggerSlow"},
		{call + "dial tcp 10.0.0.1:15017: connect: no route to host", "no route to the replicas", "hostNetwork=true"},
		{call + "dial tcp 10.0.0.1:15017: i/o timeout", "was not answered", "15017"},
		{call + "Address is not allowed", "may not call the addresses that pods have", "hostNetwork=true"},
		{call + "dial tcp 10.0.0.1:443: connect: connection refused", "nothing listens", "outrigger check"},
		{call + `no endpoints available for service "outrigger"`, "no replica of Outrigger is ready", "outrigger check"},
		{`admission webhook "namespace.sidecar-injector.outrigger.io" denied the request: Deployment "web": annotation x: no`, "refused the pod itself", "in the workload"},
		{`failed calling webhook "namespace.sidecar-injector.istio.io": failed to call webhook: x509: certificate signed by unknown authority`, "namespace.sidecar-injector.istio.io, which is not Outrigger's", "the message names"},
		{`admission webhook "validation.gatekeeper.sh" denied the request: no`, "validation.gatekeeper.sh, which is not Outrigger's", "the message names"},
		{`pods "web-1" is forbidden: violates PodSecurity "baseline:latest": non-default capabilities (container "istio-init" must not include "NET_ADMIN")`, "Pod Security level", "CNI"},
		{`pods "web-1" is forbidden: exceeded quota: small`, "quota", "raise"},
		{`pods "web-1" is forbidden: failed quota: small: must specify limits.cpu for: istio-init`, "the message says", ""},
		{"something else", "something else", ""},
	}
	for _, tt := range tests {
		events := []eventsv1.Event{
			event("web-5d9c", "an older one", now.Add(-time.Hour)),
			event("web-5d9c", tt.note, now),
			event("website", "of another", now.Add(time.Hour)),
			event("web-api-5d9c", "of another too", now.Add(time.Hour)),
			eventOf("StatefulSet", "web-db", "of a workload that is called so itself", now.Add(time.Hour)),
			eventOf("Job", "web-import", "of a job that is called so itself", now.Add(time.Hour)),
		}
		e, ok := ExplainAbsence(events, "pods of shop/web", "web", nil)
		if !ok || e.Verdict != Refused || e.Reason != CreationFailed || !strings.Contains(e.Because, tt.because) || !strings.Contains(e.Next, tt.next) {
			t.Errorf("%s\nis explained by %+v, want %q and %q", tt.note, e, tt.because, tt.next)
		}
		if want := (Step{No, "ReplicaSet web-5d9c", "event FailedCreate at 2026-05-01T12:00:00Z", tt.note}); len(e.Steps) != 1 || e.Steps[0] != want {
			t.Errorf("the steps are %+v, want %+v", e.Steps, want)
		}
	}
	if _, ok := ExplainAbsence([]eventsv1.Event{event("website", "of another", now)}, "", "web", nil); ok {
		t.Error("an event of another workload explains")
	}
}

func event(about, note string, at time.Time) eventsv1.Event {
	return eventOf("ReplicaSet", about, note, at)
}

func eventOf(kind, about, note string, at time.Time) eventsv1.Event {
	return eventsv1.Event{
		Reason: "FailedCreate", Note: note, DeprecatedLastTimestamp: metav1.NewTime(at),
		Regarding: corev1.ObjectReference{Kind: kind, Name: about},
	}
}
