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

// TestCheckConfigInCluster tries a new configuration on the workloads of a cluster:
// of those whose pods are sent to the webhook, and of no others.
func TestCheckConfigInCluster(t *testing.T) {
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
	list := func(version, kind string, items ...any) any {
		return map[string]any{"apiVersion": version, "kind": kind, "items": items}
	}
	objects := map[string]any{
		"/apis": map[string]any{"apiVersion": "v1", "kind": "APIGroupList", "groups": []any{}},
		"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations": list("admissionregistration.k8s.io/v1", "MutatingWebhookConfigurationList", config),
		"/api/v1/namespaces": list("v1", "NamespaceList",
			map[string]any{"metadata": map[string]any{"name": "shop", "labels": map[string]string{"istio-injection": "enabled"}}},
			map[string]any{"metadata": map[string]any{"name": "stage"}}),
		"/apis/apps/v1/deployments":  list("apps/v1", "DeploymentList", workload("shop"), workload("stage")),
		"/apis/apps/v1/statefulsets": list("apps/v1", "StatefulSetList", workload("stage")),
		"/apis/batch/v1/cronjobs": list("batch/v1", "CronJobList", map[string]any{
			"metadata": map[string]any{"name": "nightly", "namespace": "shop"},
			"spec":     map[string]any{"jobTemplate": map[string]any{"spec": workload("shop")["spec"]}},
		}),
		"/apis/apps/v1/daemonsets": list("apps/v1", "DaemonSetList", workload("shop")),
		"/api/v1/namespaces/istio-system/configmaps/istio-sidecar-injector": yamlObject(t, injector),
		"/api/v1/namespaces/istio-system/configmaps/istio":                  yamlObject(t, mesh),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		object, ok := objects[r.URL.Path]
		if r.URL.Query().Get("labelSelector") != "" {
			object = list("apps/v1", "DeploymentList") // Outrigger's own may not be seen
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
	next := filepath.Join(dir, "new.yaml")
	for file, text := range map[string]string{
		filepath.Join(dir, "kubeconfig"): kubeconfig,
		next:                             strings.Replace(injector, "logLevel: warning", "logLevel: debug", 1),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, log bytes.Buffer
	root := newRootCommand()
	root.SetOut(&out)
	root.SetErr(&log)
	root.SetArgs([]string{"check", "config", "-f", next})
	if err := root.Execute(); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), log.String())
	}
	for _, want := range []string{
		"Deployment shop/web: other pods\n", "DaemonSet shop/web: other pods\n", "CronJob shop/nightly: other pods\n",
		`"--proxyLogLevel=warning" -> "--proxyLogLevel=debug"`, "3 of 3 workloads would get other pods\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "stage") {
		t.Errorf("workloads are told of that no webhook gets:\n%s", out.String())
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
