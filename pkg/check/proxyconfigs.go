package check

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/mesh"
)

// ProxyConfigs are the resources of a cluster that set proxies, all that can be read.
func ProxyConfigs(ctx context.Context, c client.Reader) Seen[*mesh.Resources] {
	return proxyConfigs(ctx, c)
}
