package webhook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/cluster"
)

// projection follows the objects of one kind and keeps, of each, a value V by
// the object's name. The objects themselves are not kept: they are several
// hundred bytes each even when stripped.
type projection[O client.Object, V comparable] struct {
	attempts
	client    client.WithWatch
	list      client.ObjectList // of the kind
	namespace string            // empty: all, or the kind has none
	only      string            // the one object wanted, by its name; empty: all
	keep      func(O) V
	shed      func(O) // drops what keep does not read, while a list is streamed
	changed   func()  // after a value did; may be nil

	mu   sync.RWMutex
	kept map[string]V
}

// follow fills the projection until the context ends.
func (p *projection[O, V]) follow(ctx context.Context) {
	cluster.Follow[O](ctx, p.client, cluster.Following{
		What: p.what, List: p.list, Namespace: p.namespace, Only: p.only, Store: p, Tried: func(err error) { p.note(ctx, err) },
	})
}

// get finds the value of the object of that name.
func (p *projection[O, V]) get(name string) (v V, ok bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	v, ok = p.kept[name]
	return v, ok
}

// The methods from here on are those of a cache.TransformingStore, by which the
// reflector fills the projection.

// Transformer drops, from objects of a streamed list, what is not kept of them.
func (p *projection[O, V]) Transformer() cache.TransformFunc {
	return func(object any) (any, error) {
		if o, ok := object.(O); ok {
			p.shed(o)
		}
		return object, nil
	}
}

// Add keeps the value of an object that is new.
func (p *projection[O, V]) Add(object any) error { return p.Update(object) }

// Update keeps the value of an object that changed.
func (p *projection[O, V]) Update(object any) error {
	o, ok := object.(O)
	if !ok {
		return fmt.Errorf("following %s: a %T came", p.what, object)
	}
	v := p.keep(o)
	p.mu.Lock()
	if p.kept == nil {
		p.kept = map[string]V{}
	}
	old, had := p.kept[o.GetName()]
	p.kept[o.GetName()] = v
	p.mu.Unlock()
	p.tell(!had || old != v)
	return nil
}

// Delete forgets an object.
func (p *projection[O, V]) Delete(object any) error {
	o, ok := object.(O)
	if !ok {
		return fmt.Errorf("following %s: a %T came", p.what, object)
	}
	p.mu.Lock()
	_, had := p.kept[o.GetName()]
	delete(p.kept, o.GetName())
	p.mu.Unlock()
	p.tell(had)
	return nil
}

// Replace keeps the values of these objects and of no others.
func (p *projection[O, V]) Replace(objects []any, _ string) error {
	kept := make(map[string]V, len(objects))
	var strange []error
	for _, object := range objects {
		o, ok := object.(O)
		if !ok {
			strange = append(strange, fmt.Errorf("following %s: a %T came", p.what, object))
			continue
		}
		kept[o.GetName()] = p.keep(o)
	}
	p.mu.Lock()
	changed := !maps.Equal(p.kept, kept)
	p.kept = kept
	p.mu.Unlock()
	p.tell(p.sawAll() || changed)
	return errors.Join(strange...)
}

// Resync has nothing to do: nothing is kept that could have gone astray.
func (p *projection[O, V]) Resync() error { return nil }

func (p *projection[O, V]) tell(changed bool) {
	if changed && p.changed != nil {
		p.changed()
	}
}
