package cluster

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

// Following says what is followed of a collection, and who is told.
type Following struct {
	// What is followed, for client-go's log.
	What string
	// Only is the name of the one object wanted. Listing and watching by name
	// needs no more than permission for that name. Empty: all.
	Only string
	// Store is given every object, and every change.
	Store cache.ReflectorStore
	// Tried is told how each request to list or watch went.
	Tried func(error)
	// Backoff is between tries that fail. Default: client-go's.
	Backoff *wait.Backoff
}

// Follow lists and watches a collection until ctx ends. It is a bare reflector:
// an informer, or controller-runtime's cache, would keep every object as well.
func Follow[T Object, L runtime.Object](ctx context.Context, c Collection[T, L], f Following) {
	narrow := func(o metav1.ListOptions) metav1.ListOptions {
		if f.Only != "" {
			o.FieldSelector = fields.OneTermEqualSelector("metadata.name", f.Only).String()
		}
		return o
	}
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			list, err := c.List(ctx, narrow(o))
			f.Tried(err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			w, err := c.Watch(ctx, narrow(o))
			f.Tried(err)
			return w, err
		},
	}
	var kind T // its type is all that is asked of it
	cache.NewReflectorWithOptions(cache.ToListWatcherWithWatchListSemantics(lw, c), kind, f.Store,
		cache.ReflectorOptions{Name: f.What, Backoff: f.Backoff}).RunWithContext(ctx)
}
