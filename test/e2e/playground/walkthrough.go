package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
)

// walk does what users know, and shows each command with what it printed.
func walk(ctx context.Context, c *cluster.Cluster, out io.Writer) error {
	root, err := cluster.Repository()
	if err != nil {
		return err
	}
	const bookinfo = "testdata/bookinfo/bookinfo.yaml"
	for _, command := range []string{
		"kubectl label namespace default istio-injection=enabled",
		"kubectl apply -f " + bookinfo,
		"kubectl wait --for=condition=Available deployment --all --timeout=2m",
		"kubectl get pods",
		"kubectl create namespace unlabelled",
		"kubectl apply -n unlabelled -f " + bookinfo,
		"kubectl wait -n unlabelled --for=condition=Available deployment --all --timeout=2m",
		"kubectl get pods -n unlabelled",
	} {
		fmt.Fprintf(out, "\n$ %s\n", command)
		args := strings.Fields(command)[1:]
		for n, arg := range args {
			if arg == bookinfo {
				args[n] = filepath.Join(root, bookinfo)
			}
		}
		printed, err := c.Kubectl(ctx, args...)
		if err != nil {
			return err
		}
		fmt.Fprint(out, printed)
	}
	return nil
}
