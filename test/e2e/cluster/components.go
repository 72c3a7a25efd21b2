package cluster

import (
	"fmt"
	"net"
	"path/filepath"
)

// The address ranges are those of a typical cluster. Nothing routes them.
const (
	serviceRange = "10.96.0.0/16"
	podRange     = "10.244.0.0/16"
)

// kubernetesServiceIP is what the service "kubernetes" gets: the first of serviceRange.
var kubernetesServiceIP = net.IPv4(10, 96, 0, 1)

// ports has the port of everything that listens.
type ports struct{ etcd, etcdPeer, apiServer, controllerManager, scheduler, kwok int }

func choosePorts() (ports, error) {
	var p ports
	taken := map[int]bool{}
	for _, port := range []*int{&p.etcd, &p.etcdPeer, &p.apiServer, &p.controllerManager, &p.scheduler, &p.kwok} {
		for *port == 0 || taken[*port] {
			free, err := freePort()
			if err != nil {
				return ports{}, err
			}
			*port = free
		}
		taken[*port] = true
	}
	return p, nil
}

// components tells how each part of the control plane is run.
type components struct {
	layout   layout
	binaries string
	ports    ports
}

func (c components) etcd() Program {
	client, peer := "http://"+address(c.ports.etcd), "http://"+address(c.ports.etcdPeer)
	return c.program("etcd", client+"/readyz",
		"--data-dir="+c.layout.etcdData(),
		"--listen-client-urls="+client,
		"--advertise-client-urls="+client,
		"--listen-peer-urls="+peer,
		"--initial-advertise-peer-urls="+peer,
		"--initial-cluster=default="+peer,
		"--log-level=warn",
		// The data is to survive the end of a process, not that of the machine.
		"--unsafe-no-fsync",
	)
}

func (c components) apiServer() Program {
	return c.program("kube-apiserver", c.apiServerURL()+"/readyz",
		"--etcd-servers=http://"+address(c.ports.etcd),
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", c.ports.apiServer),
		"--tls-cert-file="+c.layout.server(),
		"--tls-private-key-file="+c.layout.serverKey(),
		"--client-ca-file="+c.layout.authority(),
		"--authorization-mode=Node,RBAC",
		"--service-cluster-ip-range="+serviceRange,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+c.layout.serviceAccountKey(),
		"--service-account-signing-key-file="+c.layout.serviceAccountKey(),
		"--allow-privileged=true",
		"--audit-policy-file="+c.layout.auditPolicy(),
		"--audit-log-path="+c.layout.auditLog(),
		// Without it a graceful stop takes a minute: nothing ends the watches of
		// the other components, and it waits for them until it gives up.
		"--shutdown-watch-termination-grace-period=1s",
		"--egress-selector-config-file="+c.layout.egress(),
		// The service "kubernetes" would get 127.0.0.1 as its endpoint, which
		// the API server refuses from itself, and says so every ten seconds.
		"--endpoint-reconciler-type=none",
	)
}

func (c components) apiServerURL() string { return "https://" + address(c.ports.apiServer) }

func (c components) controllerManager() Program {
	return c.kubernetes("kube-controller-manager", controllerManager, c.ports.controllerManager,
		"--service-account-private-key-file="+c.layout.serviceAccountKey(),
		"--root-ca-file="+c.layout.authority(),
		"--cluster-signing-cert-file="+c.layout.authority(),
		"--cluster-signing-key-file="+c.layout.authorityKey(),
		// A controller has the rights of its own role, as in a real cluster.
		"--use-service-account-credentials",
	)
}

func (c components) scheduler() Program {
	return c.kubernetes("kube-scheduler", scheduler, c.ports.scheduler)
}

func (c components) kwok() Program {
	return c.program("kwok", "http://"+address(c.ports.kwok)+"/healthz",
		"--kubeconfig="+c.layout.kubeconfig(kwok),
		"--config="+c.layout.stages(),
		"--server-address="+address(c.ports.kwok),
		"--manage-all-nodes",
		"--cidr="+podRange,
		// The nodes renew leases, as kubelets do. Without them the controller
		// manager takes the nodes for lost.
		"--node-lease-duration-seconds=40",
	)
}

// kubernetes is what the controller manager and the scheduler have in common.
func (c components) kubernetes(name string, u user, port int, args ...string) Program {
	kubeconfig := c.layout.kubeconfig(u)
	return c.program(name, "https://"+address(port)+"/healthz", append([]string{
		"--kubeconfig=" + kubeconfig,
		"--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--bind-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", port),
		"--tls-cert-file=" + c.layout.server(),
		"--tls-private-key-file=" + c.layout.serverKey(),
		// There is one of each, and it has to live through an API server that
		// is gone for longer than a lease.
		"--leader-elect=false",
		// Tests want pods by the hundred, and the defaults allow 20 requests a second.
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
	}, args...)...)
}

func (c components) program(name, healthy string, args ...string) Program {
	return Program{
		Name:  name,
		Path:  filepath.Join(c.binaries, name),
		Args:  args,
		Ready: Answers(healthy, c.layout.authority()),
	}
}
