package mesh

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parsed(t testing.TB, text string, of *Defaults) *Mesh {
	t.Helper()
	m, err := Parse([]byte(text), of)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMeshConfigLaysOverDefaults(t *testing.T) {
	mesh := parsed(t, `
enableTracing: false
unheardOf: 1
rootNamespace: null
trustDomainAliases: [a]
inboundTrafficPolicy: {mode: LOCALHOST}
extensionProviders: [{name: prometheus, prometheus: {}}, {name: own, envoyFileAccessLog: {path: /x, logFormat: {labels: {a: "b"}}}}]
defaultConfig:
  drainDuration: 90s
  status_port: 15021
  proxyMetadata: {A: "1", B: null}
`, Since122())
	names := []string{}
	for _, p := range mesh.Data().ExtensionProviders {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"prometheus", "own", "stackdriver", "envoy"}, names); diff != "" {
		t.Error(diff)
	}
	if d := mesh.Data(); d.EnableTracing || d.IngressClass != "istio" || d.GetDefaultConfig().GetStatusPort() != 15021 || mesh.RootNamespace() != "istio-system" {
		t.Errorf("got %v", d)
	}
	if mode := mesh.InboundTrafficPolicyMode(); mode != "localhost" {
		t.Errorf("mode %s", mode)
	}
	if text, err := mesh.Proxy().JSON(); err != nil || text != `{"drainDuration":"90s","proxyMetadata":{"A":"1","B":""},"statusPort":15021}` {
		t.Errorf("%s, %v", text, err)
	}
}

// TestDefaultsAreShed: what says what is so by default says nothing, and each time
// has its own defaults.
func TestDefaultsAreShed(t *testing.T) {
	for _, c := range []struct {
		of         *Defaults
		text, want string
	}{
		{Since122(), `{}`, `{}`},
		{Since122(), `{concurrency: 2, parentShutdownDuration: 42s}`, `{"concurrency":2}`},
		{Since122(), `{tracing: {zipkin: {address: "zipkin.istio-system:9411"}}}`, `{"tracing":{"zipkin":{"address":"zipkin.istio-system:9411"}}}`},
		{Since118(), `{concurrency: 2, tracing: {zipkin: {address: "zipkin.istio-system:9411"}}}`, `{"concurrency":2}`},
		{Since118(), `{tracing: {}}`, `{"tracing":{}}`},
		{Since118(), `{tracing: null}`, `{}`},
		{Since117(), `{concurrency: 2, parentShutdownDuration: 42s}`, `{}`},
		{Since117(), `{concurrency: 0}`, `{"concurrency":0}`},
		{Since18(), `{parentShutdownDuration: 1m}`, `{}`},
		{Since18(), `{parentShutdownDuration: 42s, connectTimeout: 42s}`, `{"parentShutdownDuration":"42s"}`},
		{Since18(), `{controlPlaneAuthPolicy: MUTUAL_TLS, terminationDrainDuration: 5s}`, `{}`},
		{Since16(), `{controlPlaneAuthPolicy: NONE, concurrency: 2}`, `{}`},
		{Since16(), `{controlPlaneAuthPolicy: MUTUAL_TLS, terminationDrainDuration: 5s}`, `{"controlPlaneAuthPolicy":"MUTUAL_TLS","terminationDrainDuration":"5s"}`},
		{Since11(), `{discoveryAddress: "istio-pilot:15010", configPath: /etc/istio/proxy, connectTimeout: 1s, statusPort: 0}`, `{}`},
		{Since11(), `{connectTimeout: 500ms}`, `{"connectTimeout":"0.500s"}`},
		{Of10(), `{drainDuration: 2s, parentShutdownDuration: 3s, discoveryAddress: "istio-pilot:15007"}`, `{}`},
	} {
		if got, err := parsed(t, "defaultConfig: "+c.text, c.of).Proxy().JSON(); got != c.want || err != nil {
			t.Errorf("%s: %s, %v, want %s", c.text, got, err, c.want)
		}
	}
}

