package check

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"path"
	"strings"
	"time"
)

// judgeTLS is about a certificate that others keep in a Secret.
func (i *Installation) judgeTLS(now time.Time) []Finding {
	secret := "Secret " + i.Namespace + "/" + i.tlsSecret()
	keeps := "whoever keeps it has to write it"
	if i.certMode() == "cert-manager" {
		keeps = "kubectl -n " + i.Namespace + " describe certificate " + nameOf(i.Revision)
	}
	switch {
	case i.TLS.missing():
		return []Finding{{Error, CertificateMissing, secret, "it does not exist, so no replica starts", keeps}}
	case i.TLS.unread():
		return append(i.judgeBundles(), notLookedAt(secret, i.TLS.Err))
	case i.TLS.Value == nil:
		return append(i.judgeBundles(), Finding{
			Warning, NotLookedAt, "certificate of " + i.serviceSubject(), "not looked at: the Deployment does not name it",
			"ask a replica for what it serves, with --address",
		})
	}
	certKey, keyKey := i.secretKey("tls-cert-file", "tls.crt"), i.secretKey("tls-key-file", "tls.key")
	pair, err := tls.X509KeyPair(i.TLS.Value.Data[certKey], i.TLS.Value.Data[keyKey])
	if err != nil {
		return []Finding{{Error, CertificateMissing, secret, fmt.Sprintf("its %s and %s cannot be served: %v", certKey, keyKey, err), keeps}}
	}
	chain := []*x509.Certificate{pair.Leaf}
	for _, der := range pair.Certificate[1:] {
		if cert, err := x509.ParseCertificate(der); err == nil {
			chain = append(chain, cert)
		}
	}
	findings := append(i.judgeBundles(), i.verify(chain, now, secret, "what it holds", keeps)...)
	if len(findings) == 0 && i.Webhook != nil && len(i.Webhook.Webhooks) > 0 {
		findings = append(findings, Finding{
			OK, BundleTrusts, i.webhookSubject(),
			"every caBundle verifies the certificate in " + secret + ", which is good until " + stamp(pair.Leaf.NotAfter), "",
		})
	}
	return findings
}

// secretKey is the key of the Secret that a file is mounted from.
func (i *Installation) secretKey(flag, usual string) string {
	return path.Base(cmp.Or(i.arguments[flag], usual))
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
