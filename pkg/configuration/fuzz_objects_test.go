package configuration_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/configuration"
)

// FuzzObjects gives any text for a file with namespaces or ProxyConfig resources.
func FuzzObjects(f *testing.F) {
	for _, text := range []string{
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, annotations: {openshift.io/sa.scc.uid-range: 1000/10}}\n",
		"apiVersion: v1\nkind: NamespaceList\nitems:\n- metadata: {name: a}\n- null\n",
		"apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {name: a, namespace: b, creationTimestamp: 2026-01-01T00:00:00Z}\nspec: {concurrency: 2, selector: {matchLabels: {a: b}}}\n",
		`{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"networking.istio.io/v1beta1","kind":"ProxyConfig","spec":[]}]}`,
		"---\n...\n", "", "a: &a [*a]", "kind: Namespace\nkind: Namespace\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "objects.yaml")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		files := &configuration.Files{}
		namespaces, err := files.Objects(file, configuration.Kind{Name: "Namespace"})
		if (err == nil) != (len(namespaces) > 0) {
			t.Errorf("%d namespaces come with the error %v", len(namespaces), err)
		}
		resources, err := files.ProxyConfigs(file, "shop")
		if err == nil && resources == nil {
			t.Error("there are neither resources nor an error")
		}
		if err != nil && len(err.Error()) > 4<<10+2*len(text) {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}
