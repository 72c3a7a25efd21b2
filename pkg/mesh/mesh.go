package mesh

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
	meshconfig "istio.io/api/mesh/v1alpha1"
	networking "istio.io/api/networking/v1alpha3"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// DefaultProxyConfig is what a ProxyConfig holds that says nothing (spec:
// injection.md section 1).
func DefaultProxyConfig() *meshconfig.ProxyConfig {
	return &meshconfig.ProxyConfig{
		ConfigPath:               "./etc/istio/proxy",
		BinaryPath:               "/usr/local/bin/envoy",
		ClusterName:              &meshconfig.ProxyConfig_ServiceCluster{ServiceCluster: "istio-proxy"},
		DrainDuration:            durationpb.New(45 * time.Second),
		TerminationDrainDuration: durationpb.New(5 * time.Second),
		ProxyAdminPort:           15000,
		ControlPlaneAuthPolicy:   meshconfig.AuthenticationPolicy_MUTUAL_TLS,
		DiscoveryAddress:         "istiod.istio-system.svc:15012",
		StatNameLength:           189,
		StatusPort:               15020,
	}
}

// DefaultMeshConfig is what a MeshConfig holds that says nothing.
func DefaultMeshConfig() *meshconfig.MeshConfig {
	everywhere := func() []string { return []string{"*"} }
	return &meshconfig.MeshConfig{
		EnableTracing:                  true,
		IngressService:                 "istio-ingressgateway",
		IngressControllerMode:          meshconfig.MeshConfig_STRICT,
		IngressClass:                   "istio",
		TrustDomain:                    "cluster.local",
		EnableAutoMtls:                 wrapperspb.Bool(true),
		OutboundTrafficPolicy:          &meshconfig.MeshConfig_OutboundTrafficPolicy{Mode: meshconfig.MeshConfig_OutboundTrafficPolicy_ALLOW_ANY},
		InboundTrafficPolicy:           &meshconfig.MeshConfig_InboundTrafficPolicy{Mode: meshconfig.MeshConfig_InboundTrafficPolicy_PASSTHROUGH},
		LocalityLbSetting:              &networking.LocalityLoadBalancerSetting{Enabled: wrapperspb.Bool(true)},
		RootNamespace:                  "istio-system",
		ProxyListenPort:                15001,
		ProxyInboundListenPort:         15006,
		ConnectTimeout:                 durationpb.New(10 * time.Second),
		DefaultServiceExportTo:         everywhere(),
		DefaultVirtualServiceExportTo:  everywhere(),
		DefaultDestinationRuleExportTo: everywhere(),
		DnsRefreshRate:                 durationpb.New(60 * time.Second),
		EnablePrometheusMerge:          wrapperspb.Bool(true),
		DefaultConfig:                  DefaultProxyConfig(),
		ExtensionProviders: []*meshconfig.MeshConfig_ExtensionProvider{
			{Name: "prometheus", Provider: &meshconfig.MeshConfig_ExtensionProvider_Prometheus{
				Prometheus: &meshconfig.MeshConfig_ExtensionProvider_PrometheusMetricsProvider{},
			}},
			{Name: "stackdriver", Provider: &meshconfig.MeshConfig_ExtensionProvider_Stackdriver{
				Stackdriver: &meshconfig.MeshConfig_ExtensionProvider_StackdriverProvider{},
			}},
			{Name: "envoy", Provider: &meshconfig.MeshConfig_ExtensionProvider_EnvoyFileAccessLog{
				EnvoyFileAccessLog: &meshconfig.MeshConfig_ExtensionProvider_EnvoyFileAccessLogProvider{Path: "/dev/stdout"},
			}},
		},
	}
}

// Parse lays the ConfigMap's MeshConfig YAML over the defaults.
func Parse(text []byte) (*meshconfig.MeshConfig, error) {
	mesh := DefaultMeshConfig()
	v, err := tree.ParseYAMLObject(text)
	if err != nil {
		return nil, err
	}
	proxy, providers, aliases := mesh.DefaultConfig, mesh.ExtensionProviders, mesh.TrustDomainAliases
	if err := setFields(mesh, v); err != nil {
		return nil, err
	}
	for _, p := range providers {
		if !slices.ContainsFunc(mesh.ExtensionProviders, func(given *meshconfig.MeshConfig_ExtensionProvider) bool { return given.Name == p.Name }) {
			mesh.ExtensionProviders = append(mesh.ExtensionProviders, p)
		}
	}
	for _, alias := range aliases {
		if !slices.Contains(mesh.TrustDomainAliases, alias) {
			mesh.TrustDomainAliases = append(mesh.TrustDomainAliases, alias)
		}
	}
	if mesh.DefaultConfig, err = overlayProxyConfig(proxy, firstOf(v, "defaultConfig", "default_config")); err != nil {
		return nil, fmt.Errorf("defaultConfig: %w", err)
	}
	return mesh, nil
}

