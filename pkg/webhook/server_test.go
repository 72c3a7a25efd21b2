package webhook

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outrigger-io/outrigger/pkg/configuration"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// newCertificate makes a certificate for 127.0.0.1, and clients that trust it.
func newCertificate(t *testing.T, expires time.Time) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: expires.Add(-48 * time.Hour), NotAfter: expires,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// running is a Server that listens, and how to talk to it.
type running struct {
	t                *testing.T
	webhook, metrics string // base URLs
	roots            *x509.CertPool
	stop             context.CancelFunc
	endDelay         func()
	ended            chan error
}

// run starts a server on addresses of its own. Its shutdown delay lasts until
// endDelay.
func run(t *testing.T, change func(*Options)) *running {
	t.Helper()
	certificate, roots := newCertificate(t, time.Now().Add(time.Hour))
	r := &running{t: t, roots: roots, ended: make(chan error, 1)}
	listening := make(chan struct{})
	options := Options{
		BindAddress: "127.0.0.1:0", MetricsAddress: "127.0.0.1:0",
		Certificate:    func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate, nil },
		Compile:        func(*configuration.Texts) (Engine, error) { return engineFunc(addsContainer), nil },
		Configuration:  Fixed{&configuration.Texts{}},
		NativeSidecars: Always(false),
		Log:            slog.New(slog.DiscardHandler),
		Listening: func(webhook, metrics net.Addr) {
			r.webhook, r.metrics = "https://"+webhook.String(), "http://"+metrics.String()
			close(listening)
		},
	}
	if change != nil {
		change(&options)
	}
	server, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	delay := make(chan time.Time)
	r.endDelay = sync.OnceFunc(func() { close(delay) })
	server.after = func(time.Duration) <-chan time.Time { return delay }
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.ended <- server.Run(ctx) }()
	select {
	case <-listening:
	case err := <-r.ended:
		t.Fatalf("the server ended: %v", err)
	}
	t.Cleanup(func() {
		r.stop()
		r.endDelay()
		<-r.ended
	})
	return r
}

// end waits for Run to return.
func (r *running) end() error {
	err := <-r.ended
	r.ended <- nil // for the cleanup
	return err
}

