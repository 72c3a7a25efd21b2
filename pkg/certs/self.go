package certs

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	coordinationv1client "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// SelfOptions says whose certificates the self-signed mode keeps, and where.
type SelfOptions struct {
	// Service and Namespace are of the Service that the webhook configurations
	// call. Required. The Secret and the Lease live in Namespace too.
	Service, Namespace string
	// ClusterDomain ends the longest of the leaf's DNS names. Default:
	// "cluster.local".
	ClusterDomain string
	// ExtraNames are more DNS names and IP addresses for the leaf: those by
	// which a webhook configuration with a URL calls this server.
	ExtraNames []string
	// WebhookConfigurations are the names of the MutatingWebhookConfigurations
	// whose caBundles are kept. In each, the entries that call the Service, or a
	// URL with one of the leaf's names as its host. They need not exist yet.
	WebhookConfigurations []string
	// Secret holds the authority. Default: the service's name and "-ca".
	Secret string
	// Lease elects the one replica that moves rotations on. Default: the
	// service's name and "-certs".
	Lease string
	// Identity tells this replica from the others. Default: the host name and
	// some random letters.
	Identity string
	// Timing is how long things live.
	Timing Timing
	// Election is how fast leadership passes on. Repairs do not wait for it.
	Election Election
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Log defaults to slog.Default().
	Log *slog.Logger
	// Metrics defaults to some that are shown nowhere.
	Metrics *Metrics
}

// Election is the timing of client-go's leader election. Zero fields mean 15 s,
// 10 s and 2 s, and less in proportion where a CA lives for under 150 s: when the
// leader dies in a rotation, the next one has to end it while the old CA lives.
type Election struct {
	LeaseDuration, RenewDeadline, RetryPeriod time.Duration
}

// withDefaults needs a complete Timing.
func (e Election) withDefaults(t Timing) Election {
	// A Lease counts in whole seconds, and none is not allowed.
	lease := max(min(15*time.Second, t.CA/10), time.Second)
	return Election{
		LeaseDuration: cmp.Or(e.LeaseDuration, lease),
		RenewDeadline: cmp.Or(e.RenewDeadline, lease*10/15),
		RetryPeriod:   cmp.Or(e.RetryPeriod, lease*2/15),
	}
}

func (o *SelfOptions) complete() error {
	if o.Service == "" || o.Namespace == "" {
		return errors.New("self-signed certificates want the names of the service and its namespace")
	}
	o.ClusterDomain = cmp.Or(o.ClusterDomain, "cluster.local")
	o.Secret = cmp.Or(o.Secret, o.Service+"-ca")
	o.Lease = cmp.Or(o.Lease, o.Service+"-certs")
	if o.Identity == "" {
		host, err := os.Hostname()
		if err != nil {
			return fmt.Errorf("naming this replica: %w", err)
		}
		o.Identity = host + "-" + rand.String(5)
	}
	var err error
	if o.Timing, err = o.Timing.withDefaults(); err != nil {
		return err
	}
	o.Election = o.Election.withDefaults(o.Timing)
	fillIn(&o.Now, &o.Log, &o.Metrics)
	return nil
}

func (o *SelfOptions) names() []string {
	return append(serviceNames(o.Service, o.Namespace, o.ClusterDomain), o.ExtraNames...)
}

func (o *SelfOptions) secretKey() client.ObjectKey {
	return client.ObjectKey{Namespace: o.Namespace, Name: o.Secret}
}

func (o *SelfOptions) callee() callee {
	return callee{service: o.Service, namespace: o.Namespace, hosts: o.names()}
}

// Cluster is how the self-signed mode reaches its cluster.
type Cluster struct {
	// Client goes to the API server, and to no cache.
	Client client.WithWatch
	// Leases hold the elections.
	Leases coordinationv1client.LeasesGetter
	// Events tells people who look at the Secret what was done.
	Events events.EventRecorder
}

// self is the glue between a replica's judgement and the cluster.
type self struct {
	options SelfOptions
	cluster Cluster

	mind    *replica
	leads   atomic.Bool
	leaf    atomic.Pointer[leaf]
	waiting atomic.Pointer[string] // what the first leaf waits for

	secret  *watched[*corev1.Secret]
	configs []*watched[*admissionv1.MutatingWebhookConfiguration]
	wake    chan struct{}
	seen    chan struct{} // closed once all is known that the watches show
	// failures in a row, for backing off.
	failures int
}

// NewSelf is the source that is its own authority, in a cluster.
func NewSelf(c Cluster, o SelfOptions) (Elected, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	return newSelf(c, o), nil
}

func newSelf(c Cluster, o SelfOptions) *self {
	s := &self{
		options: o,
		cluster: c,
		mind:    newReplica(authority{name: authorityName(o.Service, o.Namespace), timing: o.Timing}, o.names()),
		wake:    make(chan struct{}, 1),
		seen:    make(chan struct{}),
	}
	s.secret = newWatched[*corev1.Secret](c.Client, &corev1.SecretList{}, o.secretKey(), s.changed)
	for _, name := range o.WebhookConfigurations {
		s.configs = append(s.configs, newWatched[*admissionv1.MutatingWebhookConfiguration](
			c.Client, &admissionv1.MutatingWebhookConfigurationList{}, client.ObjectKey{Name: name}, s.changed))
	}
	s.wait("the API server's answer")
	return s
}

func (s *self) wait(what string) { s.waiting.Store(&what) }

func (s *self) changed() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *self) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if l := s.leaf.Load(); l != nil {
		return l.tls, nil
	}
	return nil, s.Ready()
}

func (s *self) Healthy() bool { return s.leaf.Load() != nil }

func (s *self) Ready() error {
	if s.Healthy() {
		return nil
	}
	return fmt.Errorf("%w: waiting for %s", ErrNoCertificate, *s.waiting.Load())
}

func (s *self) NeedLeaderElection() bool { return false }

func (s *self) Leads() bool { return s.leads.Load() }
