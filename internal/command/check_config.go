package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outrigger-io/outrigger/pkg/check"
	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// checkConfig is the flags of `outrigger check config`. Its settings are those of
// the configuration that is in force.
type checkConfig struct {
	settings
	in   checkSettings
	next []string
}

func newCheckConfigCommand() *cobra.Command {
	cmd := &checkConfig{}
	c := &cobra.Command{
		Use:   "config -f FILE ... [FILE|DIR|- ...]",
		Short: "Show what a new configuration would change, before you apply it",
		Long: `Try a new configuration before you apply it: whether it works, and which workloads'
pods it would change, field by field. The command only reads.

The new configuration is one or both of the mesh's ConfigMaps, edited. What its files
lack stays as it is now. The current configuration is the cluster's, or that of
--inject-config-file or --profile. The workloads are those of the given manifests or,
without any, the Deployments, StatefulSets, DaemonSets and CronJobs of the cluster
whose pods the API server sends to the webhook.

The exit status is 0 if the new configuration works, 1 if it does not work or refuses
a workload that the current one does not, and 2 if the check could not be made.`,
		Example: `  kubectl -n istio-system edit configmap istio-sidecar-injector --dry-run=client -o yaml > new.yaml
  outrigger check config -f new.yaml
  kubectl -n staging get configmap istio-sidecar-injector istio -o yaml | outrigger check config -f -
  outrigger check config -f new.yaml --inject-config-file now.yaml manifests/`,
		Args: couldNotLookArgs(func(c *cobra.Command, _ []string) error {
			if len(cmd.next) == 0 {
				return fmt.Errorf("%s requires the new configuration: -f FILE", c.CommandPath())
			}
			return nil
		}),
		RunE: func(c *cobra.Command, args []string) error {
			cmd.Stdin = c.InOrStdin()
			return cmd.run(c.Context(), args, c.OutOrStdout())
		},
	}
	flags := c.Flags()
	cmd.settings.addFlags(flags)
	for _, name := range []string{"keep-injected", "record"} { // are about manifests that are written
		if err := flags.MarkHidden(name); err != nil {
			panic(err)
		}
	}
	cmd.in.addFlags(flags)
	flags.Lookup("native-sidecars").Usage = "whether the proxy is a native sidecar: `true|false|auto`; auto decides as the webhook does,\nby its own flag or the nodes, and is true without a cluster"
	flags.StringArrayVarP(&cmd.next, "filename", "f", nil, "`FILE` with the new configuration or a part of it, or - for standard input; may be repeated")
	return c
}

func (cmd *checkConfig) run(ctx context.Context, args []string, stdout io.Writer) error {
	comparison, findings, err := cmd.look(ctx, args)
	if err != nil {
		return couldNotLook(err)
	}
	document := struct {
		Findings []check.Finding `json:"findings"`
		*comparedPods
	}{findings, comparison}
	err = cmd.in.show(stdout, document, func(p *page) {
		for _, f := range findings {
			p.finding(f)
		}
		p.compared(comparison)
	}, func(w io.Writer) {
		for _, f := range findings {
			writeFinding(w, f)
		}
		comparison.write(w)
	})
	if err != nil {
		return couldNotLook(err)
	}
	if n := errorsAmong(findings); n > 0 {
		return &exitError{statusFound, errors.New("the new configuration does not work")}
	}
	if n := comparison.Broken; n > 0 {
		return &exitError{statusFound, fmt.Errorf("refused only by the new configuration: %d of %d", n, comparison.Looked)}
	}
	return nil
}

// look tries the new configuration. Where it does not compile, the findings say so
// and nothing is compared.
func (cmd *checkConfig) look(ctx context.Context, args []string) (*comparedPods, []check.Finding, error) {
	if err := cmd.checkWords(); err != nil {
		return nil, nil, err
	}
	if cmd.in.output != "text" && cmd.in.output != "json" {
		return nil, nil, fmt.Errorf("--output %q: want text or json", cmd.in.output)
	}
	var live *liveMesh
	var now *configuration.Texts
	var err error
	if cmd.Config != "" || cmd.profile != "" {
		now, err = cmd.load()
	} else if live, err = cmd.observe(ctx); err == nil {
		now = live.texts
	}
	if err != nil {
		return nil, nil, err
	}
	next, err := cmd.readNext(now)
	if err != nil {
		return nil, nil, err
	}
	options := inject.Options{Revision: cmd.Revision, OpenShift: cmd.platform == "openshift" || live != nil && live.OpenShift}
	native, unseen := cmd.native(live)
	compared := &comparedPods{Workloads: []comparedPod{}, native: native}
	var names []string
	for _, name := range cmd.next {
		names = append(names, shownName(name))
	}
	subject := strings.Join(names, ", ")
	if compared.next, err = next.Compile(options); err != nil {
		return compared, []check.Finding{check.DoesNotCompile(subject, err)}, nil
	}
	if compared.now, err = now.Compile(options); err != nil {
		return nil, nil, fmt.Errorf("the current configuration does not compile: %w", err)
	}
	if cmd.namespaceFile != "" {
		if compared.annotations, err = readNamespaces(&cmd.Files, cmd.namespaceFile); err != nil {
			return nil, nil, err
		}
	}
	if live != nil && cmd.proxyConfigs == "" {
		compared.resources, err = live.proxyConfigs()
	} else {
		compared.resources, err = readProxyConfigs(&cmd.Files, cmd.proxyConfigs, cmd.settings.namespace)
	}
	if err != nil {
		return nil, nil, err
	}
	switch {
	case len(args) > 0:
		err = cmd.compareManifests(compared, args)
	case live != nil:
		err = live.compareWorkloads(ctx, compared)
	}
	return compared, append(check.JudgeEngine(subject, compared.next), unseen...), err
}

// native says of pods whether they get native sidecars: by the flag or, with auto, as the
// replicas would do. The finding is that this is not known.
func (cmd *checkConfig) native(live *liveMesh) (func(pod []byte) bool, []check.Finding) {
	if live == nil || cmd.nativeSidecars != "auto" {
		return func([]byte) bool { return cmd.nativeSidecars != "false" }, nil
	}
	var unseen []check.Finding
	if _, err := live.NativeSidecars(live.installation, nil); err != nil {
		unseen = append(unseen, check.NodesNotLookedAt(err))
	}
	return func(pod []byte) bool {
		native, _ := live.NativeSidecars(live.installation, pod)
		return native
	}, unseen
}

// readNext lays the files with the new configuration over the one in force.
func (cmd *checkConfig) readNext(now *configuration.Texts) (*configuration.Texts, error) {
	next := now
	for _, name := range cmd.next {
		files := configuration.Files{Config: name, Revision: cmd.Revision, Stdin: cmd.Stdin}
		var err error
		if next, err = files.ReadOver(next); err != nil {
			return nil, err
		}
	}
	return next, nil
}
