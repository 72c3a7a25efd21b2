package cluster_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/outrigger-io/outrigger/pkg/cluster"
)

const secret = `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"ca","namespace":"ns","resourceVersion":"7"}}`

// api is an API server with one Secret, over TLS. It streams no lists.
type api struct {
	mu    sync.Mutex
	asked []string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.asked = append(a.asked, r.URL.Path+" "+r.URL.Query().Get("fieldSelector"))
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch query := r.URL.Query(); {
	case query.Get("sendInitialEvents") == "true":
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(w, `{"apiVersion":"v1","kind":"Status","status":"Failure","reason":"Invalid","code":422}`)
	case query.Get("watch") == "true":
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	default:
		_, _ = io.WriteString(w, `{"apiVersion":"v1","kind":"SecretList","metadata":{"resourceVersion":"7"},"items":[`+secret+`]}`)
	}
}

// mute is a listener that accepts connections and does not hand them on until it is
// told to; those that came before are never answered.
type mute struct {
	net.Listener
	speak chan struct{}
}

func (m *mute) Accept() (net.Conn, error) {
	for {
		c, err := m.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case <-m.speak:
			return c, nil
		default:
		}
	}
}

// TestFollow follows one Secret at an API server that first accepts connections and
// never answers on them.
func TestFollow(t *testing.T) {
	var a api
	server := httptest.NewUnstartedServer(&a)
	listener := &mute{server.Listener, make(chan struct{})}
	server.Listener = listener
	server.StartTLS()
	c, err := cluster.NewClient(&rest.Config{Host: server.URL, TLSClientConfig: rest.TLSClientConfig{Insecure: true}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	store := cache.NewStore(cache.MetaNamespaceKeyFunc)
	tried := make(chan error, 100)
	var following sync.WaitGroup
	following.Go(func() {
		cluster.Follow[*corev1.Secret](ctx, c, cluster.Following{
			What: "the Secret", List: &corev1.SecretList{}, Namespace: "ns", Only: "ca",
			Store: store, Tried: func(err error) { tried <- err },
		})
	})
	if err := <-tried; err == nil || !strings.Contains(err.Error(), "no connection to the API server within 1s") {
		t.Errorf("of a server that accepts connections and never answers it is told: %v", err)
	}
	close(listener.speak)
	for len(store.List()) == 0 {
		<-tried
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	following.Wait()
	server.CloseClientConnections()
	server.Close()
	if got := store.ListKeys(); len(got) != 1 || got[0] != "ns/ca" {
		t.Errorf("followed %v, want ns/ca", got)
	}
	for _, asked := range a.asked {
		if asked != "/api/v1/namespaces/ns/secrets metadata.name=ca" {
			t.Errorf("asked for %s, want no more than the one Secret", asked)
		}
	}
}

// TestManagerNeedsNoAPIServer wants a manager to run what it is given, and to stop,
// whether or not there is an API server.
func TestManagerNeedsNoAPIServer(t *testing.T) {
	m, _, err := cluster.NewManager(&rest.Config{Host: "127.0.0.1:1"}, time.Minute, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan struct{})
	if err := m.Add(runner(ran)); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- m.Start(ctx) }()
	<-ran
	m.GetEventRecorder("test").Eventf(&corev1.ObjectReference{Kind: "Secret", Namespace: "ns", Name: "ca"}, nil, "Normal", "Reason", "Action", "a note")
	stop()
	if err := <-ended; err != nil {
		t.Errorf("it stopped with %v", err)
	}
}

// runner says that it runs.
type runner chan struct{}

func (r runner) Start(ctx context.Context) error {
	close(r)
	<-ctx.Done()
	return nil
}
