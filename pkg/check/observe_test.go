package check

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/outrigger-io/outrigger/internal/clustertest"
	"github.com/outrigger-io/outrigger/pkg/cluster"
)

// objects is the healthy cluster as an API server has it.
func objects(t *testing.T) []client.Object {
	t.Helper()
	o := healthy(t)
	i := o.Installations[0]
	place := func(meta *metav1.ObjectMeta, name string) { meta.Name, meta.Namespace = name, home }
	place(&i.Service.Value.ObjectMeta, "outrigger")
	i.Service.Value.Spec.Type = corev1.ServiceTypeClusterIP
	place(&i.Injector.Value.ObjectMeta, "istio-sidecar-injector")
	place(&i.Mesh.Value.ObjectMeta, "istio")
	place(&i.Slices.Value[0].ObjectMeta, "outrigger-1")
	i.Slices.Value[0].Labels = map[string]string{"kubernetes.io/service-name": "outrigger"}
	all := []client.Object{i.Webhook, i.Service.Value, i.Deployment.Value, i.Injector.Value, i.Mesh.Value, &i.Slices.Value[0]}
	for n := range o.Namespaces.Value {
		all = append(all, &o.Namespaces.Value[n])
	}
	return all
}

func TestObserve(t *testing.T) {
	wrote := func() error { t.Error("looking wrote"); return nil }
	onlyLooked := clustertest.New(objects(t)...).With(interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return wrote() },
		Update: func(context.Context, client.WithWatch, client.Object, ...client.UpdateOption) error { return wrote() },
		Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
			return wrote()
		},
		Delete: func(context.Context, client.WithWatch, client.Object, ...client.DeleteOption) error { return wrote() },
	})
	o, err := Observe(t.Context(), onlyLooked, Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	// An authority is not in this cluster.
	want := []string{"ok WebhookInPlace", "ok EndpointsReady", "warning AuthorityUnsound", "ok ConfigurationCompiles", "ok NamespacesInjected"}
	if diff := cmp.Diff(want, words(Judge(o))); diff != "" {
		t.Errorf("findings (-want +got):\n%s\n%s", diff, textOf(Judge(o)))
	}

	t.Run("only a pod's namespace", func(t *testing.T) {
		o, err := Observe(t.Context(), clustertest.New(objects(t)...), Options{PodNamespace: "shop", Pods: true})
		if err != nil || len(o.Namespaces.Value) != 1 || o.Namespaces.Value[0].Name != "shop" {
			t.Errorf("namespaces are %v, error %v, want shop alone", o.Namespaces.Value, err)
		}
	})
	t.Run("addresses of one of several", func(t *testing.T) {
		canary := add(t, &Observation{}, "canary").Webhook
		_, err := Observe(t.Context(), clustertest.New(append(objects(t), canary)...), Options{Addresses: []string{"192.0.2.1:1"}})
		if err == nil || !strings.Contains(err.Error(), "there are 2 revisions") {
			t.Errorf("the error is %v, want one that asks for the revision", err)
		}
	})
	t.Run("a namespace that is not there", func(t *testing.T) {
		o, err := Observe(t.Context(), clustertest.New(objects(t)...), Options{PodNamespace: "nowhere", Pods: true})
		if err != nil || len(o.Namespaces.Value) != 0 || o.Namespaces.Err != nil {
			t.Errorf("namespaces are %+v, error %v, want none and no error", o.Namespaces, err)
		}
	})
}

