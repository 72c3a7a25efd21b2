package main

import (
	"fmt"
	"io"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// install is the command of docs/install.md, so that its other commands work here
// too: those to upgrade, to put a revision beside it, and to uninstall.
const install = "helm install outrigger deploy/chart --namespace " + installation.Namespace + " --create-namespace --wait"

// walkthrough is what people do first.
var walkthrough = []string{
	"kubectl label namespace default istio-injection=enabled",
	"kubectl apply -f testdata/bookinfo/bookinfo.yaml",
	"kubectl wait --for=condition=Available deployment --all --timeout=2m",
	"kubectl get pods",
	"kubectl create namespace unlabelled",
	"kubectl apply -n unlabelled -f testdata/bookinfo/bookinfo.yaml",
	"kubectl wait -n unlabelled --for=condition=Available deployment --all --timeout=2m",
	"kubectl get pods -n unlabelled",
}

// welcome says how to go on.
func welcome(out io.Writer, c *cluster.Cluster, s *shell, demo bool) error {
	version, err := c.Client.Discovery().ServerVersion()
	if err != nil {
		return err
	}
	first := `    kubectl label namespace default istio-injection=enabled
    kubectl apply -f testdata/bookinfo/bookinfo.yaml
    kubectl get pods                              # 2/2: the second container is the sidecar
`
	if demo {
		first = `    kubectl get pods -A                           # bookinfo runs twice: with the sidecar and without
`
	}
	_, err = fmt.Fprintf(out, `
Kubernetes %[1]s is running, with Outrigger installed. In another terminal, run in this folder:

    export KUBECONFIG=%[2]s
    export PATH=%[3]s:$PATH
%[4]s    outrigger check                               # is the installation healthy?
    outrigger check pod details-v1 -n default     # why is this pod injected or not?
    outrigger certs status -n %[5]s
    kubectl get --raw /api/v1/namespaces/%[5]s/services/outrigger:http-metrics/proxy/metrics

All of docs/install.md works here: upgrades, a second revision, uninstallation. Pods
become Running and Ready, but no containers run, so kubectl logs and exec do not work.
The logs of the replicas are in files named after their pods, in
    %[6]s
Press ^C to stop and remove everything.
`, version.GitVersion, c.Kubeconfig(), s.bin, first, installation.Namespace, c.Logs())
	return err
}
