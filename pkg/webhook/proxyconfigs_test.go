package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/outrigger-io/outrigger/internal/clustertest"
	"github.com/outrigger-io/outrigger/pkg/cluster"
)

func proxyConfigKind(served bool) *apiextensionsv1.CustomResourceDefinition {
	status := apiextensionsv1.ConditionFalse
	if served {
		status = apiextensionsv1.ConditionTrue
	}
	return &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: cluster.ProxyConfigDefinition},
		Status:     apiextensionsv1.CustomResourceDefinitionStatus{Conditions: []apiextensionsv1.CustomResourceDefinitionCondition{{Type: apiextensionsv1.Established, Status: status}}},
	}
}

func proxyConfig(namespace, name, spec string) *cluster.ProxyConfig {
	return &cluster.ProxyConfig{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, CreationTimestamp: metav1.NewTime(time.Unix(1_700_000_000, 0))},
		Spec:       []byte(spec),
	}
}

// selected names the resources for a pod of namespace shop with label app=web.
func selected(p *ProxyConfigs) string {
	s := p.Resources().For("istio-system", "shop", func(key string) (string, bool) { return "web", key == "app" })
	return strings.Join(strings.Fields(fmt.Sprint(s.Mesh, s.Namespace, s.Workload)), " ")
}

const none = "<nil> <nil> <nil>"

// TestProxyConfigsAreFollowed has resources, and their kind, come, change and go.
func TestProxyConfigsAreFollowed(t *testing.T) {
	c := clustertest.New()
	var logged clustertest.Log
	p := NewProxyConfigs(c, slog.New(slog.NewTextHandler(&logged, nil)))
	if err := p.Check().Holds(); err == nil {
		t.Error("the check holds before anything is known")
	}
	start(t, p)
	eventually(t, "without the kind there is nothing to wait for", func() bool { return p.Check().Holds() == nil })

	create := func(o client.Object) {
		t.Helper()
		if err := c.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	want := func(what, want string) {
		t.Helper()
		eventually(t, what, func() bool { return selected(p) == want })
	}
	create(proxyConfig("shop", "all", "{}"))
	create(proxyConfigKind(true))
	want("resources that are older than the kind is known", "<nil> ProxyConfig shop/all <nil>")
	create(proxyConfig("istio-system", "mesh", `{"concurrency":2}`))
	create(proxyConfig("shop", "web", `{"selector":{"matchLabels":{"app":"web"}}}`))
	want("resources that come", "ProxyConfig istio-system/mesh ProxyConfig shop/all ProxyConfig shop/web")

	change := func(spec string) {
		t.Helper()
		var web cluster.ProxyConfig
		if err := c.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "web"}, &web); err != nil {
			t.Fatal(err)
		}
		web.Spec = []byte(spec)
		if err := c.Update(t.Context(), &web); err != nil {
			t.Fatal(err)
		}
	}
	change(`{"selector":{"matchLabels":{"app":"api"}}}`)
	want("a selector that changes", "ProxyConfig istio-system/mesh ProxyConfig shop/all <nil>")
	change(`{"selector":{"matchLabels":{"app":"web"}}}`)
	want("a selector that changes back", "ProxyConfig istio-system/mesh ProxyConfig shop/all ProxyConfig shop/web")
	change(`{"selector":{"matchLabels":{"app":"web"}},"concurrency":-1}`)
	want("one that no longer makes sense", "ProxyConfig istio-system/mesh ProxyConfig shop/all <nil>")
	if text := logged.String(); !strings.Contains(text, "ProxyConfig shop/web: spec.concurrency: -1 is negative") {
		t.Errorf("it is not told why:\n%s", text)
	}
	if err := c.Delete(t.Context(), proxyConfig("shop", "all", "")); err != nil {
		t.Fatal(err)
	}
	want("one that goes", "ProxyConfig istio-system/mesh <nil> <nil>")

	if err := c.Delete(t.Context(), proxyConfigKind(true)); err != nil {
		t.Fatal(err)
	}
	want("the kind goes", none)
	create(proxyConfigKind(true))
	want("the kind comes again", "ProxyConfig istio-system/mesh <nil> <nil>")
	if err := p.Check().Holds(); err != nil {
		t.Error(err)
	}
}

