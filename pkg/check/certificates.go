package check

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/outrigger-io/outrigger/pkg/certs"
)

// selfSigned says whether Outrigger is its own authority, as it is unless told
// otherwise.
func (i *Installation) selfSigned() bool {
	return cmp.Or(i.arguments["cert-mode"], "self") == "self"
}

// judgeCertificates holds the CA bundles against what is served, or will be.
func (i *Installation) judgeCertificates(o *Observation) []Finding {
	var findings []Finding
	if i.selfSigned() {
		findings = i.judgeAuthority()
	} else {
		findings = i.judgeTLS(o.At)
	}
	return append(findings, i.judgeServed(o.At)...)
}

// judgeAuthority is about an authority of one's own: who it signs for must be
// trusted by every CA bundle.
func (i *Installation) judgeAuthority() []Finding {
	if i.Certificates.Err != nil {
		return []Finding{notLookedAt("certificates of "+i.Name, i.Certificates.Err)}
	}
	report := i.Certificates.Value
	var findings []Finding
	var signs *certs.AuthorityStatus
	for n := range report.Authorities {
		if report.Authorities[n].Role == "signs" {
			signs = &report.Authorities[n]
		}
	}
	logs := "kubectl -n " + i.Namespace + " logs -l " + partOfOutrigger + " --tail=-1 | grep certificates:"
	for _, note := range report.Notes {
		findings = append(findings, Finding{Warning, AuthorityUnsound, "Secret " + report.Secret, note, "a replica that runs mends it; if it does not, its log says why: " + logs})
	}
	if i.url() != "" {
		findings = append(findings, Finding{
			Warning, BundleUnkept, i.webhookSubject(), "it calls " + i.url() + " and not the Service, so no replica keeps its caBundle",
			"have it call " + i.serviceSubject() + ", or keep the certificate by another cert mode (docs/certificates.md)",
		})
	}
	if signs != nil && report.At.After(signs.NotAfter) {
		findings = append(findings, Finding{
			Error, CertificateExpired, "Secret " + report.Secret,
			fmt.Sprintf("CA %s, which signs, expired at %s", signs.Fingerprint, signs.NotAfter.UTC().Format(time.RFC3339)),
			"docs/operations.md, OutriggerCertificateExpires; " + logs,
		})
	}
	entries := byEntry{total: len(report.Webhooks)}
	for _, w := range report.Webhooks {
		f := Finding{Error, "", "MutatingWebhookConfiguration " + w.Configuration, "", "a replica that runs sets it right within seconds; if none does: " + logs}
		switch {
		case len(w.Trusts) == 0:
			f.Reason, f.What = BundleEmpty, "the caBundle holds no certificate, so calls fail (x509: certificate signed by unknown authority)"
		case signs != nil && !slices.Contains(w.Trusts, signs.Fingerprint):
			f.Reason = BundleDistrusts
			f.What = fmt.Sprintf("the caBundle has %s and not CA %s, which signs what is served, so calls fail (x509: certificate signed by unknown authority)",
				strings.Join(w.Trusts, ", "), signs.Fingerprint)
		case signs != nil && !w.InSync:
			f.Severity, f.Reason, f.What = Warning, BundleOutOfSync, "the caBundle is not what it should be; calls succeed for now"
		default:
			continue
		}
		entries.add(w.Name, f)
	}
	findings = append(findings, entries.findings()...)
	if len(findings) == 0 && signs != nil && len(report.Webhooks) > 0 {
		findings = append(findings, Finding{
			OK, BundleTrusts, i.webhookSubject(),
			fmt.Sprintf("every caBundle has CA %s, which signs until %s", signs.Fingerprint, signs.NotAfter.UTC().Format(time.RFC3339)), "",
		})
	}
	return findings
}

// judgeTLS is about a certificate that others keep in a Secret.
func (i *Installation) judgeTLS(now time.Time) []Finding {
	secret := "Secret " + i.Namespace + "/" + cmp.Or(i.tlsSecret(), "of the certificate")
	keeps := "whoever keeps it has to write it"
	if i.arguments["cert-mode"] == "cert-manager" {
		keeps = "kubectl -n " + i.Namespace + " describe certificate " + nameOf(i.Revision)
	}
	switch {
	case i.TLS.missing():
		return []Finding{{Error, CertificateMissing, secret, "there is none, so no replica starts", keeps}}
	case i.TLS.unread():
		return []Finding{notLookedAt(secret, i.TLS.Err)}
	case i.TLS.Value == nil:
		return []Finding{{Warning, NotLookedAt, secret, "not looked at: the Deployment does not tell its name", ""}}
	}
	data := i.TLS.Value.Data
	pair, err := tls.X509KeyPair(data["tls.crt"], data["tls.key"])
	if err != nil {
		return []Finding{{Error, CertificateMissing, secret, "its tls.crt and tls.key cannot be served: " + err.Error(), keeps}}
	}
	chain := []*x509.Certificate{pair.Leaf}
	for _, der := range pair.Certificate[1:] {
		if cert, err := x509.ParseCertificate(der); err == nil {
			chain = append(chain, cert)
		}
	}
	findings := i.verify(chain, now, secret, "what it holds", keeps)
	if len(findings) == 0 && i.Webhook != nil && len(i.Webhook.Webhooks) > 0 {
		findings = append(findings, Finding{
			OK, BundleTrusts, i.webhookSubject(),
			"every caBundle verifies the certificate in " + secret + ", which is good until " + pair.Leaf.NotAfter.UTC().Format(time.RFC3339), "",
		})
	}
	return findings
}

