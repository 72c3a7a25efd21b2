package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"time"
)

// Answers makes the readiness of a [Program]: a GET of url answers 200. The
// certificate of an https address is checked against the authorities in the PEM
// file at authority, which is read at each try, since the program may be what
// writes it. For http it may be "".
func Answers(url, authority string) func(context.Context) error {
	return func(ctx context.Context) error {
		roots := x509.NewCertPool()
		if authority != "" {
			data, err := os.ReadFile(authority)
			if err != nil {
				return err
			}
			if !roots.AppendCertsFromPEM(data) {
				return fmt.Errorf("%s has no certificate", authority)
			}
		}
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
		defer transport.CloseIdleConnections()

		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := (&http.Client{Transport: transport, Timeout: 5 * time.Second}).Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("GET %s: %s", url, response.Status)
		}
		return nil
	}
}
