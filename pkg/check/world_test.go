package check

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/certs"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// now is when all that is observed here was.
var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// home is where Outrigger is installed.
const home = "outrigger-system"

var (
	notFound  = apierrors.NewNotFound(schema.GroupResource{Resource: "things"}, "it")
	forbidden = apierrors.NewForbidden(schema.GroupResource{Resource: "things"}, "it", nil)
)

// healthy is a cluster with the default revision, as the chart installs it, and a
// namespace that is injected.
func healthy(t testing.TB) *Observation {
	t.Helper()
	o := &Observation{At: now, Command: Build{Version: "0.1.0"}, Namespaces: Seen[[]corev1.Namespace]{Value: []corev1.Namespace{
		namespace("default"), namespace(home), namespace("kube-system"),
		namespace("shop", webhook.LabelInjection, "enabled"),
	}}}
	o.Nodes.Value = []corev1.Node{node("node-1", "v1.34.1")}
	add(t, o, "")
	return o
}

// node is a node with a kubelet of this version.
func node(name, kubelet string) (n corev1.Node) {
	n.Name, n.Status.NodeInfo.KubeletVersion = name, kubelet
	return n
}

// add adds an installation of a revision.
func add(t testing.TB, o *Observation, revision string) *Installation {
	t.Helper()
	config, err := webhook.WebhookConfiguration{
		Name: nameOf(revision), Revision: revision, Namespace: home,
		Service: &webhook.Service{Namespace: home, Name: nameOf(revision)}, CABundle: newChain(t, "any", now).authorityPEM,
	}.Build()
	if err != nil {
		t.Fatal(err)
	}
	config.CreationTimestamp = metav1.NewTime(now.Add(-24 * time.Hour))
	sources, err := profiles.Get(profiles.Default)
	if err != nil {
		t.Fatal(err)
	}
	report := certs.Report{
		At: now, Secret: home + "/outrigger-ca", Phase: certs.Steady,
		Authorities: []certs.AuthorityStatus{{Fingerprint: "aaaa", Role: "signs", NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}},
	}
	for _, w := range config.Webhooks {
		report.Webhooks = append(report.Webhooks, certs.WebhookStatus{Configuration: config.Name, Name: w.Name, Trusts: []string{"aaaa"}, InSync: true})
	}
	d := deployment(revision)
	i := &Installation{
		identity: identity{Revision: revision, Name: config.Name, Namespace: home, ServiceName: nameOf(revision), Port: 443, arguments: argumentsOf(d.Spec.Template.Spec)},
		Webhook:  config,
		Service: Seen[*corev1.Service]{Value: &corev1.Service{Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": "outrigger"},
			Ports:    []corev1.ServicePort{{Name: "https-webhook", Port: 443}},
		}}},
		Deployment:   Seen[*appsv1.Deployment]{Value: d},
		Slices:       Seen[[]discoveryv1.EndpointSlice]{Value: []discoveryv1.EndpointSlice{slice(true, true)}},
		Injector:     Seen[*corev1.ConfigMap]{Value: &corev1.ConfigMap{Data: map[string]string{"config": string(sources.Config), "values": string(sources.Values)}}},
		Mesh:         Seen[*corev1.ConfigMap]{Value: &corev1.ConfigMap{Data: map[string]string{"mesh": string(sources.Mesh)}}},
		Certificates: Seen[certs.Report]{Value: report},
	}
	o.Webhooks = append(o.Webhooks, *config)
	o.Installations = append(o.Installations, i)
	return i
}

func deployment(revision string) *appsv1.Deployment {
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{
		Name: nameOf(revision), Namespace: home,
		Labels: map[string]string{"app.kubernetes.io/name": "outrigger", revisionLabel: revisionName(revision)},
	}}
	d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "outrigger", Image: "outrigger:0.1.0", Args: []string{"serve", "--revision=" + revision}}}
	return d
}

// replicaSpec is that of the pods of such a Deployment.
func replicaSpec() corev1.PodSpec { return deployment("").Spec.Template.Spec }

func slice(ready ...bool) discoveryv1.EndpointSlice {
	s := discoveryv1.EndpointSlice{Ports: []discoveryv1.EndpointPort{{Name: new("https-webhook"), Port: new(int32(15017))}}}
	for n, is := range ready {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Addresses: []string{fmt.Sprintf("192.0.2.%d", n)}, Conditions: discoveryv1.EndpointConditions{Ready: &is}})
	}
	return s
}

// namespace has the label that the API server gives it, and those in pairs.
func namespace(name string, pairs ...string) corev1.Namespace {
	n := corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelMetadataName: name}}}
	for ; len(pairs) > 0; pairs = pairs[2:] {
		n.Labels[pairs[0]] = pairs[1]
	}
	return n
}

// shop changes the labels of the namespace shop.
func shop(o *Observation, pairs ...string) *corev1.Namespace {
	for n := range o.Namespaces.Value {
		if o.Namespaces.Value[n].Name == "shop" {
			o.Namespaces.Value[n] = namespace("shop", pairs...)
			return &o.Namespaces.Value[n]
		}
	}
	panic("there is one")
}

// disable has an installation send no pods, as the chart does with
// webhook.enabled=false.
func disable(i *Installation) {
	for n := range i.Webhook.Webhooks {
		w := &i.Webhook.Webhooks[n]
		w.MatchConditions = append([]admissionv1.MatchCondition{{Name: "enabled", Expression: "false"}}, w.MatchConditions...)
	}
}

// meshInjector is the webhook configuration of a mesh's control plane.
func meshInjector() admissionv1.MutatingWebhookConfiguration {
	return admissionv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "istio-sidecar-injector"},
		Webhooks: []admissionv1.MutatingWebhook{{
			Name: "namespace.sidecar-injector.istio.io",
			NamespaceSelector: &metav1.LabelSelector{
				MatchLabels: map[string]string{webhook.LabelInjection: "enabled"},
			},
			Rules: podRules(),
		}},
	}
}

func podRules() []admissionv1.RuleWithOperations {
	return []admissionv1.RuleWithOperations{{
		Operations: []admissionv1.OperationType{admissionv1.Create},
		Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
	}}
}

// chain is an authority and a certificate of it.
type chain struct {
	authority, leaf *x509.Certificate
	authorityPEM    []byte
	certPEM, keyPEM []byte
}

func newChain(t testing.TB, name string, until time.Time) chain {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(template, parent *x509.Certificate) *x509.Certificate {
		template.SerialNumber, template.NotBefore = big.NewInt(1), now.Add(-48*time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return cert
	}
	ca := &x509.Certificate{Subject: pkix.Name{CommonName: "authority"}, NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	authority := sign(ca, ca)
	leaf := sign(&x509.Certificate{DNSNames: []string{name}, NotAfter: until}, authority)
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	return chain{authority, leaf, encode("CERTIFICATE", authority.Raw), encode("CERTIFICATE", leaf.Raw), encode("EC PRIVATE KEY", private)}
}
