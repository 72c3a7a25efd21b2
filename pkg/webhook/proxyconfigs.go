package webhook

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/cluster"
	"github.com/outrigger-io/outrigger/pkg/mesh"
)

// ProxyConfigs follows the ProxyConfig resources of a cluster, while it has their kind,
// which may come and go: it does with the mesh.
type ProxyConfigs struct {
	client    client.WithWatch
	log       *slog.Logger
	resources *mesh.Resources
	// kind says whether the cluster serves the kind.
	kind    *projection[*apiextensionsv1.CustomResourceDefinition, bool]
	changes chan struct{}
	// following is nil while there is nothing to follow.
	following atomic.Pointer[proxyConfigStore]
	// known says that there was nothing to read, or that it was read, once: what comes
	// later does not make a server that is ready less so.
	known atomic.Bool
	// asked is when it was first asked whether they are.
	asked atomic.Pointer[time.Time]
}

// NewProxyConfigs follows ProxyConfigs once it is started.
func NewProxyConfigs(c client.WithWatch, log *slog.Logger) *ProxyConfigs {
	p := &ProxyConfigs{client: c, log: log, resources: mesh.NewResources(), changes: make(chan struct{}, 1)}
	p.kind = &projection[*apiextensionsv1.CustomResourceDefinition, bool]{
		attempts: attempts{what: "CustomResourceDefinition " + cluster.ProxyConfigDefinition, log: log},
		client:   c,
		list:     &apiextensionsv1.CustomResourceDefinitionList{},
		only:     cluster.ProxyConfigDefinition,
		keep:     isServed,
		shed:     func(*apiextensionsv1.CustomResourceDefinition) {}, // it is the only one
		changed: func() {
			select {
			case p.changes <- struct{}{}:
			default: // there is news already
			}
		},
	}
	return p
}

// Resources are those that there are now. They change.
func (p *ProxyConfigs) Resources() *mesh.Resources { return p.resources }

// untilRights is how long the right to read them is waited for: as long as it may take
// every API server to hear of a new role.
const untilRights = 10 * time.Second

// Check holds once it is known which there are, that there can be none, or that this
// server may not know: the role of a release from before they were followed does not
// have the right, and pods that want a proxy are not refused for that.
func (p *ProxyConfigs) Check() Check {
	return Check{
		Name: "proxyconfigs",
		Holds: func() error {
			p.asked.CompareAndSwap(nil, new(time.Now()))
			if p.known.Load() {
				return nil
			}
			err := p.unread()
			if err != nil && p.mayNot() && time.Since(*p.asked.Load()) >= untilRights {
				return nil
			}
			return err
		},
		Note: func() string {
			if p.mayNot() {
				return "they count for no pod: " + p.unread().Error()
			}
			return ""
		},
	}
}

// unread is why it is not known which there are.
func (p *ProxyConfigs) unread() error {
	if store := p.following.Load(); store != nil {
		return store.check()
	}
	return p.kind.check()
}

// mayNot says that the rights to read them are wanting, and that none was ever read.
func (p *ProxyConfigs) mayNot() bool {
	if p.unread() == nil {
		return false
	}
	if store := p.following.Load(); store != nil {
		return store.forbidden()
	}
	return p.kind.forbidden()
}

// Start follows the resources until the context ends.
func (p *ProxyConfigs) Start(ctx context.Context) error {
	var working sync.WaitGroup
	defer working.Wait()
	working.Go(func() { p.kind.follow(ctx) })
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.changes:
		}
		if served, _ := p.kind.get(cluster.ProxyConfigDefinition); served {
			p.whileServed(ctx)
		}
		p.known.Store(true)
	}
}

// whileServed follows the resources for as long as the cluster has their kind.
func (p *ProxyConfigs) whileServed(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	store := &proxyConfigStore{attempts: attempts{what: "ProxyConfigs", log: p.log}, of: p}
	p.following.Store(store)
	var working sync.WaitGroup
	working.Go(func() {
		cluster.Follow[*cluster.ProxyConfig](ctx, p.client, cluster.Following{
			What: store.what, List: &cluster.ProxyConfigList{}, Store: store, Tried: func(err error) { store.note(ctx, err) },
		})
	})
	for served := true; served; {
		select {
		case <-ctx.Done():
			served = false
		case <-p.changes:
			served, _ = p.kind.get(cluster.ProxyConfigDefinition)
		}
	}
	stop()
	working.Wait()
	p.following.Store(nil)
	p.resources.Replace(nil)
}

// isServed says whether objects of a kind can be listed.
func isServed(kind *apiextensionsv1.CustomResourceDefinition) bool {
	for _, c := range kind.Status.Conditions {
		if c.Type == apiextensionsv1.Established {
			return c.Status == apiextensionsv1.ConditionTrue
		}
	}
	return false
}
