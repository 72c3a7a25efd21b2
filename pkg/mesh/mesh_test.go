package mesh

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMeshConfigLaysOverDefaults(t *testing.T) {
	mesh, err := Parse([]byte(`
enableTracing: false
unheardOf: 1
trustDomainAliases: [a]
extensionProviders: [{name: prometheus, prometheus: {}}, {name: own, envoyFileAccessLog: {path: /x}}]
defaultConfig:
  drainDuration: 90s
  proxyMetadata: {A: "1"}
`))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, p := range mesh.ExtensionProviders {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"prometheus", "own", "stackdriver", "envoy"}, names); diff != "" {
		t.Error(diff)
	}
	if mesh.EnableTracing || mesh.IngressClass != "istio" || mesh.DefaultConfig.StatusPort != 15020 || mesh.DefaultConfig.DrainDuration.Seconds != 90 {
		t.Errorf("got %v", mesh)
	}
	p, err := ParseProxyConfig(mesh.DefaultConfig, "{proxyMetadata: {B: '2'}, statusPort: 0}")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"A": "1", "B": "2"}, p.ProxyMetadata); diff != "" || p.StatusPort != 0 {
		t.Errorf("%s, statusPort %d", diff, p.StatusPort)
	}
	if len(mesh.DefaultConfig.ProxyMetadata) != 1 {
		t.Error("the mesh's own ProxyConfig changed")
	}
}
