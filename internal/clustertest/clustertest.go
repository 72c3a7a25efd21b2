// Package clustertest makes a cluster in memory of controller-runtime's fake client.
package clustertest

import (
	"context"
	"fmt"
	"sync"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/outrigger-io/outrigger/pkg/cluster"
)

// Cluster is a cluster in memory. It checks and counts resource versions: what is
// written from an old view fails.
type Cluster struct {
	client.WithWatch
	// GroupsOf names its API groups.
	GroupsOf func() ([]string, error)
	// Release is the version of its API server.
	Release string
}

var _ cluster.Client = Cluster{}

// New is a cluster that has objects.
func New(objects ...client.Object) Cluster {
	byName := func(o client.Object) []string { return []string{o.GetName()} }
	builder := fake.NewClientBuilder().WithScheme(cluster.Scheme()).WithRESTMapper(cluster.Mapper()).WithObjects(objects...).
		WithIndex(&eventsv1.Event{}, "reason", func(o client.Object) []string { return []string{o.(*eventsv1.Event).Reason} })
	for _, kind := range []client.Object{
		&corev1.Secret{}, &corev1.ConfigMap{}, &admissionv1.MutatingWebhookConfiguration{}, &apiextensionsv1.CustomResourceDefinition{},
	} {
		builder.WithIndex(kind, "metadata.name", byName)
	}
	return Cluster{WithWatch: builder.Build(), GroupsOf: func() ([]string, error) { return []string{"apps"}, nil }, Release: "v1.37.0"}
}

// With is the cluster with requests that go through functions first.
func (c Cluster) With(funcs interceptor.Funcs) Cluster {
	c.WithWatch = interceptor.NewClient(c.WithWatch, funcs)
	return c
}

// Groups implements cluster.Client.
func (c Cluster) Groups(context.Context) ([]string, error) { return c.GroupsOf() }

// Version implements cluster.Client.
func (c Cluster) Version(context.Context) (*version.Info, error) {
	return &version.Info{GitVersion: c.Release}, nil
}

// IsWatchListSemanticsUnSupported says that a list cannot be streamed, which a
// reflector would otherwise ask for.
func (Cluster) IsWatchListSemanticsUnSupported() bool { return true }

// Watch begins with what there is. An API server's watch tells what changed between
// the list and the watch, and the fake client's does not.
func (c Cluster) Watch(ctx context.Context, list client.ObjectList, opts ...client.ListOption) (watch.Interface, error) {
	w, err := c.WithWatch.Watch(ctx, list, opts...)
	if err != nil {
		return nil, err
	}
	now, err := c.now(ctx, list, opts...)
	if err != nil {
		w.Stop()
		return nil, err
	}
	events := make(chan watch.Event, len(now))
	for _, event := range now {
		events <- event
	}
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
	return proxy, nil
}

// now is what a watch is for, as events: also that the one object of a name is not
// there.
func (c Cluster) now(ctx context.Context, list client.ObjectList, opts ...client.ListOption) ([]watch.Event, error) {
	if err := c.List(ctx, list, opts...); err != nil {
		return nil, err
	}
	var events []watch.Event
	err := meta.EachListItem(list, func(o runtime.Object) error {
		events = append(events, watch.Event{Type: watch.Modified, Object: o})
		return nil
	})
	if err != nil || len(events) > 0 {
		return events, err
	}
	name := Named(opts)
	if name == "" {
		return nil, nil
	}
	gvk, err := apiutil.GVKForObject(list, c.Scheme())
	if err != nil {
		return nil, err
	}
	o, err := c.Scheme().New(gvk.GroupVersion().WithKind(gvk.Kind[:len(gvk.Kind)-len("List")]))
	if err != nil {
		return nil, err
	}
	o.(client.Object).SetName(name)
	return []watch.Event{{Type: watch.Deleted, Object: o}}, nil
}

// Named is the name of the one object that a request to list or watch is for, empty
// for all.
func Named(opts []client.ListOption) string {
	var o client.ListOptions
	o.ApplyOptions(opts)
	if o.FieldSelector == nil {
		return ""
	}
	name, _ := o.FieldSelector.RequiresExactMatch("metadata.name")
	return name
}

// Event is one that was recorded.
type Event struct {
	Regarding, Related   runtime.Object
	Type, Reason, Action string
	Note                 string
}

// Events is a recorder that remembers what it is told.
type Events struct {
	mu  sync.Mutex
	all []Event
}

// Eventf implements events.EventRecorder of client-go.
func (e *Events) Eventf(regarding, related runtime.Object, kind, reason, action, note string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, Event{regarding, related, kind, reason, action, fmt.Sprintf(note, args...)})
}

// All are the events so far.
func (e *Events) All() []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]Event(nil), e.all...)
}
