package chart

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	release "helm.sh/helm/v4/pkg/release/v1/util"
)

// Release is what an installation of the chart says, beside the chart itself.
type Release struct {
	// Name and Namespace of the release. Empty: outrigger, outrigger-system.
	Name, Namespace string
	// Values beside the chart's own.
	Values map[string]any
	// APIVersions are what the cluster has beside Helm's usual assumptions, each
	// group/version or group/version/Kind.
	APIVersions []string
}

func (r Release) name() string      { return cmp.Or(r.Name, "outrigger") }
func (r Release) namespace() string { return cmp.Or(r.Namespace, "outrigger-system") }

// Rendered is the chart as manifests.
type Rendered struct {
	// Manifests are in the order in which Helm installs them.
	Manifests []Manifest
	// Hooks are what Helm makes at certain moments only.
	Hooks []Manifest
	Notes string
}

// Manifest is one object, in YAML without document markers.
type Manifest struct {
	Kind string
	YAML string
}

// Render renders the chart as Helm 4 does.
func Render(r Release) (*Rendered, error) {
	loaded, err := loader.Load(Dir())
	if err != nil {
		return nil, fmt.Errorf("loading the chart: %w", err)
	}
	capabilities := common.DefaultCapabilities.Copy()
	capabilities.APIVersions = append(slices.Clone(capabilities.APIVersions), r.APIVersions...)
	values, err := util.ToRenderValues(loaded, r.Values, common.ReleaseOptions{
		Name: r.name(), Namespace: r.namespace(), Revision: 1, IsInstall: true,
	}, capabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(loaded, values)
	if err != nil {
		return nil, err
	}
	rendered := &Rendered{Notes: files[notes]}
	delete(files, notes)
	hooks, manifests, err := release.SortManifests(files, capabilities.APIVersions, release.InstallOrder)
	if err != nil {
		return nil, err
	}
	for _, m := range manifests {
		rendered.Manifests = append(rendered.Manifests, Manifest{Kind: m.Head.Kind, YAML: m.Content})
	}
	for _, h := range hooks {
		rendered.Hooks = append(rendered.Hooks, Manifest{Kind: h.Kind, YAML: h.Manifest})
	}
	return rendered, nil
}

// YAML is every manifest, without the hooks, for kubectl apply.
func (r *Rendered) YAML() []byte {
	var b bytes.Buffer
	for _, m := range r.Manifests {
		fmt.Fprintf(&b, "---\n%s\n", bytes.TrimSpace([]byte(m.YAML)))
	}
	return b.Bytes()
}

const notes = "outrigger/templates/NOTES.txt"

// Dir is the chart's folder.
func Dir() string { return filepath.Join(root(), "deploy", "chart") }

// root is the folder of the repository: the first one, from the working folder
// upwards, that has the chart.
func root() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "deploy", "chart", "Chart.yaml")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			panic("no deploy/chart in " + dir + " or above it")
		}
	}
}
