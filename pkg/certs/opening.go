package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gomodules.xyz/jsonpatch/v2"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// OpeningOptions says whose entries are opened, and when.
type OpeningOptions struct {
	// Service and Namespace are of the Service that the entries call.
	Service, Namespace string
	// WebhookConfigurations are the names of the MutatingWebhookConfigurations.
	WebhookConfigurations []string
	// Rules are what an entry without any is given.
	Rules []admissionv1.RuleWithOperations
	// Certificate is what calls are served with.
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// Leads is whether this replica is the one that does not wait for another.
	Leads func() bool
	Log   *slog.Logger
}

// Opening gives rules to the entries that a manifest has without them. Such an entry
// matches nothing, so a manifest can be applied before anything answers, and into a
// cluster whose pods want an answer: they get none that fails. Entries are opened when
// calls can succeed: the caBundle trusts what is served, and the Service has somebody
// behind it. What stands in the manifest as little as the caBundle stays, as that does,
// when the manifest is applied again.
type Opening struct {
	options OpeningOptions
	client  client.WithWatch
	configs []*watched[*admissionv1.MutatingWebhookConfiguration]
	wake    chan struct{}
	// reached is whether the Service has once been seen to have somebody behind it.
	reached bool
	// ready says that Ready has been nil, and waits when it began not to be.
	ready atomic.Bool
	waits sync.Once
	since time.Time
}

const (
	// betweenLooks is how often the Service is looked at, until there is somebody.
	betweenLooks = 500 * time.Millisecond
	// toSpread is how long it takes every node to hear of that.
	toSpread = time.Second
	// longestWait is how long a replica stays unready for want of rules. Something is in
	// the way then, and one that answers is worth more than one that waits.
	longestWait = 30 * time.Second
)

// NewOpening makes one, to be started.
func NewOpening(c client.WithWatch, o OpeningOptions) *Opening {
	p := &Opening{options: o, client: c, wake: make(chan struct{}, 1)}
	for _, name := range o.WebhookConfigurations {
		p.configs = append(p.configs, newWatched[*admissionv1.MutatingWebhookConfiguration](
			c, &admissionv1.MutatingWebhookConfigurationList{}, client.ObjectKey{Name: name}, func() {
				select {
				case p.wake <- struct{}{}:
				default:
				}
			}))
	}
	return p
}

// Start opens entries until ctx ends.
func (p *Opening) Start(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	for _, c := range p.configs {
		running.Go(func() { c.run(ctx) })
	}
	for {
		var again <-chan time.Time
		if next := p.look(ctx); next > 0 {
			again = time.After(next)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
		case <-again:
		}
	}
}

// NeedLeaderElection says that every replica does it: the one that leads may be away.
func (p *Opening) NeedLeaderElection() bool { return false }

// Ready is nil when the entries have rules, and before that on the leader: somebody has
// to be behind the Service first. So a release of several replicas is complete, to who
// waits for that, only when pods get their sidecars. Once nil it stays nil.
func (p *Opening) Ready() error {
	p.waits.Do(func() { p.since = time.Now() })
	if p.ready.Load() || p.options.Leads() || time.Since(p.since) >= longestWait {
		p.ready.Store(true)
		return nil
	}
	for _, c := range p.configs {
		switch config, synced, _ := c.get(); {
		case !synced:
			return errors.New("waiting for the API server's answer")
		case config != nil && len(p.closed(config)) > 0:
			return fmt.Errorf("waiting for the rules of MutatingWebhookConfiguration %s: the replica that leads is ready first", config.Name)
		}
	}
	p.ready.Store(true)
	return nil
}

// look opens what is due, and tells after how long to look again though nothing is
// seen to change; 0 is not at all.
func (p *Opening) look(ctx context.Context) (next time.Duration) {
	for _, c := range p.configs {
		config, _, _ := c.get()
		if config == nil {
			continue
		}
		closed := p.closed(config)
		if len(closed) == 0 {
			continue
		}
		next = betweenLooks
		if !p.trusted(closed) || !p.reachable(ctx) {
			continue
		}
		// Another replica may have been faster, which the watch then shows.
		err := p.open(ctx, config, closed)
		if raced := apierrors.IsInvalid(err) || apierrors.IsConflict(err) || apierrors.IsNotFound(err); err != nil && !raced && ctx.Err() == nil {
			p.options.Log.Error("certificates: will try again", "error", err)
		}
	}
	return next
}

// closed are the entries that call the Service and have no rules.
func (p *Opening) closed(config *admissionv1.MutatingWebhookConfiguration) []hook {
	ours := callee{service: p.options.Service, namespace: p.options.Namespace}
	return slices.DeleteFunc(ours.hooksOf(config), func(h hook) bool { return len(config.Webhooks[h.index].Rules) > 0 })
}

// trusted is whether each caBundle of entries verifies what is served.
func (p *Opening) trusted(entries []hook) bool {
	served, err := p.options.Certificate(&tls.ClientHelloInfo{})
	if err != nil {
		return false
	}
	leaf, err := x509.ParseCertificate(served.Certificate[0])
	if err != nil {
		return false
	}
	return !slices.ContainsFunc(entries, func(h hook) bool {
		return !slices.ContainsFunc(h.certs, func(ca *x509.Certificate) bool { return leaf.CheckSignatureFrom(ca) == nil })
	})
}

// reachable is whether the Service has had somebody behind it for long enough.
func (p *Opening) reachable(ctx context.Context) bool {
	if p.reached {
		return true
	}
	var slices discoveryv1.EndpointSliceList
	err := p.client.List(ctx, &slices, client.InNamespace(p.options.Namespace), client.MatchingLabels{discoveryv1.LabelServiceName: p.options.Service})
	if err != nil {
		if ctx.Err() == nil {
			p.options.Log.Error("certificates: who is behind the Service cannot be seen; will try again", "error", err)
		}
		return false
	}
	for _, s := range slices.Items {
		for _, e := range s.Endpoints {
			if e.Conditions.Ready == nil || *e.Conditions.Ready {
				p.reached = true
			}
		}
	}
	if p.reached {
		select {
		case <-ctx.Done():
		case <-time.After(toSpread):
		}
	}
	return p.reached
}

// open gives rules to entries of exactly the version that was seen.
func (p *Opening) open(ctx context.Context, config *admissionv1.MutatingWebhookConfiguration, entries []hook) error {
	ops := []jsonpatch.Operation{jsonpatch.NewOperation("test", "/metadata/resourceVersion", config.ResourceVersion)}
	for _, h := range entries {
		ops = append(ops, jsonpatch.NewOperation("add", fmt.Sprintf("/webhooks/%d/rules", h.index), p.options.Rules))
	}
	patch, err := json.Marshal(ops)
	if err != nil {
		return fmt.Errorf("making a patch: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	object := &admissionv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: config.Name}}
	if err := p.client.Patch(ctx, object, client.RawPatch(types.JSONPatchType, patch)); err != nil {
		return fmt.Errorf("giving MutatingWebhookConfiguration %s its rules: %w", config.Name, err)
	}
	p.options.Log.Info("certificates: calls can succeed, so the entries of the webhook configuration have rules now",
		"configuration", config.Name, "entries", len(entries))
	return nil
}
