package webhook

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/outrigger-io/outrigger/internal/clustertest"
	"github.com/outrigger-io/outrigger/pkg/cluster"
)

// start runs a runner until the test ends.
func start(t *testing.T, runner Runner) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- runner.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the runner ended with %v", err)
		}
	})
}

func configMapOf(name string, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "istio-system", Name: name, UID: "1-" + "2"}, Data: data}
}

func TestConfigMapNames(t *testing.T) {
	for revision, want := range map[string][2]string{
		"":        {"istio-sidecar-injector", "istio"},
		"default": {"istio-sidecar-injector", "istio"},
		"canary":  {"istio-sidecar-injector-canary", "istio-canary"},
	} {
		if got := [2]string{InjectorConfigMap(revision), MeshConfigMap(revision)}; got != want {
			t.Errorf("revision %q: %q, want %q", revision, got, want)
		}
	}
}

func TestConfigMapsAreFollowed(t *testing.T) {
	client := fake.NewClientset(
		configMapOf("istio-sidecar-injector", map[string]string{"config": "one", "values": "{}"}),
		configMapOf("unrelated", map[string]string{"config": "bad"}),
	)
	configMaps := client.CoreV1().ConfigMaps("istio-system")
	must := func(_ *corev1.ConfigMap, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	events := func(reason, part string) func() bool {
		return func() bool {
			list, err := client.EventsV1().Events("istio-system").List(t.Context(), metav1.ListOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, event := range list.Items {
				if event.Reason == reason && strings.Contains(event.Note, part) && event.Regarding.Kind == "ConfigMap" {
					return true
				}
			}
			return false
		}
	}

	current, f := newTestCurrent(t)
	feed(t, ConfigMaps{
		Cluster: clustertest.Of(client), Namespace: "istio-system",
		Injector: InjectorConfigMap(""), Mesh: MeshConfigMap(""), Log: slog.New(slog.DiscardHandler),
	}, current)
	eventually(t, "a word about the ConfigMap that is missing", func() bool {
		return current.Fault() != nil && current.Fault().Error() == "ConfigMap istio-system/istio does not exist"
	})
	eventually(t, "an event about it", events(eventInvalid, "istio-system/istio does not exist"))

	_, err := configMaps.Create(t.Context(), configMapOf("istio", map[string]string{"mesh": ""}), metav1.CreateOptions{})
	must(nil, err)
	eventually(t, "the first version", func() bool { return inForce(current) == "one" && current.Fault() == nil })
	eventually(t, "an event about it", events(eventInForce, "in force"))

	must(configMaps.Update(t.Context(), configMapOf("istio-sidecar-injector", map[string]string{"config": "two"}), metav1.UpdateOptions{}))
	eventually(t, "the second version", func() bool { return inForce(current) == "two" })

	must(configMaps.Update(t.Context(), configMapOf("istio-sidecar-injector", map[string]string{"config": "bad"}), metav1.UpdateOptions{}))
	eventually(t, "a version that does not compile", func() bool { return current.Fault() != nil })
	eventually(t, "an event about it", events(eventInvalid, "no such function"))
	if got := inForce(current); got != "two" {
		t.Errorf("%q is in force after a bad version, want the last good one", got)
	}
	if got := f.metric(t, "sidecar_injection_config_valid", ""); got != 0 {
		t.Errorf("config_valid is %v after a bad version", got)
	}

	must(configMaps.Update(t.Context(), configMapOf("istio-sidecar-injector", map[string]string{"values": "{}"}), metav1.UpdateOptions{}))
	eventually(t, "a word about the key that is missing", func() bool {
		return current.Fault().Error() == `ConfigMap istio-system/istio-sidecar-injector has no key "config"`
	})
	must(configMaps.Update(t.Context(), configMapOf("istio-sidecar-injector", map[string]string{"config": "three"}), metav1.UpdateOptions{}))
	eventually(t, "the version that mends it", func() bool { return inForce(current) == "three" && current.Fault() == nil })

	must(nil, configMaps.Delete(t.Context(), "istio", metav1.DeleteOptions{}))
	eventually(t, "a word about the ConfigMap that is gone", func() bool { return current.Fault() != nil })
	if got := inForce(current); got != "three" {
		t.Errorf("%q is in force without a ConfigMap, want the last good one", got)
	}

	// What is asked of the API server is no more than the two, by their names.
	for _, action := range client.Actions() {
		if action.GetResource().Resource != "configmaps" {
			continue
		}
		var fields string
		switch a := action.(type) {
		case clienttesting.ListActionImpl:
			fields = a.ListRestrictions.Fields.String()
		case clienttesting.WatchActionImpl:
			fields = a.WatchRestrictions.Fields.String()
		default:
			continue
		}
		if fields != "metadata.name=istio" && fields != "metadata.name=istio-sidecar-injector" {
			t.Errorf("%s of ConfigMaps with the field selector %q", action.GetVerb(), fields)
		}
	}
}

func node(name, kubelet string) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	n.Status.NodeInfo.KubeletVersion = kubelet
	return n
}

func TestNativeSidecarsByNode(t *testing.T) {
	const anywhere = `{"spec":{"containers":[{"env":[{"valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}}]}]}}`
	on := func(name string) string { return `{"spec":{"nodeName":"` + name + `"}}` }
	for _, test := range []struct {
		name  string
		nodes []*corev1.Node
		want  map[string]bool // by pod
	}{
		{"no nodes", nil, map[string]bool{anywhere: false, on("a"): false}},
		{"all new", []*corev1.Node{node("a", "v1.33.0"), node("b", "v1.37.2+k3s1"), node("c", "v2.0.0"), node("d", "v1.33.0-alpha.1")}, map[string]bool{anywhere: true, on("a"): true}},
		{"all old", []*corev1.Node{node("a", "v1.32.9"), node("b", "v1.9.0-eks-1")}, map[string]bool{anywhere: false, on("a"): false}},
		{"one old", []*corev1.Node{node("a", "v1.33.0"), node("b", "v1.32.9")}, map[string]bool{
			anywhere: false, on("a"): true, on("b"): false, on("unknown"): false, `{"nodeName":"a"}`: false, `{"spec":"nodeName"`: false,
			`{"spec":{"nodeName":1}}`: false,
		}},
		{"no version", []*corev1.Node{node("a", "v1.33.0"), node("b", "")}, map[string]bool{anywhere: false, on("a"): true, on("b"): false}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var objects []runtime.Object
			for _, n := range test.nodes {
				objects = append(objects, n)
			}
			nodes := NewNodes(clustertest.Of(fake.NewClientset(objects...)), slog.New(slog.DiscardHandler))
			if err := nodes.Check().Holds(); err == nil {
				t.Error("the check holds before the nodes were seen")
			}
			start(t, nodes)
			eventually(t, "all nodes are seen", func() bool { return nodes.Check().Holds() == nil })
			for pod, want := range test.want {
				if got := nodes.ForPod([]byte(pod)); got != want {
					t.Errorf("%s: %v, want %v", pod, got, want)
				}
			}
		})
	}
}

