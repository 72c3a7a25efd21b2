package mesh

import (
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
	meshconfig "istio.io/api/mesh/v1alpha1"
	networking "istio.io/api/networking/v1alpha3"
)

// Defaults are what a MeshConfig and the ProxyConfig in it hold that say nothing
// (spec: injection.md section 1, releases.md, v1.0.md). They changed with the
// releases. Nothing changes a set once it is made.
type Defaults struct {
	mesh  *meshconfig.MeshConfig
	proxy *meshconfig.ProxyConfig
	// dropped and droppedOfProxy are the fields that today's messages no longer have.
	// One of the proxy without a default is not read.
	dropped        DroppedMesh
	droppedOfProxy DroppedProxy
	// plainConcurrency says that templates of the time see .ProxyConfig.Concurrency
	// as a number, today as a message that may be missing.
	plainConcurrency bool
}

// Since122 are the defaults from 1.22 on.
var Since122 = sync.OnceValue(func() *Defaults {
	everywhere := func() []string { return []string{"*"} }
	return &Defaults{
		proxy: &meshconfig.ProxyConfig{
			ConfigPath:               "./etc/istio/proxy",
			BinaryPath:               "/usr/local/bin/envoy",
			ClusterName:              &meshconfig.ProxyConfig_ServiceCluster{ServiceCluster: "istio-proxy"},
			DrainDuration:            seconds(45),
			TerminationDrainDuration: seconds(5),
			ProxyAdminPort:           15000,
			ControlPlaneAuthPolicy:   meshconfig.AuthenticationPolicy_MUTUAL_TLS,
			DiscoveryAddress:         "istiod.istio-system.svc:15012",
			StatNameLength:           189,
			StatusPort:               15020,
		},
		mesh: &meshconfig.MeshConfig{
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
			ConnectTimeout:                 seconds(10),
			DefaultServiceExportTo:         everywhere(),
			DefaultVirtualServiceExportTo:  everywhere(),
			DefaultDestinationRuleExportTo: everywhere(),
			DnsRefreshRate:                 seconds(60),
			EnablePrometheusMerge:          wrapperspb.Bool(true),
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
		},
	}
})

// Since118 are the defaults of 1.18 to 1.21, which send traces to Zipkin.
var Since118 = sync.OnceValue(func() *Defaults {
	d := Since122().clone()
	d.proxy.Tracing = &meshconfig.Tracing{Tracer: &meshconfig.Tracing_Zipkin_{
		Zipkin: &meshconfig.Tracing_Zipkin{Address: "zipkin.istio-system:9411"},
	}}
	return d
})

// Since117 are the defaults of 1.17, whose proxies have two threads.
var Since117 = sync.OnceValue(func() *Defaults {
	d := Since118().clone()
	d.proxy.Concurrency = wrapperspb.Int32(2)
	return d
})

// Since18 are the defaults of 1.8 to 1.16, which still had a parentShutdownDuration.
var Since18 = sync.OnceValue(func() *Defaults {
	d := Since117().clone()
	d.droppedOfProxy.ParentShutdownDuration = seconds(60)
	return d
})

// Since17 are the defaults of 1.7, where secrets come by SDS.
var Since17 = sync.OnceValue(func() *Defaults {
	d := Since18().clone()
	d.dropped.SdsUdsPath = "unix:/etc/istio/proxy/SDS"
	return d
})

// Since16 are the defaults of 1.6.
var Since16 = sync.OnceValue(func() *Defaults {
	d := Since17().clone()
	d.plainConcurrency = true
	d.dropped.SdsUdsPath = ""
	d.proxy.ControlPlaneAuthPolicy = meshconfig.AuthenticationPolicy_NONE
	d.proxy.TerminationDrainDuration = nil
	d.mesh.EnablePrometheusMerge = nil
	return d
})

// Since11 are the defaults of 1.1 to 1.5, whose control plane is Pilot and whose
// proxies have no status port but that of their arguments.
var Since11 = sync.OnceValue(func() *Defaults {
	d := Since16().clone()
	d.dropped = DroppedMesh{AuthPolicy: "NONE", RdsRefreshDelay: seconds(1), SdsRefreshDelay: seconds(15)}
	d.droppedOfProxy.ConnectTimeout = seconds(1)
	d.proxy.ConfigPath = "/etc/istio/proxy"
	d.proxy.DiscoveryAddress = "istio-pilot:15010"
	d.proxy.Concurrency, d.proxy.Tracing, d.proxy.StatusPort = nil, nil, 0
	d.mesh.ConnectTimeout = seconds(1)
	d.mesh.AccessLogFile = "/dev/stdout"
	return d
})

// Of10 are the defaults of 1.0.
var Of10 = sync.OnceValue(func() *Defaults {
	d := Since11().clone()
	d.droppedOfProxy.ParentShutdownDuration = seconds(3)
	d.proxy.DrainDuration = seconds(2)
	d.proxy.DiscoveryAddress = "istio-pilot:15007"
	//lint:ignore SA1019 1.0 read it
	d.proxy.DiscoveryRefreshDelay = seconds(1)
	d.proxy.StatNameLength = 0
	d.mesh.IngressService = ""
	d.mesh.OutboundTrafficPolicy.Mode = meshconfig.MeshConfig_OutboundTrafficPolicy_REGISTRY_ONLY
	return d
})

func seconds(n int) *durationpb.Duration {
	return durationpb.New(time.Duration(n) * time.Second)
}

func (d *Defaults) clone() *Defaults {
	c := *d
	c.mesh, c.proxy = proto.CloneOf(d.mesh), proto.CloneOf(d.proxy)
	return &c
}
