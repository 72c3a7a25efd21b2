package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/outrigger-io/outrigger/internal/clustertest"
)

// statusOf reports of a state and caBundles, and of one replica that serves l.
func statusOf(t *testing.T, secret map[string][]byte, bundles [][]byte, l *leaf) Report {
	t.Helper()
	config := &admissionv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "outrigger"}}
	for i, bundle := range bundles {
		config.Webhooks = append(config.Webhooks, admissionv1.MutatingWebhook{
			Name: string(rune('a'+i)) + ".outrigger.io",
			ClientConfig: admissionv1.WebhookClientConfig{
				Service:  &admissionv1.ServiceReference{Name: testService, Namespace: testNamespace},
				CABundle: bundle,
			},
		})
	}
	objects := []client.Object{config}
	if secret != nil {
		objects = append(objects, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: testService + "-ca"}, Data: secret,
		})
	}
	c := clustertest.New(objects...)
	o := StatusOptions{Self: SelfOptions{
		Service: testService, Namespace: testNamespace, WebhookConfigurations: []string{"outrigger", "older"},
		Now: func() time.Time { return epoch }, Log: slog.New(slog.DiscardHandler),
	}}
	if l != nil {
		listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{*l.tls}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				_ = conn.(*tls.Conn).HandshakeContext(context.Background())
				_ = conn.Close()
			}
		}()
		o.Addresses = []string{listener.Addr().String()}
	}
	report, err := Status(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// text is a report with what differs from run to run replaced.
func text(t *testing.T, r Report, names map[string]string) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.Write(&out); err != nil {
		t.Fatal(err)
	}
	s := regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(out.String(), "ADDRESS")
	for fp, name := range names {
		s = strings.ReplaceAll(s, fp, name)
	}
	return regexp.MustCompile(`(?m) +$`).ReplaceAllString(s, "")
}

func TestStatus(t *testing.T) {
	timing, err := Timing{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	name := authorityName(testService, testNamespace)
	made := func(ago time.Duration) *CA {
		ca, err := newCA(name, timing, epoch.Add(-ago))
		if err != nil {
			t.Fatal(err)
		}
		return ca
	}
	day := 24 * time.Hour
	old, next := made(250*day), made(time.Minute)
	l, err := newLeaf(old, serviceNames(testService, testNamespace, "cluster.local"), timing, epoch.Add(-4*time.Hour), time.Time{}, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{fingerprint(old.cert): "OLD", fingerprint(next.cert): "NEXT", fingerprint(l.cert): "LEAF"}
	encode := func(s State) map[string][]byte {
		data, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	steady := encode(State{Phase: Steady, Since: epoch.Add(-200 * day), Current: made(200 * day)})
	propagate := encode(State{Phase: Propagate, Since: epoch.Add(-10 * time.Second), Current: old, Next: next})

	t.Run("while rotating", func(t *testing.T) {
		report := statusOf(t, propagate, [][]byte{propagate[keyBundle]}, l)
		want := `Secret mesh/outrigger-ca
Phase Propagate, since 2029-12-31T23:59:50Z (10s ago)

CAs
  OLD  signs  from 2029-04-25T23:55:00Z (250d0h ago)  until 2030-04-26T00:05:00Z (in 115d0h)
  NEXT  next  from 2029-12-31T23:54:00Z (6m0s ago)  until 2031-01-01T00:04:00Z (in 365d0h)

Webhooks
  outrigger  a.outrigger.io  in sync  trusts OLD, NEXT

Replicas
  ADDRESS  leaf LEAF  of CA OLD  until 2030-01-01T20:05:00Z (in 20h5m)

Next
  2030-01-01T00:00:20Z (in 20s): CA NEXT signs, and replicas serve leaves of it
  2030-01-01T12:00:00Z (in 12h0m): ADDRESS renews its leaf, give or take 1h12m

Notes
  there is no MutatingWebhookConfiguration older, so nothing is called through it

Calls succeed, as far as can be seen.
`
		got := regexp.MustCompile(`(\S) {2,}`).ReplaceAllString(text(t, report, names), "$1  ")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if report.Failing() {
			t.Error("failing")
		}
	})
	for _, tc := range []struct {
		name    string
		secret  map[string][]byte
		bundles [][]byte
		leaf    *leaf
		fails   []string
		notes   []string
	}{
		{
			"a caBundle wiped", propagate,
			[][]byte{propagate[keyBundle], nil},
			l,
			[]string{"webhook b.outrigger.io in outrigger lacks CA OLD", "webhook b.outrigger.io in outrigger holds no certificate", "webhook b.outrigger.io in outrigger does not trust what ADDRESS serves"},
			nil,
		},
		{
			"another CA published", propagate,
			[][]byte{steady[keyBundle]},
			nil,
			[]string{"webhook a.outrigger.io in outrigger lacks CA OLD"},
			nil,
		},
		{"the Secret gone", nil, [][]byte{propagate[keyBundle]}, l, nil, []string{"there is no Secret mesh/outrigger-ca"}},
		{
			"the Secret rubbish",
			map[string][]byte{"phase": []byte("?")},
			[][]byte{propagate[keyBundle]},
			l,
			nil,
			[]string{"Secret mesh/outrigger-ca cannot be used: phase-since"},
		},
		{"steady", steady, [][]byte{steady[keyBundle]}, nil, nil, nil},
		{
			"nobody leads", encode(State{Phase: Steady, Since: epoch.Add(-250 * day), Current: old}),
			[][]byte{encodeBundle(nil)},
			nil,
			[]string{"lacks CA OLD", "holds no certificate"},
			[]string{"a successor of CA OLD is overdue by 6d16h"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			report := statusOf(t, tc.secret, tc.bundles, tc.leaf)
			said := text(t, report, names)
			if report.Failing() != (len(tc.fails) > 0) || len(report.Failures) != len(tc.fails) {
				t.Errorf("failures %q, want %q", report.Failures, tc.fails)
			}
			for _, want := range append(tc.fails, tc.notes...) {
				if !strings.Contains(said, want) {
					t.Errorf("not said: %s\n%s", want, said)
				}
			}
		})
	}
	t.Run("nobody answers", func(t *testing.T) {
		listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return nil, errors.New("none")
		}})
		if err != nil {
			t.Fatal(err)
		}
		address := listener.Addr().String()
		_ = listener.Close()
		if chain, err := Served(t.Context(), address, testHost); err == nil {
			t.Errorf("got %v", chain)
		}
	})
	t.Run("a writer that fails", func(t *testing.T) {
		read, write := io.Pipe()
		_ = read.Close()
		if err := (Report{}).Write(write); err == nil {
			t.Error("no error")
		}
	})
}

// What is written for scripts says what is missing, too.
func TestStatusJSON(t *testing.T) {
	report := statusOf(t, nil, [][]byte{nil}, nil)
	report.Replicas = []ReplicaStatus{{Address: "192.0.2.1:15017", Fault: "connection refused"}}
	got, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"secret":"mesh/outrigger-ca"`, `"webhooks":[{"configuration":"outrigger","name":"a.outrigger.io","trusts":null,"inSync":false}]`,
		`"replicas":[{"address":"192.0.2.1:15017","fault":"connection refused"}]`, `"failures":["the caBundle of webhook a.outrigger.io in outrigger holds no certificate"]`,
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
}