// tlsSecret names the Secret that the certificate's files are mounted from.
func (i *Installation) tlsSecret() string {
	d := i.Deployment.Value
	if d == nil {
		return ""
	}
	for _, container := range d.Spec.Template.Spec.Containers {
		for _, mount := range container.VolumeMounts {
			if !strings.HasPrefix(i.arguments["tls-cert-file"], mount.MountPath+"/") {
				continue
			}
			for _, v := range d.Spec.Template.Spec.Volumes {
				if v.Name == mount.Name && v.Secret != nil {
					return v.Secret.SecretName
				}
			}
		}
	}
	return ""
}

// judgeServed is about what replicas were seen to serve, which is the last word.
func (i *Installation) judgeServed(now time.Time) []Finding {
	var findings []Finding
	for _, s := range i.Served {
		replica := "replica " + s.Address
		if s.Err != nil {
			findings = append(findings, Finding{Warning, NotReachable, replica, "it does not say what it serves: " + s.Err.Error(), "is it the address of a replica, and reached from here?"})
			continue
		}
		wrong := i.verify(s.Chain, now, replica, "what it serves", "outrigger certs status -n "+i.Namespace+" --address "+s.Address+" tells of which authority that is")
		findings = append(findings, wrong...)
		if len(wrong) == 0 && i.Webhook != nil && len(i.Webhook.Webhooks) > 0 {
			findings = append(findings, Finding{OK, ServedTrusted, replica, "every caBundle verifies what it serves until " + s.Chain[0].NotAfter.UTC().Format(time.RFC3339), ""})
		}
	}
	return findings
}

// verify checks a certificate as an API server does: with the CA bundle of each
// entry, and for the name that the entry calls.
func (i *Installation) verify(chain []*x509.Certificate, now time.Time, subject, served, next string) []Finding {
	if i.Webhook == nil {
		return nil
	}
	between := x509.NewCertPool()
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	entries := byEntry{total: len(i.Webhook.Webhooks)}
	for n := range i.Webhook.Webhooks {
		w := &i.Webhook.Webhooks[n]
		name := calledName(w.ClientConfig)
		if len(w.ClientConfig.CABundle) == 0 {
			continue // the authorities that the API server trusts anyway are its own affair
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(w.ClientConfig.CABundle) {
			entries.add(w.Name, Finding{Error, BundleEmpty, i.webhookSubject(), "the caBundle holds no certificate, so calls fail", next})
			continue
		}
		_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: name, CurrentTime: now})
		if err == nil {
			continue
		}
		f := Finding{Error, BundleDistrusts, subject, fmt.Sprintf("the caBundle of %s does not trust %s: %v", i.Name, served, err), next}
		if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
			f.Reason = CertificateExpired
			f.What = fmt.Sprintf("%s is good from %s until %s", served, chain[0].NotBefore.UTC().Format(time.RFC3339), chain[0].NotAfter.UTC().Format(time.RFC3339))
		} else if _, ok := errors.AsType[x509.HostnameError](err); ok {
			f.Reason = CertificateName
			f.What = fmt.Sprintf("%s is for %s, and %s is called", served, strings.Join(chain[0].DNSNames, ", "), name)
		}
		entries.add(w.Name, f)
	}
	return entries.findings()
}

// certificateName is the name by which the first entry calls.
func (i *Installation) certificateName() string {
	if i.Webhook == nil || len(i.Webhook.Webhooks) == 0 {
		return i.ServiceName + "." + i.Namespace + ".svc"
	}
	return calledName(i.Webhook.Webhooks[0].ClientConfig)
}

// calledName is the name that a certificate must be for.
func calledName(c admissionv1.WebhookClientConfig) string {
	if c.Service != nil {
		return c.Service.Name + "." + c.Service.Namespace + ".svc"
	}
	if c.URL == nil {
		return ""
	}
	u, err := url.Parse(*c.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
