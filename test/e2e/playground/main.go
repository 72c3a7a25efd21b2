// Playground runs the control plane of the end-to-end tests for a person, and
// installs Outrigger in it by Helm as docs/install.md says: it prints how to use
// it, keeps it until ^C, and leaves nothing behind. With DEMO=1 in its environment
// it first does the walkthrough and prints what comes of it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
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
	programs, err := findPrograms() // what is missing is known at once
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "outrigger-playground-")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "Starting etcd, Kubernetes and kwok ...")
	c, err := cluster.Start(ctx, filepath.Join(dir, "cluster"))
	if err != nil {
		_ = os.Remove(dir) // which it can when no program had written a log yet
		return err
	}
	if err := errors.Join(playIn(ctx, c, programs, dir, out, demo), c.Stop()); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

func playIn(ctx context.Context, c *cluster.Cluster, programs map[string]string, dir string, out io.Writer, demo bool) error {
	for _, name := range []string{"node-1", "node-2"} {
		if err := c.AddNode(ctx, cluster.Node{Name: name}); err != nil {
			return err
		}
	}
	s, err := newShell(programs, dir, c.Kubeconfig(), out)
	if err != nil {
		return err
	}
	kubelet, err := installation.StartKubelet(ctx, c, dir)
	if err != nil {
		return err
	}
	err = s.do(ctx, install)
	if err == nil && demo {
		err = s.do(ctx, walkthrough...)
	}
	if err == nil {
		err = welcome(out, c, s, demo)
	}
	if err == nil {
		<-ctx.Done()
		fmt.Fprintln(out, "\nEnding it ...")
	}
	if ctx.Err() != nil {
		err = nil // what ^C interrupted did not fail
	}
	return errors.Join(err, kubelet.Stop())
}
