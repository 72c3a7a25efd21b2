package certs

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// watched is one object of the cluster as the watch last showed it. It is the
// store of a client-go reflector, which lists and watches by the object's name
// and nothing more, so that permission for that name is enough.
type watched struct {
	client  client.WithWatch
	key     client.ObjectKey
	list    client.ObjectList
	changed func()

	mu     sync.Mutex
	object client.Object // nil: there is none
	synced bool
	err    error // of the last list or watch request
}

// run watches until ctx ends.
func (w *watched) run(ctx context.Context, kind client.Object) {
	options := func(o metav1.ListOptions) *client.ListOptions {
		return &client.ListOptions{
			Namespace:     w.key.Namespace,
			FieldSelector: fields.OneTermEqualSelector("metadata.name", w.key.Name),
			Raw:           &o,
		}
	}
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			list := w.list.DeepCopyObject().(client.ObjectList)
			err := w.client.List(ctx, list, options(o))
			w.tried(err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			got, err := w.client.Watch(ctx, w.list.DeepCopyObject().(client.ObjectList), options(o))
			w.tried(err)
			return got, err
		},
	}
	// One object is cheap to ask for. The usual back-off, up to half a minute
	// and more, would leave a fault unseen for that long after an outage.
	backoff := wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.2, Steps: 10, Cap: 2 * time.Second}
	cache.NewReflectorWithOptions(
		cache.ToListWatcherWithWatchListSemantics(lw, w.client), kind, w,
		cache.ReflectorOptions{Name: w.key.String(), Backoff: &backoff},
	).RunWithContext(ctx)
}

func (w *watched) tried(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

// get is the object, nil when there is none. synced is whether that is known;
// while it is not, err may say why.
func (w *watched) get() (object client.Object, synced bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.object, w.synced, w.err
}

func (w *watched) set(object client.Object, synced bool) {
	w.mu.Lock()
	w.object = object
	w.synced = w.synced || synced
	w.mu.Unlock()
	w.changed()
}

// Add implements cache.ReflectorStore.
func (w *watched) Add(obj any) error {
	if o := obj.(client.Object); client.ObjectKeyFromObject(o) == w.key {
		w.set(o, false)
	}
	return nil
}

// Update implements cache.ReflectorStore.
func (w *watched) Update(obj any) error { return w.Add(obj) }

// Delete implements cache.ReflectorStore.
func (w *watched) Delete(obj any) error {
	if o := obj.(client.Object); client.ObjectKeyFromObject(o) == w.key {
		w.set(nil, false)
	}
	return nil
}

// Replace implements cache.ReflectorStore.
func (w *watched) Replace(objs []any, _ string) error {
	var found client.Object
	for _, obj := range objs {
		if o := obj.(client.Object); client.ObjectKeyFromObject(o) == w.key {
			found = o
		}
	}
	w.set(found, true)
	return nil
}

// Resync implements cache.ReflectorStore.
func (w *watched) Resync() error { return nil }
