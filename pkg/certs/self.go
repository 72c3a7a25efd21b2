package certs

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/klog/v2"

	"github.com/outrigger-io/outrigger/pkg/cluster"
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

// Election is the timing of the leader election. Zero fields mean 15 s,
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

func (o *SelfOptions) callee() callee {
	return callee{service: o.Service, namespace: o.Namespace, hosts: o.names()}
}

// self is the glue between a replica's judgement and the cluster.
type self struct {
	options SelfOptions
	cluster cluster.Interface

	mind    *replica
	leads   atomic.Bool
	leaf    atomic.Pointer[leaf]
	waiting atomic.Pointer[string] // what the first leaf waits for

	secret  *watched[*corev1.Secret]
	configs []*watched[*admissionv1.MutatingWebhookConfiguration]
	events  *cluster.Announcer
	wake    chan struct{}
	// failures in a row, for backing off.
	failures int
}

// NewSelf is the source that is its own authority, in a cluster. A repair must not
// queue behind the requests of others: the client is for this alone.
func NewSelf(c cluster.Interface, o SelfOptions) (Source, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	return newSelf(c, o), nil
}

func newSelf(c cluster.Interface, o SelfOptions) *self {
	s := &self{
		options: o,
		cluster: c,
		mind:    newReplica(authority{name: authorityName(o.Service, o.Namespace), timing: o.Timing}, o.names()),
		wake:    make(chan struct{}, 1),
	}
	s.events = cluster.NewAnnouncer(c, "outrigger.io/certs", o.Identity, func(reason string, err error) {
		o.Metrics.failed(failedEvent)
		o.Log.Warn("cannot send an event", "reason", reason, "error", err)
	})
	s.secret = newWatched(c.Secrets(o.Namespace), o.Secret, s.changed)
	for _, name := range o.WebhookConfigurations {
		s.configs = append(s.configs, newWatched(c.WebhookConfigurations(), name, s.changed))
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

func (s *self) Start(ctx context.Context) error {
	// client-go's reflectors log to where the rest does.
	ctx = klog.NewContext(ctx, logr.FromSlogHandler(s.options.Log.Handler()))
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { s.secret.run(ctx) })
	for _, c := range s.configs {
		running.Go(func() { c.run(ctx) })
	}
	running.Go(func() { s.events.Run(ctx) })
	running.Go(func() { s.elect(ctx) })

	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-timer.C:
		}
		next, err := s.act(ctx)
		switch {
		case err == nil:
			s.failures = 0
		case ctx.Err() == nil:
			if !s.mayRace(err) {
				s.options.Log.Error("certificates: will try again", "error", err)
			}
			next = min(50*time.Millisecond<<min(s.failures, 7), 5*time.Second)
			s.failures++
		}
		timer.Reset(next)
	}
}

// mayRace is whether a write may have failed only because the object is no
// longer what was seen. The watch then brings what is there, and the next try is
// made from that; when it does not help, something else is wrong. A failed test
// in a JSON patch is answered as invalid.
func (s *self) mayRace(err error) bool {
	return s.failures < 5 &&
		(apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err) || apierrors.IsInvalid(err))
}

// elect takes part in elections until ctx ends.
func (s *self) elect(ctx context.Context) {
	o := s.options
	cluster.Election{
		Leases:   s.cluster.Leases(o.Namespace),
		Name:     o.Lease,
		Identity: o.Identity,
		Duration: o.Election.LeaseDuration,
		Deadline: o.Election.RenewDeadline,
		Retry:    o.Election.RetryPeriod,
		Changed: func(leads bool) {
			s.leads.Store(leads)
			o.Log.Info("certificates: leadership changed", "leads", leads)
			s.changed()
		},
		Log: o.Log,
	}.Run(ctx)
}

// act looks, judges and writes once. It returns after how long to look again
// when nothing is seen to change.
func (s *self) act(ctx context.Context) (time.Duration, error) {
	const longest = time.Minute // clocks are set, and machines suspended
	secret, configs, missing := s.look()
	if missing != "" {
		s.wait(missing)
		return longest, nil
	}
	now, leads := s.options.Now(), s.leads.Load()
	s.mind.observe(now, secret, configs)
	err := s.tend(now)
	bundles := s.mind.bundlesDue(now, leads)
	for _, b := range bundles {
		err = errors.Join(err, s.writeBundles(ctx, b))
	}
	sw, planErr := s.mind.secretDue(now, leads)
	if sw != nil && s.mind.state == nil {
		// An authority begun from nothing must know every CA that is published,
		// and the watch may lag.
		if secret, configs, planErr = s.options.read(ctx, s.cluster); planErr == nil {
			s.mind.observe(now, secret, configs)
			sw, planErr = s.mind.secretDue(now, leads)
		}
	}
	err = errors.Join(err, planErr)
	if sw != nil && planErr == nil {
		err = errors.Join(err, s.writeSecret(ctx, sw))
	}
	s.options.Metrics.synced(s.mind.state != nil && s.mind.bundleBrokenSince.IsZero())
	return min(max(s.mind.nextDue(now, leads).Sub(now), 10*time.Millisecond), longest), err
}

