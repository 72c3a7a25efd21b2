package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
)

// caller posts reviews as an API server does: over connections that it keeps, and over
// others once it trusts other authorities.
type caller struct {
	connections int
	client      atomic.Pointer[http.Client]
}

func newCaller(connections int) *caller { return &caller{connections: connections} }

// trust has all that follows sent to servers that these authorities vouch for. Calls
// that are on their way end as they began.
func (c *caller) trust(bundle []byte) error {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(bundle) {
		return fmt.Errorf("no certificate in the authorities: %.100q", bundle)
	}
	before := c.client.Swap(&http.Client{Transport: &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots},
		MaxIdleConnsPerHost: c.connections,
	}})
	if before != nil {
		before.CloseIdleConnections()
	}
	return nil
}

func (c *caller) post(url string, body []byte) error {
	response, err := c.client.Load().Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || !bytes.Contains(answer, []byte(`"patchType":"JSONPatch"`)) {
		return fmt.Errorf("%s: %.200s", response.Status, answer)
	}
	return nil
}