func TestNodesComeAndGo(t *testing.T) {
	client := fake.NewClientset(node("a", "v1.33.0"))
	nodes := NewNodes(clustertest.Of(client), slog.New(slog.DiscardHandler))
	start(t, nodes)
	native := func() bool { return nodes.ForPod([]byte(`{}`)) }
	eventually(t, "the first node", native)
	for _, step := range []struct {
		name string
		do   func() error
		want bool
	}{
		{"an old node joins", func() error {
			_, err := client.CoreV1().Nodes().Create(t.Context(), node("b", "v1.32.0"), metav1.CreateOptions{})
			return err
		}, false},
		{"it is upgraded", func() error {
			_, err := client.CoreV1().Nodes().Update(t.Context(), node("b", "v1.34.0"), metav1.UpdateOptions{})
			return err
		}, true},
		{"another joins", func() error {
			_, err := client.CoreV1().Nodes().Create(t.Context(), node("c", "v1.32.0"), metav1.CreateOptions{})
			return err
		}, false},
		{"it leaves", func() error { return client.CoreV1().Nodes().Delete(t.Context(), "c", metav1.DeleteOptions{}) }, true},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		eventually(t, step.name, func() bool { return native() == step.want })
	}
}

// A streamed list is stripped on its way in, of everything that is not kept.
func TestNodesAreShedToTheirVersion(t *testing.T) {
	n := node("a", "v1.33.0")
	n.ResourceVersion, n.UID = "5", "u"
	n.Labels = map[string]string{"zone": "north"}
	n.Status.Images = []corev1.ContainerImage{{Names: []string{"large"}}}
	got, err := NewNodes(clustertest.Of(fake.NewClientset()), nil).kubelets.Transformer()(n)
	if err != nil {
		t.Fatal(err)
	}
	want := node("a", "v1.33.0")
	want.ResourceVersion, want.UID = "5", "u"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("shed node (-want +got):\n%s", diff)
	}
}

