package command

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/pkg/webhook"
)

// configInCluster is the objects of a cluster by the paths of its API, and the manifest
// of its injector's ConfigMap.
func configInCluster(t *testing.T) (objects map[string]any, injector string) {
	t.Helper()
	config, err := webhook.WebhookConfiguration{
		Name: "outrigger", Namespace: "istio-system", Service: &webhook.Service{Namespace: "istio-system", Name: "outrigger"},
	}.Build()
	if err != nil {
		t.Fatal(err)
	}
	maps, err := profiles.Manifest(profiles.Default, "istio-system", "")
	if err != nil {
		t.Fatal(err)
	}
	injector, mesh, _ := strings.Cut(string(maps), "\n---\n")
	workload := func(namespace string) map[string]any {
		template := map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "web", "image": "web"}}}}
		return map[string]any{"metadata": map[string]any{"name": "web", "namespace": namespace}, "spec": map[string]any{"template": template}}
	}
	return map[string]any{
		"/apis": map[string]any{"apiVersion": "v1", "kind": "APIGroupList", "groups": []any{}},
		"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations": listOf("admissionregistration.k8s.io/v1", "MutatingWebhookConfigurationList", config),
		"/api/v1/namespaces": listOf("v1", "NamespaceList",
			map[string]any{"metadata": map[string]any{"name": "shop", "labels": map[string]string{"istio-injection": "enabled"}}},
			map[string]any{"metadata": map[string]any{"name": "stage"}}),
		"/apis/apps/v1/deployments":  listOf("apps/v1", "DeploymentList", workload("shop"), workload("stage")),
		"/apis/apps/v1/statefulsets": listOf("apps/v1", "StatefulSetList", workload("stage")),
		"/apis/batch/v1/cronjobs": listOf("batch/v1", "CronJobList", map[string]any{
			"metadata": map[string]any{"name": "nightly", "namespace": "shop"},
			"spec":     map[string]any{"jobTemplate": map[string]any{"spec": workload("shop")["spec"]}},
		}),
		"/apis/apps/v1/daemonsets": listOf("apps/v1", "DaemonSetList", workload("shop")),
		"/api/v1/nodes":            listOf("v1", "NodeList", nodeOf("v1.34.1")),
		"/api/v1/namespaces/istio-system/configmaps/istio-sidecar-injector": yamlObject(t, injector),
		"/api/v1/namespaces/istio-system/configmaps/istio":                  yamlObject(t, mesh),
	}, injector
}

func listOf(version, kind string, items ...any) any {
	return map[string]any{"apiVersion": version, "kind": kind, "items": items}
}

func nodeOf(kubelet string) any {
	return map[string]any{
		"metadata": map[string]any{"name": kubelet}, "status": map[string]any{"nodeInfo": map[string]any{"kubeletVersion": kubelet}},
	}
}

// runCheckConfig tries a new configuration in a cluster of these objects, and returns
// what is printed.
func runCheckConfig(t *testing.T, objects map[string]any, next string, args ...string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		object, ok := objects[r.URL.Path]
		if r.URL.Query().Get("labelSelector") != "" {
			if object, ok = objects["outrigger"]; !ok {
				object = listOf("apps/v1", "DeploymentList") // Outrigger's own may not be seen
			}
		}
		if !ok && object == nil {
			w.WriteHeader(http.StatusNotFound)
			object = map[string]any{"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}
		}
		if err := json.NewEncoder(w).Encode(object); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	dir := t.TempDir()
	t.Setenv("KUBECONFIG", filepath.Join(dir, "kubeconfig"))
	kubeconfig := `{apiVersion: v1, kind: Config, current-context: c, clusters: [{name: c, cluster: {server: "` + server.URL + `"}}], contexts: [{name: c, context: {cluster: c}}]}`
	file := filepath.Join(dir, "new.yaml")
	for file, text := range map[string]string{
		filepath.Join(dir, "kubeconfig"): kubeconfig,
		file:                             next,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, log bytes.Buffer
	root := newRootCommand()
	root.SetOut(&out)
	root.SetErr(&log)
	root.SetArgs(append([]string{"check", "config", "-f", file}, args...))
	if err := root.Execute(); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), log.String())
	}
	return out.String()
}

