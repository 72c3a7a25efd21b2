package cluster_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/outrigger-io/outrigger/internal/clustertest"
	"github.com/outrigger-io/outrigger/pkg/cluster"
)

const (
	duration = 6 * time.Second
	deadline = 4 * time.Second
	retry    = time.Second
)

// polls are processes that take part in an election, on an API that checks
// resource versions, as the fake clientset does not.
type polls struct {
	t       *testing.T
	clients *fake.Clientset
	leads   map[string]bool
}

func newPolls(t *testing.T) *polls {
	p := &polls{t: t, clients: fake.NewClientset(), leads: map[string]bool{}}
	version := 0
	p.clients.PrependReactor("*", "leases", func(action clienttesting.Action) (bool, runtime.Object, error) {
		write, ok := action.(interface{ GetObject() runtime.Object })
		if !ok {
			return false, nil, nil
		}
		lease := write.GetObject().(*coordinationv1.Lease)
		stored, err := p.clients.Tracker().Get(action.GetResource(), action.GetNamespace(), lease.Name)
		if err == nil && action.GetVerb() == "update" && stored.(*coordinationv1.Lease).ResourceVersion != lease.ResourceVersion {
			return true, nil, apierrors.NewConflict(action.GetResource().GroupResource(), lease.Name, errors.New("changed"))
		}
		version++
		lease.ResourceVersion = time.Duration(version).String()
		return false, nil, nil
	})
	return p
}

// join starts a process; stop ends it, and kill ends it without a word to others.
func (p *polls) join(identity string) (stop, kill func()) {
	ctx, cancel := context.WithCancel(p.t.Context())
	dead := &deaf{Leases: clustertest.Of(p.clients).Leases("ns")}
	done := make(chan struct{})
	go func() {
		defer close(done)
		cluster.Election{
			Leases: dead, Name: "lock", Identity: identity,
			Duration: duration, Deadline: deadline, Retry: retry,
			Changed: func(leads bool) { p.leads[identity] = leads },
			Log:     slog.New(slog.DiscardHandler),
		}.Run(ctx)
	}()
	p.t.Cleanup(func() { cancel(); <-done })
	return func() { cancel(); <-done }, func() { dead.cut = true; cancel() }
}

// deaf is a way to the API server that can be cut: requests then hang.
type deaf struct {
	cluster.Leases
	cut bool
}

func (d *deaf) Get(ctx context.Context, name string, o metav1.GetOptions) (*coordinationv1.Lease, error) {
	if d.cut {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return d.Leases.Get(ctx, name, o)
}

func (d *deaf) Update(ctx context.Context, lease *coordinationv1.Lease, o metav1.UpdateOptions) (*coordinationv1.Lease, error) {
	if d.cut {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return d.Leases.Update(ctx, lease, o)
}

// leader waits for d and then is who leads, wanting no two at any time.
func (p *polls) leader(d time.Duration) string {
	p.t.Helper()
	var last string
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		synctest.Wait()
		last = ""
		for who, leads := range p.leads {
			switch {
			case leads && last != "":
				p.t.Fatalf("%s and %s lead", last, who)
			case leads:
				last = who
			}
		}
	}
	return last
}

func TestElectionHasOneLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolls(t)
		stopA, _ := p.join("a")
		if got := p.leader(retry); got != "a" {
			t.Fatalf("%q leads, want the only one there is", got)
		}
		_, killB := p.join("b")
		if got := p.leader(time.Minute); got != "a" {
			t.Errorf("%q leads, want the one that did", got)
		}
		stopA()
		if got := p.leader(2*retry + 200*time.Millisecond); got != "b" {
			t.Errorf("%q leads soon after the leader gave up, want b", got)
		}
		p.join("c")
		killB()
		if got := p.leader(duration - 2*retry); got != "" {
			t.Errorf("%q leads while the dead leader's Lease may hold", got)
		}
		if got := p.leader(4*retry + duration); got != "c" {
			t.Errorf("%q leads after the dead leader's Lease, want c", got)
		}
		lease, err := p.clients.CoordinationV1().Leases("ns").Get(t.Context(), "lock", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if *lease.Spec.HolderIdentity != "c" || *lease.Spec.LeaseTransitions != 2 || *lease.Spec.LeaseDurationSeconds != 6 {
			t.Errorf("the Lease is %+v", lease.Spec)
		}
	})
}

