package check

import (
	"cmp"
	"strings"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
)

// judgeIssuing says why cert-manager does not issue the certificate, where it does
// not.
func (i *Installation) judgeIssuing() []Finding {
	subject := "Certificate of Secret " + i.Namespace + "/" + i.tlsSecret()
	switch {
	case i.Certificate.missing():
		return []Finding{{
			Warning, CertificateUnready, subject, "it does not exist, or cert-manager is not installed, so nothing renews the certificate in the Secret",
			"kubectl get crd certificates.cert-manager.io; if that is there: " + i.upgrade(""),
		}}
	case i.Certificate.unread():
		return []Finding{notLookedAt(subject, i.Certificate.Err)}
	case i.Certificate.Value == nil:
		return nil // it was not looked for
	}
	certificate := i.Certificate.Value
	name := i.Namespace + "/" + certificate.Name
	var why []string
	for _, c := range certificate.Status.Conditions {
		if c.Status == cmmeta.ConditionTrue {
			if c.Type == certmanagerv1.CertificateConditionReady {
				return nil
			}
			continue
		}
		why = append(why, cmp.Or(c.Reason, "no reason")+": "+cmp.Or(c.Message, "no message"))
	}
	if len(why) == 0 {
		why = []string{"cert-manager has said nothing of it: does it run?"}
	}
	findings := []Finding{{
		Warning, CertificateUnready, "Certificate " + name, "it is not ready: " + strings.Join(why, "; "),
		"kubectl -n " + i.Namespace + " describe certificaterequests; kubectl -n cert-manager logs deploy/cert-manager",
	}}
	return append(findings, i.judgeIssuer(certificate)...)
}

// judgeIssuer says what is wrong with who signs a certificate.
func (i *Installation) judgeIssuer(certificate *certmanagerv1.Certificate) []Finding {
	ref := certificate.Spec.IssuerRef
	kind := cmp.Or(ref.Kind, certmanagerv1.IssuerKind)
	subject, describe := kind+" "+i.Namespace+"/"+ref.Name, "kubectl -n "+i.Namespace+" describe issuer "+ref.Name
	if kind == certmanagerv1.ClusterIssuerKind {
		subject, describe = kind+" "+ref.Name, "kubectl describe clusterissuer "+ref.Name
	}
	switch {
	case i.Issuer.missing():
		return []Finding{{Warning, IssuerUnready, subject, "it does not exist, and Certificate " + certificate.Name + " needs it", "create it, or set certManager.issuerRef"}}
	case i.Issuer.unread():
		return []Finding{notLookedAt(subject, i.Issuer.Err)}
	case i.Issuer.Value == nil:
		return nil
	}
	why := "cert-manager has said nothing of it: does it run?"
	for _, c := range i.Issuer.Value.GetStatus().Conditions {
		if c.Type != certmanagerv1.IssuerConditionReady {
			continue
		}
		if c.Status == cmmeta.ConditionTrue {
			return nil
		}
		why = cmp.Or(c.Reason, "no reason") + ": " + cmp.Or(c.Message, "no message")
	}
	return []Finding{{Warning, IssuerUnready, subject, "it is not ready: " + why, describe}}
}
