package certs

import (
	"strings"
	"testing"
	"time"
)

// FuzzDecodeState gives any data for that of the Secret. What is taken can be
// written, and is read again as the same.
func FuzzDecodeState(f *testing.F) {
	ca, err := newCA("x", fastTiming, epoch)
	if err != nil {
		f.Fatal(err)
	}
	data, err := State{Phase: Steady, Since: epoch, Current: ca}.encode()
	if err != nil {
		f.Fatal(err)
	}
	for _, phase := range []Phase{Steady, Publish, Propagate, Retire, "", "Stead"} {
		f.Add([]byte(phase), data[keySince], data[keyBundle], data[keyCurrentCert], data[keyCurrentKey], []byte(nil), []byte(nil))
		f.Add([]byte(phase), data[keySince], data[keyBundle], []byte(nil), []byte(nil), data[keyCurrentCert], data[keyCurrentKey])
	}
	f.Fuzz(func(t *testing.T, phase, since, bundle, currentCert, currentKey, nextCert, nextKey []byte) {
		s, err := decodeState(map[string][]byte{
			keyPhase: phase, keySince: since, keyBundle: bundle,
			keyCurrentCert: currentCert, keyCurrentKey: currentKey, keyNextCert: nextCert, keyNextKey: nextKey,
		}, "x")
		if err != nil {
			for _, secret := range []string{string(currentKey), string(nextKey)} {
				if len(secret) > 16 && strings.Contains(err.Error(), secret) {
					t.Errorf("the error repeats a key: %v", err)
				}
			}
			return
		}
		written, err := s.encode()
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := decodeState(written, "x")
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if !sameState(s, again) || !s.Since.Truncate(time.Second).Equal(again.Since) {
			t.Errorf("written and read again, the state is another: %v, not %v", again, s)
		}
	})
}

// FuzzDecodeBundle gives any text for a caBundle. What is read of it is a bundle that
// says the same.
func FuzzDecodeBundle(f *testing.F) {
	ca, err := newCA("x", fastTiming, epoch)
	if err != nil {
		f.Fatal(err)
	}
	cert, _, err := ca.encode()
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{string(cert), string(cert) + string(cert), "junk\n" + string(cert) + "junk", "", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		read := decodeBundle(text)
		again := decodeBundle(encodeBundle(read))
		for _, cert := range read {
			if !contains(again, cert) {
				t.Errorf("certificate %s is lost", fingerprint(cert))
			}
		}
		for _, cert := range again {
			if !contains(read, cert) {
				t.Errorf("certificate %s was not there", fingerprint(cert))
			}
		}
	})
}
