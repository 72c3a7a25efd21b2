package mesh

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	meshconfig "istio.io/api/mesh/v1alpha1"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Mesh is a mesh's configuration: what its MeshConfig says over the defaults. Nothing
// changes it.
type Mesh struct {
	of     *Defaults
	config MeshConfig
	proxy  *Proxy
}

// Parse lays the MeshConfig YAML of the ConfigMap over the defaults of its time.
// Fields that are unknown, and null, are passed over.
func Parse(text []byte, of *Defaults) (*Mesh, error) {
	v, err := tree.ParseYAMLObject(text)
	if err != nil {
		return nil, err
	}
	m := &Mesh{of: of, config: MeshConfig{MeshConfig: proto.CloneOf(of.mesh), DroppedMesh: of.dropped}}
	overProxy := firstOf(v, "defaultConfig", "default_config")
	over := v.Without("defaultConfig").Without("default_config")
	if err := errors.Join(reader{}.set(m.config.ProtoReflect(), over, ""), setDropped(&m.config.DroppedMesh, over), checkMesh(m.config.MeshConfig)); err != nil {
		return nil, err
	}
	uniteProviders(m.config.MeshConfig, of.mesh.ExtensionProviders)
	if m.proxy, err = made(Proxy{of: of, config: of.proxy, dropped: of.droppedOfProxy}).with(overProxy, nil); err != nil {
		return nil, fmt.Errorf("defaultConfig: %w", err)
	}
	if _, err := m.proxy.JSON(); err != nil { // made once, for all pods
		return nil, fmt.Errorf("defaultConfig: %w", err)
	}
	m.config.MeshConfig.DefaultConfig = m.proxy.config
	m.config.DefaultConfig = m.proxy.data
	return m, nil
}

func firstOf(v *tree.Value, keys ...string) *tree.Value {
	for _, key := range keys {
		if field := v.Get(key); field != nil {
			return field
		}
	}
	return nil
}

// uniteProviders adds the providers of the defaults whose names are not taken.
func uniteProviders(mesh *meshconfig.MeshConfig, providers []*meshconfig.MeshConfig_ExtensionProvider) {
	given := mesh.ExtensionProviders
	for _, p := range providers {
		if !slices.ContainsFunc(given, func(own *meshconfig.MeshConfig_ExtensionProvider) bool { return own.Name == p.Name }) {
			mesh.ExtensionProviders = append(mesh.ExtensionProviders, p)
		}
	}
}

// Data is what templates see as .MeshConfig.
func (m *Mesh) Data() *MeshConfig { return &m.config }

// Proxy is the ProxyConfig of pods for which nothing says another.
func (m *Mesh) Proxy() *Proxy { return m.proxy }

// EnablePrometheusMerge says whether pods are scraped through their proxies.
func (m *Mesh) EnablePrometheusMerge() bool {
	return m.config.GetEnablePrometheusMerge().GetValue()
}

// InboundTrafficPolicyMode is "localhost" or "passthrough".
func (m *Mesh) InboundTrafficPolicyMode() string {
	return strings.ToLower(m.config.GetInboundTrafficPolicy().GetMode().String())
}

// RootNamespace is where resources for the whole mesh stand.
func (m *Mesh) RootNamespace() string { return m.config.GetRootNamespace() }

// SdsUdsPath is the socket by which proxies got their secrets up to 1.7, empty where
// they come in files.
func (m *Mesh) SdsUdsPath() string { return m.config.SdsUdsPath }
