package check

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
)

// certMode is how certificates are kept: self, cert-manager or files. Empty: that
// is not known, for the Deployment may not be read.
func (i *Installation) certMode() string {
	if i.Deployment.unread() {
		if i.Webhook != nil && i.Webhook.Annotations["cert-manager.io/inject-ca-from"] != "" {
			return "cert-manager"
		}
		return ""
	}
	return cmp.Or(i.arguments["cert-mode"], "self")
}

// judgeCertificates holds the CA bundles against what is served, or will be.
func (i *Installation) judgeCertificates(o *Observation) []Finding {
	var findings []Finding
	if i.certMode() == "self" {
		findings = i.judgeAuthority()
	} else {
		findings = append(i.judgeTLS(o.At), i.judgeIssuing()...)
	}
	return append(findings, i.judgeServed(o.At)...)
}

// judgeBundles finds the CA bundles without any certificate.
func (i *Installation) judgeBundles() []Finding {
	if i.Webhook == nil {
		return nil
	}
	entries := byEntry{total: len(i.Webhook.Webhooks)}
	for _, w := range i.Webhook.Webhooks {
		if x509.NewCertPool().AppendCertsFromPEM(w.ClientConfig.CABundle) {
			continue
		}
		f := Finding{Error, BundleEmpty, i.webhookSubject(), "the caBundle contains no certificate, so calls fail (x509: certificate signed by unknown authority)", i.bundleKeeper()}
		if mode := i.certMode(); len(w.ClientConfig.CABundle) == 0 && (mode == "files" || mode == "") {
			f.Severity, f.What, f.Next = Info, "without a caBundle, API servers go by the authorities that they trust anyway", ""
			if mode == "" {
				f.Severity, f.Next = Warning, "is the certificate of one of those? --cert-mode in the Deployment's arguments says how it is kept"
			}
		}
		entries.add(w.Name, f)
	}
	return entries.findings()
}

// bundleKeeper is where to look when a CA bundle is not right.
func (i *Installation) bundleKeeper() string {
	switch i.certMode() {
	case "self":
		return "a replica that runs sets it right within seconds; if none does: " + i.logs()
	case "cert-manager":
		return "cert-manager's cainjector fills it in: does it run, and has the webhook configuration the annotation cert-manager.io/inject-ca-from?"
	case "files":
		return i.upgrade("--set-file certFiles.caBundle=ca.pem")
	default:
		return "whoever keeps the certificate has to fill it in; --cert-mode in the Deployment's arguments says who does"
	}
}

// logs is the command that shows what replicas say of certificates.
func (i *Installation) logs() string {
	return "kubectl -n " + i.Namespace + " logs -l " + partOfOutrigger + " --tail=-1 | grep certificates:"
}

// verify checks a certificate as an API server does: with the CA bundle of each
// entry that has one, and for the name that the entry calls.
func (i *Installation) verify(chain []*x509.Certificate, now time.Time, subject, served, next string) []Finding {
	if i.Webhook == nil {
		return nil
	}
	entries := byEntry{total: len(i.Webhook.Webhooks)}
	for _, w := range i.Webhook.Webhooks {
		name := calledName(w.ClientConfig)
		err := accepts(w.ClientConfig.CABundle, name, chain, now)
		f := Finding{Error, BundleDistrusts, subject, fmt.Sprintf("the caBundle of %s does not trust %s: %v", i.Name, served, err), next}
		if err == nil {
			continue
		} else if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
			f.Reason, f.What = CertificateExpired, fmt.Sprintf("%s is good from %s until %s", served, stamp(invalid.Cert.NotBefore), stamp(invalid.Cert.NotAfter))
		} else if _, ok := errors.AsType[x509.HostnameError](err); ok {
			f.Reason, f.What = CertificateName, fmt.Sprintf("%s is for %s, and %s is called", served, strings.Join(chain[0].DNSNames, ", "), name)
		}
		entries.add(w.Name, f)
	}
	return entries.findings()
}

// accepts says what an API server has against a certificate. With a bundle that
// holds none it has that against every one, which is said of the bundle.
func accepts(bundle []byte, name string, chain []*x509.Certificate, now time.Time) error {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	if !roots.AppendCertsFromPEM(bundle) {
		// Whoever signed it, it has a name and an end.
		roots.AddCert(chain[len(chain)-1])
	}
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: name, CurrentTime: now})
	return err
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

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
