// Package e2e proves Outrigger on a real Kubernetes control plane.
//
// The tests share one cluster, which TestMain starts; each works in a namespace
// of its own and installs Outrigger for itself. The control plane has to be built
// once, by test/e2e/build.sh, and bin/outrigger before every run, by make build.
package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
)

// shared is the cluster of all the tests. It has the nodes node-1 and node-2.
var shared *cluster.Cluster

func TestMain(m *testing.M) {
	if ahead := os.Getenv(clockAhead); ahead != "" {
		os.Exit(runReplica(ahead)) // this is not the tests, but a replica that they started
	}
	os.Exit(run(m))
}

// run returns the exit status. The logs of the cluster stay when it is not 0.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "outrigger-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	status, err := runWithCluster(m, dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	if status != 0 {
		if os.Remove(dir) == nil {
			return status // it was empty: nothing had been started
		}
		fmt.Fprintf(os.Stderr, "what etcd, Kubernetes, kwok and the programs under test wrote is in %s\n", dir)
		return status
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func runWithCluster(m *testing.M, dir string) (status int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	shared, err = cluster.Start(ctx, dir)
	if err != nil {
		return 1, err
	}
	for _, name := range []string{"node-1", "node-2"} {
		if err := shared.AddNode(ctx, cluster.Node{Name: name}); err != nil {
			return 1, errors.Join(err, shared.Stop())
		}
	}
	status = m.Run()
	return status, shared.Stop()
}