func firstOf(v *tree.Value, keys ...string) *tree.Value {
	for _, key := range keys {
		if field := v.Get(key); field != nil {
			return field
		}
	}
	return nil
}

// overlayProxyConfig returns base with the fields of a ProxyConfig laid over it;
// proxyMetadata merges key by key. The base stays as it is.
func overlayProxyConfig(base *meshconfig.ProxyConfig, over *tree.Value) (*meshconfig.ProxyConfig, error) {
	if over.Len() == 0 {
		return base, nil
	}
	merged := proto.Clone(base).(*meshconfig.ProxyConfig)
	if err := setFields(merged, over); err != nil {
		return nil, err
	}
	for key, value := range base.ProxyMetadata {
		if _, ok := merged.ProxyMetadata[key]; !ok {
			if merged.ProxyMetadata == nil {
				merged.ProxyMetadata = map[string]string{}
			}
			merged.ProxyMetadata[key] = value
		}
	}
	return merged, checkProxyConfig(merged)
}

// ParseProxyConfig lays the YAML of annotation proxy.istio.io/config over the
// mesh's default.
func ParseProxyConfig(base *meshconfig.ProxyConfig, text string) (*meshconfig.ProxyConfig, error) {
	v, err := tree.ParseYAMLObject([]byte(text))
	if err != nil {
		return nil, err
	}
	return overlayProxyConfig(base, v)
}

// setFields sets those fields of a message that the object names, also to their
// zero value. Fields that the message does not have are ignored, values of
// enumerations that do not exist are not.
func setFields(message proto.Message, v *tree.Value) error {
	if v.Len() == 0 {
		return nil
	}
	into := message.ProtoReflect()
	fresh := into.New()
	for _, m := range v.Members() {
		field := fieldNamed(into, m.Key)
		if field == nil || field.Kind() != protoreflect.EnumKind || m.Value.Kind() != tree.String {
			continue
		}
		if names := field.Enum().Values(); names.ByName(protoreflect.Name(m.Value.Text())) == nil {
			known := make([]string, names.Len())
			for i := range known {
				known[i] = string(names.Get(i).Name())
			}
			return fmt.Errorf("%s: %q is none of %s", m.Key, m.Value.Text(), strings.Join(known, ", "))
		}
	}
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(v.JSON(), fresh.Interface()); err != nil {
		return err
	}
	for _, m := range v.Members() {
		field := fieldNamed(into, m.Key)
		switch {
		case field == nil || m.Value.Kind() == tree.Null:
		case fresh.Has(field):
			into.Set(field, fresh.Get(field))
		default:
			into.Clear(field)
		}
	}
	return nil
}

func fieldNamed(message protoreflect.Message, key string) protoreflect.FieldDescriptor {
	fields := message.Descriptor().Fields()
	if field := fields.ByJSONName(key); field != nil {
		return field
	}
	return fields.ByName(protoreflect.Name(key))
}

// checkProxyConfig refuses what the proxy's agent could not start with.
func checkProxyConfig(p *meshconfig.ProxyConfig) error {
	switch {
	case p.ConfigPath == "":
		return fmt.Errorf("configPath must not be empty")
	case p.BinaryPath == "":
		return fmt.Errorf("binaryPath must not be empty")
	case p.ProxyAdminPort < 0 || p.ProxyAdminPort > 65535:
		return fmt.Errorf("proxyAdminPort: %d is not a port", p.ProxyAdminPort)
	case p.StatusPort < 0 || p.StatusPort > 65535:
		return fmt.Errorf("statusPort: %d is not a port", p.StatusPort)
	case p.Concurrency.GetValue() < 0:
		return fmt.Errorf("concurrency: %d is negative", p.Concurrency.GetValue())
	}
	for name, d := range map[string]*durationpb.Duration{"drainDuration": p.DrainDuration, "terminationDrainDuration": p.TerminationDrainDuration} {
		if d != nil && d.AsDuration() < 0 {
			return fmt.Errorf("%s: %s is negative", name, d.AsDuration())
		}
	}
	if p.DiscoveryAddress != "" {
		_, port, err := net.SplitHostPort(p.DiscoveryAddress)
		if err == nil {
			_, err = strconv.ParseUint(port, 10, 16)
		}
		if err != nil {
			return fmt.Errorf("discoveryAddress: %q is not host:port", p.DiscoveryAddress)
		}
	}
	return nil
}

// OwnFields returns a copy of a ProxyConfig without the fields that are as in
// the default one.
func OwnFields(p *meshconfig.ProxyConfig) *meshconfig.ProxyConfig {
	own := proto.Clone(p).(*meshconfig.ProxyConfig)
	from, defaults := own.ProtoReflect(), DefaultProxyConfig().ProtoReflect()
	defaults.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if from.Has(field) && from.Get(field).Equal(value) {
			from.Clear(field)
		}
		return true
	})
	return own
}
