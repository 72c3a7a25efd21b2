package certs

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	coordinationclient "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"
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

func (o *SelfOptions) callee() callee {
	return callee{service: o.Service, namespace: o.Namespace, hosts: o.names()}
}

// self is the glue between a replica's judgement and the cluster.
type self struct {
	options SelfOptions
	client  client.WithWatch
	leases  coordinationclient.LeasesGetter

	mind    *replica
	leads   atomic.Bool
	leaf    atomic.Pointer[leaf]
	waiting atomic.Pointer[string] // what the first leaf waits for

	secret  *watched
	configs []*watched
	events  *announcer
	wake    chan struct{}
	// failures in a row, for backing off.
	failures int
}

// NewSelf is the source that is its own authority, in the cluster of config.
func NewSelf(config *rest.Config, o SelfOptions) (Source, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	scheme, mapper, err := kinds()
	if err != nil {
		return nil, err
	}
	// A repair must not queue behind the requests of others.
	config = rest.CopyConfig(config)
	config.QPS, config.Burst, config.RateLimiter = 50, 100, nil
	c, err := client.NewWithWatch(config, client.Options{Scheme: scheme, Mapper: mapper})
	if err != nil {
		return nil, fmt.Errorf("making a client for certificates: %w", err)
	}
	leases, err := coordinationclient.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client for Leases: %w", err)
	}
	return newSelf(c, leases, o), nil
}

// kinds are the few that are needed. A mapper that is told them needs no
// discovery, and so no more of the API server than the objects themselves.
func kinds() (*runtime.Scheme, meta.RESTMapper, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, admissionv1.AddToScheme, coordinationv1.AddToScheme, eventsv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, nil, fmt.Errorf("making a scheme: %w", err)
		}
	}
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Secret"), meta.RESTScopeNamespace)
	mapper.Add(eventsv1.SchemeGroupVersion.WithKind("Event"), meta.RESTScopeNamespace)
	mapper.Add(admissionv1.SchemeGroupVersion.WithKind("MutatingWebhookConfiguration"), meta.RESTScopeRoot)
	return scheme, mapper, nil
}

func newSelf(c client.WithWatch, leases coordinationclient.LeasesGetter, o SelfOptions) *self {
	s := &self{
		options: o,
		client:  c,
		leases:  leases,
		mind:    newReplica(authority{name: authorityName(o.Service, o.Namespace), timing: o.Timing}, o.names()),
		wake:    make(chan struct{}, 1),
	}
	secret := client.ObjectKey{Namespace: o.Namespace, Name: o.Secret}
	s.events = newAnnouncer(c, secret, o.Identity, o.Log, o.Metrics)
	s.secret = &watched{client: c, key: secret, list: &corev1.SecretList{}, changed: s.changed}
	for _, name := range o.WebhookConfigurations {
		s.configs = append(s.configs, &watched{
			client: c, key: client.ObjectKey{Name: name}, list: &admissionv1.MutatingWebhookConfigurationList{}, changed: s.changed,
		})
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
	// client-go's reflectors and elections log to where the rest does.
	ctx = klog.NewContext(ctx, logr.FromSlogHandler(s.options.Log.Handler()))
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { s.secret.run(ctx, &corev1.Secret{}) })
	for _, c := range s.configs {
		running.Go(func() { c.run(ctx, &admissionv1.MutatingWebhookConfiguration{}) })
	}
	running.Go(func() { s.events.run(ctx) })
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
	lock := &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Namespace: o.Namespace, Name: o.Lease},
		Client:     s.leases,
		LockConfig: resourcelock.ResourceLockConfig{Identity: o.Identity},
	}
	lead := func(yes bool) {
		if s.leads.Swap(yes) != yes {
			o.Log.Info("certificates: leadership changed", "leads", yes)
		}
		s.changed()
	}
	for ctx.Err() == nil {
		elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock:            lock,
			LeaseDuration:   o.Election.LeaseDuration,
			RenewDeadline:   o.Election.RenewDeadline,
			RetryPeriod:     o.Election.RetryPeriod,
			ReleaseOnCancel: true,
			Name:            o.Lease,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { lead(true) },
				OnStoppedLeading: func() { lead(false) },
			},
		})
		if err != nil {
			// The durations do not fit together; NewSelf cannot know how.
			o.Log.Error("certificates: no leader election, so no rotation of the CA by this replica", "error", err)
			return
		}
		elector.Run(ctx)
	}
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
		if secret, configs, planErr = s.read(ctx); planErr == nil {
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
	object := func(w *watched, kind string) client.Object {
		o, synced, err := w.get()
		if !synced && missing == "" {
			missing = fmt.Sprintf("%s %s", kind, strings.TrimPrefix(w.key.String(), "/"))
			if err != nil {
				missing += ": " + err.Error()
			}
		}
		return o
	}
	if o, ok := object(s.secret, "Secret").(*corev1.Secret); ok {
		secret = viewSecret(o)
	}
	for _, w := range s.configs {
		if o, ok := object(w, "MutatingWebhookConfiguration").(*admissionv1.MutatingWebhookConfiguration); ok {
			configs = append(configs, s.options.callee().viewConfig(o))
		}
	}
	return secret, configs, missing
}

// read is what look shows, asked of the API server.
func (s *self) read(ctx context.Context) (secretView, []configView, error) {
	return readViews(ctx, s.client, s.secret.key, s.options.WebhookConfigurations, s.options.callee())
}

func readViews(ctx context.Context, c client.Reader, secretKey client.ObjectKey, configNames []string, of callee) (secretView, []configView, error) {
	var secret secretView
	var o corev1.Secret
	switch err := c.Get(ctx, secretKey, &o); {
	case err == nil:
		secret = viewSecret(&o)
	case !apierrors.IsNotFound(err):
		return secretView{}, nil, fmt.Errorf("reading Secret %s: %w", secretKey, err)
	}
	var configs []configView
	for _, name := range configNames {
		var o admissionv1.MutatingWebhookConfiguration
		switch err := c.Get(ctx, client.ObjectKey{Name: name}, &o); {
		case err == nil:
			configs = append(configs, of.viewConfig(&o))
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
	config := &admissionv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: b.config}}
	if err := s.client.Patch(ctx, config, client.RawPatch(types.JSONPatchType, patch)); err != nil {
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
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.secret.key.Namespace,
			Name:      s.secret.key.Name,
			Labels:    map[string]string{"app.kubernetes.io/managed-by": "outrigger"},
		},
		Data: data,
	}
	if w.resourceVersion == "" {
		err = s.client.Create(ctx, secret)
	} else {
		// Others' labels and annotations stay: what was seen is what is changed.
		o, _, _ := s.secret.get()
		if seen, ok := o.(*corev1.Secret); ok {
			secret = seen.DeepCopy()
			secret.Data = data
		}
		secret.ResourceVersion = w.resourceVersion
		err = s.client.Update(ctx, secret)
	}
	if err != nil {
		return s.failed(failedSecret, fmt.Errorf("writing Secret %s: %w", s.secret.key, err))
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
	s.events.announce(f)
}
