package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

const (
	podInterval = 40 * time.Millisecond // 25 a second
	podsAtOnce  = 16
	// reconnectEvery has the API server shake hands anew: on a connection that
	// lasts, a certificate is looked at once.
	reconnectEvery = 250 * time.Millisecond
	sweepEvery     = 4 * time.Second
	batchLabel     = "outrigger.test/batch"
)

// row counts what came of the pods that were created under one fault.
type row struct {
	fault   string
	lasted  time.Duration
	created int
	// failed are pods that were refused, but for those of a window: a time in
	// which calls cannot succeed. away are those that found no API server.
	failed, failedInWindow, away int
	// restarts is whether the API server is restarted, so that some may be away.
	restarts bool
	// bare are pods without exactly one proxy.
	bare        int
	connections int
	repairs     []time.Duration
	notes       []string
}

// injectedPods creates pods without pause, looks at each, and deletes them some
// seconds later.
type injectedPods struct {
	t            *testing.T
	namespace    string
	installation *installation.Installation
	stopping     chan struct{}
	working      sync.WaitGroup

	// calls is held for reading by each creation, and for writing by what must
	// not happen in the middle of one.
	calls sync.RWMutex

	mu      sync.Mutex
	rows    []*row
	entered time.Time
	window  bool
	batch   int
	causes  map[string]int // of failures outside of windows
	stored  int
}

// createPods begins with the row of a first fault.
func createPods(t *testing.T, namespace, fault string, o *installation.Installation) *injectedPods {
	p := &injectedPods{t: t, namespace: namespace, installation: o, stopping: make(chan struct{}), causes: map[string]int{}}
	p.enter(fault)
	p.working.Go(p.createAll)
	p.working.Go(func() {
		p.each(reconnectEvery, func() {
			p.between(func() {})
		})
	})
	p.working.Go(func() {
		p.each(sweepEvery, func() {
			p.mu.Lock()
			p.batch++
			old := p.batch - 1 // creations that are still under way may carry the one before this
			p.mu.Unlock()
			// Without an API server the next sweep takes what this one leaves.
			_ = p.sweep(context.Background(), fmt.Sprintf("%s notin (%d,%d)", batchLabel, old, old+1))
		})
	})
	t.Cleanup(p.stop)
	return p
}

func (p *injectedPods) each(interval time.Duration, do func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-p.stopping:
			return
		case <-tick.C:
			do()
		}
	}
}

func (p *injectedPods) createAll() {
	var creating sync.WaitGroup
	free := make(chan struct{}, podsAtOnce)
	p.each(podInterval, func() {
		free <- struct{}{}
		creating.Go(func() {
			p.create()
			<-free
		})
	})
	creating.Wait()
}

// enter begins the row of a fault.
func (p *injectedPods) enter(fault string) *row {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if len(p.rows) > 0 {
		p.rows[len(p.rows)-1].lasted = now.Sub(p.entered)
	}
	p.entered = now
	p.rows = append(p.rows, &row{fault: fault})
	return p.rows[len(p.rows)-1]
}

func (p *injectedPods) setWindow(open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.window = open
}

// between does something while no pod is being created, and has the next one
// called for on a new connection. It is for the death of a replica, by which a
// call that it is working on is lost, whatever its certificates are.
func (p *injectedPods) between(do func()) {
	p.calls.Lock()
	defer p.calls.Unlock()
	do()
	closed := p.installation.Reconnect()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows[len(p.rows)-1].connections += closed
}

func (p *injectedPods) create() {
	p.calls.RLock()
	defer p.calls.RUnlock()
	p.mu.Lock()
	in, window, batch := p.rows[len(p.rows)-1], p.window, p.batch
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	defer cancel()
	pod, err := shared.Client.CoreV1().Pods(p.namespace).Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "app-", Labels: map[string]string{batchLabel: strconv.Itoa(batch)}},
		Spec: corev1.PodSpec{
			Containers: []corev1.Container{{Name: "app", Image: "example.com/app:1"}},
			// It is the creation that counts: nobody has to run these.
			SchedulerName: "nobody",
		},
	}, metav1.CreateOptions{})
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err == nil:
		in.created++
		if !isInjected(pod) {
			in.bare++
		}
	case isAway(err):
		in.away++
	case window || p.window:
		// The window's fault is what failed it, though it may have begun before.
		p.rows[len(p.rows)-1].failedInWindow++
	default:
		in.failed++
		p.causes[in.fault+": "+err.Error()]++
	}
}

