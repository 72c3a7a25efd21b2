package cluster

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// Client goes to the API server, whether it reads, writes or watches.
type Client interface {
	client.WithWatch
	// Groups names the API groups that the cluster has.
	Groups(ctx context.Context) ([]string, error)
	// Version is that of the API server.
	Version(ctx context.Context) (*version.Info, error)
}

type direct struct {
	client.WithWatch
	config *rest.Config
}

// limited has limits of its own on the rate of requests of each kind: 50 in a
// second, 100 at once.
func limited(config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst, config.RateLimiter = 50, 100, nil
	return config
}

// NewClient makes a client. Nothing is sent yet.
func NewClient(config *rest.Config) (Client, error) {
	config = limited(config)
	c, err := client.NewWithWatch(config, client.Options{Scheme: Scheme(), Mapper: Mapper()})
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return direct{c, config}, nil
}

func (d direct) Groups(ctx context.Context) ([]string, error) {
	groups, err := discovery.NewDiscoveryClientForConfig(d.config)
	if err != nil {
		return nil, fmt.Errorf("listing the API groups: %w", err)
	}
	list, err := groups.ServerGroupsWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the API groups: %w", err)
	}
	names := make([]string, 0, len(list.Groups))
	for _, group := range list.Groups {
		names = append(names, group.Name)
	}
	return names, nil
}

func (d direct) Version(ctx context.Context) (*version.Info, error) {
	c, err := discovery.NewDiscoveryClientForConfig(d.config)
	if err != nil {
		return nil, fmt.Errorf("asking for the version: %w", err)
	}
	v, err := c.ServerVersionWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking for the version: %w", err)
	}
	return v, nil
}

// NewManager makes a manager, whose parts are given patience to stop, and the client
// that they work with. Nothing is sent yet, and nothing listened on: whoever has
// servers adds them.
func NewManager(config *rest.Config, patience time.Duration, log logr.Logger) (manager.Manager, Client, error) {
	config = limited(config)
	var made client.WithWatch
	m, err := manager.New(config, manager.Options{
		Scheme:         Scheme(),
		MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return Mapper(), nil },
		NewClient: func(config *rest.Config, o client.Options) (_ client.Client, err error) {
			o.Cache = nil
			made, err = client.NewWithWatch(config, o)
			return made, err
		},
		Metrics:                 metricsserver.Options{BindAddress: "0"},
		GracefulShutdownTimeout: &patience,
		// What a manager tells of its own steps is for who looks for a fault in it.
		Logger: log.V(4),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("making a manager: %w", err)
	}
	return m, direct{made, config}, nil
}
