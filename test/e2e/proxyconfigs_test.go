package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

const proxyConfigDefinition = "testdata/proxyconfig-crd.yaml"

// defineProxyConfigs has the cluster know ProxyConfigs, until the test ends.
func defineProxyConfigs(t *testing.T) {
	t.Helper()
	kubectl(t, "", "apply", "--filename="+proxyConfigDefinition)
	t.Cleanup(func() {
		if _, err := shared.Kubectl(context.Background(), "delete", "--ignore-not-found", "--filename="+proxyConfigDefinition); err != nil {
			t.Error(err)
		}
	})
	kubectl(t, "", "wait", patience, "--for=condition=Established", "--filename="+proxyConfigDefinition)
}

// applyProxyConfig makes or changes a ProxyConfig that gives proxies variable PLACE.
func applyProxyConfig(t *testing.T, namespace, name, selector, place string) {
	t.Helper()
	text := fmt.Sprintf(`{apiVersion: networking.istio.io/v1beta1, kind: ProxyConfig, metadata: {name: %q, namespace: %q},
		spec: {selector: %s, environmentVariables: {PLACE: %q}}}`, name, namespace, selector, place)
	if err := shared.Apply(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

// TestProxyConfigs has ProxyConfigs, and their kind, come, change and go beside a
// server, and wants the next pod to have what they say: pods of one workload, which
// the server remembers.
func TestProxyConfigs(t *testing.T) {
	const mesh = installation.Namespace // where its control plane would be
	o := newInstallation(t, installation.Options{})
	namespace := newNamespace(t, "proxyconfigs", map[string]string{"istio-injection": "enabled"})
	other := newNamespace(t, "proxyconfigs-other", map[string]string{"istio-injection": "enabled"})
	place := func(namespace string) string { return env(theProxy(t, admitted(t, namespace, appPod())))["PLACE"] }
	want := func(what, want string) {
		t.Helper()
		eventually(t, what, func(context.Context) (bool, error) { return place(namespace) == want, nil })
	}
	if got := place(namespace); got != "" {
		t.Fatalf("without ProxyConfigs a proxy has PLACE=%s", got)
	}

	defineProxyConfigs(t)
	applyProxyConfig(t, mesh, "all", "{}", "mesh")
	want("that of the root namespace counts", "mesh")
	applyProxyConfig(t, namespace, "all", "{}", "namespace")
	want("that of the namespace counts", "namespace")
	if got := place(other); got != "mesh" {
		t.Errorf("a pod of another namespace has PLACE=%s, want mesh", got)
	}
	applyProxyConfig(t, namespace, "workload", "{matchLabels: {app: app}}", "workload")
	want("that with a selector counts", "workload")
	nextSecond() // the oldest counts
	applyProxyConfig(t, namespace, "a-later-one", "{matchLabels: {app: app}}", "later")
	applyProxyConfig(t, namespace, "workload", "{matchLabels: {app: app}}", "changed")
	want("a change counts", "changed")
	applyProxyConfig(t, namespace, "workload", "{matchLabels: {app: another}}", "changed")
	want("a selector that no longer matches makes room", "later")
	pod := appPod()
	pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
	manifest := manifestOf(t, pod)
	if text, status := outrigger(t, "check", "pod", "--filename="+manifest, "--namespace="+namespace, "--kubeconfig="+shared.Kubeconfig()); status != 0 ||
		!strings.Contains(text, "ProxyConfig "+namespace+"/a-later-one") || !strings.Contains(text, `it sets proxyMetadata.PLACE to "later"`) {
		t.Errorf("check pod does not name what set PLACE (exit status %d):\n%s", status, text)
	}
	kubectl(t, namespace, "delete", "proxyconfig", "a-later-one")
	want("one that is deleted counts no more", "namespace")

	// A server that starts has read them when it is ready.
	if err := o.Replicas[0].Stop(); err != nil {
		t.Fatal(err)
	}
	if err := o.Replicas[0].Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := place(namespace); got != "namespace" {
		t.Errorf("a server that is ready has PLACE=%s, want namespace", got)
	}

	kubectl(t, "", "delete", "--filename="+proxyConfigDefinition)
	want("with their kind all of them go", "")
	if text, err := o.Replicas[0].Get(t.Context(), "/readyz?verbose"); err != nil {
		t.Errorf("the server is not ready without the kind: %v\n%s", err, text)
	}
	defineProxyConfigs(t)
	applyProxyConfig(t, namespace, "all", "{}", "again")
	want("the kind comes again", "again")
}

// TestTenThousandProxyConfigs tells what they cost a server.
func TestTenThousandProxyConfigs(t *testing.T) {
	const many, namespaces = 10_000, 20
	o := newInstallation(t, installation.Options{})
	defineProxyConfigs(t)
	var all []string
	for i := range namespaces {
		all = append(all, newNamespace(t, fmt.Sprint("many-", i), map[string]string{"istio-injection": "enabled"}))
	}
	before := memoryOf(t, o)

	config := shared.Config()
	config.QPS = -1
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	resource := client.Resource(schema.GroupVersionResource{Group: "networking.istio.io", Version: "v1beta1", Resource: "proxyconfigs"})
	create, ctx := errgroup.WithContext(t.Context())
	var next atomic.Int64
	for range 16 {
		create.Go(func() error {
			for i := next.Add(1) - 1; i < many; i = next.Add(1) - 1 {
				object := &unstructured.Unstructured{Object: map[string]any{
					"apiVersion": "networking.istio.io/v1beta1", "kind": "ProxyConfig",
					"metadata": map[string]any{"name": fmt.Sprint("app-", i)},
					"spec": map[string]any{
						"selector":             map[string]any{"matchLabels": map[string]any{"app": fmt.Sprint("app-", i)}},
						"concurrency":          int64(i % 8),
						"environmentVariables": map[string]any{"PLACE": fmt.Sprint("place-", i)},
						"image":                map[string]any{"imageType": "distroless"},
					},
				}}
				if _, err := resource.Namespace(all[i%namespaces]).Create(ctx, object, metav1.CreateOptions{}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := create.Wait(); err != nil {
		t.Fatal(err)
	}
	count := func(when string) {
		t.Helper()
		for _, i := range []int{0, many / 2, many - 1} {
			pod := appPod()
			pod.Labels["app"] = fmt.Sprint("app-", i)
			eventually(t, when+" a pod has what its ProxyConfig says", func(context.Context) (bool, error) {
				return env(theProxy(t, admitted(t, all[i%namespaces], pod)))["PLACE"] == fmt.Sprint("place-", i), nil
			})
		}
		t.Logf("%s: %s, %s before", when, memoryOf(t, o), before)
	}
	count("as they came")
	if err := o.Replicas[0].Stop(); err != nil {
		t.Fatal(err)
	}
	if err := o.Replicas[0].Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	count("after a start")
}

// memoryOf is what a replica's metrics say of its memory.
func memoryOf(t *testing.T, o *installation.Installation) string {
	t.Helper()
	text := ""
	for _, metric := range []struct{ name, is string }{
		{"go_memstats_heap_alloc_bytes", "heap"}, {"process_resident_memory_bytes", "resident"},
	} {
		bytes, err := o.Replicas[0].Metric(t.Context(), metric.name, nil)
		if err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf("%.1f MiB %s ", bytes/(1<<20), metric.is)
	}
	return text
}
