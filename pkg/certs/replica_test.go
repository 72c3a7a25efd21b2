package certs

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var slowTiming = Timing{CA: time.Hour, Leaf: 10 * time.Minute, Propagation: 30 * time.Second, ClockSkew: time.Minute}

// settled is a world in which two replicas serve, the first leading.
func settledWorld(t *testing.T) *world {
	w := newWorld(t, slowTiming, 0, 0)
	w.settle(t)
	return w
}

// A Secret may come to name another CA than the one that was promoted after
// waiting: it was set back, or replaced. A replica with a leaf waits for itself.
func TestReplicaWaitsForItself(t *testing.T) {
	w := settledWorld(t)
	p := w.replicas[1]
	other, err := newCA(w.authority.name, w.authority.timing, w.now)
	if err != nil {
		t.Fatal(err)
	}
	old := p.mind.leaf.ca.cert
	data, err := State{Phase: Retire, Since: w.now, Current: other, Retired: []*x509.Certificate{old}}.encode()
	if err != nil {
		t.Fatal(err)
	}
	w.setSecret(data)
	changed := time.Duration(-1)
	start := w.now
	for range 60 {
		for _, p := range w.replicas {
			w.refresh(p)
			w.tick(t, p, -1)
			w.check(t)
		}
		w.allCallsSucceed(t)
		if changed < 0 && p.mind.leaf.ca.cert.Equal(other.cert) {
			changed = w.now.Sub(start)
		}
		w.now = w.now.Add(time.Second)
	}
	if changed < slowTiming.Propagation || changed > slowTiming.Propagation+5*time.Second {
		t.Errorf("changed over after %s, want the propagation time %s", changed, slowTiming.Propagation)
	}
}

// Should everything be lost but a leaf that is still served, its replica puts its
// CA back.
func TestReplicaPutsItsOwnCABack(t *testing.T) {
	w := settledWorld(t)
	old := w.replicas[1].mind.leaf.ca.cert
	w.setSecret(nil)
	for _, name := range configNames {
		w.write(name, true, "uid-0", nil, true)
	}
	p := w.replicas[0]
	w.start(p)
	p.leads = true
	for range 5 {
		for _, p := range w.replicas {
			w.refresh(p)
			w.tick(t, p, -1)
		}
		w.now = w.now.Add(standIn)
	}
	w.refresh(p)
	w.tick(t, p, -1)
	for _, name := range configNames {
		if !w.trusts(w.latest(name), old) {
			t.Errorf("%s lacks the CA of a leaf that is served", name)
		}
	}
	state, err := decodeState(w.secret().data, w.authority.name)
	if err != nil {
		t.Fatal(err)
	}
	if !contains(state.trust(), old) {
		t.Error("the leader did not adopt it")
	}
	w.settle(t)
}

