package cluster

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
)

// Object is an object of the Kubernetes API.
type Object interface {
	runtime.Object
	metav1.Object
}

// Collection is the objects T of one kind, in one namespace where the kind has
// namespaces. Its methods are those of client-go's typed clients, which can take
// its place.
type Collection[T Object, L runtime.Object] interface {
	Get(ctx context.Context, name string, o metav1.GetOptions) (T, error)
	List(ctx context.Context, o metav1.ListOptions) (L, error)
	Watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error)
	Create(ctx context.Context, object T, o metav1.CreateOptions) (T, error)
	Update(ctx context.Context, object T, o metav1.UpdateOptions) (T, error)
	Patch(ctx context.Context, name string, kind types.PatchType, patch []byte, o metav1.PatchOptions, subresources ...string) (T, error)
}

// restCollection is the collection at one path of an API server. T and L are
// pointers to the structs O and M, which is how new ones can be made.
type restCollection[T interface {
	Object
	*O
}, L interface {
	runtime.Object
	*M
}, O, M any] struct {
	client    rest.Interface
	resource  string
	namespace string
	params    runtime.ParameterCodec
}

func (c restCollection[T, L, O, M]) at(r *rest.Request) *rest.Request {
	return r.NamespaceIfScoped(c.namespace, c.namespace != "").Resource(c.resource)
}

func (c restCollection[T, L, O, M]) Get(ctx context.Context, name string, o metav1.GetOptions) (T, error) {
	object := T(new(O))
	err := c.at(c.client.Get()).Name(name).VersionedParams(&o, c.params).Do(ctx).Into(object)
	return object, err
}

func (c restCollection[T, L, O, M]) List(ctx context.Context, o metav1.ListOptions) (L, error) {
	list := L(new(M))
	err := c.at(c.client.Get()).VersionedParams(&o, c.params).Timeout(timeout(o)).Do(ctx).Into(list)
	return list, err
}

func (c restCollection[T, L, O, M]) Watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	o.Watch = true
	return c.at(c.client.Get()).VersionedParams(&o, c.params).Timeout(timeout(o)).Watch(ctx)
}

func (c restCollection[T, L, O, M]) Create(ctx context.Context, object T, o metav1.CreateOptions) (T, error) {
	created := T(new(O))
	err := c.at(c.client.Post()).VersionedParams(&o, c.params).Body(object).Do(ctx).Into(created)
	return created, err
}

func (c restCollection[T, L, O, M]) Update(ctx context.Context, object T, o metav1.UpdateOptions) (T, error) {
	updated := T(new(O))
	err := c.at(c.client.Put()).Name(object.GetName()).VersionedParams(&o, c.params).Body(object).Do(ctx).Into(updated)
	return updated, err
}

func (c restCollection[T, L, O, M]) Patch(ctx context.Context, name string, kind types.PatchType, patch []byte, o metav1.PatchOptions, subresources ...string) (T, error) {
	patched := T(new(O))
	err := c.at(c.client.Patch(kind)).Name(name).SubResource(subresources...).
		VersionedParams(&o, c.params).Body(patch).Do(ctx).Into(patched)
	return patched, err
}

func timeout(o metav1.ListOptions) time.Duration {
	if o.TimeoutSeconds == nil {
		return 0
	}
	return time.Duration(*o.TimeoutSeconds) * time.Second
}