// client makes a client with a connection of its own.
func (r *running) client(http2 bool) *http.Client {
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: r.roots}, ForceAttemptHTTP2: http2,
	}
	if !http2 {
		transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	r.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func (r *running) get(url string) (int, string) {
	r.t.Helper()
	response, err := r.client(true).Get(url)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func (r *running) ready() {
	r.t.Helper()
	eventually(r.t, "a server that is ready", func() bool { code, _ := r.get(r.webhook + "/readyz"); return code == http.StatusOK })
}

// post makes one call, and returns how it went.
func (r *running) post(client *http.Client, path string) error {
	response, err := client.Post(r.webhook+path, "application/json", strings.NewReader(creationOf(pod)))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"allowed":true`)) {
		return fmt.Errorf("%s: %s", response.Status, body)
	}
	return nil
}

func TestServesTLSAndBothHTTPs(t *testing.T) {
	r := run(t, nil)
	r.ready()
	for _, proto := range []int{1, 2} {
		client := r.client(proto == 2)
		response, err := client.Post(r.webhook+"/inject/cluster//net/x", "application/json", strings.NewReader(creationOf(pod)))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.ProtoMajor != proto || response.StatusCode != http.StatusOK {
			t.Errorf("got %s over %s, want 200 over HTTP/%d", response.Status, response.Proto, proto)
		}
	}
	if _, err := tls.Dial("tcp", strings.TrimPrefix(r.webhook, "https://"), &tls.Config{RootCAs: r.roots, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/metrics": 404, "/": 404, "/injector": 404, "/inject": 405,
	} {
		if code, body := r.get(r.webhook + path); code != want {
			t.Errorf("GET %s: %d %q, want %d", path, code, body, want)
		}
	}
	code, body := r.get(r.metrics + "/metrics")
	if code != http.StatusOK || !strings.Contains(body, "\nsidecar_injection_success_total 2\n") {
		t.Errorf("metrics: %d\n%s", code, body)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if code, body := r.get(r.metrics + path); code != http.StatusOK || body != "ok" {
			t.Errorf("metrics address %s: %d %q", path, code, body)
		}
	}
	if code, _ := r.get(r.metrics + "/inject"); code != http.StatusNotFound {
		t.Errorf("the metrics address answers /inject with %d", code)
	}
}

func TestReadyz(t *testing.T) {
	certificate, _ := newCertificate(t, time.Now().Add(time.Hour))
	expired, _ := newCertificate(t, time.Now().Add(-time.Hour))
	var served atomic.Pointer[tls.Certificate]
	var extra atomic.Bool
	versions := make(chan string)
	r := run(t, func(o *Options) {
		o.Compile = compileText
		o.Configuration = textSource(versions)
		o.Certificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			if c := served.Load(); c != nil {
				return c, nil
			}
			return nil, errors.New("none was issued yet")
		}
		o.Checks = []Check{{Name: "nodes", Holds: func() error {
			if extra.Load() {
				return nil
			}
			return errors.New("nodes have not been listed yet")
		}}}
	})
	expect := func(code int, lines ...string) {
		t.Helper()
		want := strings.Join(lines, "\n")
		var got string
		eventually(t, "/readyz says:\n"+want, func() bool {
			var status int
			status, got = r.get(r.metrics + "/readyz?verbose")
			return status == code && got == want+"\n"
		})
	}
	expect(503,
		"[+]shutdown ok",
		"[-]configuration failed: none has been read yet",
		"[-]certificate failed: none was issued yet",
		"[-]nodes failed: nodes have not been listed yet",
		"readyz check failed")
	if code, body := r.get(r.metrics + "/readyz"); code != 503 || !strings.Contains(body, "[-]configuration failed") {
		t.Errorf("without ?verbose a failure says %d %q", code, body)
	}
	if code, body := r.get(r.metrics + "/healthz?verbose"); code != 200 || body != "[+]ping ok\nhealthz check passed\n" {
		t.Errorf("healthz of a server that is not ready: %d %q", code, body)
	}

	served.Store(expired)
	extra.Store(true)
	versions <- "bad"
	bad := sourcesVersion(saying("bad").Sources)
	good := sourcesVersion(saying("good").Sources)
	expect(503,
		"[+]shutdown ok",
		"[-]configuration failed: configuration "+bad+": config: line 3: no such function",
		"[-]certificate failed: it expired at "+leafOf(t, expired).NotAfter.UTC().Format(time.RFC3339),
		"[+]nodes ok",
		"readyz check failed")

	early, _ := newCertificate(t, time.Now().Add(49*time.Hour))
	served.Store(early)
	expect(503,
		"[+]shutdown ok",
		"[-]configuration failed: configuration "+bad+": config: line 3: no such function",
		"[-]certificate failed: it is not valid before "+leafOf(t, early).NotBefore.UTC().Format(time.RFC3339)+": is the clock right?",
		"[+]nodes ok",
		"readyz check failed")

	served.Store(certificate)
	versions <- "good"
	expect(200, "[+]shutdown ok", "[+]configuration ok: version "+good, "[+]certificate ok", "[+]nodes ok", "readyz check passed")

	// A version that does not compile shows, and does not take a server that
	// works out of service.
	versions <- "bad"
	expect(200,
		"[+]shutdown ok",
		"[+]configuration ok: version "+good+" is in force, the newest is invalid: configuration "+bad+": config: line 3: no such function",
		"[+]certificate ok",
		"[+]nodes ok",
		"readyz check passed")
	if code, body := r.get(r.metrics + "/readyz"); code != 200 || body != "ok" {
		t.Errorf("without ?verbose it says %d %q", code, body)
	}
}

func leafOf(t *testing.T, c *tls.Certificate) *x509.Certificate {
	t.Helper()
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// textSource delivers the versions that are sent to it.
type textSource chan string

func (s textSource) Feed(ctx context.Context, current *Current) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case text := <-s:
			_ = current.Apply(saying(text))
		}
	}
}

// A server that stops says so first, goes on answering while the news spreads,
// and then answers what it has begun.
func TestStopsWithoutLosingCalls(t *testing.T) {
	const held = 8
	entered, release := make(chan struct{}, held), make(chan struct{})
	r := run(t, func(o *Options) {
		o.Compile = func(*configuration.Texts) (Engine, error) {
			return engineFunc(func(r inject.Request) (inject.Result, error) {
				if r.Params.Env["HELD"] != "" {
					entered <- struct{}{}
					<-release
				}
				return addsContainer(r)
			}), nil
		}
	})
	r.ready()

	heldCalls := make(chan error, held)
	for i := range held {
		client := r.client(i%2 == 0)
		go func() { heldCalls <- r.post(client, "/inject/held/yes") }()
	}
	for range held {
		<-entered
	}
	// Callers who never pause, while the server stops under their hands.
	var callers sync.WaitGroup
	var elsewhere atomic.Bool
	for i := range 4 {
		client := r.client(i%2 == 0)
		callers.Go(func() {
			for !elsewhere.Load() {
				if err := r.post(client, "/inject"); err != nil {
					t.Errorf("a call was lost: %v", err)
					return
				}
			}
		})
	}

	r.stop()
	eventually(t, "/readyz fails", func() bool {
		code, body := r.get(r.webhook + "/readyz?verbose")
		return code == http.StatusServiceUnavailable && strings.Contains(body, "[-]shutdown failed: the server is stopping")
	})
	if code, _ := r.get(r.webhook + "/healthz"); code != http.StatusOK {
		t.Error("a server that stops is not alive")
	}
	if err := r.post(r.client(true), "/inject"); err != nil {
		t.Errorf("a call during the delay: %v", err)
	}

	response, err := r.client(false).Get(r.webhook + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if !response.Close {
		t.Error("a caller is not told to look for another server")
	}
	elsewhere.Store(true)
	callers.Wait()

	r.endDelay()
	eventually(t, "the address is closed", func() bool {
		connection, err := net.Dial("tcp", strings.TrimPrefix(r.webhook, "https://"))
		if err == nil {
			connection.Close()
		}
		return err != nil
	})
	select {
	case err := <-r.ended:
		t.Fatalf("the server ended (%v) with calls under way", err)
	default:
	}
	if code, _ := r.get(r.metrics + "/metrics"); code != http.StatusOK {
		t.Error("metrics are gone before the last call is answered")
	}
	close(release)
	for range held {
		if err := <-heldCalls; err != nil {
			t.Errorf("a call under way was lost: %v", err)
		}
	}
	if err := r.end(); err != nil {
		t.Errorf("Run: %v", err)
	}
}

// A panic in net/http's reach would close the connection: the API server would
// see an end of file and nobody would know why.
func TestPanicKeepsTheConnection(t *testing.T) {
	r := run(t, func(o *Options) {
		o.Compile = func(*configuration.Texts) (Engine, error) {
			return engineFunc(func(inject.Request) (inject.Result, error) { panic("engine") }), nil
		}
	})
	r.ready()
	client := r.client(false)
	for range 3 {
		response, err := client.Post(r.webhook+"/inject", "application/json", strings.NewReader(creationOf(pod)))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"allowed":false`)) || response.Close {
			t.Errorf("got %s, close %v, %s", response.Status, response.Close, body)
		}
	}
}

