package certs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// FuzzPEMFiles gives any text for the PEM files of a certificate that others keep. What is
// taken is a pair that can be served, and no error repeats the key.
func FuzzPEMFiles(f *testing.F) {
	ca, err := newCA("x", fastTiming, epoch)
	if err != nil {
		f.Fatal(err)
	}
	cert, key, err := ca.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(cert, key, cert)
	f.Add(cert, key, []byte(nil))
	f.Add(append(cert, cert...), key, cert)
	f.Add([]byte("junk\n"+string(cert)), key, []byte("junk"))
	f.Add(cert, cert, cert)
	f.Add([]byte(nil), []byte(nil), []byte(nil))
	f.Fuzz(func(t *testing.T, cert, key, ca []byte) {
		dir := t.TempDir()
		options := FilesOptions{Cert: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key"), Now: func() time.Time { return epoch }}
		for path, text := range map[string][]byte{options.Cert: cert, options.Key: key, filepath.Join(dir, "ca.crt"): ca} {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if len(ca) > 0 {
			options.CA = filepath.Join(dir, "ca.crt")
		}
		p, err := (&files{options: options}).read()
		if err != nil {
			if len(key) > 16 && strings.Contains(err.Error(), string(key)) {
				t.Errorf("the error repeats the key: %v", err)
			}
			return
		}
		if p.tls.Leaf == nil || p.tls.PrivateKey == nil || options.CA != "" && p.ca == nil {
			t.Error("a pair is taken that cannot be served")
		}
	})
}
