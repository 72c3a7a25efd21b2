// Package cluster runs a real Kubernetes control plane on one machine, with no
// container engine: etcd, kube-apiserver, kube-controller-manager and
// kube-scheduler as plain processes, and kwok in the place of the kubelets.
//
//	c, err := cluster.Start(ctx, dir)        // some seconds; dir gets data, keys and logs
//	defer c.Stop()
//	err = c.AddNode(ctx, cluster.Node{Name: "node-1"})
//	err = c.Apply(ctx, manifests)            // kubectl apply -f -
//	out, err := c.Kubectl(ctx, "get", "pods")
//
// # What is real and what is not
//
// Everything up to the binding of a pod to a node is Kubernetes itself:
// authentication, RBAC, admission (webhooks included), controllers, scheduling.
// No container ever runs. kwok, told how by the files in stages/, writes the
// status that a kubelet would: init containers have completed, native sidecars
// and containers run and are ready, pods of Jobs succeed, deleted pods go away.
// So `kubectl logs` and `kubectl exec` have nothing to talk to.
//
// kwok leaves pods alone that are labelled app.kubernetes.io/name=outrigger: they
// wait for the Kubelet of package installation, which runs their program.
//
// # Reaching a process of yours
//
// [Cluster.Run] starts any program beside the control plane, with its output in
// the same folder of logs and the same certainty of being ended. The API server
// reaches it at 127.0.0.1: by the URL of a webhook's clientConfig, or, as in a
// real installation, by its service: one that [Cluster.PointService] makes, or any
// whose endpoints [Cluster.Route] leads here. What a
// webhook noted about a pod is in [Cluster.AuditLog], the API server's view of
// its webhooks in [Cluster.Metrics]. Outrigger itself is installed by the package
// installation.
//
// # Breaking it
//
// Every component is a [Process] that can be stopped, killed and started again
// at the same address: c.APIServer.Kill(), then c.APIServer.Start(ctx). The
// other components find a new API server by themselves; they may take half a
// minute, since they ask more and more rarely while it is away.
//
// # Nothing stays behind
//
// Everything listens on 127.0.0.1, at ports that were free. On Linux the kernel
// ends every process when the one that started it dies, however it dies; Stop
// does it everywhere. Data is removed by Stop, logs stay in dir/logs.
//
// The programs come from bin/k8s, which test/e2e/build.sh fills.
package cluster
