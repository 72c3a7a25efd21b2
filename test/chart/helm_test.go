package chart_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	lint3 "helm.sh/helm/v3/pkg/lint"
	release3 "helm.sh/helm/v3/pkg/release"
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
		for _, m := range rendered.Manifests {
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

// TestUninstallBeginsWithTheWebhook has every release that a cluster knows of
// delete its webhook configuration before all else, under either Helm.
func TestUninstallBeginsWithTheWebhook(t *testing.T) {
	eachOption(t, func(t *testing.T, r chart.Release, rendered *chart.Rendered) {
		configuration := the[*webhookConfiguration](t, objects(t, rendered.Manifests))
		byOrder := slices.Index(releaseutil4.UninstallOrder, "MutatingWebhookConfiguration")
		for _, m := range rendered.Manifests {
			if at := slices.Index(releaseutil4.UninstallOrder, m.Kind); at >= 0 && at < byOrder {
				t.Errorf("Helm 4 deletes a %s before", m.Kind)
			}
		}
		if len(r.APIVersions) == 0 {
			if len(rendered.Hooks) > 0 {
				t.Error("a hook is among what is rendered without a cluster, and would be applied")
			}
			return
		}
		hook := the[*webhookConfiguration](t, objects(t, rendered.Hooks))
		if hook.Name != configuration.Name {
			t.Errorf("the hook makes room for %s, and the configuration is %s", hook.Name, configuration.Name)
		}
		if len(hook.Webhooks) > 0 {
			t.Error("what the hook makes sends pods somewhere")
		}
		for annotation, want := range map[string]string{
			release3.HookAnnotation:       string(release3.HookPreDelete),
			release3.HookDeleteAnnotation: string(release3.HookBeforeHookCreation) + "," + string(release3.HookSucceeded),
		} {
			if got := hook.Annotations[annotation]; got != want {
				t.Errorf("%s is %q, want %q", annotation, got, want)
			}
		}
	})
}
