// Restored measures a cluster that comes back: many workloads that the webhook has
// never seen, at once, through replicas of it behind a real API server. Stretches of
// pods that are injected take turns with others that are not, which is what the API
// server takes by itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

type settings struct {
	workloads, stretches, callers, replicas int
	within                                  time.Duration
}

func main() {
	var s settings
	flag.IntVar(&s.workloads, "workloads", 10_000, "workloads of one pod each that are injected, and as many that are not")
	flag.IntVar(&s.stretches, "stretches", 5, "stretches they come in, in turns")
	flag.DurationVar(&s.within, "within", 10*time.Second, "the time in which they are asked for; what the API server cannot do comes later")
	flag.IntVar(&s.callers, "callers", 32, "pods that are being created at one time")
	flag.IntVar(&s.replicas, "replicas", 2, "replicas of the webhook")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, &s); err != nil {
		fmt.Fprintln(os.Stderr, "restored:", err)
		os.Exit(1)
	}
}

// run keeps the logs when it returns an error.
func run(ctx context.Context, s *settings) error {
	dir, err := os.MkdirTemp("", "outrigger-restored-")
	if err != nil {
		return err
	}
	c, err := cluster.Start(ctx, filepath.Join(dir, "cluster"))
	if err != nil {
		return err
	}
	if err := errors.Join(measure(ctx, s, c), c.Stop()); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

func measure(ctx context.Context, s *settings, c *cluster.Cluster) error {
	o, err := installation.Install(ctx, c, installation.Options{Replicas: s.replicas})
	if err != nil {
		return err
	}
	defer o.Remove(context.WithoutCancel(ctx)) //nolint:errcheck // the cluster ends
	const injected, alone = "injected", "alone"
	if err := c.AddNamespace(ctx, injected, map[string]string{"istio-injection": "enabled"}); err != nil {
		return err
	}
	if err := c.AddNamespace(ctx, alone, nil); err != nil {
		return err
	}
	config := c.Config()
	config.QPS = -1 // as many as we ask for
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	before, err := webhookCalls(ctx, c)
	if err != nil {
		return err
	}
	used, err := processorTime(ctx, o)
	if err != nil {
		return err
	}
	taken := map[string]*creations{injected: {}, alone: {}}
	for stretch := range s.stretches {
		for _, namespace := range []string{alone, injected} {
			if err := s.create(ctx, client, namespace, stretch, taken[namespace]); err != nil {
				return fmt.Errorf("in namespace %s: %w", namespace, err)
			}
		}
	}
	calls, err := webhookCalls(ctx, c)
	if err != nil {
		return err
	}
	calls.without(before)
	usedAfter, err := processorTime(ctx, o)
	if err != nil {
		return err
	}
	fmt.Printf("not injected: %s\ninjected: %s\n", taken[alone], taken[injected])
	fmt.Printf("calls of the webhook, as the API server takes their time: %s\n", calls)
	fmt.Printf("processor time of the replicas: %s a call\n", ((usedAfter - used) / time.Duration(max(calls.all, 1))).Round(time.Microsecond))
	return nil
}

// processorTime is what the replicas have had so far.
func processorTime(ctx context.Context, o *installation.Installation) (time.Duration, error) {
	var all float64
	for _, replica := range o.Replicas {
		seconds, err := replica.Metric(ctx, "process_cpu_seconds_total", nil)
		if err != nil {
			return 0, err
		}
		all += seconds
	}
	return time.Duration(all * float64(time.Second)), nil
}
