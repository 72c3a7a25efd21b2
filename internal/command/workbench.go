package command

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/workbench"
)

// workbenchCommand is the flags of `outrigger workbench`.
type workbenchCommand struct {
	configurationFlags
	files          []string
	namespace      string
	nativeSidecars string
	platform       string
	workloads      []string
	bindAddress    string
	noOpen         bool
	tests          string
}

func newWorkbenchCommand() *cobra.Command {
	cmd := &workbenchCommand{}
	c := &cobra.Command{
		Use:   "workbench [-f FILE|DIR|- ...]",
		Short: "Try out injection on a local web page",
		Long: `Serve a local web page for trying out injection, and open it in the browser. It shows
manifests and a configuration on one side, and the injected manifests on the other,
updated as you type. It needs no cluster and does not change your files.

The page is reachable from this machine only, unless --bind-address says otherwise.
Whoever can reach it can run templates on this machine.`,
		Example: `  outrigger workbench
  outrigger workbench -f app.yaml --inject-config-file mesh.yaml
  outrigger workbench -f app.yaml --tests test/injection   # "Save as a test" writes there`,
		Args: noArguments("-f"),
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return cmd.run(ctx, c.InOrStdin(), c.OutOrStdout())
		},
	}
	flags := c.Flags()
	flags.StringArrayVarP(&cmd.files, "filename", "f", nil, "`FILE` with the initial manifests, a folder, or - for standard input;\nmay be repeated (default: a sample)")
	cmd.configurationFlags.addFlags(flags)
	flags.StringVarP(&cmd.namespace, "namespace", "n", "", "`NAME` of the namespace for workloads that do not set one")
	flags.StringVar(&cmd.nativeSidecars, "native-sidecars", "auto", "whether the proxy is a native sidecar: `true|false|auto`; auto means true")
	flags.StringVar(&cmd.platform, "platform", "", "`openshift` takes the proxy's user and group IDs from the namespace's ranges")
	addWorkloadFlag(flags, &cmd.workloads)
	flags.StringVar(&cmd.bindAddress, "bind-address", "127.0.0.1:0", "`HOST:PORT` where the page is served; port 0 picks a free port")
	flags.BoolVar(&cmd.noOpen, "no-open", false, "print the address without opening a browser")
	flags.StringVar(&cmd.tests, "tests", "", "`DIR` where tests are saved, for outrigger test (default: the browser\ndownloads them)")
	return c
}

func (cmd *workbenchCommand) run(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	options, err := cmd.options(stdin)
	if err != nil {
		return err
	}
	handler, err := workbench.New(options)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cmd.bindAddress)
	if err != nil {
		return fmt.Errorf("--bind-address: %w", err)
	}
	address := "http://" + shownAddress(listener.Addr(), options.Host) + "/"
	if _, err := fmt.Fprintln(stdout, address); err != nil {
		return errors.Join(err, listener.Close())
	}
	if !cmd.noOpen {
		openBrowser(address)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// options reads what the page begins with.
func (cmd *workbenchCommand) options(stdin io.Reader) (workbench.Options, error) {
	host, _, err := net.SplitHostPort(cmd.bindAddress)
	if err != nil {
		err = fmt.Errorf("--bind-address: %w", err)
	}
	if _, notIP := netip.ParseAddr(host); notIP == nil {
		host = ""
	}
	s := settings{
		configurationFlags: cmd.configurationFlags, namespace: cmd.namespace,
		nativeSidecars: cmd.nativeSidecars, platform: cmd.platform, workloads: cmd.workloads,
	}
	s.Stdin = stdin
	if slices.Contains(cmd.files, standardInput) && slices.Contains(s.Names(), standardInput) {
		return workbench.Options{}, errors.New("- is used for both the manifests and the configuration, but standard input can be read only once")
	}
	texts, err2 := s.load()
	manifests, err3 := cmd.manifests(stdin)
	if err := errors.Join(err, s.checkWords(), err2, err3); err != nil {
		return workbench.Options{}, err
	}
	configuration := workbench.NewConfiguration(cmd.configurationName(), texts.Sources)
	configuration.Revision = texts.Revision
	return workbench.Options{
		Version:       thisBuild().Version,
		Manifest:      manifests,
		Configuration: configuration,
		Settings: workbench.Settings{
			As: workbench.AsCommand, Namespace: cmd.namespace, Revision: cmd.Revision,
			NativeSidecars: cmd.nativeSidecars != "false", Platform: cmd.platform,
		},
		Workloads:  cmd.workloads,
		TestFolder: cmd.tests,
		Host:       host,
	}, nil
}

// configurationName is what the page calls the configuration that it begins with.
func (cmd *workbenchCommand) configurationName() string {
	if cmd.Config != "" {
		return filepath.Base(shownName(cmd.Config))
	}
	return "profile " + cmp.Or(cmd.profile, profiles.Default)
}

// manifests reads all inputs as one stream.
func (cmd *workbenchCommand) manifests(stdin io.Reader) (workbench.Sample, error) {
	if len(cmd.files) == 0 {
		return workbench.Sample{}, nil
	}
	files, err := expandInputs(cmd.files, "")
	if err != nil {
		return workbench.Sample{}, err
	}
	var text bytes.Buffer
	copied := rewriter(func(w io.Writer, r io.Reader, _ string) error {
		_, err := io.Copy(w, r)
		return err
	})
	from := &inputs{stdin: stdin}
	defer from.discard()
	if err := writeManifests(&text, files, copied, from, nil); err != nil {
		return workbench.Sample{}, err
	}
	name := filepath.Base(shownName(files[0]))
	if len(files) > 1 {
		name = fmt.Sprintf("%s and %d more", name, len(files)-1)
	}
	return workbench.Sample{Name: name, Text: text.String()}, nil
}

// shownAddress is what to open: an address of this machine where it listens on all.
func shownAddress(listening net.Addr, host string) string {
	ip, port, err := net.SplitHostPort(listening.String())
	switch {
	case err != nil:
		return listening.String()
	case host != "":
		ip = host
	case strings.Trim(ip, ":0.") == "":
		ip = "localhost"
	}
	return net.JoinHostPort(ip, port)
}
