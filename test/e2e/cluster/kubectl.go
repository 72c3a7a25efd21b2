package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Kubectl runs kubectl as the administrator and returns what it printed. The
// error holds what it said on stderr.
func (c *Cluster) Kubectl(ctx context.Context, args ...string) (string, error) {
	return c.kubectl(ctx, "", args...)
}

// KubectlWith does the same with something on its standard input.
func (c *Cluster) KubectlWith(ctx context.Context, input string, args ...string) (string, error) {
	return c.kubectl(ctx, input, args...)
}

// Apply runs kubectl apply on manifests, a stream of YAML or JSON documents,
// with further arguments such as "--server-side" or "--namespace=shop".
func (c *Cluster) Apply(ctx context.Context, manifests string, args ...string) error {
	_, err := c.kubectl(ctx, manifests, append([]string{"apply", "--filename=-"}, args...)...)
	return err
}

func (c *Cluster) kubectl(ctx context.Context, input string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, filepath.Join(c.binaries, "kubectl"), args...)
	command.Env = append(os.Environ(),
		"KUBECONFIG="+c.Kubeconfig(),
		"KUBECACHEDIR="+c.layout.kubectlCache(),
		// The preferences of whoever runs the tests are none of the tests'.
		"KUBERC=off",
	)
	command.SysProcAttr = dieWithParent()
	var stdout, stderr bytes.Buffer
	command.Stdin = strings.NewReader(input)
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
