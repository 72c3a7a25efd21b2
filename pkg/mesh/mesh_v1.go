package mesh

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"sigs.k8s.io/yaml"
)

// The mesh configuration of the 1.0 line by its own types: templates name their
// fields, of which today's API dropped several (spec: v1.0.md). Field names are
// those that 1.0's generated code gave them.

type V1MeshConfig struct {
	MixerCheckServer            string                   `json:"mixerCheckServer"`
	MixerReportServer           string                   `json:"mixerReportServer"`
	DisablePolicyChecks         bool                     `json:"disablePolicyChecks"`
	PolicyCheckFailOpen         bool                     `json:"policyCheckFailOpen"`
	ProxyListenPort             int32                    `json:"proxyListenPort"`
	ProxyHttpPort               int32                    `json:"proxyHttpPort"` //nolint:revive,staticcheck // templates use this name
	ConnectTimeout              *V1Duration              `json:"connectTimeout"`
	IngressClass                string                   `json:"ingressClass"`
	IngressService              string                   `json:"ingressService"`
	IngressControllerMode       v1IngressControllerMode  `json:"ingressControllerMode"`
	AuthPolicy                  v1AuthPolicy             `json:"authPolicy"`
	RdsRefreshDelay             *V1Duration              `json:"rdsRefreshDelay"`
	EnableTracing               bool                     `json:"enableTracing"`
	AccessLogFile               string                   `json:"accessLogFile"`
	DefaultConfig               *V1ProxyConfig           `json:"defaultConfig"`
	MixerAddress                string                   `json:"mixerAddress"`
	OutboundTrafficPolicy       *v1OutboundTrafficPolicy `json:"outboundTrafficPolicy"`
	EnableClientSidePolicyCheck bool                     `json:"enableClientSidePolicyCheck"`
	SdsUdsPath                  string                   `json:"sdsUdsPath"`
	SdsRefreshDelay             *V1Duration              `json:"sdsRefreshDelay"`
}

type v1OutboundTrafficPolicy struct {
	Mode v1OutboundMode `json:"mode"`
}

type V1ProxyConfig struct {
	ConfigPath                 string             `json:"configPath"`
	BinaryPath                 string             `json:"binaryPath"`
	ServiceCluster             string             `json:"serviceCluster"`
	DrainDuration              *V1Duration        `json:"drainDuration"`
	ParentShutdownDuration     *V1Duration        `json:"parentShutdownDuration"`
	DiscoveryAddress           string             `json:"discoveryAddress"`
	DiscoveryRefreshDelay      *V1Duration        `json:"discoveryRefreshDelay"`
	ZipkinAddress              string             `json:"zipkinAddress"`
	ConnectTimeout             *V1Duration        `json:"connectTimeout"`
	StatsdUdpAddress           string             `json:"statsdUdpAddress"` //nolint:revive,staticcheck // templates use this name
	ProxyAdminPort             int32              `json:"proxyAdminPort"`
	AvailabilityZone           string             `json:"availabilityZone"`
	ControlPlaneAuthPolicy     v1AuthPolicy       `json:"controlPlaneAuthPolicy"`
	CustomConfigFile           string             `json:"customConfigFile"`
	StatNameLength             int32              `json:"statNameLength"`
	Concurrency                int32              `json:"concurrency"`
	ProxyBootstrapTemplatePath string             `json:"proxyBootstrapTemplatePath"`
	InterceptionMode           v1InterceptionMode `json:"interceptionMode"`
}

func defaultV1Mesh() *V1MeshConfig {
	return &V1MeshConfig{
		ProxyListenPort:       15001,
		ConnectTimeout:        v1Seconds(1),
		IngressClass:          "istio",
		IngressControllerMode: "STRICT",
		AuthPolicy:            "NONE",
		RdsRefreshDelay:       v1Seconds(1),
		EnableTracing:         true,
		AccessLogFile:         "/dev/stdout",
		SdsRefreshDelay:       v1Seconds(15),
		OutboundTrafficPolicy: &v1OutboundTrafficPolicy{Mode: "REGISTRY_ONLY"},
		DefaultConfig: &V1ProxyConfig{
			ConfigPath:             "/etc/istio/proxy",
			BinaryPath:             "/usr/local/bin/envoy",
			ServiceCluster:         "istio-proxy",
			DrainDuration:          v1Seconds(2),
			ParentShutdownDuration: v1Seconds(3),
			DiscoveryAddress:       "istio-pilot:15007",
			DiscoveryRefreshDelay:  v1Seconds(1),
			ConnectTimeout:         v1Seconds(1),
			ProxyAdminPort:         15000,
			ControlPlaneAuthPolicy: "NONE",
			InterceptionMode:       "REDIRECT",
		},
	}
}

// ParseV1 lays the ConfigMap's MeshConfig YAML over the defaults, the
// defaultConfig in it field by field.
func ParseV1(text []byte) (*V1MeshConfig, error) {
	mesh := defaultV1Mesh()
	if err := yaml.Unmarshal(text, mesh); err != nil {
		return nil, err
	}
	if mesh.DefaultConfig == nil {
		mesh.DefaultConfig = defaultV1Mesh().DefaultConfig
	}
	return mesh, nil
}

// Enumerations hold the name of their value, which is what templates print.
type (
	v1InterceptionMode      string
	v1AuthPolicy            string
	v1IngressControllerMode string
	v1OutboundMode          string
)

func (m v1InterceptionMode) String() string      { return string(m) }
func (p v1AuthPolicy) String() string            { return string(p) }
func (m v1IngressControllerMode) String() string { return string(m) }
func (m v1OutboundMode) String() string          { return string(m) }

func (m *v1InterceptionMode) UnmarshalJSON(text []byte) error {
	return unmarshalEnum(text, m, "REDIRECT", "TPROXY")
}

func (p *v1AuthPolicy) UnmarshalJSON(text []byte) error {
	return unmarshalEnum(text, p, "NONE", "MUTUAL_TLS")
}

func (m *v1IngressControllerMode) UnmarshalJSON(text []byte) error {
	return unmarshalEnum(text, m, "OFF", "DEFAULT", "STRICT")
}

func (m *v1OutboundMode) UnmarshalJSON(text []byte) error {
	return unmarshalEnum(text, m, "REGISTRY_ONLY", "ALLOW_ANY")
}

// unmarshalEnum reads a name, or the number by which protocol buffers know it.
func unmarshalEnum[E ~string](text []byte, into *E, names ...string) error {
	var name string
	if err := json.Unmarshal(text, &name); err != nil {
		i, err := strconv.Atoi(string(text))
		if err != nil || i < 0 || i >= len(names) {
			return fmt.Errorf("%s is none of %v", text, names)
		}
		name = names[i]
	}
	if !slices.Contains(names, name) {
		return fmt.Errorf("%q is none of %v", name, names)
	}
	*into = E(name)
	return nil
}

type V1Duration struct{ time.Duration }

func v1Seconds(n int) *V1Duration { return &V1Duration{time.Duration(n) * time.Second} }

func (d *V1Duration) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	var err error
	d.Duration, err = time.ParseDuration(s)
	return err
}