func TestNodesThatCannotBeListed(t *testing.T) {
	client := fake.NewClientset()
	client.PrependReactor("list", "nodes", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(corev1.Resource("nodes"), "", errors.New("no such right"))
	})
	nodes := NewNodes(clustertest.Of(client), slog.New(slog.DiscardHandler))
	start(t, nodes)
	eventually(t, "the check says why", func() bool {
		err := nodes.Check().Holds()
		return err != nil && strings.Contains(err.Error(), "no such right")
	})
}

func namespaceOf(name, uids, groups string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{
		openShiftUIDs: uids, openShiftGroups: groups, "unrelated": "long",
	}}}
}

func TestNamespaces(t *testing.T) {
	client := fake.NewClientset(namespaceOf("shop", "1000/10", "2000/10"), namespaceOf("bare", "", ""))
	namespaces := NewNamespaces(clustertest.Of(client), slog.New(slog.DiscardHandler))
	start(t, namespaces)
	eventually(t, "all namespaces are seen", func() bool { return namespaces.Check().Holds() == nil })
	client.ClearActions()
	for name, want := range map[string]map[string]string{
		"shop": {openShiftUIDs: "1000/10", openShiftGroups: "2000/10"},
		"bare": {},
	} {
		got, err := namespaces.Annotations(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if actions := client.Actions(); len(actions) != 0 {
		t.Errorf("the cluster was asked for what is known: %v", actions)
	}
	if _, err := namespaces.Annotations(t.Context(), "nowhere"); !apierrors.IsNotFound(err) {
		t.Errorf("a namespace that does not exist: %v", err)
	}

	// One whose news has not come is asked for.
	late := NewNamespaces(clustertest.Of(client), slog.New(slog.DiscardHandler))
	got, err := late.Annotations(t.Context(), "shop")
	if err != nil || got[openShiftUIDs] != "1000/10" {
		t.Errorf("a namespace not seen yet: %v, %v", got, err)
	}
}

func TestIsOpenShift(t *testing.T) {
	serving := func(groups ...string) cluster.Interface {
		client := fake.NewClientset()
		for _, group := range groups {
			client.Resources = append(client.Resources, &metav1.APIResourceList{GroupVersion: group + "/v1"})
		}
		return clustertest.Of(client)
	}
	if is, err := IsOpenShift(t.Context(), serving("apps", "security.openshift.io")); !is || err != nil {
		t.Errorf("OpenShift: %v, %v", is, err)
	}
	if is, err := IsOpenShift(t.Context(), serving("apps")); is || err != nil {
		t.Errorf("another cluster: %v, %v", is, err)
	}
	mute := fake.NewClientset()
	mute.PrependReactor("get", "group", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, errors.New("no answer")
	})
	if _, err := IsOpenShift(t.Context(), clustertest.Of(mute)); err == nil {
		t.Error("a cluster that does not answer is no error")
	}
}