// TestObserveWithFewRights shows that what may not be read is a finding, and all
// the rest is looked at.
func TestObserveWithFewRights(t *testing.T) {
	without := func(kinds ...string) clustertest.Cluster {
		may := func(o runtime.Object) bool {
			gvk, err := apiutil.GVKForObject(o, cluster.Scheme())
			return err == nil && !slices.Contains(kinds, strings.TrimSuffix(gvk.Kind, "List"))
		}
		return clustertest.New(objects(t)...).With(interceptor.Funcs{
			Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
				if may(o) {
					return c.Get(ctx, key, o, opts...)
				}
				return forbidden
			},
			List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
				if may(list) {
					return c.List(ctx, list, opts...)
				}
				return forbidden
			},
		})
	}
	for _, kind := range []string{"Namespace", "Deployment", "Service", "EndpointSlice", "ConfigMap", "Secret"} {
		t.Run(kind, func(t *testing.T) {
			o, err := Observe(t.Context(), without(kind), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if said := words(Judge(o)); !slices.Contains(said, "warning NotLookedAt") || !slices.Contains(said, "ok WebhookInPlace") {
				t.Errorf("findings are %q, want one that it was not looked at, and the rest", said)
			}
		})
	}
	for name, forbids := range map[string][]string{
		"nothing of the cluster's":  {"MutatingWebhookConfiguration", "Namespace"},
		"no webhook configurations": {"MutatingWebhookConfiguration"},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := Observe(t.Context(), without(forbids...), Options{Namespace: home})
			if err != nil {
				t.Fatal(err)
			}
			said := words(Judge(o))
			for _, want := range []string{"warning NotLookedAt", "ok EndpointsReady", "ok ConfigurationCompiles"} {
				if !slices.Contains(said, want) {
					t.Errorf("findings are %q, want also %s", said, want)
				}
			}
			for _, finding := range said {
				if strings.HasPrefix(finding, "error") {
					t.Errorf("what was not seen is called wrong: %q", said)
				}
			}
			if e := explainShop(t, o); e.Verdict != Undecided || e.Reason != NotLookedAt {
				t.Errorf("of a pod it says %s (%s): %s", e.Verdict, e.Reason, e.Because)
			}
		})
	}
	_, err := Observe(t.Context(), without("MutatingWebhookConfiguration", "Namespace", "Deployment", "Service"), Options{})
	if err == nil || !strings.Contains(err.Error(), "listing the MutatingWebhookConfigurations") {
		t.Errorf("where nothing may be read, the error is %v", err)
	}
}

