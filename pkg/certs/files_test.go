package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	servertls "github.com/cert-manager/cert-manager/pkg/server/tls"
	"github.com/cert-manager/cert-manager/pkg/util/pki"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/outrigger-io/outrigger/internal/clustertest"
)

// Every source can stand where cert-manager's and controller-runtime's do.
var (
	_ servertls.CertificateSource    = Source(nil)
	_ manager.Runnable               = Source(nil)
	_ manager.LeaderElectionRunnable = Source(nil)
)

// material is a CA and the PEM of a leaf of it.
type material struct{ ca, cert, key []byte }

func newMaterial(t *testing.T, ca *CA) material {
	t.Helper()
	timing, err := Timing{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLeaf(ca, []string{testHost}, timing, time.Now(), time.Time{}, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pki.EncodePKCS8PrivateKey(l.tls.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return material{encodeBundle([]*x509.Certificate{ca.cert}), encodeBundle([]*x509.Certificate{l.cert}), key}
}

func someCA(t *testing.T) *CA {
	t.Helper()
	timing, err := Timing{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	ca, err := newCA("files", timing, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// mount writes files as the kubelet does a Secret's: into a directory of their
// own, to which ..data is a link that is swapped in one step.
func mount(t *testing.T, dir, version string, m material) {
	t.Helper()
	own := filepath.Join(dir, "..version-"+version)
	if err := os.Mkdir(own, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"tls.crt": m.cert, "tls.key": m.key, "ca.crt": m.ca} {
		write(t, filepath.Join(own, name), data)
		if link := filepath.Join(dir, name); version == "1" {
			if err := os.Symlink(filepath.Join("..data", name), link); err != nil {
				t.Fatal(err)
			}
		}
	}
	next := filepath.Join(dir, "..data_tmp")
	if err := os.Symlink(filepath.Base(own), next); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func served(s Source) []byte {
	cert, err := s.GetCertificate(nil)
	if err != nil {
		return nil
	}
	return encodeBundle([]*x509.Certificate{cert.Leaf})
}

// comes waits until cond holds; a test that never sees it fails after a time
// that is long enough for any machine, and well under the recheck.
func comes(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s does not come", what)
		}
	}
}

func startFiles(t *testing.T, dir string) (*files, *clustertest.Log) {
	t.Helper()
	log := &clustertest.Log{}
	s, err := NewFiles(FilesOptions{
		Cert: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key"), CA: filepath.Join(dir, "ca.crt"),
		Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s.(*files), log
}

func TestFilesFollowSymlinkSwaps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca := someCA(t)
	first := newMaterial(t, ca)
	mount(t, dir, "1", first)
	s, _ := startFiles(t, dir)
	if !bytes.Equal(served(s), first.cert) || s.Ready() != nil || !s.Healthy() {
		t.Fatal("the first certificate is not served at once")
	}
	for _, version := range []string{"2", "3", "4"} {
		next := newMaterial(t, someCA(t))
		mount(t, dir, version, next)
		comes(t, "version "+version, func() bool { return bytes.Equal(served(s), next.cert) })
	}
}

func TestFilesKeepTheLastGoodPair(t *testing.T) {
	ca := someCA(t)
	other := newMaterial(t, someCA(t))
	second := newMaterial(t, ca)
	for _, tc := range []struct {
		name  string
		files map[string][]byte
		want  string
	}{
		{"key of another", map[string][]byte{"tls.key": other.key}, "private key does not match public key"},
		{"certificate of another", map[string][]byte{"tls.crt": second.cert}, "private key does not match public key"},
		{"rubbish", map[string][]byte{"tls.crt": []byte("rubbish")}, "failed to find any PEM data"},
		{"pair of another CA", map[string][]byte{"tls.crt": other.cert, "tls.key": other.key}, "does not verify"},
		{"CA empty", map[string][]byte{"ca.crt": nil}, "no certificate in it"},
		{"key gone", map[string][]byte{"tls.key": []byte("gone")}, "tls.key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			first := newMaterial(t, ca)
			for name, data := range map[string][]byte{"tls.crt": first.cert, "tls.key": first.key, "ca.crt": first.ca} {
				write(t, filepath.Join(dir, name), data)
			}
			s, log := startFiles(t, dir)
			for name, data := range tc.files {
				if path := filepath.Join(dir, name); string(data) == "gone" {
					if err := os.Remove(path); err != nil {
						t.Fatal(err)
					}
				} else {
					write(t, path, data)
				}
			}
			comes(t, "the complaint", func() bool { return strings.Contains(log.String(), tc.want) })
			if !bytes.Equal(served(s), first.cert) || s.Ready() != nil {
				t.Error("the last good certificate is not served")
			}
			if testutil.ToFloat64(s.options.Metrics.failures.WithLabelValues(failedFiles)) == 0 {
				t.Error("the failure is not counted")
			}
			if strings.Contains(log.String(), "PRIVATE") {
				t.Error("the log has something of a key")
			}
			for name, data := range map[string][]byte{"tls.crt": second.cert, "tls.key": second.key, "ca.crt": second.ca} {
				write(t, filepath.Join(dir, name), data)
			}
			comes(t, "the next good pair", func() bool { return bytes.Equal(served(s), second.cert) })
		})
	}
}

// A CA or an intermediate that changes alone is seen, too.
func TestFilesThatChangeAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m, other := newMaterial(t, someCA(t)), newMaterial(t, someCA(t))
	for name, data := range map[string][]byte{"tls.crt": m.cert, "tls.key": m.key, "ca.crt": other.ca} {
		write(t, filepath.Join(dir, name), data)
	}
	s, _ := startFiles(t, dir)
	if s.Ready() == nil {
		t.Fatal("a pair of another CA is served")
	}
	write(t, filepath.Join(dir, "ca.crt"), m.ca)
	comes(t, "the pair that the CA verifies", func() bool { return s.Ready() == nil })
	write(t, filepath.Join(dir, "tls.crt"), slices.Concat(m.cert, other.ca))
	comes(t, "the certificate with another beside it", func() bool {
		cert, err := s.GetCertificate(nil)
		return err == nil && len(cert.Certificate) == 2
	})
}

func TestFilesThatComeLater(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, _ := startFiles(t, dir)
	if _, err := s.GetCertificate(nil); !errors.Is(err, ErrNoCertificate) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want one that says what is missing", err)
	}
	m := newMaterial(t, someCA(t))
	mount(t, dir, "1", m)
	comes(t, "the certificate", func() bool { return s.Ready() == nil })
}

func TestStandalone(t *testing.T) {
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	s, err := NewStandalone(StandaloneOptions{CAOut: caFile, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(pem, []byte("KEY")) {
		t.Error("the key was written out")
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: s.GetCertificate})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, "hello")
			_ = conn.Close()
		}
	}()
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		dialer := &net.Dialer{Timeout: 10 * time.Second}
		conn, err := tls.DialWithDialer(dialer, "tcp", listener.Addr().String(), &tls.Config{RootCAs: roots, ServerName: name})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := io.ReadAll(conn); string(got) != "hello" || err != nil {
			t.Errorf("%s: read %q, %v", name, got, err)
		}
		_ = conn.Close()
	}
}

func TestStandaloneRenews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := NewStandalone(StandaloneOptions{Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Start(ctx) }()
		first := served(s)
		time.Sleep(14 * time.Hour)
		if !bytes.Equal(first, served(s)) {
			t.Error("renewed before two thirds of its life, less the jitter")
		}
		time.Sleep(4 * time.Hour)
		if bytes.Equal(first, served(s)) {
			t.Error("not renewed after two thirds of its life, and the jitter")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
