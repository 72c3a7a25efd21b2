package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

const (
	theChart = "../../deploy/chart"
	thePlain = "../../deploy/manifests/outrigger.yaml"
	// ofOutrigger selects what the chart and the plain manifests make.
	ofOutrigger = "app.kubernetes.io/name=outrigger"
)

// helm runs Helm 3 or 4 as the administrator and returns what it printed.
func helm(t *testing.T, version int, args ...string) string {
	t.Helper()
	out, err := tryHelm(t.Context(), version, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryHelm(ctx context.Context, version int, args ...string) (string, error) {
	binary, err := cluster.Helm(version)
	if err != nil {
		return "", err
	}
	home, err := os.MkdirTemp("", "outrigger-e2e-helm-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(home)
	command := exec.CommandContext(ctx, binary, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+shared.Kubeconfig())
	for _, folder := range []string{"CACHE", "CONFIG", "DATA"} {
		command.Env = append(command.Env, "HELM_"+folder+"_HOME="+filepath.Join(home, folder))
	}
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String(), fmt.Errorf("helm%d %s: %w: %s", version, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

// runPods runs the pods of Outrigger for one test, which has to have them deleted
// by its end.
func runPods(t *testing.T) {
	t.Helper()
	kubelet, err := installation.StartKubelet(t.Context(), shared, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kubelet.Stop(); err != nil {
			t.Error(err)
		}
	})
}

// release is a release of the chart in installation.Namespace.
type release struct {
	t    *testing.T
	helm int
	name string // outrigger, or outrigger-REVISION
}

// newRelease installs the chart as docs/install.md does. The release ends with the
// test, if it has not uninstalled it.
func newRelease(t *testing.T, helm int, name string, flags ...string) *release {
	t.Helper()
	r := newReleaseOf(t, theChart, helm, name, flags...)
	kubectl(t, installation.Namespace, "rollout", "status", patience, "deployment/"+name)
	return r
}

func newReleaseOf(t *testing.T, chart string, helm int, name string, flags ...string) *release {
	t.Helper()
	r := &release{t, helm, name}
	t.Cleanup(func() {
		if _, err := tryHelm(context.Background(), r.helm, "uninstall", r.name, "--namespace="+installation.Namespace, "--ignore-not-found"); err != nil {
			t.Error(err)
		}
		awaitNoPods(t, "app.kubernetes.io/instance="+r.name)
		forgetAuthority(t, strings.TrimPrefix(r.name, "outrigger"))
	})
	r.run("install", append(flags, chart, "--create-namespace", "--wait", "--timeout=2m")...)
	return r
}

func (r *release) upgrade(flags ...string) {
	r.t.Helper()
	r.run("upgrade", append(flags, theChart, "--wait", "--timeout=2m")...)
}

func (r *release) uninstall() {
	r.t.Helper()
	r.run("uninstall")
}

func (r *release) run(command string, args ...string) {
	r.t.Helper()
	helm(r.t, r.helm, append([]string{command, r.name, "--namespace=" + installation.Namespace}, args...)...)
}

// forgetAuthority deletes what uninstalling leaves behind: the next test's
// installation is to begin with nothing.
func forgetAuthority(t *testing.T, suffix string) {
	t.Helper()
	_, err := shared.Kubectl(context.Background(), "--namespace="+installation.Namespace, "delete", "--ignore-not-found",
		"secret/outrigger-ca"+suffix, "lease/outrigger-certs"+suffix)
	if err != nil {
		t.Error(err)
	}
}

// awaitOpen waits until the default revision's webhook configuration has pods sent.
func awaitOpen(t *testing.T) {
	t.Helper()
	eventually(t, "every entry has rules", func(ctx context.Context) (bool, error) {
		configuration, err := shared.Client.AdmissionregistrationV1().MutatingWebhookConfigurations().Get(ctx, "outrigger", metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		return !slices.ContainsFunc(configuration.Webhooks, func(w admissionregistrationv1.MutatingWebhook) bool { return len(w.Rules) == 0 }), nil
	})
}

// awaitNoPods waits until the selected pods of Outrigger have ended.
func awaitNoPods(t *testing.T, selector string) {
	t.Helper()
	_, err := shared.Kubectl(context.Background(), "--namespace="+installation.Namespace, "wait", patience, "--for=delete", "pod", "--selector="+selector)
	if err != nil {
		t.Error(err)
	}
}

// webhookConfigurations lists those of the chart.
func webhookConfigurations(t *testing.T) []string {
	t.Helper()
	list, err := shared.Client.AdmissionregistrationV1().MutatingWebhookConfigurations().List(t.Context(), metav1.ListOptions{LabelSelector: ofOutrigger})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, configuration := range list.Items {
		names = append(names, configuration.Name)
	}
	return names
}
