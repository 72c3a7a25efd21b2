package e2e

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

const authoritySecret = "outrigger-ca"

// rotationPatience is for what takes one rotation at most.
const rotationPatience = time.Minute

// authority follows an installation's Secret.
type authority struct {
	t         *testing.T
	mu        sync.Mutex
	phase     string
	current   []byte // the CA that signs
	entries   map[string]int
	rotations int
	changed   chan struct{}
}

func followAuthority(t *testing.T) *authority {
	a := &authority{t: t, entries: map[string]int{}, changed: make(chan struct{})}
	factory := informers.NewSharedInformerFactoryWithOptions(shared.Client, 0,
		informers.WithNamespace(installation.Namespace),
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.FieldSelector = "metadata.name=" + authoritySecret }))
	_, err := factory.Core().V1().Secrets().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { a.see(o.(*corev1.Secret)) },
		UpdateFunc: func(_, o any) { a.see(o.(*corev1.Secret)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	factory.Start(stop)
	t.Cleanup(func() {
		close(stop)
		factory.Shutdown()
	})
	return a
}

func (a *authority) see(secret *corev1.Secret) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if phase := string(secret.Data["phase"]); phase != a.phase {
		a.phase = phase
		a.entries[phase]++
	}
	if current := secret.Data["current.crt"]; len(current) > 0 && !bytes.Equal(current, a.current) {
		if a.current != nil {
			a.rotations++
		}
		a.current = bytes.Clone(current)
	}
	close(a.changed)
	a.changed = make(chan struct{})
}

// await waits until the Secret is seen to be as holds says, which is called with
// the lock held.
func (a *authority) await(what string, holds func() bool) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), rotationPatience)
	defer cancel()
	for {
		a.mu.Lock()
		met, changed := holds(), a.changed
		a.mu.Unlock()
		if met {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			a.t.Fatalf("waiting until %s: %v", what, ctx.Err())
		}
	}
}

// entering returns a wait for the next time that a phase is entered from now on.
func (a *authority) entering(phase string) (wait func()) {
	a.mu.Lock()
	before := a.entries[phase]
	a.mu.Unlock()
	return func() {
		a.t.Helper()
		a.await("the phase is "+phase, func() bool { return a.entries[phase] > before })
	}
}

func (a *authority) rotated() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rotations
}

// succession is when the CA that signs gets a successor, by the clocks of its
// installation.
func (a *authority) succession(lifetime, skew time.Duration) time.Time {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	block, _ := pem.Decode(a.current)
	if block == nil {
		a.t.Fatal("the Secret has no CA")
	}
	ca, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		a.t.Fatal(err)
	}
	return ca.NotBefore.Add(skew + lifetime*2/3)
}

// member is a replica of which is known whether it leads.
type member struct {
	*installation.Replica
	t       *testing.T
	running bool
	logFrom int64 // of this life
}

func members(t *testing.T, o *installation.Installation) []*member {
	var all []*member
	for _, replica := range o.Replicas {
		all = append(all, &member{Replica: replica, t: t, running: true})
	}
	return all
}

func (m *member) kill() {
	m.t.Helper()
	m.running = false
	if err := m.Kill(); err != nil {
		m.t.Fatal(err)
	}
}

func (m *member) start() {
	m.t.Helper()
	log, err := os.Stat(m.Log())
	if err != nil {
		m.t.Fatal(err)
	}
	m.logFrom = log.Size()
	if err := m.Start(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	m.running = true
}

// leads is what the replica last said about it in its log.
func (m *member) leads() bool {
	m.t.Helper()
	if !m.running {
		return false
	}
	log, err := os.ReadFile(m.Log())
	if err != nil {
		m.t.Fatal(err)
	}
	const says = "leadership changed\" leads="
	text := string(log[m.logFrom:])
	at := strings.LastIndex(text, says)
	return at >= 0 && strings.HasPrefix(text[at+len(says):], "true")
}

// leaderOf waits until one of the replicas leads.
func leaderOf(t *testing.T, all []*member) *member {
	t.Helper()
	var leader *member
	soon(t, "a replica leads", func() error {
		for _, m := range all {
			if m.leads() {
				leader = m
				return nil
			}
		}
		return fmt.Errorf("none of %d does", len(all))
	})
	return leader
}

// soon tries until there is no error, and returns how long that took.
func soon(t *testing.T, what string, try func() error) time.Duration {
	t.Helper()
	start := time.Now()
	for {
		err := try()
		if err == nil {
			return time.Since(start)
		}
		if time.Since(start) > rotationPatience {
			t.Fatalf("waiting until %s: %v", what, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// asAnother makes a replica run the tests' own binary with its clock ahead.
func asAnother(t *testing.T, ahead time.Duration) func(*cluster.Program) {
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return func(program *cluster.Program) {
		program.Path = own
		program.Env = append(program.Env, clockAhead+"="+ahead.String())
	}
}
