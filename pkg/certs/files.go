package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/certwatcher"

	"github.com/outrigger-io/outrigger/pkg/textfile"
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

// filesRecheck is how often files are read though nothing was heard of them: the
// watch is of the certificate and its key, once both are there, and tells neither of
// other CAs nor of other intermediates.
const filesRecheck = time.Second

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
// when they change, which controller-runtime's watcher tells of. That would serve
// what has expired or is of another CA as well, and wants files from the start: so it
// is we who read them. What cannot be used leaves the last good certificate in place.
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
	var watching sync.WaitGroup
	defer watching.Wait()
	changed := make(chan struct{}, 1)
	again := time.NewTicker(filesRecheck)
	defer again.Stop()
	watched := false
	for {
		if !watched {
			watched = f.watch(ctx, &watching, changed)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-again.C:
		}
		f.reload()
	}
}

// watch begins to watch the pair, if there is one.
func (f *files) watch(ctx context.Context, watching *sync.WaitGroup, changed chan<- struct{}) bool {
	// It reads the pair of its own accord, too, and says of one that is broken what
	// we say already; that it need not do but when something changes.
	watcher, err := certwatcher.New(f.options.Cert, f.options.Key)
	if err != nil {
		return false // which reload tells
	}
	watcher.WithWatchInterval(24 * time.Hour).RegisterCallback(func(tls.Certificate) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	watching.Go(func() {
		if err := watcher.Start(ctx); err != nil && ctx.Err() == nil {
			f.options.Log.Warn("certificates: files cannot be watched, and are read every so often", "every", filesRecheck, "error", err)
		}
	})
	return true
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
	f.options.Metrics.serving(p.tls.Leaf, p.tls.Leaf.NotBefore, p.ca)
	f.options.Log.Info("certificates: serving a new leaf", "leaf", fingerprint(p.tls.Leaf), "until", p.tls.Leaf.NotAfter)
}

func (f *files) read() (*pair, error) {
	var raw [3][]byte
	for i, path := range []string{f.options.Cert, f.options.Key, f.options.CA} {
		if path == "" {
			continue
		}
		var err error
		if raw[i], err = textfile.Read(path, "certificate"); err != nil {
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