// TestCheckConfigInCluster tries a new configuration on the workloads of a cluster:
// of those whose pods are sent to the webhook, and of no others.
func TestCheckConfigInCluster(t *testing.T) {
	objects, injector := configInCluster(t)
	out := runCheckConfig(t, objects, strings.Replace(injector, "logLevel: warning", "logLevel: debug", 1))
	for _, want := range []string{
		"Deployment shop/web: other pods\n", "DaemonSet shop/web: other pods\n", "CronJob shop/nightly: other pods\n",
		`"--proxyLogLevel=warning" -> "--proxyLogLevel=debug"`, "3 of 3 workloads would get other pods\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not said:\n%s", want, out)
		}
	}
	if strings.Contains(out, "stage") {
		t.Errorf("workloads are told of that no webhook gets:\n%s", out)
	}
}

// TestCheckConfigNativeSidecars: without its own flag, check config takes native sidecars
// from where the webhook takes them.
func TestCheckConfigNativeSidecars(t *testing.T) {
	deployed := func(args ...any) any {
		container := map[string]any{"name": "outrigger", "args": append([]any{"serve"}, args...)}
		return listOf("apps/v1", "DeploymentList", map[string]any{
			"metadata": map[string]any{"name": "outrigger", "namespace": "istio-system", "labels": map[string]any{"app.kubernetes.io/name": "outrigger"}},
			"spec":     map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{container}}}},
		})
	}
	for _, c := range []struct {
		name       string
		deployment any
		nodes      []any
		forbidden  bool
		args       []string
		native     bool
		says       string
	}{
		{name: "every node has them", nodes: []any{nodeOf("v1.33.0"), nodeOf("v1.34.1")}, native: true},
		{name: "one node does not", nodes: []any{nodeOf("v1.32.9"), nodeOf("v1.34.1")}},
		{name: "there is no node yet"},
		{name: "the webhook's flag says auto", deployment: deployed("--native-sidecars=auto"), nodes: []any{nodeOf("v1.32.9")}},
		{name: "the webhook's flag says yes", deployment: deployed("--native-sidecars", "true"), nodes: []any{nodeOf("v1.32.9")}, native: true},
		{name: "the webhook's flag says no", deployment: deployed("--native-sidecars=false"), nodes: []any{nodeOf("v1.34.1")}},
		{name: "its own flag counts before", deployment: deployed("--native-sidecars=false"), nodes: []any{nodeOf("v1.32.9")}, args: []string{"--native-sidecars=true"}, native: true},
		{name: "the nodes may not be seen", forbidden: true, native: true, says: "NotLookedAt            nodes: not looked at: "},
		{name: "nor need be", deployment: deployed("--native-sidecars=false"), forbidden: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			objects, injector := configInCluster(t)
			objects["/api/v1/nodes"] = listOf("v1", "NodeList", c.nodes...)
			if c.forbidden {
				delete(objects, "/api/v1/nodes")
			}
			if c.deployment != nil {
				objects["outrigger"] = c.deployment
			}
			out := runCheckConfig(t, objects, strings.Replace(injector, "logLevel: warning", "logLevel: debug", 1), c.args...)
			list := "containers"
			if c.native {
				list = "initContainers"
			}
			if want := "  spec." + list + "[istio-proxy].args"; !strings.Contains(out, want) || !strings.Contains(out, c.says) {
				t.Errorf("want %q and %q in\n%s", want, c.says, out)
			}
			if c.says == "" && strings.Contains(out, "NotLookedAt") {
				t.Errorf("something was not looked at:\n%s", out)
			}
		})
	}
}

func yamlObject(t *testing.T, text string) any {
	t.Helper()
	var object any
	if err := yaml.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return object
}
