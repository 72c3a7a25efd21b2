package certs

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

var fastTiming = Timing{CA: 30 * time.Second, Leaf: 10 * time.Second, Propagation: 2 * time.Second, ClockSkew: 5 * time.Second}

func TestSelfInstall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		reg := prometheus.NewPedanticRegistry()
		a, stopA := c.run("a", func(o *SelfOptions) { o.Metrics = NewMetrics(reg) })
		defer stopA()
		if err := a.Ready(); err == nil || a.Healthy() {
			t.Errorf("ready before there is a certificate")
		}
		c.heals(time.Second, a)
		if err := a.Ready(); err != nil {
			t.Error(err)
		}
		b, stopB := c.run("b", nil)
		defer stopB()
		c.heals(time.Second, b)
		synctest.Wait()

		got := c.config()
		want := c.manifest.DeepCopy()
		want.Webhooks[1].ClientConfig.CABundle = c.secret().Data[keyBundle]
		want.Webhooks[2].ClientConfig.CABundle = c.secret().Data[keyBundle]
		if diff := cmp.Diff(want.Webhooks, got.Webhooks); diff != "" {
			t.Errorf("more than our caBundles changed (-manifest +now):\n%s", diff)
		}
		if diff := cmp.Diff(want.Labels, got.Labels); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[string]int{"AuthorityCreated": 1, "BundlePublished": 2}, c.events()); diff != "" {
			t.Error(diff)
		}
		// A recorder takes events about the same for one.
		var about []string
		for _, e := range c.told.All() {
			secret, related := e.Regarding.(*corev1.ObjectReference), ""
			if e.Related != nil {
				related = e.Related.(*corev1.ObjectReference).Name + " " + e.Related.(*corev1.ObjectReference).FieldPath
			}
			about = append(about, fmt.Sprintf("%s %s/%s %v %s", e.Type, secret.Kind, secret.Name, secret.ResourceVersion != "", related))
		}
		if diff := cmp.Diff([]string{
			"Normal Secret/outrigger-ca true ",
			"Normal Secret/outrigger-ca false outrigger webhooks{namespace.outrigger.io}",
			"Normal Secret/outrigger-ca false outrigger webhooks{url.outrigger.io}",
		}, about); diff != "" {
			t.Errorf("events are about (-want +got):\n%s", diff)
		}
		want1 := fmt.Sprintf(`
# HELP outrigger_ca_bundle_in_sync 1 if all caBundles for this Service are as they should be, else 0. Absent if Outrigger does not manage caBundles.
# TYPE outrigger_ca_bundle_in_sync gauge
outrigger_ca_bundle_in_sync 1
# HELP outrigger_certificate_expiry_timestamp_seconds Expiry of the serving certificate (leaf) and of the CA that signed it (ca), in seconds since the epoch.
# TYPE outrigger_certificate_expiry_timestamp_seconds gauge
outrigger_certificate_expiry_timestamp_seconds{kind="ca"} %v
outrigger_certificate_expiry_timestamp_seconds{kind="leaf"} %v
# HELP outrigger_certificate_lifetime_seconds Total lifetime of the serving certificate (leaf) and of the CA that signed it (ca), in seconds.
# TYPE outrigger_certificate_lifetime_seconds gauge
outrigger_certificate_lifetime_seconds{kind="ca"} 40
outrigger_certificate_lifetime_seconds{kind="leaf"} 20
`, float64(a.leaf.Load().ca.cert.NotAfter.Unix()), float64(a.leaf.Load().cert.NotAfter.Unix()))
		if err := testutil.GatherAndCompare(reg, strings.NewReader(want1),
			"outrigger_ca_bundle_in_sync", "outrigger_certificate_expiry_timestamp_seconds", "outrigger_certificate_lifetime_seconds"); err != nil {
			t.Error(err)
		}
	})
}