// explainShop is what is said of an ordinary pod in namespace shop.
func explainShop(t *testing.T, o *Observation) Explanation {
	t.Helper()
	e, err := Explain(o, Pod{Subject: "web", Namespace: "shop", JSON: []byte(plain)})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestAuthority finds the installation that certificates are asked about.
func TestAuthority(t *testing.T) {
	with := func(changes ...func(*appsv1.Deployment)) []client.Object {
		all := objects(t)
		for _, o := range all {
			if d, ok := o.(*appsv1.Deployment); ok {
				for _, change := range changes {
					change(d)
				}
			}
		}
		return all
	}
	arguments := func(args ...string) func(*appsv1.Deployment) {
		return func(d *appsv1.Deployment) {
			d.Spec.Template.Spec.Containers[0].Args = append([]string{"serve"}, args...)
		}
	}
	canary := add(t, &Observation{}, "canary").Webhook
	forbidsList := clustertest.New(with()...).With(interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return forbidden
		},
	})
	for _, test := range []struct {
		name    string
		cluster clustertest.Cluster
		options Options
		want    string // where its Secret is and what names it, or the error
	}{
		{"the one there is", clustertest.New(with()...), Options{}, "outrigger-system/outrigger-ca of outrigger, [outrigger], leaves for 0s"},
		{
			"with arguments of its own", clustertest.New(with(arguments("--cert-secret=mine", "--leaf-lifetime=2h"))...),
			Options{},
			"outrigger-system/mine of outrigger, [outrigger], leaves for 2h0m0s",
		},
		{"one of two", clustertest.New(append(with(), canary)...), Options{Revision: "canary"}, "outrigger-system/outrigger-ca-canary of outrigger-canary, [outrigger-canary], leaves for 0s"},
		{"either of two", clustertest.New(append(with(), canary)...), Options{}, "name one of default, canary by --revision"},
		{"none, somewhere", clustertest.New(), Options{Namespace: "mesh"}, "mesh/outrigger-ca of outrigger, [outrigger], leaves for 0s"},
		{"none that may be looked for, somewhere", forbidsList, Options{Namespace: "mesh"}, "mesh/outrigger-ca of outrigger, [outrigger], leaves for 0s"},
		{"none that may be looked for", forbidsList, Options{}, "listing the MutatingWebhookConfigurations"},
		{"one without an authority", clustertest.New(with(arguments("--cert-mode=cert-manager"))...), Options{}, "certMode cert-manager: outrigger check tells"},
	} {
		a, err := Authority(t.Context(), test.cluster, test.options)
		got := fmt.Sprintf("%s/%s of %s, %v, leaves for %s", a.Namespace, a.Secret, a.Service, a.WebhookConfigurations, a.Timing.Leaf)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestObserveIssuing finds the Certificate that writes the Secret which is mounted,
// and who signs it.
func TestObserveIssuing(t *testing.T) {
	certificate := func(name, secret, issuer, kind, group string) *certmanagerv1.Certificate {
		c := &certmanagerv1.Certificate{ObjectMeta: metav1.ObjectMeta{Namespace: home, Name: name}}
		c.Spec.SecretName, c.Spec.IssuerRef.Name, c.Spec.IssuerRef.Kind, c.Spec.IssuerRef.Group = secret, issuer, kind, group
		return c
	}
	issuer := &certmanagerv1.Issuer{ObjectMeta: metav1.ObjectMeta{Namespace: home, Name: "signs"}}
	everywhere := &certmanagerv1.ClusterIssuer{ObjectMeta: metav1.ObjectMeta{Name: "signs"}}
	for _, test := range []struct {
		name    string
		objects []client.Object
		want    string // "Certificate, issuer", an error or nothing in place of each
	}{
		{"none", nil, "not found, nothing"},
		{"of another Secret", []client.Object{certificate("other", "other", "signs", "", "")}, "not found, nothing"},
		{"by an Issuer", []client.Object{certificate("other", "other", "else", "", ""), certificate("mine", "tls", "signs", "", ""), issuer}, "mine, *v1.Issuer"},
		{"by a ClusterIssuer", []client.Object{certificate("mine", "tls", "signs", "ClusterIssuer", "cert-manager.io"), everywhere}, "mine, *v1.ClusterIssuer"},
		{"by one that is gone", []client.Object{certificate("mine", "tls", "signs", "Issuer", "")}, "mine, not found"},
		{"by another's kind", []client.Object{certificate("mine", "tls", "signs", "Vault", "example.com")}, "mine, nothing"},
	} {
		i := &Installation{identity: identity{Namespace: home}}
		i.observeIssuing(t.Context(), clustertest.New(test.objects...), "tls")
		got := []string{"nothing", "nothing"}
		switch {
		case i.Certificate.missing():
			got[0] = "not found"
		case i.Certificate.Value != nil:
			got[0] = i.Certificate.Value.Name
		}
		switch {
		case i.Issuer.missing():
			got[1] = "not found"
		case i.Issuer.Value != nil:
			got[1] = fmt.Sprintf("%T", i.Issuer.Value)
		}
		if got := strings.Join(got, ", "); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestIdentify(t *testing.T) {
	webhook := func(name, namespace, service string) admissionv1.MutatingWebhookConfiguration {
		return admissionv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: name}, Webhooks: []admissionv1.MutatingWebhook{{
			Name: "namespace.sidecar-injector.outrigger.io",
			ClientConfig: admissionv1.WebhookClientConfig{Service: &admissionv1.ServiceReference{
				Namespace: namespace, Name: service, Port: new(int32(8443)),
			}},
		}}}
	}
	tests := []struct {
		name        string
		webhooks    []admissionv1.MutatingWebhookConfiguration
		deployments []appsv1.Deployment
		options     Options
		want        []identity // without their arguments
	}{
		{
			name: "nothing",
			want: []identity{{"", "outrigger", "outrigger-system", "outrigger", 443, nil, nil}},
		},
		{
			name: "nothing, and a place to look", options: Options{Namespace: "mesh", Revision: "canary"},
			want: []identity{{"canary", "outrigger-canary", "mesh", "outrigger-canary", 443, nil, nil}},
		},
		{
			name:     "webhook configurations",
			webhooks: []admissionv1.MutatingWebhookConfiguration{webhook("outrigger", "a", "one"), webhook("outrigger-canary", "b", "two"), meshInjector()},
			want:     []identity{{"", "outrigger", "a", "one", 8443, nil, nil}, {"canary", "outrigger-canary", "b", "two", 8443, nil, nil}},
		},
		{
			name:     "one namespace of two",
			webhooks: []admissionv1.MutatingWebhookConfiguration{webhook("outrigger", "a", "one"), webhook("outrigger-canary", "b", "two")},
			options:  Options{Namespace: "b"},
			want:     []identity{{"canary", "outrigger-canary", "b", "two", 8443, nil, nil}},
		},
		{
			name:     "one revision of two",
			webhooks: []admissionv1.MutatingWebhookConfiguration{webhook("outrigger", "a", "one"), webhook("outrigger-canary", "b", "two")},
			options:  Options{Revision: "default"},
			want:     []identity{{"", "outrigger", "a", "one", 8443, nil, nil}},
		},
		{
			name:     "a configuration without entries",
			webhooks: []admissionv1.MutatingWebhookConfiguration{{ObjectMeta: metav1.ObjectMeta{Name: "outrigger-canary"}}},
			want:     []identity{{"canary", "outrigger-canary", "outrigger-system", "outrigger-canary", 443, nil, nil}},
		},
		{
			name:        "a Deployment alone",
			deployments: []appsv1.Deployment{*deployment("canary")},
			want:        []identity{{"canary", "outrigger-canary", "outrigger-system", "outrigger-canary", 443, nil, nil}},
		},
		{
			name:        "a Deployment beside the one that is called",
			webhooks:    []admissionv1.MutatingWebhookConfiguration{webhook("outrigger", "a", "outrigger")},
			deployments: []appsv1.Deployment{*deployment("")},
			want:        []identity{{"", "outrigger", "a", "outrigger", 8443, nil, nil}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := identify(tt.webhooks, tt.deployments, tt.options)
			for n := range found {
				if d := found[n].deployment; d != nil && d.Namespace != found[n].Namespace {
					t.Errorf("the Deployment is of namespace %s, want %s", d.Namespace, found[n].Namespace)
				}
				found[n].arguments, found[n].deployment = nil, nil
			}
			if diff := cmp.Diff(tt.want, found, cmp.AllowUnexported(identity{})); diff != "" {
				t.Errorf("installations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestArguments(t *testing.T) {
	pod := corev1.PodSpec{Containers: []corev1.Container{
		{Name: "other", Args: []string{"--profile=none"}},
		{Name: "outrigger", Command: []string{"/outrigger"}, Args: []string{"serve", "--profile", "istio-1.0", "--cert-mode=files", "--standalone", "--revision=", "stray"}},
	}}
	want := arguments{"profile": "istio-1.0", "cert-mode": "files", "standalone": "", "revision": ""}
	if diff := cmp.Diff(want, argumentsOf(pod)); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
	if got := argumentsOf(corev1.PodSpec{Containers: pod.Containers[:1]}); got != nil {
		t.Errorf("where nothing serves there are arguments: %v", got)
	}
	with := want.with(Options{InjectorConfigMap: "mine"})
	if with["injector-config-map"] != "mine" || with["cert-mode"] != "files" || with["profile"] != "" {
		t.Errorf("with the operator's word the arguments are %v", with)
	}
}
