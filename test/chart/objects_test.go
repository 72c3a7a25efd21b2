package chart_test

import (
	"testing"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/test/chart"
)

var scheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		admissionregistrationv1.AddToScheme, appsv1.AddToScheme, autoscalingv2.AddToScheme, corev1.AddToScheme,
		networkingv1.AddToScheme, policyv1.AddToScheme, rbacv1.AddToScheme,
		certmanagerv1.AddToScheme, monitoringv1.AddToScheme,
	} {
		if err := add(s); err != nil {
			panic(err)
		}
	}
	return s
}()

// decode reads a manifest into its type, and takes no field that the type lacks
// and no key twice, as an API server does under strict field validation.
func decode(t *testing.T, manifest string) client.Object {
	t.Helper()
	var head unstructured.Unstructured
	if err := yaml.UnmarshalStrict([]byte(manifest), &head.Object); err != nil {
		t.Fatalf("%v in:\n%s", err, manifest)
	}
	object, err := scheme.New(head.GroupVersionKind())
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict([]byte(manifest), object); err != nil {
		t.Fatalf("%s %s: %v in:\n%s", head.GetKind(), head.GetName(), err, manifest)
	}
	return object.(client.Object)
}

func objects(t *testing.T, manifests []chart.Manifest) []client.Object {
	t.Helper()
	var all []client.Object
	for _, m := range manifests {
		all = append(all, decode(t, m.YAML))
	}
	return all
}

// of picks the objects of one type.
func of[T client.Object](objects []client.Object) []T {
	var picked []T
	for _, o := range objects {
		if object, ok := o.(T); ok {
			picked = append(picked, object)
		}
	}
	return picked
}

// the one object of a type.
func the[T client.Object](t *testing.T, objects []client.Object) T {
	t.Helper()
	picked := of[T](objects)
	if len(picked) != 1 {
		t.Fatalf("%d objects are of type %T, want one", len(picked), *new(T))
	}
	return picked[0]
}
