package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
)

// askCallers has connections ask for a client certificate, of one of the authorities.
// Who has none may still probe.
func askCallers(config *tls.Config, authorities *x509.CertPool) {
	config.ClientAuth, config.ClientCAs = tls.VerifyClientCertIfGiven, authorities
}

// onlyVerified answers callers whose client certificate was verified, and no others.
func onlyVerified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
			http.Error(w, "calls need a client certificate of the API server's", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}