func TestLeaf(t *testing.T) {
	timing, err := Timing{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	ca, err := newCA("x", timing, epoch)
	if err != nil {
		t.Fatal(err)
	}
	names := append(serviceNames("outrigger", "mesh", "cluster.local"), "127.0.0.1")
	for _, tc := range []struct {
		name         string
		at           time.Time
		jitter       float64
		atLeast      time.Time
		until, renew time.Time
	}{
		{
			"young CA", epoch, 0.5,
			time.Time{},
			epoch.Add(24*time.Hour + 5*time.Minute), epoch.Add(16 * time.Hour),
		},
		{
			"earliest renewal", epoch, 0,
			time.Time{},
			epoch.Add(24*time.Hour + 5*time.Minute), epoch.Add(14*time.Hour + 48*time.Minute),
		},
		{
			"near the end of the CA", ca.cert.NotAfter.Add(-time.Hour), 0.5,
			time.Time{},
			ca.cert.NotAfter, ca.cert.NotAfter.Add(15 * time.Hour),
		},
		{
			"clock ahead, past the end of the CA", ca.cert.NotAfter.Add(time.Hour), 0.5,
			time.Time{},
			ca.cert.NotAfter, ca.cert.NotAfter.Add(17 * time.Hour),
		},
		{
			"clock set back, with a leaf that was good for longer", epoch, 0.5, epoch.Add(72 * time.Hour),
			epoch.Add(72 * time.Hour), epoch.Add(16 * time.Hour),
		},
		{
			"clock set back to long before the CA", epoch.Add(-72 * time.Hour), 0.5,
			time.Time{},
			ca.cert.NotAfter, epoch.Add(-56 * time.Hour),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := newLeaf(ca, names, timing, tc.at, tc.atLeast, tc.jitter)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(l.cert.RawSubject, l.cert.RawIssuer) {
				t.Error("subject and issuer are one, so OpenSSL would take the leaf for self-signed")
			}
			got := []time.Time{l.cert.NotBefore, l.cert.NotAfter, l.renew.Round(time.Second)}
			if diff := cmp.Diff([]time.Time{ca.cert.NotBefore, tc.until, tc.renew}, got); diff != "" {
				t.Errorf("from, until, renewal (-want +got):\n%s", diff)
			}
			want := []string{"outrigger.mesh.svc", "outrigger.mesh.svc.cluster.local", "outrigger.mesh", "outrigger"}
			if diff := cmp.Diff(want, l.cert.DNSNames); diff != "" {
				t.Error(diff)
			}
			if len(l.cert.IPAddresses) != 1 {
				t.Errorf("addresses %v", l.cert.IPAddresses)
			}
		})
	}
}

func TestDecodeState(t *testing.T) {
	const name = "outrigger.mesh.svc"
	timing, err := slowTiming.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	made := func(name string) *CA {
		ca, err := newCA(name, timing, epoch)
		if err != nil {
			t.Fatal(err)
		}
		return ca
	}
	state := State{Phase: Propagate, Since: epoch, Current: made(name), Next: made(name), Retired: []*x509.Certificate{made(name).cert}}
	good, err := state.encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := decodeState(good, name)
	if err != nil || !sameState(state, back) || !back.Since.Equal(epoch) {
		t.Fatalf("not the same after a round trip: %v, %v", back, err)
	}
	foreignCert, foreignKey, err := made("another").encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		edit map[string][]byte
		want string
	}{
		{"no phase", map[string][]byte{keyPhase: nil}, "phase: not a known one"},
		{"unknown phase", map[string][]byte{keyPhase: []byte("Dance")}, "phase: not a known one"},
		{"phase without its CA", map[string][]byte{keyPhase: []byte("Steady")}, "phase Steady wants a current CA and no next one"},
		{"no time", map[string][]byte{keySince: []byte("soon")}, "phase-since: not an RFC 3339 time"},
		{"key of another", map[string][]byte{keyCurrentKey: good[keyNextKey]}, "current.crt and current.key: the key does not belong to the certificate"},
		{"no key", map[string][]byte{keyNextKey: nil}, "next.crt and next.key: key:"},
		{"key is not PEM", map[string][]byte{keyNextKey: []byte("sesame")}, "next.crt and next.key: key:"},
		{"CA of another", map[string][]byte{keyCurrentCert: foreignCert, keyCurrentKey: foreignKey}, "not a CA of outrigger.mesh.svc"},
		{"bundle is not PEM", map[string][]byte{keyBundle: []byte("open")}, "ca.crt: error decoding certificate PEM block"},
		{"bundle lacks a CA", map[string][]byte{keyBundle: good[keyNextCert]}, "ca.crt lacks CA"},
		{"bundle has another's", map[string][]byte{keyBundle: append(slices.Clone(good[keyBundle]), foreignCert...)}, "ca.crt holds a certificate that is not a CA of"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data := maps.Clone(good)
			maps.Copy(data, tc.edit)
			_, err := decodeState(data, name)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error %v, want %q", err, tc.want)
			}
			for _, secret := range []string{"sesame", "PRIVATE"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error repeats what is in the Secret: %v", err)
				}
			}
		})
	}
}