// TestProxyConfigsThatCannotBeRead: a server is not ready before it has read them,
// and one that has been ready stays so.
func TestProxyConfigsThatCannotBeRead(t *testing.T) {
	var broken, asked atomic.Bool
	inner := clustertest.New(proxyConfigKind(true), proxyConfig("shop", "all", "{}"))
	c := inner.With(interceptor.Funcs{
		List: func(ctx context.Context, to client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			if _, ok := list.(*cluster.ProxyConfigList); ok && broken.Load() {
				asked.Store(true)
				return errors.New("the door is shut")
			}
			return to.List(ctx, list, opts...)
		},
	})
	broken.Store(true)
	p := NewProxyConfigs(c, slog.New(slog.DiscardHandler))
	start(t, p)
	eventually(t, "it says why it is not ready", func() bool {
		err := p.Check().Holds()
		return err != nil && err.Error() == "ProxyConfigs cannot be listed: the door is shut"
	})
	broken.Store(false)
	eventually(t, "they are read", func() bool { return p.Check().Holds() == nil && selected(p) == "<nil> ProxyConfig shop/all <nil>" })

	if err := inner.Delete(t.Context(), proxyConfigKind(true)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the kind goes", func() bool { return selected(p) == none })
	broken.Store(true)
	asked.Store(false)
	if err := inner.Create(t.Context(), proxyConfigKind(true)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it tries", asked.Load)
	if err := p.Check().Holds(); err != nil {
		t.Errorf("a kind that came later made a ready server not ready: %v", err)
	}
}

// TestProxyConfigsThatMayNotBeRead has the role of an installation from before they were
// followed: a server is ready without them once no role can be on its way any more, says
// what is missing, and says it in the log once.
func TestProxyConfigsThatMayNotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mayNot := func(verb string) error {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "customresourcedefinitions"}, cluster.ProxyConfigDefinition, errors.New("cannot "+verb))
		}
		c := clustertest.New().With(interceptor.Funcs{
			List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
				return mayNot("list")
			},
			Watch: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) (watch.Interface, error) {
				return nil, mayNot("watch")
			},
		})
		var logged clustertest.Log
		p := NewProxyConfigs(c, slog.New(slog.NewTextHandler(&logged, nil)))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Start(ctx) }()
		defer func() {
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}()

		time.Sleep(time.Second)
		if err := p.Check().Holds(); err == nil || !strings.Contains(err.Error(), "forbidden") {
			t.Errorf("at first the check says %v, want what is forbidden", err)
		}
		time.Sleep(untilRights)
		if err := p.Check().Holds(); err != nil {
			t.Errorf("after %s the check fails: %v", untilRights, err)
		}
		if note := p.Check().Note(); !strings.Contains(note, "forbidden") {
			t.Errorf("the check's note is %q, want what is forbidden", note)
		}
		if n := strings.Count(logged.String(), "\n"); n != 1 {
			t.Errorf("%d lines were logged, want 1:\n%s", n, logged.String())
		}
	})
}

// A kind that is there and not yet served is not asked for.
func TestProxyConfigKindThatIsNotServed(t *testing.T) {
	c := clustertest.New(proxyConfigKind(false)).With(interceptor.Funcs{
		List: func(ctx context.Context, to client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			if _, ok := list.(*cluster.ProxyConfigList); ok {
				t.Error("it was asked for ProxyConfigs")
			}
			return to.List(ctx, list, opts...)
		},
	})
	p := NewProxyConfigs(c, slog.New(slog.DiscardHandler))
	start(t, p)
	eventually(t, "there is nothing to wait for", func() bool { return p.Check().Holds() == nil })
}

// What is not read of a resource is not kept, not even while a list is streamed.
func TestProxyConfigsAreShed(t *testing.T) {
	c := proxyConfig("shop", "all", "{}")
	c.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
	c.Annotations = map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}"}
	shed, err := (&proxyConfigStore{}).Transformer()(c)
	if err != nil {
		t.Fatal(err)
	}
	kept := shed.(*cluster.ProxyConfig)
	if kept.ManagedFields != nil || kept.Annotations != nil || kept.Name != "all" || kept.CreationTimestamp.IsZero() {
		t.Errorf("%+v is left", kept.ObjectMeta)
	}
}