// look is what the watches show, or what they have yet to show.
func (s *self) look() (secret secretView, configs []configView, missing string) {
	note := func(what string, synced bool, err error) {
		if !synced && missing == "" {
			missing = what
			if err != nil {
				missing += ": " + err.Error()
			}
		}
	}
	o, synced, err := s.secret.get()
	note(fmt.Sprintf("Secret %s/%s", s.options.Namespace, s.options.Secret), synced, err)
	if o != nil {
		secret = viewSecret(o)
	}
	for _, w := range s.configs {
		o, synced, err := w.get()
		note("MutatingWebhookConfiguration "+w.name, synced, err)
		if o != nil {
			configs = append(configs, s.options.callee().viewConfig(o))
		}
	}
	return secret, configs, missing
}

// read is what look shows, asked of the API server.
func (o *SelfOptions) read(ctx context.Context, c cluster.Interface) (secretView, []configView, error) {
	var secret secretView
	switch found, err := c.Secrets(o.Namespace).Get(ctx, o.Secret, metav1.GetOptions{}); {
	case err == nil:
		secret = viewSecret(found)
	case !apierrors.IsNotFound(err):
		return secretView{}, nil, fmt.Errorf("reading Secret %s/%s: %w", o.Namespace, o.Secret, err)
	}
	var configs []configView
	for _, name := range o.WebhookConfigurations {
		switch found, err := c.WebhookConfigurations().Get(ctx, name, metav1.GetOptions{}); {
		case err == nil:
			configs = append(configs, o.callee().viewConfig(found))
		case !apierrors.IsNotFound(err):
			return secretView{}, nil, fmt.Errorf("reading MutatingWebhookConfiguration %s: %w", name, err)
		}
	}
	return secret, configs, nil
}

func viewSecret(o *corev1.Secret) secretView {
	return secretView{present: true, resourceVersion: o.ResourceVersion, data: o.Data}
}

func (c callee) viewConfig(o *admissionv1.MutatingWebhookConfiguration) configView {
	return configView{name: o.Name, resourceVersion: o.ResourceVersion, hooks: c.hooksOf(o)}
}

func (s *self) tend(now time.Time) error {
	s.wait(s.mind.wanting())
	renewed, err := s.mind.tend(now)
	if err != nil {
		s.options.Metrics.failed(failedLeaf)
		return err
	}
	if renewed {
		l := s.mind.leaf
		s.leaf.Store(l)
		s.options.Metrics.serving(l.cert, l.ca.cert)
		s.options.Log.Info("certificates: serving a new leaf",
			"leaf", fingerprint(l.cert), "until", l.cert.NotAfter, "ca", fmt.Sprint(l.ca), "renewal", l.renew)
	}
	return nil
}

// writeTimeout ends a write that hangs on a dead connection.
const writeTimeout = 5 * time.Second

func (s *self) writeBundles(ctx context.Context, b bundleWrite) error {
	patch, err := bundlePatch(b.resourceVersion, b.bundles)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if _, err := s.cluster.WebhookConfigurations().Patch(ctx, b.config, types.JSONPatchType, patch, metav1.PatchOptions{}); err != nil {
		return s.failed(failedBundle, fmt.Errorf("setting caBundles of MutatingWebhookConfiguration %s: %w", b.config, err))
	}
	for _, f := range b.findings {
		s.tell(f)
	}
	return nil
}

func (s *self) writeSecret(ctx context.Context, w *secretWrite) error {
	data, err := w.state.encode()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	secrets := s.cluster.Secrets(s.options.Namespace)
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.options.Namespace,
			Name:      s.options.Secret,
			Labels:    map[string]string{"app.kubernetes.io/managed-by": "outrigger"},
		},
		Data: data,
	}
	if w.resourceVersion == "" {
		_, err = secrets.Create(ctx, secret, metav1.CreateOptions{})
	} else {
		// Others' labels and annotations stay: what was seen is what is changed.
		if seen, _, _ := s.secret.get(); seen != nil {
			secret = seen.DeepCopy()
			secret.Data = data
		}
		secret.ResourceVersion = w.resourceVersion
		_, err = secrets.Update(ctx, secret, metav1.UpdateOptions{})
	}
	if err != nil {
		return s.failed(failedSecret, fmt.Errorf("writing Secret %s/%s: %w", s.options.Namespace, s.options.Secret, err))
	}
	if w.finding.reason == CAPromoted {
		s.options.Metrics.rotations.WithLabelValues(rotatedCA).Inc()
	}
	s.tell(w.finding)
	return nil
}

func (s *self) failed(kind string, err error) error {
	if !s.mayRace(err) {
		s.options.Metrics.failed(kind)
	}
	return err
}

func (s *self) tell(f finding) {
	level := slog.LevelInfo
	if f.isRepair() {
		level = slog.LevelWarn
		s.options.Metrics.repairs.WithLabelValues(string(f.reason)).Inc()
	}
	s.options.Log.Log(context.Background(), level, "certificates: "+f.note, "reason", f.reason)
	e := cluster.Event{
		About: corev1.ObjectReference{
			APIVersion: "v1", Kind: "Secret", Namespace: s.options.Namespace, Name: s.options.Secret,
		},
		Warning: f.isRepair(), Action: "Rotate", Reason: string(f.reason), Note: f.note,
	}
	if e.Warning {
		e.Action = "Repair"
	}
	s.events.Announce(e)
}