// TestSelfRotates runs minutes of short lives, in which the leader is
// killed once in each phase, with both clocks right and with one ahead.
func TestSelfRotates(t *testing.T) {
	for _, ahead := range []time.Duration{0, 2 * time.Minute} {
		t.Run(fmt.Sprint("clock ahead by ", ahead), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCluster(t)
				// Or else phase Publish is over in no time.
				c.client = c.client.With(interceptor.Funcs{
					Patch: func(ctx context.Context, to client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
						time.Sleep(200 * time.Millisecond)
						return to.Patch(ctx, o, p, opts...)
					},
				})
				var slots [2]*self
				var stops [2]func()
				begin := func(i, n int) {
					slots[i], stops[i] = c.run(fmt.Sprintf("slot-%d-%d", i, n), func(o *SelfOptions) {
						o.Timing.ClockSkew += ahead
						if i == 0 {
							o.Now = func() time.Time { return time.Now().Add(ahead) }
						}
					})
				}
				for i := range slots {
					begin(i, 0)
					defer func() { stops[i]() }()
				}
				c.heals(3*time.Second, slots[:]...)
				killed := map[string]int{}
				lives := 0
				for end := time.Now().Add(3*time.Minute + ahead); time.Now().Before(end); {
					c.callFor(200*time.Millisecond, slots[:]...)
					phase := string(c.secret().Data[keyPhase])
					for i, s := range slots {
						if !s.leads.Load() || killed[phase] > 0 {
							continue
						}
						killed[phase]++
						lives++
						stops[i]()
						c.callFor(5*time.Second, slots[1-i])
						begin(i, lives)
						for slots[i].Ready() != nil {
							c.callFor(50*time.Millisecond, slots[1-i])
						}
						break
					}
				}
				// A CA made by a clock that is ahead is due that much later by
				// another: there are fewer rotations, and not every phase may
				// have come while there was a leader to kill.
				least := 2
				if ahead == 0 {
					least = 5
					for _, phase := range []Phase{Publish, Propagate, Retire} {
						if killed[string(phase)] == 0 {
							t.Errorf("the leader was not killed in phase %s", phase)
						}
					}
				}
				if promoted := c.events()[string(CAPromoted)]; promoted < least {
					t.Errorf("%d rotations of the CA, want at least %d", promoted, least)
				}
				c.hidesKeys()
			})
		})
	}
}

func TestSelfRepairs(t *testing.T) {
	type fault struct {
		name string
		do   func(c *testCluster)
		// reason is the event and metric; unseen is that no call can fail.
		reason Reason
		unseen bool
	}
	edit := func(c *testCluster, bundle []byte) {
		o := c.config()
		o.Webhooks[1].ClientConfig.CABundle = bundle
		o.Annotations = map[string]string{"edited": "yes"}
		if err := c.client.Update(c.t.Context(), o); err != nil {
			c.t.Fatal(err)
		}
	}
	faults := []fault{
		{name: "bundle wiped", reason: BundleWiped, do: func(c *testCluster) { edit(c, nil) }},
		{name: "bundle rubbish", reason: BundleChanged, do: func(c *testCluster) { edit(c, []byte("rubbish")) }},
		{name: "foreign CA added", reason: BundleChanged, unseen: true, do: func(c *testCluster) {
			other, err := newCA("somebody else", fastTiming, time.Now())
			if err != nil {
				c.t.Fatal(err)
			}
			edit(c, append(c.config().Webhooks[1].ClientConfig.CABundle, encodeBundle([]*x509.Certificate{other.cert})...))
		}},
		{name: "configuration made anew", reason: WebhookRecreated, do: func(c *testCluster) {
			if err := c.client.Delete(c.t.Context(), c.config()); err != nil {
				c.t.Fatal(err)
			}
			c.apply()
		}},
		{name: "Secret deleted", reason: SecretDeleted, unseen: true, do: func(c *testCluster) {
			if err := c.client.Delete(c.t.Context(), c.secret()); err != nil {
				c.t.Fatal(err)
			}
		}},
		{name: "Secret edited to rubbish", reason: SecretUnusable, unseen: true, do: func(c *testCluster) {
			o := c.secret()
			o.Labels["theirs"] = "kept"
			o.Data[keyCurrentKey] = append([]byte("x"), o.Data[keyCurrentKey]...)
			if err := c.client.Update(c.t.Context(), o); err != nil {
				c.t.Fatal(err)
			}
		}},
	}
	for _, f := range faults {
		for _, leaderless := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, leaderless %v", f.name, leaderless), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := newCluster(t)
					calm := func(o *SelfOptions) {
						o.Timing = Timing{}
						o.Metrics = NewMetrics(prometheus.NewRegistry())
					}
					a, stopA := c.run("a", calm)
					c.heals(time.Second, a)
					b, stopB := c.run("b", calm)
					defer stopB()
					c.heals(time.Second, a, b)
					live := []*self{a, b}
					if leaderless {
						// Die without giving the Lease back.
						stopA()
						live = live[1:]
						c.holdLease()
					} else {
						defer stopA()
					}
					before := string(c.secret().Data[keyCurrentCert])

					f.do(c)
					if f.unseen {
						c.callFor(2*time.Second, live...)
					} else {
						c.heals(2*time.Second, live...)
					}
					synctest.Wait()
					if after := string(c.secret().Data[keyCurrentCert]); after != before {
						t.Error("the CA was changed, which was not needed")
					}
					var repaired float64
					for _, s := range live {
						repaired += testutil.ToFloat64(s.options.Metrics.repairs.WithLabelValues(string(f.reason)))
					}
					if repaired == 0 || c.events()[string(f.reason)] == 0 {
						t.Errorf("no metric (%v) or no event of %s: %v\n%s", repaired, f.reason, c.events(), c.log)
					}
					c.callFor(10*time.Second, live...)
					c.hidesKeys()
				})
			})
		}
	}
}