func TestHooksOf(t *testing.T) {
	ref := func(service, namespace string) admissionv1.WebhookClientConfig {
		return admissionv1.WebhookClientConfig{Service: &admissionv1.ServiceReference{Name: service, Namespace: namespace}}
	}
	url := func(u string) admissionv1.WebhookClientConfig { return admissionv1.WebhookClientConfig{URL: &u} }
	config := &admissionv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "c"},
		Webhooks: []admissionv1.MutatingWebhook{
			{Name: "ours", ClientConfig: ref("outrigger", "mesh")},
			{Name: "another service", ClientConfig: ref("other", "mesh")},
			{Name: "another namespace", ClientConfig: ref("outrigger", "default")},
			{Name: "our name in a URL", ClientConfig: url("https://outrigger.mesh.svc:8443/inject")},
			{Name: "an extra name", ClientConfig: url("https://127.0.0.1:8443/inject")},
			{Name: "another URL", ClientConfig: url("https://example.com/outrigger.mesh.svc")},
			{Name: "nothing"},
		},
	}
	of := callee{service: "outrigger", namespace: "mesh", hosts: append(serviceNames("outrigger", "mesh", "cluster.local"), "127.0.0.1")}
	got := map[string]int{}
	for _, h := range of.hooksOf(config) {
		got[h.name] = h.index
	}
	want := map[string]int{"ours": 0, "our name in a URL": 3, "an extra name": 4}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBundlePatch(t *testing.T) {
	patch, err := bundlePatch("42", map[int][]byte{3: []byte("b"), 0: []byte("a")})
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString
	want := []map[string]any{
		{"op": "test", "path": "/metadata/resourceVersion", "value": "42"},
		{"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": b64([]byte("a"))},
		{"op": "add", "path": "/webhooks/3/clientConfig/caBundle", "value": b64([]byte("b"))},
	}
	var got []map[string]any
	if err := json.Unmarshal(patch, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBundleOrder(t *testing.T) {
	var certs []*x509.Certificate
	for i := range 4 {
		ca, err := newCA("x", slowTiming, epoch.Add(time.Duration(i)*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		certs = append(certs, ca.cert)
	}
	want := encodeBundle(certs)
	mixed := []*x509.Certificate{certs[2], certs[0], certs[3], certs[1], certs[2]}
	if !bytes.Equal(want, encodeBundle(mixed)) {
		t.Error("equal sets are not equal bytes")
	}
	torn := append([]byte("# a comment\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), want...)
	if !bytes.Equal(want, encodeBundle(decodeBundle(torn))) {
		t.Error("what can be read of a damaged bundle was not")
	}
}

func TestTiming(t *testing.T) {
	for _, tc := range []struct {
		name   string
		timing Timing
		want   string
	}{
		{"defaults", Timing{}, ""},
		{"short", fastTiming, ""},
		{"long leaf", Timing{CA: time.Hour, Leaf: 31 * time.Minute}, "leaf life 31m0s is more than half the CA life 1h0m0s"},
		{"long propagation", Timing{CA: time.Minute, Leaf: 10 * time.Second, Propagation: 11 * time.Second}, "propagation time 11s is more than a sixth of the CA life 1m0s"},
		{"negative", Timing{Leaf: -time.Second}, "leaf life is negative"},
		{"too short", Timing{CA: time.Second * 10, Leaf: time.Millisecond, Propagation: time.Second}, "leaf life is under a second"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := tc.timing.withDefaults()
			switch {
			case tc.want == "" && err != nil:
				t.Error(err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
	t.Run("due under another timing", func(t *testing.T) {
		ca, err := newCA("x", slowTiming, epoch)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := slowTiming.due(ca), epoch.Add(40*time.Minute); !got.Equal(want) {
			t.Errorf("due %s, want %s", got, want)
		}
		shorter := slowTiming
		shorter.CA = 30 * time.Minute
		if got, want := shorter.due(ca), epoch.Add(20*time.Minute); !got.Equal(want) {
			t.Errorf("with a shorter CA life, due %s, want %s", got, want)
		}
	})
}
