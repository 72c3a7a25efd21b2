package certs

import (
	"context"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/cluster"
)

// watched is one object of the cluster as the watch last showed it. It is the
// store that the watch fills.
type watched[T client.Object] struct {
	client  client.WithWatch
	follows cluster.Following
	changed func()

	mu     sync.Mutex
	object T // nil: there is none
	synced bool
	err    error // of the last list or watch request
}

// newWatched watches the object of a name, of the kind that list is of.
func newWatched[T client.Object](c client.WithWatch, list client.ObjectList, key client.ObjectKey, changed func()) *watched[T] {
	w := &watched[T]{client: c, changed: changed}
	w.follows = cluster.Following{What: key.String(), List: list, Namespace: key.Namespace, Only: key.Name, Store: w, Tried: w.tried}
	return w
}

// run watches until ctx ends.
func (w *watched[T]) run(ctx context.Context) { cluster.Follow[T](ctx, w.client, w.follows) }

func (w *watched[T]) tried(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

// get is the object, nil when there is none. synced is whether that is known;
// while it is not, err may say why.
func (w *watched[T]) get() (object T, synced bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.object, w.synced, w.err
}

func (w *watched[T]) set(object T, synced bool) {
	w.mu.Lock()
	w.object = object
	w.synced = w.synced || synced
	w.mu.Unlock()
	w.changed()
}

// Add implements cache.ReflectorStore.
func (w *watched[T]) Add(obj any) error {
	if o := obj.(T); o.GetName() == w.follows.Only {
		w.set(o, false)
	}
	return nil
}

// Update implements cache.ReflectorStore.
func (w *watched[T]) Update(obj any) error { return w.Add(obj) }

// Delete implements cache.ReflectorStore.
func (w *watched[T]) Delete(obj any) error {
	if o := obj.(T); o.GetName() == w.follows.Only {
		var none T
		w.set(none, false)
	}
	return nil
}

// Replace implements cache.ReflectorStore.
func (w *watched[T]) Replace(objs []any, _ string) error {
	var found T
	for _, obj := range objs {
		if o := obj.(T); o.GetName() == w.follows.Only {
			found = o
		}
	}
	w.set(found, true)
	return nil
}

// Resync implements cache.ReflectorStore.
func (w *watched[T]) Resync() error { return nil }