// A leader that cannot reach the API server steps down before anybody can follow.
func TestElectionCutOffLeaderStepsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolls(t)
		ctx, stop := context.WithCancel(t.Context())
		line := &deaf{Leases: clustertest.Of(p.clients).Leases("ns")}
		done := make(chan struct{})
		go func() {
			defer close(done)
			cluster.Election{
				Leases: line, Name: "lock", Identity: "a", Duration: duration, Deadline: deadline, Retry: retry,
				Changed: func(leads bool) { p.leads["a"] = leads }, Log: slog.New(slog.DiscardHandler),
			}.Run(ctx)
		}()
		defer func() { stop(); <-done }()
		p.leader(retry)
		p.join("b")
		p.leader(10 * time.Second)
		line.cut = true
		if got := p.leader(deadline + retry); got != "" {
			t.Errorf("%q leads after the deadline", got)
		}
		if got := p.leader(duration + 2*retry); got != "b" {
			t.Errorf("%q leads when the cut-off leader's Lease is over, want b", got)
		}
		line.cut = false
		if got := p.leader(10 * time.Second); got != "b" {
			t.Errorf("%q leads when the old leader is back, want b", got)
		}
	})
}

// The deadline holds also where tries are far apart and fail at once.
func TestElectionRefusedLeaderStepsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolls(t)
		refused := false
		p.clients.PrependReactor("update", "leases", func(clienttesting.Action) (bool, runtime.Object, error) {
			return refused, nil, errors.New("refused")
		})
		var steppedDown time.Time
		go cluster.Election{
			Leases: clustertest.Of(p.clients).Leases("ns"), Name: "lock", Identity: "a", Duration: duration, Deadline: deadline, Retry: deadline - time.Second,
			Changed: func(leads bool) {
				if !leads {
					steppedDown = time.Now()
				}
			},
			Log: slog.New(slog.DiscardHandler),
		}.Run(t.Context())
		synctest.Wait()
		refused = true
		renewed := time.Now()
		time.Sleep(duration)
		synctest.Wait()
		if after := steppedDown.Sub(renewed); steppedDown.IsZero() || after > deadline {
			t.Errorf("the leader stepped down after %s, want %s", after, deadline)
		}
	})
}

// Somebody edits or deletes the Lease: the leader writes it anew and stays.
func TestElectionLeaseTamperedWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolls(t)
		p.join("a")
		p.leader(retry)
		p.join("b")
		leases := p.clients.CoordinationV1().Leases("ns")
		lease, err := leases.Get(t.Context(), "lock", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		lease.Labels = map[string]string{"theirs": "kept"}
		if _, err := leases.Update(t.Context(), lease, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		if got := p.leader(20 * time.Second); got != "a" {
			t.Errorf("%q leads after an edit, want a", got)
		}
		if lease, err = leases.Get(t.Context(), "lock", metav1.GetOptions{}); err != nil || lease.Labels["theirs"] != "kept" {
			t.Errorf("the label is gone: %v, %v", lease.Labels, err)
		}
		if err := leases.Delete(t.Context(), "lock", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		// Another may have made it before the leader looks, and then leads; the
		// leader knows at its next renewal.
		time.Sleep(2 * retry)
		if got := p.leader(20 * time.Second); got == "" {
			t.Error("nobody leads after the Lease was deleted")
		}
	})
}

// Replicas of an earlier version may still run client-go's leader election.
func TestElectionAgainstClientGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolls(t)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
				Lock: &resourcelock.LeaseLock{
					LeaseMeta: metav1.ObjectMeta{Namespace: "ns", Name: "lock"}, Client: p.clients.CoordinationV1(),
					LockConfig: resourcelock.ResourceLockConfig{Identity: "theirs"},
				},
				LeaseDuration: duration, RenewDeadline: deadline, RetryPeriod: retry, ReleaseOnCancel: true,
				Callbacks: leaderelection.LeaderCallbacks{
					OnStartedLeading: func(context.Context) { p.leads["theirs"] = true },
					OnStoppedLeading: func() { p.leads["theirs"] = false },
				},
			})
		}()
		p.leader(retry)
		stopOurs, _ := p.join("ours")
		if got := p.leader(30 * time.Second); got != "theirs" {
			t.Errorf("%q leads, want theirs, which did", got)
		}
		stop()
		<-done
		if got := p.leader(duration); got != "ours" {
			t.Errorf("%q leads after client-go's gave up", got)
		}
		stopOurs()
	})
}