// TestOnlyVerifiedCallers wants calls of who shows a certificate that is trusted, and
// answers probes of anybody.
func TestOnlyVerifiedCallers(t *testing.T) {
	trusted, authorities := newCertificate(t, time.Now().Add(time.Hour))
	stranger, _ := newCertificate(t, time.Now().Add(time.Hour))
	r := run(t, func(o *Options) { o.Callers = authorities })
	r.ready()
	with := func(certificate *tls.Certificate) *http.Client {
		client := r.client(true)
		if certificate != nil {
			client.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				return certificate, nil
			}
		}
		return client
	}
	if err := r.post(with(trusted), "/inject"); err != nil {
		t.Errorf("a caller with a certificate: %v", err)
	}
	if err := r.post(with(nil), "/inject"); err == nil || !strings.Contains(err.Error(), "401 Unauthorized: calls need a client certificate") {
		t.Errorf("a caller without a certificate: %v", err)
	}
	if err := r.post(with(stranger), "/inject"); err == nil {
		t.Error("a caller with a certificate of its own making is answered")
	}
}

type failingRunner struct{ now chan struct{} }

func (f failingRunner) Start(context.Context) error {
	<-f.now
	return errors.New("lost the lease")
}

// stoppedRunner remembers whether the server still answered when it was stopped.
type stoppedRunner struct{ stopped chan struct{} }

func (s stoppedRunner) Start(ctx context.Context) error {
	<-ctx.Done()
	close(s.stopped)
	return nil
}

func TestRunEndsWithWhatFails(t *testing.T) {
	failing, other := failingRunner{make(chan struct{})}, stoppedRunner{make(chan struct{})}
	r := run(t, func(o *Options) { o.Runners = []Runner{failing, other} })
	r.ready()
	close(failing.now)
	if err := r.end(); err == nil || !strings.Contains(err.Error(), "lost the lease") {
		t.Errorf("Run returned %v, want what the runner said", err)
	}
	<-other.stopped

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	server, err := New(Options{
		BindAddress: taken.Addr().String(), Certificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, nil },
		Compile: compileText, Configuration: Fixed{&configuration.Texts{}},
		NativeSidecars: Always(true), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Run(t.Context()); err == nil || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("Run on an address that is taken returned %v", err)
	}
	if _, err := New(Options{}); err == nil {
		t.Error("a server is made of nothing")
	}
}
