package e2e

import (
	"context"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// stream creates pods without pause, to see what happens to them meanwhile.
type stream struct {
	namespace string
	options   metav1.CreateOptions
	stopping  chan struct{}
	creating  sync.WaitGroup

	mu     sync.Mutex
	counts streamCounts
}

// streamCounts is what came of the pods of a stream.
type streamCounts struct {
	Created, Refused int
	// Bare counts created pods without exactly one proxy.
	Bare int
	// LastRefusal is the error of the last one that was refused.
	LastRefusal error
}

// newStream creates a pod every so often, up to 16 at once, until it is stopped
// or the test ends. The pods stay.
func newStream(t *testing.T, namespace string, every time.Duration) *stream {
	return startStream(t, &stream{namespace: namespace}, every)
}

// newTrialStream does the same with pods that are admitted and not stored.
func newTrialStream(t *testing.T, namespace string, every time.Duration) *stream {
	return startStream(t, &stream{namespace: namespace, options: metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}}, every)
}

func startStream(t *testing.T, s *stream, every time.Duration) *stream {
	s.stopping = make(chan struct{})
	s.creating.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		free := make(chan struct{}, 16)
		for {
			select {
			case <-s.stopping:
				return
			case <-tick.C:
			}
			free <- struct{}{}
			s.creating.Go(func() {
				s.create()
				<-free
			})
		}
	})
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *stream) create() {
	// A pod that is under way when the test ends still counts.
	pod, err := shared.Client.CoreV1().Pods(s.namespace).Create(context.Background(), appPod(), s.options)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err != nil:
		s.counts.Refused++
		s.counts.LastRefusal = err
	case !isInjected(pod):
		s.counts.Bare++
		fallthrough
	default:
		s.counts.Created++
	}
}

func (s *stream) sofar() streamCounts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

// stop returns the counts when the last pod is created or refused.
func (s *stream) stop() streamCounts {
	s.mu.Lock()
	select {
	case <-s.stopping:
	default:
		close(s.stopping)
	}
	s.mu.Unlock()
	s.creating.Wait()
	return s.sofar()
}

// isUnbroken checks that since before no pod was refused, and none came without a
// proxy.
func (s *stream) isUnbroken(t *testing.T, when string, before streamCounts) {
	t.Helper()
	now := s.sofar()
	if refused, bare := now.Refused-before.Refused, now.Bare-before.Bare; refused > 0 || bare > 0 {
		t.Errorf("%s, of %d pods %d were refused (%v) and %d came without a proxy, want none",
			when, now.Created+now.Refused-before.Created-before.Refused, refused, now.LastRefusal, bare)
	}
}

// awaitCreated waits until n more pods are created.
func (s *stream) awaitCreated(t *testing.T, n int) {
	t.Helper()
	before := s.sofar().Created
	eventually(t, "more pods are created", func(context.Context) (bool, error) {
		return s.sofar().Created >= before+n, nil
	})
}

// awaitRefused waits until n more pods are refused.
func (s *stream) awaitRefused(t *testing.T, n int) {
	t.Helper()
	before := s.sofar().Refused
	eventually(t, "more pods are refused", func(context.Context) (bool, error) {
		return s.sofar().Refused >= before+n, nil
	})
}

// barePods lists the pods of a namespace that lack a proxy, and counts all.
func barePods(t *testing.T, namespace string) (bare []string, all int) {
	t.Helper()
	pods, err := shared.Client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range pods.Items {
		if pod := &pods.Items[i]; !isInjected(pod) {
			bare = append(bare, pod.Name)
		}
	}
	return bare, len(pods.Items)
}
