package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/outrigger-io/outrigger/pkg/cluster"
)

// Platform finds out whether a cluster is OpenShift, by which configurations compile,
// and follows the namespaces of one. An API server that does not answer is asked
// again until it does: the process serves meanwhile, and is not ready.
type Platform struct {
	client     cluster.Client
	namespaces *Namespaces
	log        *slog.Logger

	known     chan struct{} // closed once it is found out
	openShift bool          // from then on
	fault     atomic.Pointer[error]
}

// NewPlatform finds out once it is started.
func NewPlatform(c cluster.Client, log *slog.Logger) *Platform {
	return &Platform{client: c, namespaces: NewNamespaces(c, log), log: log, known: make(chan struct{})}
}

// Start finds out, and works until the context ends.
func (p *Platform) Start(ctx context.Context) error {
	const patience, pause = 2 * time.Second, 500 * time.Millisecond
	for {
		asking, cancel := context.WithTimeout(ctx, patience)
		is, err := IsOpenShift(asking, p.client)
		cancel()
		if err == nil {
			p.openShift = is
			close(p.known)
			break
		}
		if last := p.fault.Swap(&err); last == nil || (*last).Error() != err.Error() {
			p.log.Error("cannot find out whether this is OpenShift", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
	if p.openShift {
		return p.namespaces.Start(ctx)
	}
	return nil
}

// OpenShift waits until it is known. It is not when the context ends.
func (p *Platform) OpenShift(ctx context.Context) (is, known bool) {
	select {
	case <-p.known:
		return p.openShift, true
	case <-ctx.Done():
		return false, false
	}
}

// Check holds once it is known, and the namespaces too, where they matter.
func (p *Platform) Check() Check {
	return Check{Name: "platform", Holds: func() error {
		select {
		case <-p.known:
		default:
			if fault := p.fault.Load(); fault != nil {
				return fmt.Errorf("whether this is OpenShift cannot be found out: %w; --platform says it", *fault)
			}
			return errors.New("whether this is OpenShift is being found out")
		}
		if p.openShift {
			return p.namespaces.Check().Holds()
		}
		return nil
	}}
}

// Annotations are those of a namespace that injection reads, none but on OpenShift.
func (p *Platform) Annotations(ctx context.Context, namespace string) (map[string]string, error) {
	if is, known := p.OpenShift(ctx); !known || !is {
		return nil, ctx.Err()
	}
	return p.namespaces.Annotations(ctx, namespace)
}

// IsOpenShift tells by the API groups that a cluster serves.
func IsOpenShift(ctx context.Context, c cluster.Client) (bool, error) {
	groups, err := c.Groups(ctx)
	// The group that gives meaning to the annotations of namespaces.
	return slices.Contains(groups, "security.openshift.io"), err
}
