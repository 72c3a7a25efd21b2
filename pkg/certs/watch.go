package certs

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/outrigger-io/outrigger/pkg/cluster"
)

// watched is one object of the cluster as the watch last showed it. It is the
// store that the watch fills.
type watched[T cluster.Object] struct {
	name    string
	follow  func(context.Context, cluster.Following)
	changed func()

	mu     sync.Mutex
	object T // nil: there is none
	synced bool
	err    error // of the last list or watch request
}

func newWatched[T cluster.Object, L runtime.Object](c cluster.Collection[T, L], name string, changed func()) *watched[T] {
	return &watched[T]{
		name:    name,
		follow:  func(ctx context.Context, f cluster.Following) { cluster.Follow(ctx, c, f) },
		changed: changed,
	}
}

// run watches until ctx ends.
func (w *watched[T]) run(ctx context.Context) {
	// One object is cheap to ask for. The usual back-off, up to half a minute
	// and more, would leave a fault unseen for that long after an outage.
	backoff := wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.2, Steps: 10, Cap: 2 * time.Second}
	w.follow(ctx, cluster.Following{What: w.name, Only: w.name, Store: w, Tried: w.tried, Backoff: &backoff})
}

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
	if o := obj.(T); o.GetName() == w.name {
		w.set(o, false)
	}
	return nil
}

// Update implements cache.ReflectorStore.
func (w *watched[T]) Update(obj any) error { return w.Add(obj) }

// Delete implements cache.ReflectorStore.
func (w *watched[T]) Delete(obj any) error {
	if o := obj.(T); o.GetName() == w.name {
		var none T
		w.set(none, false)
	}
	return nil
}

// Replace implements cache.ReflectorStore.
func (w *watched[T]) Replace(objs []any, _ string) error {
	var found T
	for _, obj := range objs {
		if o := obj.(T); o.GetName() == w.name {
			found = o
		}
	}
	w.set(found, true)
	return nil
}

// Resync implements cache.ReflectorStore.
func (w *watched[T]) Resync() error { return nil }
