package e2e

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/pkg/certs"
	"github.com/outrigger-io/outrigger/pkg/cluster"
	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// clockAhead is the environment variable that makes the tests' own binary a
// replica, whose certificates go by a clock that is ahead by that much.
// `outrigger serve` itself has no such switch, and as a static binary it asks no
// library for the time that could be told to lie.
const clockAhead = "OUTRIGGER_E2E_CLOCK_AHEAD"

// runReplica serves as `outrigger serve` with the flags of this process does, and
// returns the exit status.
func runReplica(ahead string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := serveWithClockAhead(ctx, ahead, os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// serveWithClockAhead joins an installation that has its authority.
func serveWithClockAhead(ctx context.Context, by string, args []string) error {
	ahead, err := time.ParseDuration(by)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	server := webhook.Options{Log: log, NativeSidecars: webhook.Always(true)}
	self := certs.SelfOptions{Log: log, Now: func() time.Time { return time.Now().Add(ahead) }}

	flags := flag.NewFlagSet("replica", flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "")
	revision := flags.String("revision", "", "")
	flags.StringVar(&self.Namespace, "namespace", "", "")
	flags.StringVar(&self.Service, "service-name", "", "")
	flags.StringVar(&server.BindAddress, "bind-address", "", "")
	flags.StringVar(&server.MetricsAddress, "metrics-bind-address", "", "")
	flags.DurationVar(&server.ShutdownDelay, "shutdown-delay", 0, "")
	flags.DurationVar(&self.Timing.CA, "ca-lifetime", 0, "")
	flags.DurationVar(&self.Timing.Leaf, "leaf-lifetime", 0, "")
	flags.DurationVar(&self.Timing.Propagation, "ca-propagation", 0, "")
	flags.String("cert-mode", "self", "")
	flags.String("log-format", "text", "")
	if err := flags.Parse(args); err != nil {
		return err
	}

	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	manager, objects, err := cluster.NewManager(config, webhook.LongestCall, logr.FromSlogHandler(log.Handler()))
	if err != nil {
		return err
	}
	server.Group = manager
	leases, err := coordinationv1.NewForConfig(config)
	if err != nil {
		return err
	}
	// Whose clock is right makes the first CA: one that was made ahead of time is
	// due that much later for the others, who would seem to rotate nothing.
	err = wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		return objects.Get(ctx, client.ObjectKey{Namespace: self.Namespace, Name: authoritySecret}, &corev1.Secret{}) == nil, nil
	})
	if err != nil {
		return err
	}
	server.Configuration = webhook.ConfigMaps{
		Client:    objects,
		Events:    manager.GetEventRecorder("outrigger.io/configuration"),
		Namespace: self.Namespace,
		Injector:  webhook.InjectorConfigMap(*revision),
		Mesh:      webhook.MeshConfigMap(*revision),
		Log:       log,
	}
	server.Compile = func(texts *configuration.Texts) (webhook.Engine, error) {
		return texts.Compile(inject.Options{Revision: *revision})
	}
	self.WebhookConfigurations = []string{self.Service}
	self.Secret, self.Lease = authoritySecret, "outrigger-certs"
	source, err := certs.NewSelf(certs.Cluster{Client: objects, Leases: leases, Events: manager.GetEventRecorder("outrigger.io/certs")}, self)
	if err != nil {
		return err
	}
	server.Certificate = source.GetCertificate
	server.Runners = []webhook.Runner{source}
	server.Checks = []webhook.Check{{Name: "certificates", Holds: source.Ready}}
	s, err := webhook.New(server)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}
