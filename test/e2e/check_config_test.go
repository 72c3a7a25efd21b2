package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// changes is what `outrigger check config -o json` prints.
type changes struct {
	Findings  []finding
	Workloads []changedWorkload
}

type changedWorkload struct {
	Workload      string
	Before, After struct{ Is string }
	Differences   []struct {
		Name          string
		Before, After json.RawMessage
	}
}

// of are the workloads of a namespace.
func (c *changes) of(namespace string) (all []string) {
	for _, w := range c.Workloads {
		if kind, name, is := strings.Cut(w.Workload, " "+namespace+"/"); is {
			all = append(all, kind+" "+name)
		}
	}
	slices.Sort(all)
	return all
}

// checkConfig tries a configuration with the rights that the documentation gives.
func checkConfig(t *testing.T, wantStatus int, input string, args ...string) *changes {
	t.Helper()
	stdout, status := outriggerWith(t, input, append([]string{"check", "config", "--output=json"}, args...)...)
	if status != wantStatus {
		t.Errorf("it exited with %d, want %d", status, wantStatus)
	}
	var printed changes
	if err := json.Unmarshal([]byte(stdout), &printed); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	return &printed
}

// TestCheckConfig says beforehand what an edit of the configuration does to the pods of
// the workloads that run. Then the edit is made, and does that.
func TestCheckConfig(t *testing.T) {
	o := newInstallation(t, installation.Options{})
	namespace := newNamespace(t, "blast-radius", map[string]string{"istio-injection": "enabled"})
	runEveryKind(t, namespace)
	kubeconfig := "--kubeconfig=" + operatorKubeconfig(t, namespace)
	injector := shared.Client.CoreV1().ConfigMaps(installation.Namespace)
	now, err := injector.Get(t.Context(), o.InjectorConfigMap(), metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// edited is the ConfigMap as somebody edits it.
	edited := func(t *testing.T, old, replacement string) *corev1.ConfigMap {
		t.Helper()
		next := &corev1.ConfigMap{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, ObjectMeta: metav1.ObjectMeta{Name: now.Name}, Data: map[string]string{}}
		for key, text := range now.Data {
			next.Data[key] = strings.Replace(text, old, replacement, 1)
		}
		if cmp.Equal(next.Data, now.Data) {
			t.Fatalf("the configuration does not have %q", old)
		}
		return next
	}
	file := func(t *testing.T, next *corev1.ConfigMap) string {
		t.Helper()
		name := filepath.Join(t.TempDir(), "new.yaml")
		if err := os.WriteFile(name, []byte(asJSON(t, next)), 0o600); err != nil {
			t.Fatal(err)
		}
		return "--filename=" + name
	}
	all := []string{"CronJob nightly", "DaemonSet agent", "Deployment web", "StatefulSet store"}
	tests := []struct {
		name     string
		old, new string
		status   int
		finding  string
		want     []string // the workloads whose pods differ
		after    string   // what becomes of them
	}{
		{"nothing changes", "policy: enabled", "policy:  enabled", 0, "ok ConfigurationCompiles", nil, ""},
		{"one is left alone", "neverInjectSelector: []", "neverInjectSelector: [{matchLabels: {app: web}}]", 0, "ok ConfigurationCompiles", []string{"Deployment web"}, "skipped"},
		{"one is refused", "templates:\n", "templates:\n  refuses: '{{ fail .ObjectMeta.Name }}'\n", 0, "ok ConfigurationCompiles", nil, ""},
		{"none asks any more", "policy: enabled", "policy: disabled", 0, "info ConfigurationSkips", all, "skipped"},
		{"it does not compile", "policy: enabled", "policy: [", 1, "error ConfigurationInvalid", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := checkConfig(t, tt.status, "", kubeconfig, file(t, edited(t, tt.old, tt.new)))
			if first := got.Findings[0]; first.Severity+" "+first.Reason != tt.finding {
				t.Errorf("it found %+v, want %s", first, tt.finding)
			}
			if diff := cmp.Diff(tt.want, got.of(namespace)); diff != "" {
				t.Errorf("workloads with other pods (-want +got):\n%s", diff)
			}
			for _, w := range got.Workloads {
				if w.Before.Is != "injected" || w.After.Is != tt.after {
					t.Errorf("%s is %s and would be %s, want %s", w.Workload, w.Before.Is, w.After.Is, tt.after)
				}
			}
		})
	}

	t.Run("another level of the log", func(t *testing.T) {
		next := edited(t, "logLevel: warning", "logLevel: debug")
		// It stands in a namespace of its own first, as in a stage before production.
		stage := newNamespace(t, "blast-stage", nil)
		if err := shared.Apply(t.Context(), asJSON(t, next), "--namespace="+stage); err != nil {
			t.Fatal(err)
		}
		got := checkConfig(t, 0, kubectl(t, stage, "get", "configmap", next.Name, "--output=yaml"), kubeconfig, "--filename=-")
		if diff := cmp.Diff(all, got.of(namespace)); diff != "" {
			t.Fatalf("workloads with other pods (-want +got):\n%s", diff)
		}
		for _, w := range got.Workloads {
			if len(w.Differences) != 1 || string(w.Differences[0].After) != `"--proxyLogLevel=debug"` || !strings.Contains(w.Differences[0].Name, "[istio-proxy].args[") {
				t.Errorf("%s differs in %+v, want the level alone", w.Workload, w.Differences)
			}
		}

		if err := shared.Apply(t.Context(), asJSON(t, next), "--namespace="+installation.Namespace, "--server-side", "--force-conflicts"); err != nil {
			t.Fatal(err)
		}
		eventually(t, "pods are made by the new configuration", func(ctx context.Context) (bool, error) {
			pod := appPod()
			made, err := shared.Client.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			if err != nil {
				return false, err
			}
			return slices.Contains(theProxy(t, made).Args, "--proxyLogLevel=debug"), nil
		})
		if got := checkConfig(t, 0, "", kubeconfig, file(t, next)); len(got.Workloads) > 0 {
			t.Errorf("it is in force, and yet would change %v", got.of(namespace))
		}
	})
}

func asJSON(t *testing.T, object any) string {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
