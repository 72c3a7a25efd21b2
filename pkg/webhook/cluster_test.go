package webhook

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/outrigger-io/outrigger/internal/clustertest"
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
	var asked sync.Map // the names of ConfigMaps that were listed and watched
	c := clustertest.New(
		configMapOf("istio-sidecar-injector", map[string]string{"config": "one", "values": "{}"}),
		configMapOf("unrelated", map[string]string{"config": "bad"}),
	)
	following := c.With(interceptor.Funcs{
		List: func(ctx context.Context, to client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			asked.Store(clustertest.Named(opts), true)
			return to.List(ctx, list, opts...)
		},
		Watch: func(ctx context.Context, to client.WithWatch, list client.ObjectList, opts ...client.ListOption) (watch.Interface, error) {
			asked.Store(clustertest.Named(opts), true)
			return to.Watch(ctx, list, opts...)
		},
	})
	update := func(name string, data map[string]string) {
		t.Helper()
		var o corev1.ConfigMap
		if err := c.Get(t.Context(), client.ObjectKey{Namespace: "istio-system", Name: name}, &o); err != nil {
			t.Fatal(err)
		}
		o.Data = data
		if err := c.Update(t.Context(), &o); err != nil {
			t.Fatal(err)
		}
	}
	var told clustertest.Events
	events := func(reason, part string) func() bool {
		return func() bool {
			return slices.ContainsFunc(told.All(), func(e clustertest.Event) bool {
				return e.Reason == reason && strings.Contains(e.Note, part) && e.Regarding.(*corev1.ObjectReference).Kind == "ConfigMap"
			})
		}
	}

	current, f := newTestCurrent(t)
	feed(t, ConfigMaps{
		Client: following, Events: &told, Namespace: "istio-system",
		Injector: InjectorConfigMap(""), Mesh: MeshConfigMap(""), Log: slog.New(slog.DiscardHandler),
	}, current)
	eventually(t, "a word about the ConfigMap that is missing", func() bool {
		return current.Fault() != nil && current.Fault().Error() == "ConfigMap istio-system/istio does not exist"
	})
	eventually(t, "an event about it", events(eventInvalid, "istio-system/istio does not exist"))

	if err := c.Create(t.Context(), configMapOf("istio", map[string]string{"mesh": ""})); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the first version", func() bool { return inForce(current) == "one" && current.Fault() == nil })
	eventually(t, "an event about it", events(eventInForce, "in force"))

	update("istio-sidecar-injector", map[string]string{"config": "two"})
	eventually(t, "the second version", func() bool { return inForce(current) == "two" })

	update("istio-sidecar-injector", map[string]string{"config": "bad"})
	eventually(t, "a version that does not compile", func() bool { return current.Fault() != nil })
	eventually(t, "an event about it", events(eventInvalid, "no such function"))
	if got := inForce(current); got != "two" {
		t.Errorf("%q is in force after a bad version, want the last good one", got)
	}
	if got := f.metric(t, "sidecar_injection_config_valid", ""); got != 0 {
		t.Errorf("config_valid is %v after a bad version", got)
	}

	update("istio-sidecar-injector", map[string]string{"values": "{}"})
	eventually(t, "a word about the key that is missing", func() bool {
		return current.Fault().Error() == `ConfigMap istio-system/istio-sidecar-injector has no key "config"`
	})
	update("istio-sidecar-injector", map[string]string{"config": "three"})
	eventually(t, "the version that mends it", func() bool { return inForce(current) == "three" && current.Fault() == nil })

	if err := c.Delete(t.Context(), configMapOf("istio", nil)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a word about the ConfigMap that is gone", func() bool { return current.Fault() != nil })
	if got := inForce(current); got != "three" {
		t.Errorf("%q is in force without a ConfigMap, want the last good one", got)
	}

	// A recorder takes events of one reason and one version of an object for one.
	type key struct {
		about  corev1.ObjectReference
		reason string
	}
	said := map[key]string{}
	for _, e := range told.All() {
		k := key{*e.Regarding.(*corev1.ObjectReference), e.Reason}
		if before, has := said[k]; has && before != e.Note {
			t.Errorf("%q would be told as %q", e.Note, before)
		}
		said[k] = e.Note
	}
	// What is asked of the API server is no more than the two, by their names.
	asked.Range(func(name, _ any) bool {
		if name != "istio" && name != "istio-sidecar-injector" {
			t.Errorf("ConfigMaps were asked for by the name %q", name)
		}
		return true
	})
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
			var objects []client.Object
			for _, n := range test.nodes {
				objects = append(objects, n)
			}
			nodes := NewNodes(clustertest.New(objects...), slog.New(slog.DiscardHandler))
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
	c := clustertest.New(node("a", "v1.33.0"))
	nodes := NewNodes(c, slog.New(slog.DiscardHandler))
	start(t, nodes)
	native := func() bool { return nodes.ForPod([]byte(`{}`)) }
	eventually(t, "the first node", native)
	for _, step := range []struct {
		name string
		do   func() error
		want bool
	}{
		{"an old node joins", func() error {
			return c.Create(t.Context(), node("b", "v1.32.0"))
		}, false},
		{"it is upgraded", func() error {
			return c.Status().Update(t.Context(), node("b", "v1.34.0"))
		}, true},
		{"another joins", func() error {
			return c.Create(t.Context(), node("c", "v1.32.0"))
		}, false},
		{"it leaves", func() error { return c.Delete(t.Context(), node("c", "")) }, true},
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
	got, err := NewNodes(clustertest.New(), nil).kubelets.Transformer()(n)
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
	c := clustertest.New().With(interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return apierrors.NewForbidden(corev1.Resource("nodes"), "", errors.New("no such right"))
		},
	})
	nodes := NewNodes(c, slog.New(slog.DiscardHandler))
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
	var asked atomic.Int32
	c := clustertest.New(namespaceOf("shop", "1000/10", "2000/10"), namespaceOf("bare", "", "")).With(interceptor.Funcs{
		Get: func(ctx context.Context, to client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			asked.Add(1)
			return to.Get(ctx, key, o, opts...)
		},
	})
	namespaces := NewNamespaces(c, slog.New(slog.DiscardHandler))
	start(t, namespaces)
	eventually(t, "all namespaces are seen", func() bool { return namespaces.Check().Holds() == nil })
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
	if asked.Load() != 0 {
		t.Error("the cluster was asked for what is known")
	}
	if _, err := namespaces.Annotations(t.Context(), "nowhere"); !apierrors.IsNotFound(err) {
		t.Errorf("a namespace that does not exist: %v", err)
	}

	// One whose news has not come is asked for.
	late := NewNamespaces(c, slog.New(slog.DiscardHandler))
	got, err := late.Annotations(t.Context(), "shop")
	if err != nil || got[openShiftUIDs] != "1000/10" {
		t.Errorf("a namespace not seen yet: %v, %v", got, err)
	}
}

