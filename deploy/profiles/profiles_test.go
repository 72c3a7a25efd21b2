package profiles_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

func TestNames(t *testing.T) {
	if diff := cmp.Diff([]string{"istio", "istio-1.0"}, profiles.Names()); diff != "" {
		t.Error(diff)
	}
	for _, name := range profiles.Names() {
		in, err := inject.Compile(profile(t, name), inject.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if warnings := in.Warnings(); len(warnings) > 0 {
			t.Errorf("%s: %q", name, warnings)
		}
	}
	if profile(t, profiles.Default).Values == nil {
		t.Errorf("the default profile %s has no values", profiles.Default)
	}
}

func TestAbout(t *testing.T) {
	for _, name := range profiles.Names() {
		if profiles.About(name) == "" {
			t.Errorf("nothing says what profile %s is", name)
		}
	}
}

func TestGetUnknown(t *testing.T) {
	for _, name := range []string{"", "linkerd", "../profiles/istio", "istio/config.yaml"} {
		_, err := profiles.Get(name)
		if err == nil || !strings.Contains(err.Error(), "there are istio, istio-1.0") {
			t.Errorf("%q: want an error that names the profiles, got %v", name, err)
		}
	}
}

// TestImages shows which images a pod gets that nobody configured.
func TestImages(t *testing.T) {
	for name, want := range map[string][]string{
		"istio":     {"docker.io/istio/proxyv2:1.30.3", "docker.io/istio/proxyv2:1.30.3"},
		"istio-1.0": {"docker.io/istio/proxy_init:1.0.5", "docker.io/istio/proxyv2:1.0.5"},
	} {
		pod := injected(t, profile(t, name))
		var got []string
		for _, c := range append(pod.Spec.InitContainers, pod.Spec.Containers...) {
			if c.Name != "app" {
				got = append(got, c.Image)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestNamelessPod injects a pod of which nothing is known at its creation: not
// its name, no owner, no labels.
func TestNamelessPod(t *testing.T) {
	pod := injected(t, profile(t, "istio"))
	if name, ok := pod.Labels["service.istio.io/canonical-name"]; !ok || name != "" {
		t.Errorf("canonical name %q, want an empty one", name)
	}
}

func injected(t *testing.T, s inject.Sources) corev1.Pod {
	t.Helper()
	in, err := inject.Compile(s, inject.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := inject.Request{Namespace: "shop", Pod: []byte(`{"metadata": {"generateName": "web-"}, "spec": {"containers": [{"name": "app", "image": "app"}]}}`)}
	result, err := in.Inject(r)
	if err != nil {
		t.Fatal(err)
	}
	var pod corev1.Pod
	if err := yaml.Unmarshal(conformance.Apply(t, r.Pod, result.Patch), &pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

func TestManifestHoldsTheProfile(t *testing.T) {
	for _, name := range profiles.Names() {
		t.Run(name, func(t *testing.T) {
			s := profile(t, name)
			injector, mesh := configMaps(t, name, profiles.Namespace, "")
			if injector.Name != "istio-sidecar-injector" || mesh.Name != "istio" {
				t.Errorf("names %q, %q", injector.Name, mesh.Name)
			}
			want := map[string]string{"config": string(s.Config)}
			if s.Values != nil {
				want["values"] = string(s.Values)
			}
			if diff := cmp.Diff(want, injector.Data); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(map[string]string{"mesh": string(s.Mesh)}, mesh.Data); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestManifestElsewhere(t *testing.T) {
	injector, mesh := configMaps(t, "istio", "mesh", "canary")
	for name, got := range map[string]corev1.ConfigMap{"istio-sidecar-injector-canary": injector, "istio-canary": mesh} {
		if got.Name != name || got.Namespace != "mesh" {
			t.Errorf("got %s/%s, want mesh/%s", got.Namespace, got.Name, name)
		}
	}
	env := map[string]string{}
	pod := injected(t, inject.Sources{
		Config: []byte(injector.Data["config"]),
		Values: []byte(injector.Data["values"]),
		Mesh:   []byte(mesh.Data["mesh"]),
	})
	for _, v := range pod.Spec.Containers[len(pod.Spec.Containers)-1].Env {
		env[v.Name] = v.Value
	}
	if got, want := env["CA_ADDR"], "istiod-canary.mesh.svc:15012"; got != want {
		t.Errorf("CA_ADDR %q, want %q", got, want)
	}
	if got, want := env["PROXY_CONFIG"], `{"discoveryAddress":"istiod-canary.mesh.svc:15012"}`; got != want {
		t.Errorf("PROXY_CONFIG %q, want %q", got, want)
	}
}

func TestManifestElsewhere10(t *testing.T) {
	injector, mesh := configMaps(t, "istio-1.0", "mesh", "")
	if injector.Namespace != "mesh" || !strings.Contains(mesh.Data["mesh"], "istio-pilot.mesh:15007") || strings.Contains(mesh.Data["mesh"], profiles.Namespace) {
		t.Errorf("namespace %s, mesh:\n%s", injector.Namespace, mesh.Data["mesh"])
	}
}

func TestManifestRefuses(t *testing.T) {
	for _, test := range []struct{ profile, namespace, revision, want string }{
		{"linkerd", "istio-system", "", `profile "linkerd" is unknown`},
		{"istio", "", "", `namespace ""`},
		{"istio", "a\ndata: {}", "", "namespace"},
		{"istio", "istio-system", "1.30", `revision "1.30"`},
		{"istio-1.0", "istio-system", "canary", "no revisions"},
	} {
		_, err := profiles.Manifest(test.profile, test.namespace, test.revision)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: want an error with %q, got %v", test, test.want, err)
		}
	}
}

// configMaps reads a manifest as its reader in a cluster would.
func configMaps(t *testing.T, name, namespace, revision string) (injector, mesh corev1.ConfigMap) {
	t.Helper()
	text, err := profiles.Manifest(name, namespace, revision)
	if err != nil {
		t.Fatal(err)
	}
	documents := bytes.SplitAfter(text, []byte("\n---\n"))
	if len(documents) != 2 {
		t.Fatalf("%d documents, want 2", len(documents))
	}
	for i, into := range []*corev1.ConfigMap{&injector, &mesh} {
		if err := yaml.UnmarshalStrict(bytes.TrimSuffix(documents[i], []byte("---\n")), into); err != nil {
			t.Fatal(err)
		}
	}
	return injector, mesh
}
