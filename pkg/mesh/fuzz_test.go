package mesh_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// FuzzMesh gives any text for the mesh's configuration, of several releases, and for
// a pod's ProxyConfig over it, which leaves the mesh's own as it was.
func FuzzMesh(f *testing.F) {
	for _, texts := range [][2]string{
		{"defaultConfig: {discoveryAddress: 'istiod:15012', concurrency: 2}\nrootNamespace: mesh", "concurrency: 4\nproxyMetadata: {A: b}"},
		{"defaultConfig: {drainDuration: 45s, tracing: {zipkin: {address: 'z:9411'}}}", `{"drainDuration": "1h", "holdApplicationUntilProxyStarts": true}`},
		{"enableAutoMtls: null", "null"},
		{"[]", "{"},
		{"", ""},
		{"trustDomain: [a]", "concurrency: many"},
	} {
		f.Add([]byte(texts[0]), texts[1])
	}
	times := []*mesh.Defaults{mesh.Of10(), mesh.Since11(), mesh.Since118(), mesh.Since122()}
	f.Fuzz(func(t *testing.T, text []byte, proxyConfig string) {
		for _, defaults := range times {
			parsed, err := mesh.Parse(text, defaults)
			if err != nil {
				continue
			}
			before := proto.Clone(parsed.Proxy().Data())
			if p, _, err := parsed.ForPod(proxyConfig, mesh.Selected{}); err == nil {
				if _, err := p.JSON(); err != nil {
					t.Errorf("%q is taken, and cannot be written: %v", proxyConfig, err)
				}
			}
			if !proto.Equal(before, parsed.Proxy().Data()) {
				t.Errorf("%q changed the mesh's own configuration", proxyConfig)
			}
		}
	})
}

// FuzzResource gives any text for a ProxyConfig resource.
func FuzzResource(f *testing.F) {
	for _, text := range []string{
		"apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {name: a, namespace: b}\nspec: {concurrency: 0, selector: {matchLabels: {app: a}}}",
		"apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nspec: []", "kind: ProxyConfig", "{}", "spec: {environmentVariables: {A: 1}}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := tree.ParseYAML(text)
		if err != nil {
			return
		}
		r, err := mesh.ParseResource(v, "")
		if err != nil {
			return
		}
		mesh.NewResources(r).For("istio-system", r.Namespace, func(string) (string, bool) { return "", false })
	})
}
