package check

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/outrigger-io/outrigger/internal/clustertest"
)

// rightsTo has the API server of a cluster in memory say what whoever asks may create.
func rightsTo(c clustertest.Cluster, may func(*authorizationv1.ResourceAttributes) (bool, error)) clustertest.Cluster {
	return c.With(interceptor.Funcs{Create: func(_ context.Context, _ client.WithWatch, o client.Object, _ ...client.CreateOption) (err error) {
		review := o.(*authorizationv1.SelfSubjectAccessReview)
		review.Status.Allowed, err = may(review.Spec.ResourceAttributes)
		return err
	}})
}

func anything(*authorizationv1.ResourceAttributes) (bool, error) { return true, nil }

// meshMaps are the ConfigMaps of a mesh.
func meshMaps(t *testing.T) []client.Object {
	t.Helper()
	i := healthy(t).Installations[0]
	i.Injector.Value.ObjectMeta = metav1.ObjectMeta{Name: "istio-sidecar-injector", Namespace: usualMesh}
	i.Mesh.Value.ObjectMeta = metav1.ObjectMeta{Name: "istio", Namespace: usualMesh}
	return []client.Object{i.Injector.Value, i.Mesh.Value}
}

func TestJudgeBefore(t *testing.T) {
	shop := namespace("shop", "istio-injection", "enabled")
	noIngress := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "none", Namespace: "outrigger-system"}}
	onlySome := noIngress.DeepCopy()
	onlySome.Name, onlySome.Spec.PodSelector.MatchLabels = "some", map[string]string{"app": "web"}
	egress := noIngress.DeepCopy()
	egress.Name, egress.Spec.PolicyTypes = "egress", []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}
	mesh := add(t, &Observation{}, "").Webhook
	mesh.Name = "istio-sidecar-injector"
	for n := range mesh.Webhooks {
		mesh.Webhooks[n].Name = "namespace.sidecar-injector.istio.io"
	}
	broken := meshMaps(t)
	broken[0].(*corev1.ConfigMap).Data["config"] = "templates: ["

	for name, tt := range map[string]struct {
		objects []client.Object
		release string
		may     func(*authorizationv1.ResourceAttributes) (bool, error)
		options Options
		want    []string
	}{
		"an empty cluster": {
			want: []string{"ok KubernetesSupported", "ok RightsEnough", "info ConfigMapMissing", "info NoNamespaces"},
		},
		"a mesh": {
			objects: append(meshMaps(t), mesh, &shop),
			want: []string{
				"ok KubernetesSupported", "ok RightsEnough", "warning DoubleInjection", "ok ConfigurationCompiles", "info NamespacesWaiting",
			},
		},
		"another revision beside a mesh": {
			objects: append(meshMaps(t), mesh, &shop), options: Options{Revision: "canary"},
			want: []string{"ok KubernetesSupported", "ok RightsEnough", "info OtherWebhook", "info ConfigMapMissing", "info NoNamespaces"},
		},
		"a mesh whose configuration does not compile": {
			objects: broken,
			want:    []string{"ok KubernetesSupported", "ok RightsEnough", "error ConfigurationInvalid", "info NoNamespaces"},
		},
		"an old cluster": {
			release: "v1.29.9-gke.100",
			want:    []string{"error KubernetesTooOld", "ok RightsEnough", "info ConfigMapMissing", "info NoNamespaces"},
		},
		"only rights in the namespace": {
			may:  func(a *authorizationv1.ResourceAttributes) (bool, error) { return a.Namespace != "", nil },
			want: []string{"ok KubernetesSupported", "error RightsLacking", "info ConfigMapMissing", "info NoNamespaces"},
		},
		"rights that are not told": {
			may:  func(*authorizationv1.ResourceAttributes) (bool, error) { return false, errors.New("no answer") },
			want: []string{"ok KubernetesSupported", "warning NotLookedAt", "info ConfigMapMissing", "info NoNamespaces"},
		},
		"a policy for all pods": {
			objects: []client.Object{noIngress, onlySome, egress},
			want: []string{
				"ok KubernetesSupported", "ok RightsEnough", "warning PolicyInTheWay", "info ConfigMapMissing", "info NoNamespaces",
			},
		},
		"an installation": {
			objects: objects(t),
			want: []string{
				"ok KubernetesSupported", "ok RightsEnough", "warning InstalledAlready", "info ConfigMapMissing", "info NamespacesWaiting",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := clustertest.New(tt.objects...)
			if tt.release != "" {
				c.Release = tt.release
			}
			may := tt.may
			if may == nil {
				may = anything
			}
			b, err := ObserveBefore(t.Context(), rightsTo(c, may), tt.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, words(JudgeBefore(b))); diff != "" {
				t.Errorf("findings (-want +got):\n%s\n%s", diff, textOf(JudgeBefore(b)))
			}
		})
	}
}

// TestRightsBefore has the rights to make the namespace asked for where it is not there.
func TestRightsBefore(t *testing.T) {
	place := namespace("outrigger-system")
	for want, objects := range map[bool][]client.Object{true: nil, false: {&place}} {
		asked := false
		c := rightsTo(clustertest.New(objects...), func(a *authorizationv1.ResourceAttributes) (bool, error) {
			asked = asked || a.Resource == "namespaces"
			return true, nil
		})
		if _, err := ObserveBefore(t.Context(), c, Options{}); err != nil {
			t.Fatal(err)
		}
		if asked != want {
			t.Errorf("whether namespaces may be made was asked: %t, want %t", asked, want)
		}
	}
}
