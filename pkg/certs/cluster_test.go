package certs

import (
	"context"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/controller-runtime/pkg/client"
	crfake "sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/outrigger-io/outrigger/internal/clustertest"
	"github.com/outrigger-io/outrigger/pkg/cluster"
)

// newFakeClient is an API in memory that, other than client-go's, checks and
// counts resource versions: what is written from an old view must fail.
func newFakeClient(t *testing.T, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	mapper := meta.NewDefaultRESTMapper(nil)
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, admissionv1.AddToScheme, eventsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Secret"), meta.RESTScopeNamespace)
	mapper.Add(eventsv1.SchemeGroupVersion.WithKind("Event"), meta.RESTScopeNamespace)
	mapper.Add(admissionv1.SchemeGroupVersion.WithKind("MutatingWebhookConfiguration"), meta.RESTScopeRoot)
	byName := func(o client.Object) []string { return []string{o.GetName()} }
	return crfake.NewClientBuilder().WithScheme(scheme).WithRESTMapper(mapper).WithObjects(objects...).
		WithIndex(&corev1.Secret{}, "metadata.name", byName).
		WithIndex(&admissionv1.MutatingWebhookConfiguration{}, "metadata.name", byName).Build()
}

// versioned is a cluster whose objects are those of a client, but for the Leases.
type versioned struct {
	cluster.Interface
	client client.WithWatch
}

func newVersioned(c client.WithWatch, leases *fake.Clientset) cluster.Interface {
	return versioned{clustertest.Of(leases), c}
}

func (v versioned) Secrets(namespace string) cluster.Secrets {
	return of[*corev1.Secret, *corev1.SecretList](v.client, namespace)
}

func (v versioned) Events(namespace string) cluster.Events {
	return of[*eventsv1.Event, *eventsv1.EventList](v.client, namespace)
}

func (v versioned) WebhookConfigurations() cluster.WebhookConfigurations {
	return of[*admissionv1.MutatingWebhookConfiguration, *admissionv1.MutatingWebhookConfigurationList](v.client, "")
}

func of[T interface {
	client.Object
	*O
}, L interface {
	client.ObjectList
	*M
}, O, M any](c client.WithWatch, namespace string) cluster.Collection[T, L] {
	return collection[T, L, O, M]{c, namespace}
}

// collection is one of a client's.
type collection[T interface {
	client.Object
	*O
}, L interface {
	client.ObjectList
	*M
}, O, M any] struct {
	client    client.WithWatch
	namespace string
}

// IsWatchListSemanticsUnSupported says that the fake API cannot stream a list,
// which a reflector would otherwise ask it to.
func (collection[T, L, O, M]) IsWatchListSemanticsUnSupported() bool { return true }

func (c collection[T, L, O, M]) options(o metav1.ListOptions) (*client.ListOptions, error) {
	selector, err := fields.ParseSelector(o.FieldSelector)
	return &client.ListOptions{Namespace: c.namespace, FieldSelector: selector, Raw: &o}, err
}

func (c collection[T, L, O, M]) Get(ctx context.Context, name string, _ metav1.GetOptions) (T, error) {
	object := T(new(O))
	err := c.client.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: name}, object)
	return object, err
}

func (c collection[T, L, O, M]) List(ctx context.Context, o metav1.ListOptions) (L, error) {
	list := L(new(M))
	options, err := c.options(o)
	if err != nil {
		return list, err
	}
	return list, c.client.List(ctx, list, options)
}

func (c collection[T, L, O, M]) Watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	options, err := c.options(o)
	if err != nil {
		return nil, err
	}
	w, err := c.client.Watch(ctx, L(new(M)), options)
	if err != nil {
		return nil, err
	}
	now, err := c.now(ctx, o)
	if err != nil {
		w.Stop()
		return nil, err
	}
	return fromListOn(now, w), nil
}

// now is the object that a watch by name is for, as an event.
func (c collection[T, L, O, M]) now(ctx context.Context, o metav1.ListOptions) (watch.Event, error) {
	name := strings.TrimPrefix(o.FieldSelector, "metadata.name=")
	object, err := c.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		object.SetName(name)
		return watch.Event{Type: watch.Deleted, Object: object}, nil
	}
	return watch.Event{Type: watch.Modified, Object: object}, err
}

// fromListOn is a watch that begins with an event. An API server's tells what
// changed between the list and the watch, and the fake one's does not.
func fromListOn(first watch.Event, w watch.Interface) watch.Interface {
	events := make(chan watch.Event, 1)
	events <- first
	proxy := watch.NewProxyWatcher(events)
	go func() {
		defer close(events)
		defer w.Stop()
		for {
			select {
			case e, ok := <-w.ResultChan():
				if !ok {
					return
				}
				select {
				case events <- e:
				case <-proxy.StopChan():
					return
				}
			case <-proxy.StopChan():
				return
			}
		}
	}()
	return proxy
}

func (c collection[T, L, O, M]) Create(ctx context.Context, object T, _ metav1.CreateOptions) (T, error) {
	return object, c.client.Create(ctx, object)
}

func (c collection[T, L, O, M]) Update(ctx context.Context, object T, _ metav1.UpdateOptions) (T, error) {
	return object, c.client.Update(ctx, object)
}

func (c collection[T, L, O, M]) Patch(ctx context.Context, name string, kind types.PatchType, patch []byte, _ metav1.PatchOptions, _ ...string) (T, error) {
	object := T(new(O))
	object.SetNamespace(c.namespace)
	object.SetName(name)
	return object, c.client.Patch(ctx, object, client.RawPatch(kind, patch))
}
