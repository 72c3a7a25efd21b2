package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/internal/clustertest"
)

// testCluster is an API in memory with the webhook configuration as its manifest has
// it, and replicas of the self mode that run against it, in a bubble of synctest
// where time passes only when everybody waits.
type testCluster struct {
	t        *testing.T
	client   clustertest.Cluster
	leases   *fake.Clientset
	told     clustertest.Events
	manifest admissionv1.MutatingWebhookConfiguration
	log      *clustertest.Log
	uids     int
}

func newCluster(t *testing.T) *testCluster {
	c := &testCluster{t: t, client: clustertest.New(), leases: fake.NewClientset(), log: &clustertest.Log{}}
	none := admissionv1.SideEffectClassNone
	entry := func(name, service string) admissionv1.MutatingWebhook {
		return admissionv1.MutatingWebhook{
			Name: name, SideEffects: &none, AdmissionReviewVersions: []string{"v1"},
			ClientConfig: admissionv1.WebhookClientConfig{
				Service: &admissionv1.ServiceReference{Name: service, Namespace: testNamespace},
			},
		}
	}
	url := "https://" + testHost + ":8443/inject"
	byURL := entry("url.outrigger.io", "")
	byURL.ClientConfig = admissionv1.WebhookClientConfig{URL: &url}
	c.manifest = admissionv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "outrigger", Labels: map[string]string{"kept": "yes"}},
		Webhooks: []admissionv1.MutatingWebhook{
			entry("other.example.com", "other"), entry("namespace.outrigger.io", testService), byURL,
		},
	}
	c.manifest.Webhooks[0].ClientConfig.CABundle = []byte("theirs")
	c.apply()
	return c
}

// apply makes the webhook configuration anew from its manifest.
func (c *testCluster) apply() {
	c.t.Helper()
	o := c.manifest.DeepCopy()
	c.uids++
	o.UID = types.UID(fmt.Sprint("uid-", c.uids))
	if err := c.client.Create(c.t.Context(), o); err != nil {
		c.t.Fatal(err)
	}
}

// run starts a replica; stop kills it without a word to the others.
func (c *testCluster) run(identity string, change func(*SelfOptions)) (s *self, stop func()) {
	c.t.Helper()
	o := SelfOptions{
		Service: testService, Namespace: testNamespace, Identity: identity, Timing: fastTiming,
		WebhookConfigurations: []string{"outrigger", "not-there"},
		Election:              Election{LeaseDuration: 6 * time.Second, RenewDeadline: 4 * time.Second, RetryPeriod: time.Second},
		Log:                   slog.New(slog.NewTextHandler(c.log, &slog.HandlerOptions{Level: slog.LevelDebug})).With("replica", identity),
	}
	if change != nil {
		change(&o)
	}
	if err := o.complete(); err != nil {
		c.t.Fatal(err)
	}
	s = newSelf(Cluster{Client: c.client, Leases: c.leases.CoordinationV1(), Events: &c.told}, o)
	ctx, cancel := context.WithCancel(c.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Start(ctx); err != nil {
			c.t.Error(err)
		}
	}()
	return s, func() { cancel(); <-done }
}

func (c *testCluster) config() *admissionv1.MutatingWebhookConfiguration {
	c.t.Helper()
	var o admissionv1.MutatingWebhookConfiguration
	if err := c.client.Get(c.t.Context(), client.ObjectKey{Name: "outrigger"}, &o); err != nil {
		c.t.Fatal(err)
	}
	return &o
}

func (c *testCluster) secret() *corev1.Secret {
	c.t.Helper()
	var o corev1.Secret
	if err := c.client.Get(c.t.Context(), client.ObjectKey{Namespace: testNamespace, Name: testService + "-ca"}, &o); err != nil {
		c.t.Fatal(err)
	}
	return &o
}

// call verifies what a replica serves as the API server would for each entry.
func (c *testCluster) call(s *self) error {
	cert, err := s.GetCertificate(&tls.ClientHelloInfo{ServerName: testHost})
	if err != nil {
		return err
	}
	for _, w := range c.config().Webhooks[1:] {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(w.ClientConfig.CABundle)
		if _, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: testHost, CurrentTime: time.Now()}); err != nil {
			return fmt.Errorf("%s: %w", w.Name, err)
		}
	}
	return nil
}

// callFor calls all replicas again and again, and wants every call to succeed.
func (c *testCluster) callFor(d time.Duration, replicas ...*self) {
	c.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		for _, s := range replicas {
			if err := c.call(s); err != nil {
				c.t.Fatalf("%s: %v\n%s", s.options.Identity, err, c.log)
			}
		}
	}
}

// heals waits until all calls succeed, at most for limit.
func (c *testCluster) heals(limit time.Duration, replicas ...*self) {
	c.t.Helper()
	start := time.Now()
	for {
		var err error
		for _, s := range replicas {
			if e := c.call(s); e != nil {
				err = fmt.Errorf("%s: %w", s.options.Identity, e)
			}
		}
		if err == nil {
			return
		}
		if time.Since(start) > limit {
			c.t.Fatalf("not right after %s: %v\n%s", limit, err, c.log)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (c *testCluster) events() map[string]int {
	seen := map[string]int{}
	for _, e := range c.told.All() {
		seen[e.Reason]++
	}
	return seen
}
