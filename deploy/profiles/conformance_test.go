package profiles_test

import (
	"maps"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/deploy/profiles"
	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// proxyless names the cases of gRPC without a proxy, whose templates grpc-simple
// and grpc-agent the profile does not have.
var proxyless = []string{"grpc-agent", "grpc-simple"}

// TestIstio injects with the profile's templates and what each case has for
// values and mesh; images follow from the values, so they must agree too.
func TestIstio(t *testing.T) {
	for _, config := range configs(t, "current") {
		t.Run(config, func(t *testing.T) {
			wanted := func(c *conformance.Case) bool { return c.Config == config && !slices.Contains(proxyless, c.Name()) }
			conformance.Each(t, "current", wanted, func(t *testing.T, c *conformance.Case) {
				s := profile(t, "istio")
				of := c.Sources(t)
				s.Values, s.Mesh = of.Values, of.Mesh
				s.Config = asInstalled(t, s.Config, of.Values)
				agrees(t, c, s)
			})
		})
	}
}

// TestIstioValues injects with nothing but the profile.
func TestIstioValues(t *testing.T) {
	wanted := func(c *conformance.Case) bool { return c.Config == "default" && !slices.Contains(proxyless, c.Name()) }
	conformance.Each(t, "current", wanted, func(t *testing.T, c *conformance.Case) {
		if c.Name() == onlyProxy {
			refuses(t, c, profile(t, "istio"))
			return
		}
		agrees(t, c, profile(t, "istio"), images)
	})
}

// onlyProxy is the case of a pod in which the proxy is the only container: as a
// native sidecar it leaves none, and no API server takes what the reference makes
// of it.
const onlyProxy = "only-proxy-container"

// refuses holds that no pod of a case is injected, because of its result.
func refuses(t *testing.T, c *conformance.Case, s inject.Sources) {
	t.Helper()
	requests := c.Templates(t, conformance.Read(t, c.File("input.yaml")))
	for _, pod := range c.Pods(t) {
		requests = append(requests, pod.Request)
	}
	in := c.Injector(t, s, "default")
	for _, r := range requests {
		result, err := in.Inject(r)
		if err == nil || result.Decision.Reason != inject.InvalidResult {
			t.Errorf("%v, %v, want it refused for its result", result.Decision, err)
		}
	}
}

// TestIstio10 injects with nothing but the profile.
func TestIstio10(t *testing.T) {
	wanted := func(c *conformance.Case) bool { return c.Config == "default" }
	conformance.Each(t, "v1.0", wanted, func(t *testing.T, c *conformance.Case) {
		agrees(t, c, profile(t, "istio-1.0"), images, version)
	})
}

// TestIstio10Meshes injects with the meshes of other cases. The other settings
// of the 1.0 line's installer are written into the template itself.
func TestIstio10Meshes(t *testing.T) {
	for _, config := range []string{"disabled", "seed", "statsd", "tproxy"} {
		t.Run(config, func(t *testing.T) {
			wanted := func(c *conformance.Case) bool { return c.Config == config }
			conformance.Each(t, "v1.0", wanted, func(t *testing.T, c *conformance.Case) {
				s := profile(t, "istio-1.0")
				s.Mesh = c.Sources(t).Mesh
				agrees(t, c, s, images, version)
			})
		})
	}
}

// agrees holds both sides of a case against a configuration.
func agrees(t *testing.T, c *conformance.Case, s inject.Sources, aside ...func(*corev1.Pod)) {
	t.Helper()
	if c.Webhook {
		in := c.Injector(t, s, "default")
		for _, pod := range c.Pods(t) {
			agreesOn(t, in, pod.Request, pod.Expected, aside)
		}
	}
	if c.CLI {
		in := c.Injector(t, s, "")
		var expected []inject.Request
		if c.Error == "" {
			expected = c.Templates(t, conformance.Read(t, c.File("expected.yaml")))
		}
		for i, r := range c.Templates(t, conformance.Read(t, c.File("input.yaml"))) {
			if c.Error != "" {
				agreesOn(t, in, r, nil, aside)
			} else {
				agreesOn(t, in, r, expected[i].Pod, aside)
			}
		}
	}
}

// agreesOn injects one pod. It must be refused where none is expected.
func agreesOn(t *testing.T, in *inject.Injector, r inject.Request, expected []byte, aside []func(*corev1.Pod)) {
	t.Helper()
	result, err := in.Inject(r)
	switch {
	case expected == nil && err == nil:
		t.Error("injected, want it refused")
	case expected != nil && err != nil:
		t.Error(err)
	case expected != nil:
		conformance.ComparePods(t, conformance.Apply(t, r.Pod, result.Patch), expected, aside...)
	}
}

// images sets aside what images the mesh's containers have.
func images(pod *corev1.Pod) {
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			if name := list[i].Name; name == "istio-init" || name == "istio-proxy" {
				list[i].Image = ""
			}
		}
	}
}

// version sets aside the template's hash in the status of the 1.0 line.
func version(pod *corev1.Pod) {
	text, ok := pod.Annotations["sidecar.istio.io/status"]
	if !ok {
		return
	}
	var status map[string]any
	if err := yaml.Unmarshal([]byte(text), &status); err != nil {
		panic(err)
	}
	delete(status, "version")
	out, err := yaml.Marshal(status)
	if err != nil {
		panic(err)
	}
	pod.Annotations["sidecar.istio.io/status"] = string(out)
}

func profile(t testing.TB, name string) inject.Sources {
	t.Helper()
	s, err := profiles.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asInstalled is a configuration as an installer writes it: with the templates
// that the installation has in its values, and with the text for injectors of
// before 1.9, by which it is known to be an installation's.
func asInstalled(t *testing.T, config, values []byte) []byte {
	t.Helper()
	var v struct {
		SidecarInjectorWebhook struct {
			Templates map[string]string `json:"templates"`
		} `json:"sidecarInjectorWebhook"`
	}
	if err := yaml.Unmarshal(values, &v); err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := yaml.Unmarshal(config, &c); err != nil {
		t.Fatal(err)
	}
	c["template"] = "of before 1.9"
	for name, text := range v.SidecarInjectorWebhook.Templates {
		c["templates"].(map[string]any)[name] = text
	}
	out, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// configs lists the configurations that a generation's cases have.
func configs(t *testing.T, generation string) []string {
	t.Helper()
	seen := map[string]bool{}
	for _, c := range conformance.Cases(t, generation) {
		seen[c.Config] = true
	}
	return slices.Sorted(maps.Keys(seen))
}
