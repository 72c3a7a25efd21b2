package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
)

// FilesOptions names the PEM files of a certificate that others keep. It serves
// for cert-manager too, whose Secret is mounted, and whose cainjector keeps the
// caBundle.
type FilesOptions struct {
	// Cert and Key are the certificate, with its intermediates after it, and
	// its private key. Required.
	Cert, Key string
	// CA is the bundle that callers trust. When given, a certificate that it
	// does not verify is not served.
	CA string
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Log defaults to slog.Default().
	Log *slog.Logger
	// Metrics defaults to some that are shown nowhere.
	Metrics *Metrics
}

// filesRecheck is how often files are read though nothing was heard of them: for
// file systems that tell of no changes.
const filesRecheck = time.Minute

// filesSettle is how long after a change files are read. Certificate and key are
// often written one after the other, and only both together are a pair.
const filesSettle = 50 * time.Millisecond

// pair is a certificate that was read, with what tells it from another.
type pair struct {
	tls *tls.Certificate
	ca  *x509.Certificate // that verifies it; nil without a CA file
	raw string
}

type files struct {
	options FilesOptions
	current atomic.Pointer[pair]
	fault   atomic.Pointer[error] // of the last reading
}

// NewFiles is the source that serves the certificate in files and reloads it
// when they change. Directories are watched rather than files, so that a file
// that is replaced is seen as well as one that is written, and so is the swap of
// a symbolic link by which the kubelet changes all files of a mounted Secret at
// once. What cannot be used leaves the last good certificate in place.
func NewFiles(o FilesOptions) (Source, error) {
	if o.Cert == "" || o.Key == "" {
		return nil, errors.New("certificates from files want the paths of a certificate and a key")
	}
	fillIn(&o.Now, &o.Log, &o.Metrics)
	f := &files{options: o}
	f.reload()
	return f, nil
}

func (f *files) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if p := f.current.Load(); p != nil {
		return p.tls, nil
	}
	return nil, f.Ready()
}

func (f *files) Healthy() bool { return f.current.Load() != nil }

func (f *files) Ready() error {
	if f.Healthy() {
		return nil
	}
	if fault := f.fault.Load(); fault != nil && *fault != nil {
		return fmt.Errorf("%w: %w", ErrNoCertificate, *fault)
	}
	return ErrNoCertificate
}

func (f *files) NeedLeaderElection() bool { return false }

func (f *files) Start(ctx context.Context) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching certificate files: %w", err)
	}
	defer watcher.Close()
	// Between the first reading and the watch something may have changed.
	soon := time.NewTimer(0)
	defer soon.Stop()
	recheck := time.NewTicker(filesRecheck)
	defer recheck.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-watcher.Events:
			soon.Reset(filesSettle)
		case err := <-watcher.Errors:
			f.options.Log.Warn("certificates: watching files", "error", err)
			soon.Reset(filesSettle)
		case <-recheck.C:
			soon.Reset(0)
		case <-soon.C:
			f.watch(watcher)
			f.reload()
		}
	}
}

// watch watches the directories of the files, and of what they are links to.
// Both may be new each time.
func (f *files) watch(watcher *fsnotify.Watcher) {
	for _, path := range []string{f.options.Cert, f.options.Key, f.options.CA} {
		if path == "" {
			continue
		}
		dirs := []string{filepath.Dir(path)}
		if target, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(target))
		}
		for _, dir := range dirs {
			// Adding a directory again is of no effect.
			if err := watcher.Add(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
				f.options.Log.Warn("certificates: cannot watch a directory; it is read every minute", "directory", dir, "error", err)
			}
		}
	}
}

// reload serves what the files hold, when that is good and new. It says so when
// it is not good, once for each way of being so.
func (f *files) reload() {
	p, err := f.read()
	before := f.fault.Swap(&err)
	if err != nil {
		if before == nil || *before == nil || (*before).Error() != err.Error() {
			f.options.Metrics.failed(failedFiles)
			f.options.Log.Error("certificates: files cannot be used; the last good certificate stays", "error", err)
		}
		return
	}
	last := f.current.Load()
	if last != nil && last.raw == p.raw {
		return
	}
	f.current.Store(p)
	f.options.Metrics.serving(p.tls.Leaf, p.ca)
	f.options.Log.Info("certificates: serving a new leaf", "leaf", fingerprint(p.tls.Leaf), "until", p.tls.Leaf.NotAfter)
}

func (f *files) read() (*pair, error) {
	var raw [3][]byte
	for i, path := range []string{f.options.Cert, f.options.Key, f.options.CA} {
		if path == "" {
			continue
		}
		var err error
		if raw[i], err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("reading a certificate file: %w", err)
		}
	}
	cert, err := tls.X509KeyPair(raw[0], raw[1])
	if err != nil {
		return nil, fmt.Errorf("%s with %s: %w", f.options.Cert, f.options.Key, err)
	}
	p := &pair{tls: &cert, raw: string(raw[0]) + string(raw[1]) + string(raw[2])}
	now := f.options.Now()
	if now.After(cert.Leaf.NotAfter) {
		return nil, fmt.Errorf("%s: expired at %s", f.options.Cert, cert.Leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	if f.options.CA == "" {
		return p, nil
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	if !roots.AppendCertsFromPEM(raw[2]) {
		return nil, fmt.Errorf("%s: no certificate in it", f.options.CA)
	}
	for _, der := range cert.Certificate[1:] {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("%s: an intermediate: %w", f.options.Cert, err)
		}
		between.AddCert(c)
	}
	chains, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now})
	if err != nil {
		return nil, fmt.Errorf("%s does not verify %s: %w", f.options.CA, f.options.Cert, err)
	}
	p.ca = chains[0][len(chains[0])-1]
	return p, nil
}