// holdLease gives the Lease to somebody who is gone, for longer than a test.
func (c *testCluster) holdLease() {
	c.t.Helper()
	leases := c.leases.CoordinationV1().Leases(testNamespace)
	lease, err := leases.Get(c.t.Context(), testService+"-certs", metav1.GetOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	gone, long, now := "gone", int32(3600), metav1.NowMicro()
	lease.Spec.HolderIdentity, lease.Spec.LeaseDurationSeconds, lease.Spec.RenewTime = &gone, &long, &now
	if _, err := leases.Update(c.t.Context(), lease, metav1.UpdateOptions{}); err != nil {
		c.t.Fatal(err)
	}
}

// hidesKeys looks for any line of a key in the log and the events.
func (c *testCluster) hidesKeys() {
	c.t.Helper()
	said := c.log.String() + fmt.Sprint(c.told.All())
	for _, name := range []string{keyCurrentKey, keyNextKey} {
		for line := range strings.Lines(string(c.secret().Data[name])) {
			if line = strings.TrimSpace(line); len(line) > 10 && strings.Contains(said, line) {
				c.t.Fatalf("a line of %s was logged or sent", name)
			}
		}
	}
	if strings.Contains(said, "PRIVATE KEY") {
		c.t.Fatal("something of a key was logged or sent")
	}
}

// TestSelfSecretLostWithItsMemory deletes the Secret when the only replica that
// can write remembers nothing of it, while one that hangs serves a leaf of the
// CA whose key is now lost.
func TestSelfSecretLostWithItsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		slow := func(o *SelfOptions) {
			o.Timing = Timing{CA: time.Hour, Leaf: 10 * time.Minute, Propagation: 30 * time.Second}
		}
		hung, hang := c.run("hung", slow)
		c.heals(time.Second, hung)
		hang()
		if err := c.client.Delete(t.Context(), c.secret()); err != nil {
			t.Fatal(err)
		}
		fresh, stop := c.run("fresh", slow)
		defer stop()
		start := time.Now()
		for fresh.Ready() != nil {
			c.callFor(time.Second, hung)
			if time.Since(start) > time.Minute {
				t.Fatalf("no certificate after a minute: %v\n%s", fresh.Ready(), c.log)
			}
		}
		if waited := time.Since(start); waited < 30*time.Second {
			t.Errorf("served a leaf of the new CA after %s, before API servers could know it", waited)
		}
		c.callFor(time.Minute, hung, fresh)
		if hung.leaf.Load().ca.cert.Equal(fresh.leaf.Load().ca.cert) {
			t.Error("the key of the old CA was not lost")
		}
	})
}

func TestKeysDoNotPrint(t *testing.T) {
	ca, err := newCA("x", fastTiming, epoch)
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := ca.encode()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(key)
	state := State{Phase: Steady, Current: ca}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		for _, value := range []any{ca, state, &state, []State{state}} {
			said := fmt.Sprintf(verb, value)
			if len(said) > 600 {
				t.Errorf("%s of %T is long: %d bytes", verb, value, len(said))
			}
			if strings.Contains(said, fmt.Sprintf("%x", block.Bytes[40:60])) {
				t.Errorf("%s of %T has the key", verb, value)
			}
		}
	}
}

// TestElectionFitsTheTiming wants the successor of a leader that died at the end
// of the propagation time to promote the next CA before the old one has expired.
func TestElectionFitsTheTiming(t *testing.T) {
	usual := Election{LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second}
	for _, tt := range []struct {
		ca   time.Duration
		want Election
	}{
		{365 * 24 * time.Hour, usual},
		{150 * time.Second, usual},
		{30 * time.Second, Election{LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 400 * time.Millisecond}},
		{12 * time.Second, Election{LeaseDuration: 1200 * time.Millisecond, RenewDeadline: 800 * time.Millisecond, RetryPeriod: 160 * time.Millisecond}},
	} {
		timing := Timing{CA: tt.ca, Propagation: tt.ca / 6}
		got := Election{}.withDefaults(timing)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("CA life %s (-want +got):\n%s", tt.ca, diff)
		}
		// An idle candidate looks at the Lease after up to 2.2 retry periods: once
		// to see the dead leader's last renewal, once to see it run out.
		takeover := got.LeaseDuration + 2*got.RetryPeriod*22/10
		if left := tt.ca/3 - timing.Propagation; takeover > left {
			t.Errorf("CA life %s: leadership passes on in %s, and a rotation leaves %s for it", tt.ca, takeover, left)
		}
	}
	given := Election{LeaseDuration: 6 * time.Second, RenewDeadline: 4 * time.Second, RetryPeriod: time.Second}
	if got := given.withDefaults(Timing{CA: 30 * time.Second}); got != given {
		t.Errorf("what is given came out as %v", got)
	}
}
