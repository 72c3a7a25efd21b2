package mesh

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestForPodLaysOverTheMesh(t *testing.T) {
	m := parsed(t, "defaultConfig: {proxyMetadata: {A: a, B: b}, holdApplicationUntilProxyStarts: true}", Since122())
	if p, _, err := m.ForPod("", Selected{}); err != nil || p != m.Proxy() {
		t.Errorf("a pod that says nothing has another ProxyConfig: %v", err)
	}
	p, warnings, err := m.ForPod("{proxyMetadata: {B: '2'}, interceptionMode: TPROXY, image: {imageType: debug}, holdApplicationUntilProxyStarts: false, concurrency: '0'}", Selected{})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if p.InterceptionMode() != "TPROXY" || p.ImageType() != "debug" || p.HoldApplicationUntilProxyStarts() || p.StatusPort() != 15020 {
		t.Errorf("got %v", p.Data())
	}
	want := `{"concurrency":0,"interceptionMode":"TPROXY","proxyMetadata":{"A":"a","B":"2"},"holdApplicationUntilProxyStarts":false,"image":{"imageType":"debug"}}`
	if got, err := JSON(p.Data()); err != nil || got != want {
		t.Errorf("%v\n%s", err, cmp.Diff(want, got))
	}
	if got, _ := m.Proxy().JSON(); got != `{"proxyMetadata":{"A":"a","B":"b"},"holdApplicationUntilProxyStarts":true}` {
		t.Errorf("the mesh's own ProxyConfig changed: %s", got)
	}
}

func TestDurationsAreThoseOfGo(t *testing.T) {
	m := parsed(t, "", Since122())
	for text, want := range map[string]string{
		"{terminationDrainDuration: 1h}":                            `{"terminationDrainDuration":"3600s"}`,
		"{drainDuration: 1h1m}":                                     `{"drainDuration":"3660s"}`,
		"{fileFlushInterval: 10ms}":                                 `{"fileFlushInterval":"0.010s"}`,
		"{privateKeyProvider: {cryptomb: {pollDelay: 1.5ms}}}":      `{"privateKeyProvider":{"cryptomb":{"pollDelay":"0.001500s"}}}`,
		"{drainDuration: 45s, terminationDrainDuration: 0h0m5.00s}": `{}`,
	} {
		p, _, err := m.ForPod(text, Selected{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := p.JSON(); got != want || err != nil {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
}

// TestLaterOneOfCounts: of fields that exclude each other the last one counts.
func TestLaterOneOfCounts(t *testing.T) {
	m := parsed(t, "", Since122())
	for text, want := range map[string]string{
		"{serviceCluster: a, tracingServiceName: CANONICAL_NAME_ONLY}": `{"tracingServiceName":"CANONICAL_NAME_ONLY"}`,
		"{tracingServiceName: 1, serviceCluster: a}":                   `{"serviceCluster":"a"}`,
	} {
		p, _, err := m.ForPod(text, Selected{})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := p.JSON(); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func TestUnknownFieldsOfAPodAreWarnedOf(t *testing.T) {
	_, warnings, err := parsed(t, "", Since122()).ForPod("{concurency: 2, tracing: {zipkin: {adress: x, address: 'z:1'}}, connectTimeout: 1s, xyz: null}", Selected{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"concurency is unknown and ignored; did you mean concurrency?",
		"tracing.zipkin.adress is unknown and ignored; did you mean address?",
		"connectTimeout is unknown and ignored",
		"xyz is unknown and ignored",
	}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Error(diff)
	}
	if _, warnings, _ = parsed(t, "", Since11()).ForPod("{connectTimeout: 2s, parentShutdownDuration: 1s}", Selected{}); len(warnings) > 0 {
		t.Errorf("1.1 knew them: %v", warnings)
	}
}

func TestRefusedProxyConfigs(t *testing.T) {
	m := parsed(t, "", Since122())
	for text, want := range map[string]string{
		`statusPort: 0`:                            "statusPort: 0 is no port, a number from 1 to 65535",
		`proxyAdminPort: 0`:                        "proxyAdminPort: 0 is no port",
		`proxyAdminPort: 65536`:                    "proxyAdminPort: 65536 is no port",
		`drainDuration: 0s`:                        "drainDuration: 0s is wrong: whole seconds are wanted, one at least",
		`drainDuration: 1.5s`:                      "drainDuration: 1.5s is wrong",
		`terminationDrainDuration: -1s`:            "terminationDrainDuration: -1s is negative",
		`concurrency: -1`:                          "concurrency: -1 is negative",
		`discoveryAddress: ""`:                     `discoveryAddress: "" is not host:port`,
		`discoveryAddress: a.b:0`:                  `discoveryAddress: "a.b:0" is not host:port`,
		`discoveryAddress: "1:2"`:                  `discoveryAddress: "1:2" is not host:port: "1" is neither a name nor an IP address`,
		`discoveryAddress: "a_b:2"`:                `discoveryAddress: "a_b:2" is not host:port`,
		`serviceCluster: ""`:                       "serviceCluster: must not be empty",
		`configPath: ""`:                           "configPath: must not be empty",
		`binaryPath: ""`:                           "binaryPath: must not be empty",
		`controlPlaneAuthPolicy: INHERIT`:          "controlPlaneAuthPolicy: INHERIT is neither",
		`tracing: {zipkin: {address: bad}}`:        `tracing: zipkin: address: "bad" is not host:port`,
		`tracing: {zipkin: {}}`:                    `tracing: zipkin: address: "" is not host:port`,
		`tracing: {datadog: {}}`:                   "tracing: datadog: address:",
		`tracing: {lightstep: {}}`:                 "tracing: lightstep: address:",
		`tracing: {tlsSettings: {mode: MUTUAL}}`:   "tracing: tlsSettings: clientCertificate: must not be empty",
		`tracing: {customTags: {a: {}}}`:           "tracing: customTags.a: a literal, environment or header is wanted",
		`tracing: {customTags: {a: {header: {}}}}`: "tracing: customTags.a: header: must not be empty",
		`envoyMetricsService: {address: bad}`:      "envoyMetricsService:",
		`envoyAccessLogService: {address: bad}`:    "envoyAccessLogService:",
		`statsdUdpAddress: bad`:                    "statsdUdpAddress:",
		`privateKeyProvider: {cryptomb: {}}`:       "privateKeyProvider: cryptomb: pollDelay must be given",
		`privateKeyProvider: {qat: {}}`:            "privateKeyProvider: qat: pollDelay must be given",
		`privateKeyProvider: {}`:                   "privateKeyProvider: cryptomb or qat is wanted",
		`[1]`:                                      "an object is wanted, not a list",
		`a: [`:                                     "yaml:",
	} {
		if _, _, err := m.ForPod(text, Selected{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{
		"discoveryAddress: '[::1]:15012'", "discoveryAddress: 10.0.0.1:1", "discoveryAddress: istiod.istio-system.svc.:15012",
		"tracing: {zipkin: {address: '$(HOST_IP):9411'}}", "tracing: {customTags: {a: {literal: {value: b}}}}", "tracing: {stackdriver: {}}",
		"terminationDrainDuration: 0s", "concurrency: 0", "proxyMetadata: {A: null}",
	} {
		if _, _, err := m.ForPod(text, Selected{}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	_, _, err := m.ForPod("{statusPort: 0, proxyAdminPort: 0}", Selected{})
	if err == nil || strings.Count(err.Error(), "is no port") != 2 {
		t.Errorf("not all is named: %v", err)
	}
}
