package cluster

import (
	"context"
	"fmt"
	"net/http/httptrace"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Following says what is followed of a cluster, and who is told.
type Following struct {
	// What is followed, for client-go's log.
	What string
	// List is of the objects' kind, and empty.
	List client.ObjectList
	// Namespace has the objects. Empty: all do, or the kind has none.
	Namespace string
	// Only is the name of the one object wanted. Listing and watching by name
	// needs no more than permission for that name. Empty: all.
	Only string
	// Store is given every object, and every change.
	Store cache.ReflectorStore
	// Tried is told how each request to list or watch went.
	Tried func(error)
}

// Between tries that fail. What is followed is cheap to ask for, and client-go's own
// times, up to a minute, would leave a fault unseen for that long after an outage.
var betweenTries = wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.2, Steps: 10, Cap: 700 * time.Millisecond}

// Follow lists and watches objects O until ctx ends.
func Follow[O client.Object](ctx context.Context, c client.WithWatch, f Following) {
	options := func(o metav1.ListOptions) *client.ListOptions {
		options := &client.ListOptions{Namespace: f.Namespace, Raw: &o}
		if f.Only != "" {
			options.FieldSelector = fields.OneTermEqualSelector("metadata.name", f.Only)
		}
		return options
	}
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			ctx, explained, cancel := impatient(ctx)
			defer cancel()
			list := f.List.DeepCopyObject().(client.ObjectList)
			err := explained(c.List(ctx, list, options(o)))
			f.Tried(err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			ctx, explained, cancel := impatient(ctx)
			w, err := c.Watch(ctx, f.List.DeepCopyObject().(client.ObjectList), options(o))
			err = explained(err)
			f.Tried(err)
			if err != nil {
				cancel()
				return nil, err
			}
			return cancelled{w, cancel}, nil
		},
	}
	ctx = klog.NewContext(ctx, logr.Discard()) // the reflector has a line for each try, all of which Tried is told of
	var kind O                                 // its type is all that is asked of it
	backoff := betweenTries
	cache.NewReflectorWithOptions(cache.ToListWatcherWithWatchListSemantics(lw, c), kind, f.Store,
		cache.ReflectorOptions{Name: f.What, Backoff: &backoff}).RunWithContext(ctx)
}

// How long an API server may take to be connected to, and then to begin an answer.
// One that accepts connections and no more is not waited for: the next try may find
// another, or the same one well again.
const (
	toConnect = time.Second
	toAnswer  = 10 * time.Second
)

// impatient is a context for a request that is given up where no answer comes. The
// error of the request goes through explained, which knows why that was.
func impatient(parent context.Context) (ctx context.Context, explained func(error) error, cancel func()) {
	ctx, giveUp := context.WithCancelCause(parent)
	limit := func(d time.Duration, what string) *time.Timer {
		return time.AfterFunc(d, func() { giveUp(fmt.Errorf("%s within %s", what, d)) })
	}
	connected := limit(toConnect, "no connection to the API server")
	answered := limit(toAnswer, "no answer of the API server")
	stop := func() { connected.Stop(); answered.Stop() }
	explained = func(err error) error {
		stop()
		if cause := context.Cause(ctx); err != nil && cause != nil && parent.Err() == nil {
			return cause
		}
		return err
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { connected.Stop() },
		GotFirstResponseByte: stop,
	})
	return ctx, explained, func() { stop(); giveUp(nil) }
}

// cancelled is a watch whose context ends with it.
type cancelled struct {
	watch.Interface
	cancel func()
}

func (c cancelled) Stop() {
	c.Interface.Stop()
	c.cancel()
}
