package certs

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"text/tabwriter"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// StatusOptions says what to report of.
type StatusOptions struct {
	// Self are the options that the replicas run with. Identity, Election, Log
	// and Metrics do not matter.
	Self SelfOptions
	// Addresses (host:port) of replicas to ask for the certificate they serve.
	// Without any, the report judges by the Secret and the caBundles alone.
	Addresses []string
}

// Report is how the certificates of an installation stand.
type Report struct {
	// At is when the report was made. All ages are from then.
	At time.Time `json:"at"`
	// Secret is the authority's, as namespace/name.
	Secret string `json:"secret"`
	// Phase and Since are of the rotation. Phase is empty when the Secret cannot
	// be used.
	Phase Phase     `json:"phase,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Authorities are the CAs that the Secret has, the one that signs first.
	Authorities []AuthorityStatus `json:"authorities"`
	// Webhooks are the entries of webhook configurations that call the service.
	Webhooks []WebhookStatus `json:"webhooks"`
	// Replicas are the addresses that were asked.
	Replicas []ReplicaStatus `json:"replicas"`
	// Next is what will happen and when, the earliest first.
	Next []string `json:"next"`
	// Notes are what is not as it should be and makes no call fail by itself.
	Notes []string `json:"notes"`
	// Failures are the reasons for which calls fail. Empty: none is known.
	Failures []string `json:"failures"`
}

// AuthorityStatus is one CA.
type AuthorityStatus struct {
	Fingerprint string    `json:"fingerprint"`
	Role        string    `json:"role"` // "signs", "next" or "retired"
	NotBefore   time.Time `json:"notBefore"`
	NotAfter    time.Time `json:"notAfter"`
}

// WebhookStatus is one entry of a webhook configuration.
type WebhookStatus struct {
	Configuration string `json:"configuration"`
	Name          string `json:"name"`
	// Trusts are the fingerprints of the CAs in the caBundle.
	Trusts []string `json:"trusts"`
	// InSync is whether the caBundle is as the Secret would have it.
	InSync bool `json:"inSync"`
}

// ReplicaStatus is what an address serves.
type ReplicaStatus struct {
	Address string `json:"address"`
	// Leaf and Authority are fingerprints. Authority is empty when the leaf is of
	// no CA in the Secret.
	Leaf      string    `json:"leaf,omitempty"`
	Authority string    `json:"authority,omitempty"`
	NotBefore time.Time `json:"notBefore,omitzero"`
	NotAfter  time.Time `json:"notAfter,omitzero"`
	// Fault is why nothing could be learned. Empty: something was.
	Fault string `json:"fault,omitempty"`
}

// Failing is whether calls fail.
func (r Report) Failing() bool { return len(r.Failures) > 0 }

// Status looks at the installation that the options tell of.
func Status(ctx context.Context, c client.Reader, o StatusOptions) (Report, error) {
	o.Self.Identity = cmp.Or(o.Self.Identity, "status")
	if err := o.Self.complete(); err != nil {
		return Report{}, err
	}
	key := o.Self.Namespace + "/" + o.Self.Secret
	secret, configs, err := o.Self.read(ctx, c)
	if err != nil {
		return Report{}, err
	}
	now := o.Self.Now()
	a := authority{name: authorityName(o.Self.Service, o.Self.Namespace), timing: o.Self.Timing}
	r := newReplica(a, o.Self.names())
	r.observe(now, secret, configs)
	report := Report{At: now, Secret: key}

	switch {
	case !secret.present:
		report.Notes = append(report.Notes, "there is no Secret "+key)
	case r.secretErr != nil:
		report.Notes = append(report.Notes, fmt.Sprintf("Secret %s cannot be used: %v", key, r.secretErr))
	default:
		report.authority(a, *r.state)
	}
	for _, name := range o.Self.WebhookConfigurations {
		report.configuration(r, name)
	}
	for _, address := range o.Addresses {
		report.replica(ctx, r, address)
	}
	if r.state != nil {
		report.next(a, *r.state)
	}
	return report, nil
}

func (rep *Report) authority(a authority, s State) {
	rep.Phase, rep.Since = s.Phase, s.Since
	add := func(role string, cert *x509.Certificate) {
		rep.Authorities = append(rep.Authorities, AuthorityStatus{fingerprint(cert), role, cert.NotBefore, cert.NotAfter})
	}
	if s.Current != nil {
		add("signs", s.Current.cert)
		if rep.At.After(s.Current.cert.NotAfter) {
			rep.Failures = append(rep.Failures, fmt.Sprintf("CA %s, which signs, has expired", fingerprint(s.Current.cert)))
		} else if notYet(rep.At, s.Current.cert) {
			rep.Failures = append(rep.Failures, fmt.Sprintf("CA %s, which signs, is not valid before %s: it was made by a clock that was ahead, or this one is behind",
				fingerprint(s.Current.cert), s.Current.cert.NotBefore.UTC().Format(time.RFC3339)))
		} else if overdue := rep.At.Sub(a.timing.due(s.Current)); s.Next == nil && overdue > a.timing.CA/100 {
			rep.Notes = append(rep.Notes, fmt.Sprintf("a successor of CA %s is overdue by %s: is there a leader?", fingerprint(s.Current.cert), span(overdue)))
		}
	}
	if s.Next != nil {
		add("next", s.Next.cert)
	}
	for _, cert := range s.Retired {
		add("retired", cert)
	}
}

// configuration reports of the entries of one webhook configuration.
func (rep *Report) configuration(r *replica, name string) {
	var hooks []hook
	exists := false
	for _, c := range r.configs {
		if c.name == name {
			hooks, exists = c.hooks, true
		}
	}
	switch {
	case !exists:
		rep.Notes = append(rep.Notes, fmt.Sprintf("there is no MutatingWebhookConfiguration %s, so nothing is called through it", name))
	case len(hooks) == 0:
		rep.Notes = append(rep.Notes, fmt.Sprintf("no entry of MutatingWebhookConfiguration %s calls this service", name))
	}
	for _, h := range hooks {
		w := WebhookStatus{Configuration: h.config, Name: h.name}
		for _, cert := range h.certs {
			w.Trusts = append(w.Trusts, fingerprint(cert))
		}
		if r.state != nil {
			w.InSync = bytes.Equal(h.bundle, r.bundleFor(rep.At, h))
			if current := r.state.Current; current != nil && !contains(h.certs, current.cert) {
				rep.Failures = append(rep.Failures, fmt.Sprintf("the caBundle of webhook %s in %s lacks CA %s, which signs", h.name, h.config, fingerprint(current.cert)))
			}
		}
		if len(h.certs) == 0 {
			rep.Failures = append(rep.Failures, fmt.Sprintf("the caBundle of webhook %s in %s holds no certificate", h.name, h.config))
		}
		rep.Webhooks = append(rep.Webhooks, w)
	}
}

// replica asks an address for its certificate, and holds it against every
// caBundle as the API server does.
func (rep *Report) replica(ctx context.Context, r *replica, address string) {
	st := ReplicaStatus{Address: address}
	chain, err := Served(ctx, address, r.names[0])
	if err != nil {
		st.Fault = err.Error()
		rep.Failures = append(rep.Failures, fmt.Sprintf("%s serves no certificate: %v", address, err))
		rep.Replicas = append(rep.Replicas, st)
		return
	}
	served := chain[0]
	st.Leaf, st.NotBefore, st.NotAfter = fingerprint(served), served.NotBefore, served.NotAfter
	if r.state != nil {
		for _, cert := range r.state.trust() {
			if served.CheckSignatureFrom(cert) == nil {
				st.Authority = fingerprint(cert)
			}
		}
	}
	rep.Replicas = append(rep.Replicas, st)
	between := x509.NewCertPool()
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	for _, c := range r.configs {
		for _, h := range c.hooks {
			roots := x509.NewCertPool()
			for _, cert := range h.certs {
				roots.AddCert(cert)
			}
			_, err := served.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: r.names[0], CurrentTime: rep.At})
			if err != nil {
				rep.Failures = append(rep.Failures, fmt.Sprintf("webhook %s in %s does not trust what %s serves: %v", h.name, h.config, address, err))
			}
		}
	}
}

// Served is the chain that an address (host:port) serves for a name. It is not
// verified.
func Served(ctx context.Context, address, name string) ([]*x509.Certificate, error) {
	dialer := tls.Dialer{
		NetDialer: &net.Dialer{Timeout: 5 * time.Second},
		// It is looked at, not relied on; nothing is sent.
		Config: &tls.Config{ServerName: name, InsecureSkipVerify: true},
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	chain := conn.(*tls.Conn).ConnectionState().PeerCertificates
	if len(chain) == 0 {
		return nil, errors.New("it has none")
	}
	return chain, nil
}

func (rep *Report) next(a authority, s State) {
	say := func(at time.Time, what string, args ...any) {
		rep.Next = append(rep.Next, rep.when(at)+": "+fmt.Sprintf(what, args...))
	}
	switch s.Phase {
	case Publish:
		rep.Next = append(rep.Next, fmt.Sprintf("when every caBundle has CA %s: a wait of %s for the API servers", fingerprint(s.Next.cert), a.timing.Propagation))
	case Propagate:
		say(s.Since.Add(a.timing.Propagation), "CA %s signs, and replicas serve leaves of it", fingerprint(s.Next.cert))
	}
	for _, replica := range rep.Replicas {
		if replica.Fault == "" {
			say(replica.NotAfter.Add(-a.timing.ClockSkew-a.timing.Leaf/3), "%s renews its leaf, give or take %s", replica.Address, span(a.timing.Leaf/20))
		}
	}
	for _, cert := range s.Retired {
		say(cert.NotAfter.Add(2*a.timing.ClockSkew), "the retired CA %s, then expired for sure, leaves every caBundle", fingerprint(cert))
	}
	if s.Current != nil && s.Next == nil {
		say(a.timing.due(s.Current), "a successor of CA %s is published beside it", fingerprint(s.Current.cert))
	}
}

// when is a time and how far off it is.
func (rep *Report) when(t time.Time) string {
	stamp := t.UTC().Format(time.RFC3339)
	if d := t.Sub(rep.At); d >= 0 {
		return fmt.Sprintf("%s (in %s)", stamp, span(d))
	}
	return fmt.Sprintf("%s (%s ago)", stamp, span(rep.At.Sub(t)))
}

// span is a duration as people say it: 243d5h, 16h20m, 12m3s.
func span(d time.Duration) string {
	if days := d / (24 * time.Hour); days > 0 {
		return fmt.Sprintf("%dd%dh", days, (d-days*24*time.Hour)/time.Hour)
	}
	if d >= time.Hour {
		return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	}
	return d.Round(time.Second).String()
}

// Write prints the report for people.
func (rep Report) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")) }
	section := func(name string, lines []string) {
		if len(lines) > 0 {
			row("\n" + name)
		}
		for _, line := range lines {
			row("  " + line)
		}
	}
	row("Secret " + rep.Secret)
	if rep.Phase != "" {
		row("Phase " + string(rep.Phase) + ", since " + rep.when(rep.Since))
	}
	if len(rep.Authorities) > 0 {
		row("\nCAs")
		for _, a := range rep.Authorities {
			row("  "+a.Fingerprint, a.Role, "from "+rep.when(a.NotBefore), "until "+rep.when(a.NotAfter))
		}
	}
	if len(rep.Webhooks) > 0 {
		row("\nWebhooks")
		for _, wh := range rep.Webhooks {
			state := "in sync"
			if !wh.InSync {
				state = "NOT IN SYNC"
			}
			trusts := "nothing"
			if len(wh.Trusts) > 0 {
				trusts = strings.Join(wh.Trusts, ", ")
			}
			row("  "+wh.Configuration, wh.Name, state, "trusts "+trusts)
		}
	}
	if len(rep.Replicas) > 0 {
		row("\nReplicas")
		for _, re := range rep.Replicas {
			if re.Fault != "" {
				row("  "+re.Address, re.Fault)
				continue
			}
			row("  "+re.Address, "leaf "+re.Leaf, "of CA "+cmp.Or(re.Authority, "unknown"), "until "+rep.when(re.NotAfter))
		}
	}
	section("Next", rep.Next)
	section("Notes", rep.Notes)
	section("Calls fail", rep.Failures)
	if !rep.Failing() {
		row("\nCalls succeed, as far as can be seen.")
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
