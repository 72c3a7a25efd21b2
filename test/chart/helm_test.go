package chart_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	lint3 "helm.sh/helm/v3/pkg/lint"
	releaseutil3 "helm.sh/helm/v3/pkg/releaseutil"
	lint4 "helm.sh/helm/v4/pkg/chart/v2/lint"
	releaseutil4 "helm.sh/helm/v4/pkg/release/v1/util"

	"github.com/outrigger-io/outrigger/test/chart"
)

// TestHelm3 renders with Helm 3 what Helm 4 renders.
func TestHelm3(t *testing.T) {
	loaded, err := loader.Load(chart.Dir())
	if err != nil {
		t.Fatal(err)
	}
	eachOption(t, func(t *testing.T, r chart.Release, rendered *chart.Rendered) {
		capabilities := chartutil.DefaultCapabilities.Copy()
		capabilities.APIVersions = append(slices.Clone(capabilities.APIVersions), r.APIVersions...)
		given, err := chartutil.ToRenderValues(loaded, r.Values, chartutil.ReleaseOptions{
			Name: or(r.Name, "outrigger"), Namespace: or(r.Namespace, "outrigger-system"), Revision: 1, IsInstall: true,
		}, capabilities)
		if err != nil {
			t.Fatal(err)
		}
		files, err := engine.Render(loaded, given)
		if err != nil {
			t.Fatal(err)
		}
		delete(files, "outrigger/templates/NOTES.txt")
		hooks, manifests, err := releaseutil3.SortManifests(files, capabilities.APIVersions, releaseutil3.InstallOrder)
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for _, m := range manifests {
			got = append(got, strings.TrimSpace(m.Content))
		}
		for _, m := range rendered.Documents {
			want = append(want, strings.TrimSpace(m.YAML))
		}
		// The order is Helm's own affair.
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-Helm 4 +Helm 3):\n%s", diff)
		}
		if len(hooks) != len(rendered.Hooks) {
			t.Errorf("%d hooks under Helm 3, %d under Helm 4", len(hooks), len(rendered.Hooks))
		}
	})
}

func TestLint(t *testing.T) {
	for name, r := range chart.Options {
		t.Run(name, func(t *testing.T) {
			namespace := or(r.Namespace, "outrigger-system")
			// An icon is for catalogues of charts.
			quiet := func(text string) bool { return strings.Contains(text, "icon is recommended") }
			for _, m := range lint3.All(chart.Dir(), r.Values, namespace, true).Messages {
				if !quiet(m.Error()) {
					t.Errorf("Helm 3: %s", m.Error())
				}
			}
			for _, m := range lint4.RunAll(chart.Dir(), r.Values, namespace).Messages {
				if !quiet(m.Error()) {
					t.Errorf("Helm 4: %s", m.Error())
				}
			}
		})
	}
}

// TestUninstall does with what Helm keeps of a release what either Helm does, up to
// the deletion: the webhook configuration goes before all that calls need.
func TestUninstall(t *testing.T) {
	eachOption(t, func(t *testing.T, _ chart.Release, rendered *chart.Rendered) {
		documents := map[string]string{}
		for n, document := range rendered.Documents {
			documents[fmt.Sprintf("%03d", n)] = document.YAML
		}
		_, sorted3, err := releaseutil3.SortManifests(documents, nil, releaseutil3.UninstallOrder)
		if err != nil {
			t.Fatal(err)
		}
		_, sorted4, err := releaseutil4.SortManifests(documents, nil, releaseutil4.UninstallOrder)
		if err != nil {
			t.Fatal(err)
		}
		var order3, order4 []string
		for _, m := range sorted3 {
			order3 = append(order3, kinds(t, chart.Manifest{Kind: m.Head.Kind, YAML: m.Content})...)
		}
		for _, m := range sorted4 {
			order4 = append(order4, kinds(t, chart.Manifest{Kind: m.Head.Kind, YAML: m.Content})...)
		}
		for helm, order := range map[string][]string{"Helm 3": order3, "Helm 4": order4} {
			first := slices.Index(order, "MutatingWebhookConfiguration")
			for _, needed := range []string{"Deployment", "Service"} {
				if at := slices.Index(order, needed); at >= 0 && at < first || first < 0 {
					t.Errorf("%s deletes the %s first: %q", helm, needed, order)
				}
			}
		}
	})
}

func kinds(t *testing.T, m chart.Manifest) (kinds []string) {
	t.Helper()
	objects, err := m.Objects()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		kinds = append(kinds, o.Kind)
	}
	return kinds
}
