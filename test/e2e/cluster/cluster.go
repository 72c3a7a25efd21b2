package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Cluster is a running control plane.
type Cluster struct {
	// The components can be stopped, killed and started again. Clients, and the
	// components among themselves, connect again by themselves.
	Etcd, APIServer, ControllerManager, Scheduler, Kwok *Process

	// Client is the administrator's. It has no limit of its own on requests a
	// second, nor have clients made from [Cluster.Config].
	Client kubernetes.Interface

	config   *rest.Config
	layout   layout
	binaries string
	network  *network

	mu       sync.Mutex
	programs []*Process // that Program made, in that order
}

// Start starts a control plane without nodes and waits until it serves and the
// service account that pods of the namespace default need is there. Everything
// it writes is below dir, which is made if it is missing. On an error nothing
// is left running.
func Start(ctx context.Context, dir string) (*Cluster, error) {
	binaries, err := Binaries()
	if err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{layout: layout{dir}, binaries: binaries}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start the control plane: %w", err), c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) error {
	ports, err := choosePorts()
	if err != nil {
		return err
	}
	parts := components{layout: c.layout, binaries: c.binaries, ports: ports}
	if err := c.layout.prepare(parts.apiServerURL()); err != nil {
		return err
	}
	if c.network, err = newNetwork(c.layout.network()); err != nil {
		return err
	}
	logs := c.layout.logs()
	c.Etcd = newProcess(parts.etcd(), logs)
	c.APIServer = newProcess(parts.apiServer(), logs)
	c.ControllerManager = newProcess(parts.controllerManager(), logs)
	c.Scheduler = newProcess(parts.scheduler(), logs)
	c.Kwok = newProcess(parts.kwok(), logs)

	c.config, err = clientcmd.BuildConfigFromFlags("", c.Kubeconfig())
	if err != nil {
		return err
	}
	c.config.QPS = -1
	// Warnings are what some tests are about: they set a handler of their own.
	c.config.WarningHandler = rest.NoWarnings{}
	c.Client, err = kubernetes.NewForConfig(c.config)
	if err != nil {
		return err
	}

	c.network.serve(c.Client)
	if err := c.Etcd.Start(ctx); err != nil {
		return err
	}
	if err := c.APIServer.Start(ctx); err != nil {
		return err
	}
	others, together := errgroup.WithContext(ctx)
	for _, process := range []*Process{c.ControllerManager, c.Scheduler, c.Kwok} {
		others.Go(func() error { return process.Start(together) })
	}
	if err := others.Wait(); err != nil {
		return err
	}
	return c.awaitServiceAccount(ctx, "default")
}

// Stop ends the programs that were started beside it, the last one first, each as
// [Process.Stop] does, and then the control plane. It removes all that the
// cluster wrote but the logs. The error tells what had ended before it should have.
func (c *Cluster) Stop() error {
	c.mu.Lock()
	programs := slices.Clone(c.programs)
	c.programs = nil
	c.mu.Unlock()

	var problems []error
	for _, process := range slices.Backward(programs) {
		problems = append(problems, process.Stop())
	}
	// Killed, not stopped: what they would tidy up is removed right here.
	for _, process := range []*Process{c.Kwok, c.Scheduler, c.ControllerManager, c.APIServer, c.Etcd} {
		if process != nil {
			problems = append(problems, process.Kill())
		}
	}
	if c.network != nil {
		problems = append(problems, c.network.close())
	}
	for _, path := range c.layout.temporary() {
		problems = append(problems, os.RemoveAll(path))
	}
	return errors.Join(problems...)
}

// Run starts a program beside the control plane, waits until it is ready and
// ends it with the cluster, if it was not ended before.
func (c *Cluster) Run(ctx context.Context, program Program) (*Process, error) {
	process := c.Program(program)
	if err := process.Start(ctx); err != nil {
		return nil, err
	}
	return process, nil
}

// Program makes a process that is to run beside the control plane. It is not
// started yet; once it is, it ends with the cluster, if it was not ended before.
func (c *Cluster) Program(program Program) *Process {
	process := newProcess(program, c.layout.logs())
	c.mu.Lock()
	defer c.mu.Unlock()
	c.programs = append(c.programs, process)
	return process
}

// Config returns a new configuration for clients of the administrator.
func (c *Cluster) Config() *rest.Config { return rest.CopyConfig(c.config) }

// Kubeconfig is the path of the administrator's kubeconfig.
func (c *Cluster) Kubeconfig() string { return c.layout.kubeconfig(administrator) }

// Logs is the folder of the logs, a file a process. It outlives Stop.
func (c *Cluster) Logs() string { return c.layout.logs() }

// AuditLog is the path of the API server's audit log: a JSON event a line for
// every pod that somebody wanted to create, with the annotations that admission
// webhooks left on it, and for every request of a service account in the namespace
// outrigger-system.
func (c *Cluster) AuditLog() string { return c.layout.auditLog() }
