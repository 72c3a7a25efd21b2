package mesh

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	meshconfig "istio.io/api/mesh/v1alpha1"
)

// MeshConfig is what templates see as .MeshConfig: the fields and methods of today's
// message, and the fields of earlier ones that it dropped. Field names are those
// that generated code has and had.
type MeshConfig struct {
	*meshconfig.MeshConfig
	DroppedMesh
	// DefaultConfig is the mesh's .ProxyConfig.
	DefaultConfig proto.Message
}

// DroppedMesh are fields that a MeshConfig had until 1.8.
type DroppedMesh struct {
	MixerCheckServer            string               `json:"mixerCheckServer"`
	MixerReportServer           string               `json:"mixerReportServer"`
	MixerAddress                string               `json:"mixerAddress"`
	DisablePolicyChecks         bool                 `json:"disablePolicyChecks"`
	PolicyCheckFailOpen         bool                 `json:"policyCheckFailOpen"`
	EnableClientSidePolicyCheck bool                 `json:"enableClientSidePolicyCheck"`
	AuthPolicy                  string               `json:"authPolicy"`
	RdsRefreshDelay             *durationpb.Duration `json:"rdsRefreshDelay"`
	SdsUdsPath                  string               `json:"sdsUdsPath"`
	SdsRefreshDelay             *durationpb.Duration `json:"sdsRefreshDelay"`
}

// ProxyConfig is what templates see as .ProxyConfig since 1.7: the fields and
// methods of today's message, and the fields of earlier ones that it dropped.
type ProxyConfig struct {
	*meshconfig.ProxyConfig
	DroppedProxy
	// ServiceCluster was a field before there was a choice.
	ServiceCluster string

	proxy     *Proxy
	lightstep DroppedLightstep
}

// PlainProxyConfig is what templates see as .ProxyConfig up to 1.6: Concurrency is a
// number, 0 where nothing says it.
type PlainProxyConfig struct {
	ProxyConfig
	Concurrency int32
}

// GetTracing is where traces go.
func (p *PlainProxyConfig) GetTracing() *PlainTracing {
	return &PlainTracing{p.ProxyConfig.GetTracing(), p.lightstep}
}

// PlainTracing is what templates see as .ProxyConfig.GetTracing up to 1.6.
type PlainTracing struct {
	*meshconfig.Tracing
	lightstep DroppedLightstep
}

// GetLightstep is nil where traces do not go to Lightstep.
func (t *PlainTracing) GetLightstep() *PlainLightstep {
	if l := t.Tracing.GetLightstep(); l != nil {
		return &PlainLightstep{l.GetAddress(), l.GetAccessToken(), t.lightstep}
	}
	return nil
}

// PlainLightstep is Lightstep's collector as it was up to 1.6. All can be asked of none.
type PlainLightstep struct {
	address, accessToken string
	dropped              DroppedLightstep
}

// DroppedLightstep are fields that Lightstep's collector had until 1.6.
type DroppedLightstep struct {
	Secure     bool   `json:"secure"`
	CacertPath string `json:"cacertPath"`
}

func (l *PlainLightstep) orNone() PlainLightstep {
	if l == nil {
		return PlainLightstep{}
	}
	return *l
}

func (l *PlainLightstep) GetAddress() string     { return l.orNone().address }
func (l *PlainLightstep) GetAccessToken() string { return l.orNone().accessToken }
func (l *PlainLightstep) GetSecure() bool        { return l.orNone().dropped.Secure }
func (l *PlainLightstep) GetCacertPath() string  { return l.orNone().dropped.CacertPath }

// DroppedProxy are fields that a ProxyConfig had: ConnectTimeout until 1.5,
// ParentShutdownDuration until 1.16.
type DroppedProxy struct {
	ConnectTimeout         *durationpb.Duration `json:"connectTimeout"`
	ParentShutdownDuration *durationpb.Duration `json:"parentShutdownDuration"`
}

// seen is what templates of the time see of a Proxy.
func (p *Proxy) seen() proto.Message {
	data := ProxyConfig{ProxyConfig: p.config, DroppedProxy: p.dropped, ServiceCluster: p.config.GetServiceCluster(), proxy: p, lightstep: p.lightstep}
	if p.of.plainConcurrency {
		return &PlainProxyConfig{ProxyConfig: data, Concurrency: p.config.GetConcurrency().GetValue()}
	}
	return &data
}
