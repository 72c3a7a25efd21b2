// Playground runs the control plane of the end-to-end tests for a person: it
// prints how to use it, keeps it until ^C, and leaves nothing behind.
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
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := play(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "playground:", err)
		os.Exit(1)
	}
}

// play runs a cluster until ctx ends. The logs stay when it returns an error.
func play(ctx context.Context, out io.Writer) error {
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
	err = furnish(ctx, c)
	if err == nil {
		err = welcome(out, c)
	}
	if err == nil {
		<-ctx.Done()
		fmt.Fprintln(out, "\nEnding it ...")
	}
	if err := errors.Join(err, c.Stop()); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// furnish puts into a new cluster what a person expects to find there.
func furnish(ctx context.Context, c *cluster.Cluster) error {
	for _, name := range []string{"node-1", "node-2"} {
		if err := c.AddNode(ctx, cluster.Node{Name: name}); err != nil {
			return err
		}
	}
	return nil
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
Kubernetes %s is up. In another terminal:

    export KUBECONFIG=%s
    export PATH=%s:$PATH
    kubectl get nodes

Pods become Running and Ready, though no container runs: no logs, no exec.
What the components write is in %s
^C ends it all and removes it.
`, version.GitVersion, c.Kubeconfig(), binaries, c.Logs())
	return err
}
