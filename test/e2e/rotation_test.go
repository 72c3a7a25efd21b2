package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// The lives of the certificates under test. With this skew a retired CA is
// dropped before the next is due, so that all four phases come.
const (
	caLifetime  = 30 * time.Second
	clockSkew   = 2 * time.Second
	repairLimit = 10 * time.Second // a fault of the test's machine, not what is promised
)

var shortLives = []string{"--ca-lifetime=" + caLifetime.String(), "--leaf-lifetime=10s", "--ca-propagation=3s"}

// rotation is a run of two replicas and a stream of pods.
type rotation struct {
	t         *testing.T
	o         *installation.Installation
	members   []*member
	authority *authority
	pods      *injectedPods
	rejected  float64 // calls that the API server knows to have failed
}

func newRotation(t *testing.T, namespace, firstFault string, options installation.Options) *rotation {
	r := &rotation{t: t}
	options.Replicas = 2
	r.o = newInstallation(t, options)
	r.members = members(t, r.o)
	r.authority = followAuthority(t)
	r.rejected = -r.rejections() // those of other tests
	r.pods = createPods(t, newNamespace(t, namespace, map[string]string{"istio-injection": "enabled"}), firstFault, r.o)
	return r
}

// TestRotation has pods created without pause while CAs and leaves that live for
// seconds are rotated, and everything happens to them that may happen.
func TestRotation(t *testing.T) {
	r := newRotation(t, "rotation", "none", installation.Options{Flags: append(shortLives, "--clock-skew="+clockSkew.String())})
	start := time.Now()

	r.authority.entering("Retire")()
	for _, phase := range []string{"Retire", "Steady", "Propagate", "Publish"} {
		r.killLeaderIn(phase)
	}
	r.loseSecret()
	r.applyManifest()
	r.wipeBundles()
	r.restartAPIServer()
	r.killBoth()

	r.pods.enter("none, to the end")
	r.authority.await("there were five rotations", func() bool { return r.authority.rotations >= 5 })
	time.Sleep(time.Until(start.Add(3 * time.Minute)))
	r.pods.stop()
	r.check()
}

// TestRotationWithAClockAhead is of a replica whose clock is two minutes ahead of
// everybody's, which the usual allowance for clocks covers: beside a leader whose
// clock is right, as the leader, and deposed again.
func TestRotationWithAClockAhead(t *testing.T) {
	shift := asAnother(t, 2*time.Minute)
	r := newRotation(t, "rotation-clock", "a clock 2 min ahead, not leading", installation.Options{Flags: shortLives, Adjust: func(replica int, program *cluster.Program) {
		if replica == 1 {
			shift(program)
		}
	}})
	right, ahead := r.members[0], r.members[1]
	r.authority.entering("Retire")()

	in := r.pods.enter("a clock 2 min ahead, leading")
	r.pods.between(right.kill)
	in.notes = append(in.notes, "for it the CA is overdue: it rotates at once, and again after 20 s")
	r.authority.entering("Retire")()
	right.start()
	r.authority.entering("Retire")()

	r.pods.enter("a clock 2 min ahead, killed and back")
	r.pods.between(ahead.kill)
	leaderOf(t, r.members)
	time.Sleep(5 * time.Second)
	ahead.start()
	time.Sleep(5 * time.Second)
	r.pods.stop()
	r.check()
}