// isAway is whether there was no API server to create a pod, rather than one that
// refused it.
func isAway(err error) bool {
	var answer apierrors.APIStatus
	return !errors.As(err, &answer) || apierrors.IsServiceUnavailable(err) || apierrors.IsTooManyRequests(err) ||
		strings.Contains(err.Error(), "not yet ready to handle request")
}

// sweep looks at stored pods, those whose creator got no answer included, and
// deletes them.
func (p *injectedPods) sweep(ctx context.Context, selector string) error {
	client := shared.Client.CoreV1().Pods(p.namespace)
	of := metav1.ListOptions{LabelSelector: selector}
	list, err := client.List(ctx, of)
	if err != nil || len(list.Items) == 0 {
		return err
	}
	p.mu.Lock()
	p.stored += len(list.Items)
	for i := range list.Items {
		if !isInjected(&list.Items[i]) {
			p.t.Errorf("pod %s is stored without a proxy", list.Items[i].Name)
		}
	}
	p.mu.Unlock()
	return client.DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}, of)
}

// stop ends the creation of pods and looks at the last of them.
func (p *injectedPods) stop() {
	select {
	case <-p.stopping:
		return
	default:
	}
	close(p.stopping)
	p.working.Wait()
	p.enter("")
	p.rows = p.rows[:len(p.rows)-1]
	if err := p.sweep(context.Background(), ""); err != nil {
		p.t.Error(err)
	}
}

// check wants no failure but in windows, and no pod without its proxy.
func (p *injectedPods) check() {
	p.t.Helper()
	total := row{fault: "**all**"}
	for _, r := range p.rows {
		if r.bare > 0 {
			p.t.Errorf("%s: %d pods were created without a proxy", r.fault, r.bare)
		}
		if r.failed > 0 {
			p.t.Errorf("%s: %d pods were refused", r.fault, r.failed)
		}
		if r.away > 0 && !r.restarts {
			p.t.Errorf("%s: %d pods found no API server, which was not restarted", r.fault, r.away)
		}
		total.lasted += r.lasted
		total.created += r.created
		total.failed += r.failed
		total.failedInWindow += r.failedInWindow
		total.away += r.away
		total.bare += r.bare
		total.connections += r.connections
	}
	for cause, n := range p.causes {
		p.t.Errorf("%d × %s", n, cause)
	}
	if p.stored < total.created {
		p.t.Errorf("%d pods were created and only %d found stored", total.created, p.stored)
	}
	p.t.Logf("%d pods found stored, %.1f created a second\n\n%s", p.stored,
		float64(total.created)/total.lasted.Seconds(), table(append(slices.Clone(p.rows), &total)))
}

// table is the counts in Markdown.
func table(rows []*row) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 1, ' ', 0)
	line := func(cells ...any) {
		for _, cell := range cells {
			fmt.Fprintf(w, "| %v\t", cell)
		}
		fmt.Fprintln(w, "|")
	}
	line("fault", "seconds", "pods created", "connections", "failures", "failures in the window", "no API server", "without sidecar", "right again after", "notes")
	line("---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---", "---")
	for _, r := range rows {
		var repairs []string
		for _, d := range r.repairs {
			repairs = append(repairs, d.Round(time.Millisecond).String())
		}
		line(r.fault, int(r.lasted.Seconds()), r.created, r.connections, r.failed, r.failedInWindow, r.away, r.bare,
			cmp.Or(strings.Join(repairs, ", "), "-"), strings.Join(r.notes, "; "))
	}
	_ = w.Flush() // to memory
	return text.String()
}
