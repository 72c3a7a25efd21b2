package chart

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"
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
	// Documents are what Helm keeps of a release, in the order in which it installs
	// them. One is a List.
	Documents []Manifest
	// Manifests are the objects, with the List's items in its place.
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
		document := Manifest{Kind: m.Head.Kind, YAML: m.Content}
		rendered.Documents = append(rendered.Documents, document)
		objects, err := document.Objects()
		if err != nil {
			return nil, err
		}
		rendered.Manifests = append(rendered.Manifests, objects...)
	}
	for _, h := range hooks {
		rendered.Hooks = append(rendered.Hooks, Manifest{Kind: h.Kind, YAML: h.Manifest})
	}
	return rendered, nil
}

// Objects are the items of a List, or else the manifest itself.
func (m Manifest) Objects() ([]Manifest, error) {
	if m.Kind != "List" {
		return []Manifest{m}, nil
	}
	var list struct {
		Items []yaml.Node
	}
	if err := yaml.Unmarshal([]byte(m.YAML), &list); err != nil {
		return nil, fmt.Errorf("a List: %w", err)
	}
	var items []Manifest
	for _, node := range list.Items {
		var head struct{ Kind string }
		if err := node.Decode(&head); err != nil {
			return nil, fmt.Errorf("an item of a List: %w", err)
		}
		var text bytes.Buffer
		encoder := yaml.NewEncoder(&text)
		encoder.SetIndent(2)
		if err := encoder.Encode(&node); err != nil {
			return nil, fmt.Errorf("an item of a List: %w", err)
		}
		items = append(items, Manifest{Kind: head.Kind, YAML: text.String()})
	}
	return items, nil
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
