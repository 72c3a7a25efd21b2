package certs

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"gomodules.xyz/jsonpatch/v2"
	admissionv1 "k8s.io/api/admissionregistration/v1"
)

// hook is one entry of a webhook configuration that calls our service.
type hook struct {
	config string // name of the MutatingWebhookConfiguration
	uid    string // of the configuration
	// index of the entry in the configuration's webhooks.
	index  int
	name   string // of the entry
	bundle []byte
	certs  []*x509.Certificate // what can be read of bundle
}

// callee is what an entry must call to be ours.
type callee struct {
	service, namespace string
	// hosts are the names by which a URL may call us.
	hosts []string
}

// hooksOf finds the entries of a configuration that call us.
func (c callee) hooksOf(config *admissionv1.MutatingWebhookConfiguration) []hook {
	var found []hook
	for i, w := range config.Webhooks {
		if !c.called(w.ClientConfig) {
			continue
		}
		found = append(found, hook{
			config: config.Name,
			uid:    string(config.UID),
			index:  i,
			name:   w.Name,
			bundle: w.ClientConfig.CABundle,
			certs:  decodeBundle(w.ClientConfig.CABundle),
		})
	}
	return found
}

func (c callee) called(cc admissionv1.WebhookClientConfig) bool {
	if cc.Service != nil {
		return cc.Service.Name == c.service && cc.Service.Namespace == c.namespace
	}
	if cc.URL == nil {
		return false
	}
	u, err := url.Parse(*cc.URL)
	return err == nil && slices.Contains(c.hosts, u.Hostname())
}

// decodeBundle reads every certificate that can be read, and skips the rest: a
// caBundle may have been edited by anyone.
func decodeBundle(bundle []byte) []*x509.Certificate {
	var certs []*x509.Certificate
	for {
		var block *pem.Block
		if block, bundle = pem.Decode(bundle); block == nil {
			return certs
		}
		if cert, err := x509.ParseCertificate(block.Bytes); block.Type == "CERTIFICATE" && err == nil {
			certs = append(certs, cert)
		}
	}
}

// encodeBundle writes certificates in one order, oldest first, so that equal
// sets are equal bytes.
func encodeBundle(certs []*x509.Certificate) []byte {
	certs = slices.Clone(certs)
	slices.SortFunc(certs, func(a, b *x509.Certificate) int {
		return cmp.Or(a.NotBefore.Compare(b.NotBefore), bytes.Compare(a.Raw, b.Raw))
	})
	var out bytes.Buffer
	for _, cert := range slices.CompactFunc(certs, (*x509.Certificate).Equal) {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	}
	return out.Bytes()
}

// bundleFor is what the caBundle of an entry should be: every CA of live, those
// of retired that have not expired, and what else of ours it already holds until
// everybody agrees that it has expired. Nothing is ever taken away that could
// still be needed, so this is safe to write from a stale view.
func (a authority) bundleFor(now time.Time, h hook, live, retired []*x509.Certificate) []byte {
	want := slices.Clone(live)
	for _, cert := range retired {
		if !a.expired(now, cert) {
			want = append(want, cert)
		}
	}
	for _, cert := range h.certs {
		if ours(cert, a.name) && !a.removable(now, cert) {
			want = append(want, cert)
		}
	}
	return encodeBundle(want)
}

// bundlePatch is a JSON patch (RFC 6902) that sets the caBundle of entries and
// nothing else. It applies only to the version of the configuration that it was
// made from: entries are addressed by their index, and somebody may have put
// another before them.
//
// A patch with a test was chosen over server-side apply: apply would create a
// configuration that was deleted in the meantime, as one without rules, and
// would fight over the field with whoever else applies the manifest.
func bundlePatch(resourceVersion string, bundles map[int][]byte) ([]byte, error) {
	ops := []jsonpatch.Operation{jsonpatch.NewOperation("test", "/metadata/resourceVersion", resourceVersion)}
	for _, i := range slices.Sorted(maps.Keys(bundles)) {
		// add replaces a member that is there.
		ops = append(ops, jsonpatch.NewOperation("add", fmt.Sprintf("/webhooks/%d/clientConfig/caBundle", i), bundles[i]))
	}
	patch, err := json.Marshal(ops)
	if err != nil {
		return nil, fmt.Errorf("making a patch: %w", err)
	}
	return patch, nil
}