func TestIsOpenShift(t *testing.T) {
	for _, test := range []struct {
		groups []string
		fault  error
		want   bool
	}{
		{[]string{"apps", "security.openshift.io"}, nil, true},
		{[]string{"apps"}, nil, false},
		{nil, errors.New("no answer"), false},
	} {
		c := clustertest.New()
		c.GroupsOf = func() ([]string, error) { return test.groups, test.fault }
		if is, err := IsOpenShift(t.Context(), c); is != test.want || !errors.Is(err, test.fault) {
			t.Errorf("a cluster with %v, %v: %v, %v", test.groups, test.fault, is, err)
		}
	}
}

// What kind of cluster it is is asked for until there is an answer.
func TestPlatform(t *testing.T) {
	for _, openShift := range []bool{false, true} {
		var answers atomic.Bool
		c := clustertest.New(namespaceOf("shop", "1000/10", "2000/10"))
		c.GroupsOf = func() ([]string, error) {
			switch {
			case !answers.Load():
				return nil, errors.New("no answer")
			case openShift:
				return []string{"security.openshift.io"}, nil
			default:
				return []string{"apps"}, nil
			}
		}
		p := NewPlatform(c, slog.New(slog.DiscardHandler))
		start(t, p)
		eventually(t, "the check says what is waited for", func() bool {
			err := p.Check().Holds()
			return err != nil && strings.Contains(err.Error(), "whether this is OpenShift cannot be found out: no answer")
		})
		over, end := context.WithCancel(t.Context())
		end()
		if _, known := p.OpenShift(over); known {
			t.Error("it is known before there was an answer")
		}

		answers.Store(true)
		eventually(t, "the check holds", func() bool { return p.Check().Holds() == nil })
		if is, known := p.OpenShift(t.Context()); !known || is != openShift {
			t.Errorf("OpenShift: %v, %v, want %v", is, known, openShift)
		}
		annotations, err := p.Annotations(t.Context(), "shop")
		if err != nil || (annotations[openShiftUIDs] == "1000/10") != openShift {
			t.Errorf("on OpenShift %v a namespace has %v, %v", openShift, annotations, err)
		}
	}
}
