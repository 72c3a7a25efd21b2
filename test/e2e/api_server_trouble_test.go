package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/outrigger-io/outrigger/test/e2e/cluster"
	"github.com/outrigger-io/outrigger/test/e2e/installation"
)

// TestAPIServerInTrouble has a replica reach the API server through one that has all
// sorts of trouble: when the replica starts, and later. It has to listen, to say what
// it waits for, to stop when it is told to, and to be right soon after the API server
// is.
func TestAPIServerInTrouble(t *testing.T) {
	troubled := newTroubledAPI(t)
	o := newInstallation(t, installation.Options{
		Flags: []string{"--kubeconfig=" + troubled.kubeconfig(t)},
		Adjust: func(_ int, program *cluster.Program) {
			// That it is alive is all that starting waits for.
			program.Ready = cluster.Answers("http://"+valueOf(program, "--metrics-bind-address=")+"/healthz", "")
		},
	})
	replica := o.Replicas[0]
	readyz := func() (string, error) { return replica.Get(t.Context(), "/readyz?verbose") }
	const waits = "waiting for Secret " + installation.Namespace + "/outrigger-ca: "
	for _, trouble := range []struct {
		name string
		answer
		says string // of why it waits
	}{
		{"it does not answer", troubled.mute, "no answer of the API server within 10s"},
		{"it ends connections", hangUp, "EOF"},
		{"it answers 500", fail, "an error on the server"},
		{"it forbids the Secret", forbidSecrets, "no such right"},
	} {
		t.Run(trouble.name, func(t *testing.T) {
			if err := replica.Stop(); err != nil {
				t.Fatal(err)
			}
			troubled.begin(trouble.answer)
			if err := replica.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			eventually(t, "/readyz says what it waits for", func(context.Context) (bool, error) {
				said, err := readyz()
				return err != nil && strings.Contains(said, waits) && strings.Contains(said, trouble.says), nil
			})
			if err := replica.Stop(); err != nil {
				t.Fatalf("it does not stop: %v", err)
			}
			if err := replica.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			since := troubled.end()
			eventually(t, "it is ready", func(context.Context) (bool, error) { _, err := readyz(); return err == nil, nil })
			started := time.Since(since)

			troubled.begin(trouble.answer)
			wipeBundle(t, o.Name)
			if said, err := readyz(); err != nil {
				t.Errorf("a replica that serves is not ready: %s", said)
			}
			since = troubled.end()
			eventually(t, "the caBundle is right again", func(ctx context.Context) (bool, error) {
				config, err := shared.Client.AdmissionregistrationV1().MutatingWebhookConfigurations().Get(ctx, o.Name, metav1.GetOptions{})
				return err == nil && len(config.Webhooks[0].ClientConfig.CABundle) > 0, err
			})
			t.Logf("after the API server's return it was ready in %s, and had repaired a caBundle in %s",
				started.Round(10*time.Millisecond), time.Since(since).Round(10*time.Millisecond))
		})
	}
}

// valueOf is what a flag of a program is given.
func valueOf(program *cluster.Program, flag string) string {
	for _, arg := range program.Args {
		if value, is := strings.CutPrefix(arg, flag); is {
			return value
		}
	}
	return ""
}

func wipeBundle(t *testing.T, name string) {
	t.Helper()
	_, err := shared.Client.AdmissionregistrationV1().MutatingWebhookConfigurations().Patch(t.Context(), name, types.JSONPatchType,
		[]byte(`[{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}]`), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// answer answers a request in place of the API server, or says that it does not.
type answer func(http.ResponseWriter, *http.Request) bool

func hangUp(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }

func fail(w http.ResponseWriter, _ *http.Request) bool {
	http.Error(w, "etcd is away", http.StatusInternalServerError)
	return true
}

func forbidSecrets(w http.ResponseWriter, r *http.Request) bool {
	if !strings.Contains(r.URL.Path, "/secrets") {
		return false
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusForbidden)
	fmt.Fprint(w, `{"apiVersion":"v1","kind":"Status","status":"Failure","reason":"Forbidden","message":"no such right","code":403}`)
	return true
}

// troubledAPI stands before the shared API server, with the administrator's rights.
type troubledAPI struct {
	server *httptest.Server
	mu     sync.Mutex
	answer answer        // nil: there is no trouble
	well   chan struct{} // closed when there is none
}

func newTroubledAPI(t *testing.T) *troubledAPI {
	t.Helper()
	transport, err := rest.TransportFor(shared.Config())
	if err != nil {
		t.Fatal(err)
	}
	host, err := url.Parse(shared.Config().Host)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Transport: transport, FlushInterval: -1,
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(host) },
	}
	a := &troubledAPI{well: make(chan struct{})}
	close(a.well)
	a.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		instead := a.answer
		a.mu.Unlock()
		if instead == nil || !instead(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		a.end()
		a.server.CloseClientConnections()
		a.server.Close()
	})
	return a
}

// mute answers no more than when all is well again.
func (a *troubledAPI) mute(_ http.ResponseWriter, r *http.Request) bool {
	a.mu.Lock()
	well := a.well
	a.mu.Unlock()
	select {
	case <-well:
		return false
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	}
}

func (a *troubledAPI) begin(trouble answer) {
	a.mu.Lock()
	a.answer, a.well = trouble, make(chan struct{})
	a.mu.Unlock()
	a.server.CloseClientConnections() // also those of watches
}

// end ends the trouble, and says when.
func (a *troubledAPI) end() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answer != nil {
		a.answer = nil
		close(a.well)
	}
	return time.Now()
}

func (a *troubledAPI) kubeconfig(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	err := clientcmd.WriteToFile(api.Config{
		CurrentContext: "troubled",
		Contexts:       map[string]*api.Context{"troubled": {Cluster: "troubled"}},
		Clusters:       map[string]*api.Cluster{"troubled": {Server: a.server.URL}},
	}, file)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
