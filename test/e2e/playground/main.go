// Playground runs the control plane of the end-to-end tests with Outrigger in it
// for a person: it prints how to use it, keeps it until ^C, and leaves nothing
// behind. With DEMO=1 in its environment it first does the walkthrough and
// prints what comes of it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := play(ctx, os.Stdout, os.Getenv("DEMO") != ""); err != nil {
		fmt.Fprintln(os.Stderr, "playground:", err)
		os.Exit(1)
	}
}

// play runs a cluster until ctx ends. The logs stay when it returns an error.
func play(ctx context.Context, out io.Writer, demo bool) error {
	if _, err := cluster.Outrigger(); err != nil { // which is known at once
		return err
	}
	dir, err := os.MkdirTemp("", "outrigger-playground-")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "Starting etcd, Kubernetes and kwok ...")
	c, err := cluster.Start(ctx, dir)
	if err != nil {
		_ = os.Remove(dir) // which it can when no program had written a log yet
		return err
	}
	if err := errors.Join(playIn(ctx, c, out, demo), c.Stop()); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

func playIn(ctx context.Context, c *cluster.Cluster, out io.Writer, demo bool) error {
	for _, name := range []string{"node-1", "node-2"} {
		if err := c.AddNode(ctx, cluster.Node{Name: name}); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "Installing Outrigger, two replicas ...")
	outrigger, err := installation.Install(ctx, c, installation.Options{Replicas: 2})
	if err != nil {
		return err
	}
	if demo {
		err = walk(ctx, c, out)
	}
	if err == nil {
		err = welcome(out, c)
	}
	if err == nil {
		<-ctx.Done()
		fmt.Fprintln(out, "\nEnding it ...")
	}
	return errors.Join(err, outrigger.Remove(context.WithoutCancel(ctx)))
}

func welcome(out io.Writer, c *cluster.Cluster) error {
	binaries, err := cluster.Binaries()
	if err != nil {
		return err
	}
	version, err := c.Client.Discovery().ServerVersion()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, `
Kubernetes %s is up, with Outrigger in it. In another terminal:

    export KUBECONFIG=%s
    export PATH=%s:$PATH
    kubectl label namespace default istio-injection=enabled
    kubectl apply -f testdata/bookinfo/bookinfo.yaml
    kubectl get pods
    kubectl -n %s edit configmap istio-sidecar-injector

Pods become Running and Ready, though no container runs: no logs, no exec.
What Outrigger and the components write is in %s
^C ends it all and removes it.
`, version.GitVersion, c.Kubeconfig(), binaries, installation.Namespace, c.Logs())
	return err
}
