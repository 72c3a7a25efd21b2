package check

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// TestHealthy shows what is said where nothing is wrong.
func TestHealthy(t *testing.T) {
	want := []string{"ok WebhookInPlace", "ok EndpointsReady", "ok BundleTrusts", "ok ConfigurationCompiles", "ok NamespacesInjected"}
	if diff := cmp.Diff(want, words(Judge(healthy(t)))); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// TestFaults breaks one thing at a time.
func TestFaults(t *testing.T) {
	const served = "outrigger.outrigger-system.svc"
	// certManager makes the certificate one that cert-manager keeps in a Secret.
	certManager := func(i *Installation, bundle []byte, c chain) {
		i.arguments = arguments{"cert-mode": "cert-manager", "tls-cert-file": "/tls/tls.crt", "profile": "istio"}
		i.TLS.Value = &corev1.Secret{Data: map[string][]byte{"tls.crt": c.certPEM, "tls.key": c.keyPEM}}
		for n := range i.Webhook.Webhooks {
			i.Webhook.Webhooks[n].ClientConfig.CABundle = bundle
		}
	}
	// issuing is what cert-manager says of its Certificate and Issuer: "reason:
	// message" of what is not ready, empty for what is.
	issuing := func(i *Installation, certificate, issuer string) {
		status := func(why string) (status cmmeta.ConditionStatus, reason, message string) {
			if why == "" {
				return cmmeta.ConditionTrue, "Ready", "it is"
			}
			reason, message, _ = strings.Cut(why, ": ")
			return cmmeta.ConditionFalse, reason, message
		}
		c := &certmanagerv1.Certificate{ObjectMeta: metav1.ObjectMeta{Name: "outrigger"}}
		c.Spec.IssuerRef.Name = "authority"
		is, reason, message := status(certificate)
		c.Status.Conditions = []certmanagerv1.CertificateCondition{{Type: certmanagerv1.CertificateConditionReady, Status: is, Reason: reason, Message: message}}
		signs := &certmanagerv1.Issuer{}
		is, reason, message = status(issuer)
		signs.Status.Conditions = []certmanagerv1.IssuerCondition{{Type: certmanagerv1.IssuerConditionReady, Status: is, Reason: reason, Message: message}}
		i.Certificate.Value, i.Issuer.Value = c, signs
	}
	tests := []struct {
		name  string
		fault func(t *testing.T, o *Observation, i *Installation)
		want  []string // severity and reason of what is not ok
		says  []string // of what is said
	}{
		{"nothing is there", func(_ *testing.T, o *Observation, i *Installation) {
			o.Webhooks, i.Webhook = nil, nil
			i.Service, i.Deployment = Seen[*corev1.Service]{Err: notFound}, Seen[*appsv1.Deployment]{Err: notFound}
			shop(o)
		}, []string{"error NoInstallation", "info NoNamespaces"}, []string{"docs/install.md"}},
		{"the webhook configuration is deleted", func(_ *testing.T, o *Observation, i *Installation) {
			o.Webhooks, i.Webhook, i.Certificates.Value.Webhooks = nil, nil, nil
		}, []string{"error WebhookMissing"}, []string{"helm upgrade outrigger deploy/chart -n outrigger-system --reuse-values --set webhook.enabled=true"}},
		{"its entries are gone", func(_ *testing.T, o *Observation, i *Installation) {
			i.Webhook.Webhooks, o.Webhooks[0].Webhooks, i.Certificates.Value.Webhooks = nil, nil, nil
		}, []string{"error WebhookEmpty"}, nil},
		{"it is not enabled", func(_ *testing.T, o *Observation, i *Installation) {
			disable(i)
		}, []string{"warning WebhookDisabled"}, []string{"no pod is sent to revision default -> helm upgrade outrigger deploy/chart -n outrigger-system --reuse-values --set webhook.enabled=true"}},
		{"it is not enabled, while a mesh's is", func(_ *testing.T, o *Observation, i *Installation) {
			disable(i)
			o.Webhooks = append(o.Webhooks, meshInjector())
		}, []string{"warning WebhookDisabled"}, nil},
		{"its rules are about something else", func(_ *testing.T, o *Observation, i *Installation) {
			for n := range i.Webhook.Webhooks {
				i.Webhook.Webhooks[n].Rules[0].Resources = []string{"deployments"}
			}
		}, []string{"error WebhookSendsNoPods"}, []string{"every entry: the rules do not match"}},
		{"an entry lets pods through", func(_ *testing.T, o *Observation, i *Installation) {
			i.Webhook.Webhooks[1].FailurePolicy = new(admissionv1.Ignore)
		}, []string{"warning FailurePolicyIgnore"}, []string{"entry rev.object.sidecar-injector.outrigger.io: failurePolicy is Ignore"}},
		{"the Service is gone", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Service = Seen[*corev1.Service]{Err: notFound}
		}, []string{"error ServiceMissing"}, nil},
		{"the Service lacks the port", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Service.Value.Spec.Ports[0].Port = 8443
		}, []string{"error ServicePort"}, []string{"it has no port 443"}},
		{"the Service selects nothing", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Slices.Value = nil
		}, []string{"error NoEndpoints"}, []string{"it selects app=outrigger, and no pod has these labels"}},
		{"no replica is wanted", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Slices.Value, i.Deployment.Value.Spec.Replicas = nil, new(int32(0))
		}, []string{"error NoEndpoints"}, []string{"Deployment outrigger is scaled to 0", "kubectl -n outrigger-system scale deployment outrigger --replicas=2"}},
		{"no replica may be made", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Slices.Value = nil
			i.Deployment.Value.Status.Conditions = []appsv1.DeploymentCondition{{Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionTrue, Message: "exceeded quota: small"}}
		}, []string{"error NoEndpoints"}, []string{"exceeded quota: small"}},
		{"the replicas crash", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Slices.Value = []discoveryv1.EndpointSlice{slice(false, false)}
			i.Pods.Value = []corev1.Pod{{ObjectMeta: metav1.ObjectMeta{Name: "outrigger-1"}, Spec: replicaSpec(), Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{
				State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
			}}}}}
		}, []string{"error NoEndpoints"}, []string{"pod outrigger-1 waits: CrashLoopBackOff", "logs outrigger-1"}},
		{"one replica is not ready", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Slices.Value = []discoveryv1.EndpointSlice{slice(true, false)}
			i.Pods.Value = []corev1.Pod{{ObjectMeta: metav1.ObjectMeta{Name: "outrigger-1"}, Spec: replicaSpec(), Status: corev1.PodStatus{
				Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionFalse, Message: "it waits"}},
			}}}
		}, []string{"warning EndpointsUnready"}, []string{"1 of 2 replicas are ready: pod outrigger-1 is not ready: it waits"}},
		{"replicas have addresses of two families", func(_ *testing.T, _ *Observation, i *Installation) {
			four, six := slice(true, true), slice(true, true)
			for n := range four.Endpoints {
				replica := &corev1.ObjectReference{Kind: "Pod", Name: fmt.Sprintf("outrigger-%d", n)}
				four.Endpoints[n].TargetRef, six.Endpoints[n].TargetRef = replica, replica
			}
			i.Slices.Value = []discoveryv1.EndpointSlice{four, six}
		}, nil, []string{"2 replicas are ready"}},
		{"a replica goes while its successor is there", func(_ *testing.T, _ *Observation, i *Installation) {
			s := slice(true, false)
			s.Endpoints[1].Conditions.Terminating = new(true)
			i.Slices.Value = []discoveryv1.EndpointSlice{s}
		}, nil, []string{"1 replica is ready"}},
		{"a replica crashes beside one that was evicted", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Slices.Value = []discoveryv1.EndpointSlice{slice(true, false)}
			i.Pods.Value = []corev1.Pod{
				{ObjectMeta: metav1.ObjectMeta{Name: "outrigger-1"}, Status: corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted"}},
				{ObjectMeta: metav1.ObjectMeta{Name: "outrigger-2"}, Spec: replicaSpec(), Status: corev1.PodStatus{Phase: corev1.PodPending}},
			}
		}, []string{"warning EndpointsUnready"}, []string{"pod outrigger-2 is Pending"}},
		{"the bundles are empty", func(_ *testing.T, _ *Observation, i *Installation) {
			for n := range i.Certificates.Value.Webhooks {
				i.Certificates.Value.Webhooks[n].Trusts = nil
			}
		}, []string{"error BundleEmpty"}, []string{"every entry: the caBundle contains no certificate"}},
		{"a bundle trusts another authority", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Certificates.Value.Webhooks[0].Trusts = []string{"bbbb"}
		}, []string{"error BundleDistrusts"}, []string{"the caBundle has bbbb and not CA aaaa", "entry rev.namespace"}},
		{"a bundle is out of sync", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Certificates.Value.Webhooks[0].InSync = false
		}, []string{"warning BundleOutOfSync"}, nil},
		{"the authority has expired", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Certificates.Value.Authorities[0].NotAfter = now.Add(-time.Second)
		}, []string{"error CertificateExpired"}, []string{"CA aaaa, which signs, expired at 2026-05-01T11:59:59Z"}},
		{"an address is called", func(_ *testing.T, _ *Observation, i *Installation) {
			for n := range i.Webhook.Webhooks {
				i.Webhook.Webhooks[n].ClientConfig = admissionv1.WebhookClientConfig{URL: new("https://192.0.2.1/inject")}
			}
			i.Certificates.Value.Webhooks = nil
		}, []string{"warning BundleUnkept"}, []string{"it calls https://192.0.2.1/inject and not the Service"}},
		{"the authority's Secret is no good", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Certificates.Value.Authorities, i.Certificates.Value.Notes = nil, []string{"Secret outrigger-system/outrigger-ca cannot be used: rubbish"}
		}, []string{"warning AuthorityUnsound"}, []string{"rubbish"}},
		{"cert-manager's certificate is good", func(t *testing.T, _ *Observation, i *Installation) {
			c := newChain(t, served, now.Add(time.Hour))
			certManager(i, c.authorityPEM, c)
		}, nil, []string{"every caBundle verifies the certificate"}},
		{"cert-manager's certificate has expired", func(t *testing.T, _ *Observation, i *Installation) {
			c := newChain(t, served, now.Add(-time.Hour))
			certManager(i, c.authorityPEM, c)
		}, []string{"error CertificateExpired"}, []string{"every entry: what it holds is good from", "kubectl -n outrigger-system describe certificate outrigger"}},
		{"cert-manager's certificate is of another authority", func(t *testing.T, _ *Observation, i *Installation) {
			certManager(i, newChain(t, served, now.Add(time.Hour)).authorityPEM, newChain(t, served, now.Add(time.Hour)))
		}, []string{"error BundleDistrusts"}, []string{"x509: certificate signed by unknown authority"}},
		{"cert-manager's certificate is for another name", func(t *testing.T, _ *Observation, i *Installation) {
			c := newChain(t, "other.svc", now.Add(time.Hour))
			certManager(i, c.authorityPEM, c)
		}, []string{"error CertificateName"}, []string{"is for other.svc, and outrigger.outrigger-system.svc is called"}},
		{"cert-manager has made no certificate", func(t *testing.T, _ *Observation, i *Installation) {
			certManager(i, nil, newChain(t, served, now.Add(time.Hour)))
			i.TLS = Seen[*corev1.Secret]{Err: notFound}
		}, []string{"error CertificateMissing"}, nil},
		{"a certificate in files of other names", func(t *testing.T, _ *Observation, i *Installation) {
			c := newChain(t, served, now.Add(time.Hour))
			certManager(i, c.authorityPEM, c)
			i.arguments["cert-mode"], i.arguments["tls-cert-file"], i.arguments["tls-key-file"] = "files", "/tls/server.pem", "/tls/server.key"
			i.TLS.Value.Data = map[string][]byte{"server.pem": c.certPEM, "server.key": c.keyPEM}
		}, nil, []string{"every caBundle verifies the certificate"}},
		{"a certificate of authorities that are trusted anyway", func(t *testing.T, _ *Observation, i *Installation) {
			certManager(i, nil, newChain(t, served, now.Add(time.Hour)))
			i.arguments["cert-mode"] = "files"
		}, []string{"info BundleEmpty"}, []string{"authorities that they trust anyway"}},
		{"a certificate of authorities that are trusted anyway, too old", func(t *testing.T, _ *Observation, i *Installation) {
			certManager(i, nil, newChain(t, served, now.Add(-time.Hour)))
			i.arguments["cert-mode"] = "files"
		}, []string{"info BundleEmpty", "error CertificateExpired"}, nil},
		{"cert-manager has not filled the bundle", func(t *testing.T, _ *Observation, i *Installation) {
			certManager(i, nil, newChain(t, served, now.Add(time.Hour)))
		}, []string{"error BundleEmpty"}, []string{"cert-manager.io/inject-ca-from"}},
		{"a bundle is empty, and the authority may not be read", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Webhook.Webhooks[0].ClientConfig.CABundle, i.Certificates.Err = nil, forbidden
		}, []string{"error BundleEmpty", "warning NotLookedAt"}, []string{"entry rev.namespace"}},
		{"a bundle is rubbish", func(t *testing.T, _ *Observation, i *Installation) {
			certManager(i, []byte("rubbish"), newChain(t, served, now.Add(time.Hour)))
		}, []string{"error BundleEmpty"}, nil},
		{"what is served is of another authority", func(t *testing.T, _ *Observation, i *Installation) {
			for n := range i.Webhook.Webhooks {
				i.Webhook.Webhooks[n].ClientConfig.CABundle = newChain(t, served, now.Add(time.Hour)).authorityPEM
			}
			i.Served = []Served{{Address: "192.0.2.1:15017", Chain: []*x509.Certificate{newChain(t, served, now.Add(time.Hour)).leaf}}}
		}, []string{"error BundleDistrusts"}, []string{"replica 192.0.2.1:15017", "outrigger certs status -n outrigger-system --address 192.0.2.1:15017"}},
		{"what is served is not what cert-manager's Secret has", func(t *testing.T, _ *Observation, i *Installation) {
			c := newChain(t, served, now.Add(time.Hour))
			certManager(i, c.authorityPEM, c)
			i.Served = []Served{{Address: "192.0.2.1:15017", Chain: []*x509.Certificate{newChain(t, served, now.Add(time.Hour)).leaf}}}
		}, []string{"error BundleDistrusts"}, []string{"replica 192.0.2.1:15017", "cainjector"}},
		{"no replica is reached", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Served = []Served{{Address: "192.0.2.1:15017", Err: errors.New("timed out")}, {Address: "192.0.2.2:15017", Err: errors.New("timed out")}}
		}, []string{"warning NotReachable", "warning NotReachable"}, []string{"replica 192.0.2.2:15017", "timed out"}},
		{"the injector's ConfigMap is gone", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Injector = Seen[*corev1.ConfigMap]{Err: notFound}
		}, []string{"error ConfigMapMissing"}, []string{"ConfigMap outrigger-system/istio-sidecar-injector: it does not exist"}},
		{"the mesh's ConfigMap lacks its key", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Mesh.Value.Data = nil
		}, []string{"error ConfigMapMissing"}, []string{`ConfigMap outrigger-system/istio: it has no key "mesh"`}},
		{"a template does not parse", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Injector.Value.Data["config"] = "policy: enabled\ntemplates:\n  sidecar: '{{ if }}'\n"
		}, []string{"error ConfigurationInvalid"}, []string{"it does not compile", "sidecar"}},
		{"a template fails", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Injector.Value.Data["config"] = "policy: enabled\ntemplates:\n  sidecar: '{{ fail \"no\" }}'\n"
		}, []string{"error ConfigurationRefuses"}, []string{"it refuses an ordinary pod"}},
		{"the policy is misspelt", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Injector.Value.Data["config"] = strings.Replace(i.Injector.Value.Data["config"], "policy: enabled", "policy: enabld", 1)
		}, []string{"error ConfigurationSkips"}, []string{`"enabld"`}},
		{"the policy is disabled", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Injector.Value.Data["config"] = strings.Replace(i.Injector.Value.Data["config"], "policy: enabled", "policy: disabled", 1)
		}, []string{"info ConfigurationSkips"}, nil},
		{"a selector is invalid", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Injector.Value.Data["config"] = "policy: enabled\ntemplates: {sidecar: ''}\nneverInjectSelector: [{matchExpressions: [{key: a, operator: Near}]}]\n"
		}, []string{"warning ConfigurationIgnores"}, []string{"neverInjectSelector[0]"}},
		{"the configuration is a profile", func(_ *testing.T, _ *Observation, i *Installation) {
			i.arguments["profile"], i.Injector, i.Mesh = "istio-1.0", Seen[*corev1.ConfigMap]{}, Seen[*corev1.ConfigMap]{}
		}, nil, []string{"profile istio-1.0: it has the format of 1.0, compiles"}},
		{"a namespace has a word for a label that is none", func(_ *testing.T, o *Observation, _ *Installation) {
			shop(o, webhook.LabelInjection, "yes")
		}, []string{"error NamespaceLabelUnknown"}, []string{"istio-injection=yes is not a valid value"}},
		{"a namespace has both labels", func(_ *testing.T, o *Observation, _ *Installation) {
			shop(o, webhook.LabelInjection, "enabled", webhook.LabelRevision, "canary")
		}, []string{"warning NamespaceAmbiguous"}, []string{"istio-injection=enabled counts, and istio.io/rev=canary is ignored"}},
		{"a namespace has both labels, which mean the same", func(_ *testing.T, o *Observation, _ *Installation) {
			shop(o, webhook.LabelInjection, "enabled", webhook.LabelRevision, "default")
		}, nil, nil},
		{"a namespace wants a revision that is not there", func(_ *testing.T, o *Observation, _ *Installation) {
			shop(o, webhook.LabelRevision, "canary")
		}, []string{"error NamespaceUnserved"}, []string{"by istio.io/rev=canary", "revision default"}},
		{"an entry's selectors were edited", func(_ *testing.T, o *Observation, i *Installation) {
			for n := range i.Webhook.Webhooks {
				i.Webhook.Webhooks[n].NamespaceSelector.MatchLabels = map[string]string{"team": "a"}
			}
		}, []string{"error SelectorMisses"}, []string{"it wants team=a, and namespace shop has no label team"}},
		{"AKS left a namespace out", func(_ *testing.T, o *Observation, i *Installation) {
			for n := range i.Webhook.Webhooks {
				s := i.Webhook.Webhooks[n].NamespaceSelector
				s.MatchExpressions = append([]metav1.LabelSelectorRequirement{{Key: "control-plane", Operator: metav1.LabelSelectorOpDoesNotExist}}, s.MatchExpressions...)
			}
			shop(o, webhook.LabelInjection, "enabled", "control-plane", "shop")
		}, []string{"error SelectorMisses"}, []string{
			"outrigger, namespace.sidecar-injector.outrigger.io, whose namespaceSelector says no: it wants no label control-plane, and namespace shop has control-plane=shop",
			"webhook.annotations.admissions\\.enforcer/disabled=true",
		}},
		{"a webhook configuration that has no rules yet", func(_ *testing.T, _ *Observation, i *Installation) {
			for n := range i.Webhook.Webhooks {
				i.Webhook.Webhooks[n].Rules = nil
			}
		}, []string{"warning WebhookClosed"}, []string{"every entry: it has no rules yet", "logs deployment/outrigger"}},
		{"a namespace wants a tag", func(t *testing.T, o *Observation, _ *Installation) {
			canary := add(t, o, "canary")
			canary.Webhook.Webhooks[0].NamespaceSelector.MatchExpressions[0].Values = []string{"canary", "prod"}
			canary.Webhook.Webhooks[0].ObjectSelector.MatchLabels = map[string]string{"team": "a"}
			shop(o, webhook.LabelRevision, "prod")
		}, []string{"error SelectorMisses"}, []string{"it asks for injection by istio.io/rev=prod, and no entry of MutatingWebhookConfiguration outrigger-canary selects its pods", "it wants team=a"}},
		{"two revisions claim one tag", func(t *testing.T, o *Observation, _ *Installation) {
			for _, i := range []*Installation{add(t, o, "blue"), add(t, o, "green")} {
				i.Webhook.Webhooks[0].NamespaceSelector.MatchExpressions[0].Values = []string{i.Revision, "prod"}
				i.Webhook.Webhooks[1].ObjectSelector.MatchExpressions[0].Values = []string{i.Revision, "prod"}
			}
		}, []string{"warning DoubleInjection"}, []string{"MutatingWebhookConfigurations outrigger-blue, outrigger-green: each of them injects pods labelled istio.io/rev=prod"}},
		{"a namespace wants another revision that is there", func(t *testing.T, o *Observation, _ *Installation) {
			add(t, o, "canary")
			shop(o, webhook.LabelRevision, "canary")
		}, nil, []string{"MutatingWebhookConfiguration outrigger-canary: it receives the pods of namespace shop"}},
		{"the cluster's own namespace wants injection", func(_ *testing.T, o *Observation, _ *Installation) {
			o.Namespaces.Value[2].Labels[webhook.LabelInjection] = "enabled"
		}, []string{"warning NamespaceNeverInjected"}, []string{"Namespace kube-system"}},
		{"a mesh injects too", func(_ *testing.T, o *Observation, _ *Installation) {
			o.Webhooks = append([]admissionv1.MutatingWebhookConfiguration{meshInjector()}, o.Webhooks...)
		}, []string{"warning DoubleInjection"}, []string{"MutatingWebhookConfigurations istio-sidecar-injector, outrigger: each of them injects the pods of namespace shop; the sidecar that stays is that of outrigger"}},
		{"a mesh injects the cluster's own namespace", func(_ *testing.T, o *Observation, _ *Installation) {
			mesh := meshInjector()
			mesh.Webhooks[0].NamespaceSelector.MatchLabels = map[string]string{webhook.LabelInjection: "enabled", corev1.LabelMetadataName: "kube-system"}
			o.Webhooks = append(o.Webhooks, mesh)
			o.Namespaces.Value[2].Labels[webhook.LabelInjection] = "enabled"
		}, nil, nil},
		{"one of two webhook configurations is deleted", func(t *testing.T, o *Observation, i *Installation) {
			add(t, o, "canary")
			o.Webhooks, i.Webhook, i.Certificates.Value.Webhooks = o.Webhooks[1:], nil, nil
		}, []string{"error WebhookMissing"}, nil},
		{"only a revision is there, and no namespace asks", func(t *testing.T, o *Observation, _ *Installation) {
			o.Webhooks, o.Installations = nil, nil
			add(t, o, "canary")
			shop(o)
		}, []string{"info NoNamespaces"}, []string{"kubectl label namespace NAME istio.io/rev=canary"}},
		{"a mesh injects too, on a condition", func(_ *testing.T, o *Observation, _ *Installation) {
			mesh := meshInjector()
			mesh.Webhooks[0].MatchConditions = []admissionv1.MatchCondition{{Name: "some", Expression: "object.metadata.name != ''"}}
			o.Webhooks = append(o.Webhooks, mesh)
		}, []string{"warning DoubleInjection"}, []string{"each of them may inject the pods of namespace shop"}},
		{"a mesh injects pods that ask for it", func(_ *testing.T, o *Observation, _ *Installation) {
			mesh := meshInjector()
			mesh.Webhooks[0].NamespaceSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: webhook.LabelInjection, Operator: metav1.LabelSelectorOpDoesNotExist}}}
			mesh.Webhooks[0].ObjectSelector = &metav1.LabelSelector{MatchLabels: map[string]string{webhook.LabelInject: "true"}}
			o.Webhooks = append(o.Webhooks, mesh)
		}, []string{"warning DoubleInjection"}, []string{"pods labelled sidecar.istio.io/inject=true"}},
		{"a mesh injects elsewhere", func(_ *testing.T, o *Observation, _ *Installation) {
			mesh := meshInjector()
			mesh.Webhooks[0].NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{webhook.LabelRevision: "mesh"}}
			o.Webhooks = append(o.Webhooks, mesh)
			o.Namespaces.Value = append(o.Namespaces.Value, namespace("meshed", webhook.LabelRevision, "mesh"))
		}, nil, nil},
		{"somebody else changes pods", func(_ *testing.T, o *Observation, _ *Installation) {
			o.Webhooks = append(o.Webhooks, admissionv1.MutatingWebhookConfiguration{
				ObjectMeta: metav1.ObjectMeta{Name: "labeller"},
				Webhooks:   []admissionv1.MutatingWebhook{{Name: "label.example.com", Rules: podRules()}},
			})
		}, []string{"info OtherWebhook"}, []string{"label.example.com"}},
		{"the Deployment may not be read", func(_ *testing.T, o *Observation, i *Installation) {
			// With a profile and cert-manager, there is nothing in the usual places.
			i.arguments, i.Deployment = nil, Seen[*appsv1.Deployment]{Err: forbidden}
			i.Injector, i.Mesh = Seen[*corev1.ConfigMap]{Err: notFound}, Seen[*corev1.ConfigMap]{Err: notFound}
		}, []string{"warning NotLookedAt", "warning NotLookedAt", "warning NotLookedAt"}, []string{"--injector-config-map", "certificate of Service outrigger-system/outrigger", "--address"}},
		{"neither Deployment nor CA bundle is to be had", func(_ *testing.T, o *Observation, i *Installation) {
			i.arguments, i.Deployment = nil, Seen[*appsv1.Deployment]{Err: forbidden}
			for n := range i.Webhook.Webhooks {
				i.Webhook.Webhooks[n].ClientConfig.CABundle = nil
			}
		}, []string{"warning BundleEmpty", "warning NotLookedAt"}, []string{"the authorities that they trust anyway"}},
		{"neither cert-manager's Secret nor a CA bundle is to be had", func(t *testing.T, _ *Observation, i *Installation) {
			certManager(i, nil, newChain(t, served, now.Add(time.Hour)))
			i.TLS = Seen[*corev1.Secret]{Err: forbidden}
		}, []string{"error BundleEmpty", "warning NotLookedAt"}, []string{"cainjector"}},
		{"the authority was made by a clock that was ahead", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Certificates.Value.Authorities[0].NotBefore = now.Add(time.Hour)
		}, []string{"error CertificateExpired"}, []string{"CA aaaa, which signs, is not valid before 2026-05-01T13:00:00Z"}},
		{"cert-manager's Certificate is not ready, nor is its Issuer", func(t *testing.T, _ *Observation, i *Installation) {
			c := newChain(t, served, now.Add(time.Hour))
			certManager(i, c.authorityPEM, c)
			issuing(i, "DoesNotExist: Issuing certificate as Secret does not exist", "ErrGetKeyPair: secret \"ca\" not found")
		}, []string{"warning CertificateUnready", "warning IssuerUnready"}, []string{
			"Certificate outrigger-system/outrigger: it is not ready: DoesNotExist: Issuing certificate as Secret does not exist",
			"Issuer outrigger-system/authority: it is not ready: ErrGetKeyPair: secret \"ca\" not found",
		}},
		{"cert-manager's Certificate is not ready, and there is no Issuer", func(t *testing.T, _ *Observation, i *Installation) {
			c := newChain(t, served, now.Add(time.Hour))
			certManager(i, c.authorityPEM, c)
			issuing(i, "Pending: soon", "")
			i.Issuer = Seen[certmanagerv1.GenericIssuer]{Err: notFound}
		}, []string{"warning CertificateUnready", "warning IssuerUnready"}, []string{"Issuer outrigger-system/authority: it does not exist"}},
		{"cert-manager's Certificate is ready", func(t *testing.T, _ *Observation, i *Installation) {
			c := newChain(t, served, now.Add(time.Hour))
			certManager(i, c.authorityPEM, c)
			issuing(i, "", "")
		}, nil, nil},
		{"there is no cert-manager any more", func(t *testing.T, _ *Observation, i *Installation) {
			c := newChain(t, served, now.Add(time.Hour))
			certManager(i, c.authorityPEM, c)
			i.Certificate.Err = notFound
		}, []string{"warning CertificateUnready"}, []string{"nothing renews", "kubectl get crd certificates.cert-manager.io"}},
		{"what cert-manager says may not be read", func(t *testing.T, _ *Observation, i *Installation) {
			c := newChain(t, served, now.Add(time.Hour))
			certManager(i, c.authorityPEM, c)
			i.Certificate.Err = forbidden
		}, []string{"warning NotLookedAt"}, []string{"Certificate of Secret"}},
		{"the release has a name of its own", func(_ *testing.T, _ *Observation, i *Installation) {
			i.Deployment.Value.Annotations = map[string]string{"meta.helm.sh/release-name": "sidecars"}
			i.Service = Seen[*corev1.Service]{Err: notFound}
		}, []string{"error ServiceMissing"}, []string{"helm upgrade sidecars deploy/chart -n outrigger-system"}},
		{"much may not be read", func(_ *testing.T, o *Observation, i *Installation) {
			o.Namespaces = Seen[[]corev1.Namespace]{Err: forbidden}
			o.Deployments.Err = forbidden
			i.Service = Seen[*corev1.Service]{Err: forbidden}
			i.Mesh = Seen[*corev1.ConfigMap]{Err: forbidden}
			i.Certificates.Err = forbidden
		}, []string{"warning NotLookedAt", "warning NotLookedAt", "warning NotLookedAt", "warning NotLookedAt", "warning NotLookedAt"}, []string{"docs/troubleshooting.md", "forbidden"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := healthy(t)
			tt.fault(t, o, o.Installations[0])
			findings := Judge(o)
			var wrong []Finding
			for _, f := range findings {
				if f.Severity != OK {
					wrong = append(wrong, f)
				}
				if f.Severity == Error && f.Next == "" {
					t.Errorf("there is no next step for %+v", f)
				}
			}
			if diff := cmp.Diff(tt.want, words(wrong)); diff != "" {
				t.Errorf("findings (-want +got):\n%s\nof %+v", diff, findings)
			}
			for _, want := range tt.says {
				if text := textOf(findings); !strings.Contains(text, want) {
					t.Errorf("%q is not said in\n%s", want, text)
				}
			}
		})
	}
}

func words(findings []Finding) []string {
	var all []string
	for _, f := range findings {
		all = append(all, string(f.Severity)+" "+string(f.Reason))
	}
	return all
}

func textOf(findings []Finding) string {
	var text strings.Builder
	for _, f := range findings {
		text.WriteString(string(f.Reason) + " " + f.Subject + ": " + f.What + " -> " + f.Next + "\n")
	}
	return text.String()
}
