package certs

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var podRules = []admissionv1.RuleWithOperations{{
	Operations: []admissionv1.OperationType{admissionv1.Create},
	Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
}}

// withOpening runs an Opening beside a replica, until the function that is returned.
func (c *testCluster) withOpening(s *self) (stop func()) {
	_, stop = c.runOpening(s)
	return stop
}

func (c *testCluster) runOpening(s *self) (opening *Opening, stop func()) {
	opening = NewOpening(c.client, OpeningOptions{
		Service: testService, Namespace: testNamespace, WebhookConfigurations: []string{"outrigger", "not-there"},
		Rules: podRules, Certificate: s.GetCertificate, Leads: s.Leads,
		Log: slog.New(slog.NewTextHandler(c.log, nil)).With("opening of", s.options.Identity),
	})
	ctx, cancel := context.WithCancel(c.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := opening.Start(ctx); err != nil {
			c.t.Error(err)
		}
	}()
	return opening, func() { cancel(); <-done }
}

// endpoint puts a replica behind the Service, ready or not.
func (c *testCluster) endpoint(name string, ready bool) {
	c.t.Helper()
	err := c.client.Create(c.t.Context(), &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: name, Namespace: testNamespace, Labels: map[string]string{discoveryv1.LabelServiceName: testService}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{"10.0.0.1"}, Conditions: discoveryv1.EndpointConditions{Ready: &ready}}},
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// open tells of each entry whether it has rules.
func (c *testCluster) open() (open []bool) {
	for _, w := range c.config().Webhooks {
		open = append(open, len(w.Rules) > 0)
	}
	return open
}

// isOpen checks which entries have rules. The first is another's, and the last calls a
// URL, of which nobody knows whether it is reached.
func (c *testCluster) isOpen(when string, want bool) {
	c.t.Helper()
	synctest.Wait()
	if diff := cmp.Diff([]bool{false, want, false}, c.open()); diff != "" {
		c.t.Errorf("%s, entries that have rules (-want +got):\n%s\n%s", when, diff, c.log)
	}
}

// TestOpening follows an installation from its manifest on: an entry has rules only
// when a call that they bring would succeed, and has them again when somebody applies
// the manifest to nothing.
func TestOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		s, stop := c.run("a", nil)
		defer stop()
		defer c.withOpening(s)()
		c.heals(time.Second, s)
		time.Sleep(time.Minute)
		c.isOpen("with nobody behind the Service", false)

		c.endpoint("unready", false)
		time.Sleep(time.Minute)
		c.isOpen("with nobody ready behind the Service", false)

		c.endpoint("ready", true)
		time.Sleep(toSpread - 10*time.Millisecond)
		c.isOpen("before every node has heard of it", false)
		time.Sleep(2 * betweenLooks)
		c.isOpen("with a replica behind the Service", true)
		if diff := cmp.Diff(podRules, c.config().Webhooks[1].Rules); diff != "" {
			t.Errorf("rules (-want +got):\n%s", diff)
		}
		c.callFor(time.Minute, s) // the authority is succeeded meanwhile
		c.isOpen("a minute later", true)

		if err := c.client.Delete(t.Context(), c.config()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		c.apply()
		time.Sleep(2 * betweenLooks)
		if err := c.call(s); err != nil {
			t.Error(err)
		}
		c.isOpen("made anew", true)
	})
}

// TestOpeningReady has two replicas start: the one that leads is ready first, and the
// other when there are rules. No replica that was ready is so no more.
func TestOpeningReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		leader, stop := c.run("a", nil)
		defer stop()
		c.heals(time.Second, leader)
		other, stop := c.run("b", nil)
		defer stop()
		leading, stop := c.runOpening(leader)
		defer stop()
		waiting, stop := c.runOpening(other)
		defer stop()
		c.heals(time.Second, other)
		time.Sleep(time.Second)
		if err := leading.Ready(); err != nil {
			t.Errorf("the leader waits: %v", err)
		}
		const want = "waiting for the rules of MutatingWebhookConfiguration outrigger: the replica that leads is ready first"
		if err := waiting.Ready(); err == nil || err.Error() != want {
			t.Errorf("the other replica says %v, want %s", err, want)
		}

		c.endpoint("leader", true)
		time.Sleep(toSpread + 2*betweenLooks)
		c.isOpen("with the leader behind the Service", true)
		if err := waiting.Ready(); err != nil {
			t.Errorf("with rules, the other replica waits: %v", err)
		}

		if err := c.client.Delete(t.Context(), c.config()); err != nil {
			t.Fatal(err)
		}
		c.apply()
		synctest.Wait()
		if err := waiting.Ready(); err != nil {
			t.Errorf("made anew, a replica that was ready waits: %v", err)
		}
	})
}

// TestOpeningReadyInTheEnd has nobody give the entries rules.
func TestOpeningReadyInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		leader, stop := c.run("a", nil)
		defer stop()
		c.heals(time.Second, leader)
		other, stop := c.run("b", nil)
		defer stop()
		waiting, stop := c.runOpening(other)
		defer stop()
		time.Sleep(time.Second)
		if err := waiting.Ready(); err == nil {
			t.Error("it does not wait")
		}
		time.Sleep(longestWait)
		if err := waiting.Ready(); err != nil {
			t.Errorf("after %s: %v", longestWait, err)
		}
	})
}

// TestOpeningTogether has several replicas open the same entries: all but one find it
// done, and none complains.
func TestOpeningTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.endpoint("ready", true)
		for _, name := range []string{"a", "b", "c"} {
			s, stop := c.run(name, nil)
			defer stop()
			defer c.withOpening(s)()
		}
		time.Sleep(10 * time.Second)
		c.isOpen("with three replicas", true)
	})
}

// TestOpeningLeavesRulesAlone has an entry with rules of its own keep them.
func TestOpeningLeavesRulesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t)
		c.endpoint("ready", true)
		own := podRules[0].DeepCopy()
		own.Resources = []string{"pods", "pods/ephemeralcontainers"}
		config := c.config()
		config.Webhooks[1].Rules = []admissionv1.RuleWithOperations{*own}
		if err := c.client.Update(t.Context(), config); err != nil {
			t.Fatal(err)
		}
		s, stop := c.run("a", nil)
		defer stop()
		defer c.withOpening(s)()
		time.Sleep(10 * time.Second)
		if diff := cmp.Diff([]admissionv1.RuleWithOperations{*own}, c.config().Webhooks[1].Rules); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
