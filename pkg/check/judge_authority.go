package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/certs"
)

// judgeAuthority is about an authority of one's own: who it signs for must be
// trusted by every CA bundle.
func (i *Installation) judgeAuthority() []Finding {
	if i.Certificates.Err != nil {
		return append(i.judgeBundles(), notLookedAt("the authority of "+i.Name, i.Certificates.Err))
	}
	report := i.Certificates.Value
	var findings []Finding
	var signs *certs.AuthorityStatus
	for n := range report.Authorities {
		if report.Authorities[n].Role == "signs" {
			signs = &report.Authorities[n]
		}
	}
	for _, note := range report.Notes {
		findings = append(findings, Finding{Warning, AuthorityUnsound, "Secret " + report.Secret, note, "a running replica repairs it; if not, see its log: " + i.logs()})
	}
	if i.url() != "" {
		findings = append(findings, Finding{
			Warning, BundleUnkept, i.webhookSubject(), "it calls " + i.url() + " and not the Service, so no replica manages its caBundle",
			"have it call " + i.serviceSubject() + ", or keep the certificate by another cert mode (docs/certificates.md)",
		})
	}
	if signs != nil && report.At.After(signs.NotAfter) {
		findings = append(findings, Finding{
			Error, CertificateExpired, "Secret " + report.Secret,
			fmt.Sprintf("CA %s, which signs, expired at %s", signs.Fingerprint, stamp(signs.NotAfter)),
			"docs/operations.md, OutriggerCertificateExpires; " + i.logs(),
		})
	}
	if signs != nil && report.At.Before(signs.NotBefore) {
		findings = append(findings, Finding{
			Error, CertificateExpired, "Secret " + report.Secret,
			fmt.Sprintf("CA %s, which signs, is not valid before %s: it was made by a clock that was ahead, or the one here is behind", signs.Fingerprint, stamp(signs.NotBefore)),
			"a replica whose clock is right makes another within a minute; if none does: " + i.logs(),
		})
	}
	entries := byEntry{total: len(report.Webhooks)}
	for _, w := range report.Webhooks {
		f := Finding{Error, "", "MutatingWebhookConfiguration " + w.Configuration, "", i.bundleKeeper()}
		switch {
		case len(w.Trusts) == 0:
			f.Reason, f.What = BundleEmpty, "the caBundle contains no certificate, so calls fail (x509: certificate signed by unknown authority)"
		case signs != nil && !slices.Contains(w.Trusts, signs.Fingerprint):
			f.Reason = BundleDistrusts
			f.What = fmt.Sprintf("the caBundle has %s and not CA %s, which signs what is served, so calls fail (x509: certificate signed by unknown authority)",
				strings.Join(w.Trusts, ", "), signs.Fingerprint)
		case signs != nil && !w.InSync:
			f.Severity, f.Reason, f.What = Warning, BundleOutOfSync, "the caBundle is not as it should be; calls still succeed"
		default:
			continue
		}
		entries.add(w.Name, f)
	}
	findings = append(findings, entries.findings()...)
	if len(findings) == 0 && signs != nil && len(report.Webhooks) > 0 {
		findings = append(findings, Finding{
			OK, BundleTrusts, i.webhookSubject(),
			fmt.Sprintf("every caBundle has CA %s, which signs until %s", signs.Fingerprint, stamp(signs.NotAfter)), "",
		})
	}
	return findings
}