// killLeaderIn kills the leader as soon as the Secret shows a phase, and has the
// other replica end the rotation alone.
func (r *rotation) killLeaderIn(phase string) {
	r.t.Helper()
	in := r.pods.enter("the leader killed in phase " + phase)
	leader := leaderOf(r.t, r.members)
	entering := r.authority.entering(phase)
	promoted := r.authority.entering("Retire")
	if phase == "Publish" {
		// It is over after a patch, too soon to let pods under way finish first:
		// they are held back shortly before.
		r.authority.await("nothing is rotating", func() bool { return r.authority.phase == "Steady" })
		due := r.authority.succession(caLifetime, clockSkew)
		time.Sleep(time.Until(due.Add(-200 * time.Millisecond)))
		held := time.Now()
		r.pods.between(func() {
			entering()
			leader.kill()
		})
		in.notes = append(in.notes, fmt.Sprintf("pods held back for %s", time.Since(held).Round(time.Millisecond)))
	} else {
		entering()
		r.pods.between(leader.kill)
	}
	secret, err := shared.Client.CoreV1().Secrets(installation.Namespace).Get(r.t.Context(), authoritySecret, metav1.GetOptions{})
	if err != nil {
		r.t.Fatal(err)
	}
	in.notes = append(in.notes, "the dead leader left phase "+string(secret.Data["phase"]))
	dead := time.Now()
	leaderOf(r.t, r.members)
	in.notes = append(in.notes, "the next one led after "+time.Since(dead).Round(100*time.Millisecond).String())
	if phase != "Retire" {
		promoted()
	}
	leader.start()
}

// loseSecret deletes the Secret, and then makes it rubbish.
func (r *rotation) loseSecret() {
	secrets := shared.Client.CoreV1().Secrets(installation.Namespace)
	ctx := r.t.Context()
	for _, fault := range []struct {
		name string
		make func() error
	}{
		{"the Secret deleted", func() error { return secrets.Delete(ctx, authoritySecret, metav1.DeleteOptions{}) }},
		{"the Secret edited to rubbish", func() error {
			rubbish := []byte(`{"data":{"phase":"cnViYmlzaA==","current.key":null}}`)
			_, err := secrets.Patch(ctx, authoritySecret, types.MergePatchType, rubbish, metav1.PatchOptions{})
			return err
		}},
	} {
		in := r.pods.enter(fault.name)
		for range 3 {
			if err := fault.make(); err != nil {
				r.t.Fatal(err)
			}
			in.repairs = append(in.repairs, soon(r.t, "the Secret is right again", func() error {
				secret, err := secrets.Get(ctx, authoritySecret, metav1.GetOptions{})
				if err != nil {
					return err
				}
				switch phase := string(secret.Data["phase"]); phase {
				case "Steady", "Publish", "Propagate", "Retire":
					return nil
				default:
					return fmt.Errorf("its phase is %q", phase)
				}
			}))
			time.Sleep(time.Second)
		}
		r.checkRepairs(in)
	}
}

// applyManifest applies the webhook configuration as it was before there was a
// CA bundle, by both ways in which kubectl applies.
func (r *rotation) applyManifest() {
	in := r.pods.enter("the webhook configuration applied again")
	config, err := r.o.WebhookConfiguration()
	if err != nil {
		r.t.Fatal(err)
	}
	manifest, err := json.Marshal(config)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, way := range []string{"--server-side=false", "--server-side=true"} {
		before := r.bundles()
		if err := shared.Apply(r.t.Context(), string(manifest), way); err != nil {
			r.t.Fatal(err)
		}
		if len(before) == 0 || len(r.bundles()) == 0 {
			in.notes = append(in.notes, "kubectl apply "+way+" took the bundle away")
		}
		time.Sleep(2 * time.Second)
	}
	if len(in.notes) == 0 {
		in.notes = append(in.notes, "kubectl apply leaves a field alone that no manifest had: no bundle is lost")
	}
}

// wipeBundles empties every caBundle. Until they are right again the API server
// trusts nothing.
func (r *rotation) wipeBundles() {
	in := r.pods.enter("the bundle wiped")
	client := shared.Client.AdmissionregistrationV1().MutatingWebhookConfigurations()
	for range 5 {
		var wipe []string
		config, err := client.Get(r.t.Context(), r.o.Name, metav1.GetOptions{})
		if err != nil {
			r.t.Fatal(err)
		}
		for i := range config.Webhooks {
			wipe = append(wipe, fmt.Sprintf(`{"op":"remove","path":"/webhooks/%d/clientConfig/caBundle"}`, i))
		}
		r.pods.setWindow(true)
		if _, err := client.Patch(r.t.Context(), r.o.Name, types.JSONPatchType, []byte("["+strings.Join(wipe, ",")+"]"), metav1.PatchOptions{}); err != nil {
			r.t.Fatal(err)
		}
		in.repairs = append(in.repairs, soon(r.t, "the bundle is right again", func() error {
			if len(r.bundles()) == 0 {
				return errors.New("a bundle is empty")
			}
			return nil
		}))
		// The API server's own view of it is a moment late.
		time.Sleep(500 * time.Millisecond)
		r.pods.setWindow(false)
		time.Sleep(time.Second)
	}
	r.checkRepairs(in)
}