func TestFieldsOfEarlierReleases(t *testing.T) {
	if path := parsed(t, "", Since17()).SdsUdsPath(); path == "" {
		t.Error("1.7 has no secrets by SDS")
	}
	if path := parsed(t, "sdsUdsPath: ''", Since17()).SdsUdsPath(); path != "" {
		t.Errorf("SDS is off, and at %s", path)
	}
	if path := parsed(t, "", Since18()).SdsUdsPath(); path != "" {
		t.Errorf("1.8 has secrets at %s", path)
	}
	m := parsed(t, "{mixerCheckServer: mixer:1, disablePolicyChecks: true, rdsRefreshDelay: 1m30s, defaultConfig: {concurrency: 3, serviceCluster: own}}", Of10())
	d := m.Data()
	if d.MixerCheckServer != "mixer:1" || !d.DisablePolicyChecks || d.RdsRefreshDelay.Seconds != 90 || d.AuthPolicy != "NONE" {
		t.Errorf("got %+v", d.DroppedMesh)
	}
	p, ok := m.Proxy().Data().(*PlainProxyConfig)
	if !ok || p.Concurrency != 3 || p.ServiceCluster != "own" || p.ConnectTimeout.Seconds != 1 || p.GetConcurrency().GetValue() != 3 {
		t.Errorf("got %+v", m.Proxy().Data())
	}
	if _, ok := parsed(t, "", Since17()).Proxy().Data().(*ProxyConfig); !ok {
		t.Error("1.7's Concurrency is a number")
	}
}

func TestRefusedMeshConfigs(t *testing.T) {
	for text, want := range map[string]string{
		"outboundTrafficPolicy: {mode: BOGUS}":             `outboundTrafficPolicy.mode: "BOGUS" is none of REGISTRY_ONLY, ALLOW_ANY`,
		"outboundTrafficPolicy: x":                         `outboundTrafficPolicy: an object is wanted, not the string "x"`,
		"connectTimeout: 5":                                "connectTimeout: a duration such as 45s is wanted, not 5",
		"connectTimeout: 5x":                               `connectTimeout: "5x" is no duration`,
		"connectTimeout: 0s":                               "connectTimeout: 0s is wrong",
		"proxyListenPort: 0":                               "proxyListenPort: 0 is no port",
		"enableTracing: 'yes'":                             `enableTracing: true or false is wanted, not the string "yes"`,
		"rootNamespace: 5":                                 "rootNamespace: a text is wanted, not 5",
		"trustDomainAliases: a":                            "trustDomainAliases: a list is wanted",
		"extensionProviders: [{name: a}, {name: [1]}]":     "extensionProviders[1].name: a text is wanted, not a list",
		"defaultConfig: {statusPort: 0}":                   "defaultConfig: statusPort: 0 is no port",
		"defaultConfig: {proxyMetadata: {A: 1}}":           "defaultConfig: proxyMetadata.A: a text is wanted, not 1",
		"defaultConfig: [1]":                               "defaultConfig: an object is wanted, not a list",
		"defaultConfig: {concurrency: 1.5}":                "defaultConfig: concurrency: a whole number is wanted, not 1.5",
		"defaultConfig: {concurrency: 99999999999}":        "defaultConfig: concurrency: a whole number is wanted",
		"sdsUdsPath: [a]":                                  "sdsUdsPath: a text is wanted, not a list",
		"defaultConfig: {fileFlushMinSizeKb: -1}":          "defaultConfig: fileFlushMinSizeKb: a whole number from 0 on is wanted",
		"defaultConfig: {tracing: {sampling: much}}":       "defaultConfig: tracing.sampling: a number is wanted",
		"defaultConfig: {parentShutdownDuration: [later]}": "defaultConfig: parentShutdownDuration: a duration",
	} {
		if _, err := Parse([]byte(text), Since18()); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestUnknownFieldsOfTheMeshArePassedOver, whatever they hold.
func TestUnknownFieldsOfTheMeshArePassedOver(t *testing.T) {
	m := parsed(t, "{thrift_config: {rateLimitUrl: x}, localityLbSetting: {nope: [1]}, defaultConfig: {sds: {enabled: true, token: null}, nope: null}}", Since122())
	if text, err := m.Proxy().JSON(); err != nil || text != `{"sds":{"enabled":true}}` {
		t.Errorf("%s, %v", text, err)
	}
}
