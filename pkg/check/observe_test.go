package check

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

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
		o, err := Observe(t.Context(), clustertest.New(objects(t)...), Options{PodNamespace: "shop"})
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
		o, err := Observe(t.Context(), clustertest.New(objects(t)...), Options{PodNamespace: "nowhere"})
		if err != nil || len(o.Namespaces.Value) != 0 || o.Namespaces.Err != nil {
			t.Errorf("namespaces are %+v, error %v, want none and no error", o.Namespaces, err)
		}
	})
}

// TestObserveWithFewRights shows that what may not be read is a finding, and all
// the rest is looked at.
func TestObserveWithFewRights(t *testing.T) {
	without := func(kind string) clustertest.Cluster {
		may := func(o runtime.Object) bool {
			gvk, err := apiutil.GVKForObject(o, cluster.Scheme())
			return err == nil && strings.TrimSuffix(gvk.Kind, "List") != kind
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
	if _, err := Observe(t.Context(), without("MutatingWebhookConfiguration"), Options{}); err == nil {
		t.Error("without the webhook configurations there is nothing to say, but no error")
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