// bundles are the caBundles, none when one of them is empty.
func (r *rotation) bundles() [][]byte {
	r.t.Helper()
	config, err := shared.Client.AdmissionregistrationV1().MutatingWebhookConfigurations().Get(r.t.Context(), r.o.Name, metav1.GetOptions{})
	if err != nil {
		r.t.Fatal(err)
	}
	var all [][]byte
	for _, webhook := range config.Webhooks {
		if len(webhook.ClientConfig.CABundle) == 0 {
			return nil
		}
		all = append(all, webhook.ClientConfig.CABundle)
	}
	return all
}

func (r *rotation) checkRepairs(in *row) {
	r.t.Helper()
	for _, d := range in.repairs {
		if d > repairLimit {
			r.t.Errorf("%s: right again only after %s", in.fault, d)
		}
	}
}

// restartAPIServer does so when a CA is new: one that lives for 30 s has no time
// for an API server that is gone for half of that.
func (r *rotation) restartAPIServer() {
	in := r.pods.enter("the API server restarted")
	in.restarts = true
	r.authority.entering("Retire")()
	r.rejected += r.rejections()
	stopped := time.Now()
	if err := shared.APIServer.Restart(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	in.notes = append(in.notes, fmt.Sprintf("gone for %s", time.Since(stopped).Round(100*time.Millisecond)))
	time.Sleep(3 * time.Second)
}

// killBoth is what cannot be survived: pods have to wait, and none may come
// without its proxy.
func (r *rotation) killBoth() {
	in := r.pods.enter("both replicas dead")
	r.pods.setWindow(true)
	for _, m := range r.members {
		m.kill()
	}
	soon(r.t, "pods are refused", func() error {
		r.pods.mu.Lock()
		defer r.pods.mu.Unlock()
		if in.failedInWindow < 20 {
			return errors.New("too few were")
		}
		return nil
	})
	started := time.Now()
	r.members[0].start()
	in.repairs = append(in.repairs, time.Since(started))
	in.notes = append(in.notes, "right again: from the start of a replica until it is ready")
	r.members[1].start()
	time.Sleep(500 * time.Millisecond)
	r.pods.setWindow(false)
	time.Sleep(3 * time.Second)
}

// rejections is how many calls of a webhook the API server knows to have failed
// since it started, and how many it let pass for all that.
func (r *rotation) rejections() float64 {
	r.t.Helper()
	families, err := shared.Metrics(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	var n float64
	for _, series := range families["apiserver_admission_webhook_rejection_count"].GetMetric() {
		for _, label := range series.GetLabel() {
			if label.GetName() == "name" && strings.HasSuffix(label.GetValue(), "outrigger.io") {
				n += series.GetCounter().GetValue()
			}
		}
	}
	for _, series := range families["apiserver_admission_webhook_fail_open_count"].GetMetric() {
		if n := series.GetCounter().GetValue(); n > 0 {
			r.t.Errorf("the API server let %v pods pass without a call", n)
		}
	}
	return n
}

// check holds the counts against what is promised, and the API server's against
// the test's own.
func (r *rotation) check() {
	r.t.Helper()
	r.rejected += r.rejections()
	refused := 0
	for _, row := range r.pods.rows {
		refused += row.failed + row.failedInWindow
	}
	if int(r.rejected) != refused {
		r.t.Errorf("the API server counts %v failed calls, the test %d refused pods", r.rejected, refused)
	}
	r.t.Logf("%d rotations of the CA; the API server counts %v failed calls", r.authority.rotated(), r.rejected)
	r.pods.check()
}
