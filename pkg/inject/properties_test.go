package inject_test

import (
	"encoding/json"
	"strings"
	"testing"

	jsonpatch "gomodules.xyz/jsonpatch/v2"
	evanphx "gopkg.in/evanphx/json-patch.v4"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// drawRequest draws a pod of any sort under either generation, as a manifest or a new pod.
func drawRequest(t *rapid.T) inject.Request { return drawRequestOf(t, podtest.Written) }

func drawRequestOf(t *rapid.T, pods func(templates ...string) *rapid.Generator[[]byte]) inject.Request {
	r := inject.Request{
		Pod:            pods("both", "extra", "sidecar, extra").Draw(t, "pod"),
		Namespace:      "shop",
		NativeSidecars: rapid.Bool().Draw(t, "native sidecars"),
	}
	if rapid.Bool().Draw(t, "manifest") {
		r.Workload = &inject.Workload{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "web"}
	}
	if rapid.IntRange(1, 4).Draw(t, "params") == 1 {
		r.Params = inject.ParsePath("/inject/cluster/c1/net/n1")
	}
	return r
}

func injectors(t testing.TB) []*inject.Injector {
	return []*inject.Injector{
		compile(t, testSources(t), inject.Options{}),
		compile(t, testSources(t), inject.Options{OpenShift: true, Revision: "canary"}),
		compile(t, inject.Sources{Config: testdata(t, "config-1.0.yaml")}, inject.Options{}),
	}
}

// injectable injects a pod, and has another drawn where it asks for what cannot be, or
// Kubernetes would refuse what becomes of it: the 1.0 line appends a second istio-proxy
// to a pod that has one.
func injectable(t *rapid.T, in *inject.Injector, r inject.Request) inject.Result {
	t.Helper()
	result, err := in.Inject(r)
	switch result.Decision.Reason {
	case inject.InvalidResult, inject.InvalidAnnotation:
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// TestPatchEqualsAnotherDiff holds the patch against the diff of jsonpatch/v2:
// both lead from the bytes that came to the same pod.
func TestPatchEqualsAnotherDiff(t *testing.T) {
	all := injectors(t)
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SampledFrom(all).Draw(t, "injector")
		r := drawRequest(t)
		result := injectable(t, in, r)
		injected := applied(t, r.Pod, result.Patch)
		other, err := jsonpatch.CreatePatch(r.Pod, injected)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(other)
		if err != nil {
			t.Fatal(err)
		}
		patch, err := evanphx.DecodePatch(text)
		if err != nil {
			t.Fatal(err)
		}
		through, err := patch.Apply(r.Pod)
		if err != nil {
			t.Fatal(err)
		}
		if !tree.Equal(parsed(t, through), parsed(t, injected)) {
			t.Fatalf("the patches lead apart:\n%s\n%s", injected, through)
		}
		// What injection has no business with stays.
		before, after := parsed(t, r.Pod), parsed(t, injected)
		for _, path := range [][]string{{"metadata", "managedFields"}, {"status"}, {"spec", "unknownToTheseTypes"}} {
			if !tree.Equal(before.Get(path...), after.Get(path...)) {
				t.Fatalf("%v changed", path)
			}
		}
	})
}

// TestInjectingAgainChangesNothing is what re-invocation by the API server and a
// second run of the command rest on.
func TestInjectingAgainChangesNothing(t *testing.T) {
	all := injectors(t)
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SampledFrom(all).Draw(t, "injector")
		r := drawRequest(t)
		result := injectable(t, in, r)
		r.Pod = applied(t, r.Pod, result.Patch)
		again, err := in.Inject(r)
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Patch) > 0 {
			text, _ := json.Marshal(again.Patch)
			t.Fatalf("injected again, it changed:\n%s\nby %s", r.Pod, text)
		}
	})
}

// TestOwnProxyInjectedAgain are pods whose own proxy, or none, an earlier fault showed.
func TestOwnProxyInjectedAgain(t *testing.T) {
	t.Run("variables that injection moves to the end", func(t *testing.T) {
		in := compile(t, testSources(t), inject.Options{})
		r := inject.Request{Namespace: "shop", Params: inject.ParsePath("/inject/cluster/c1/net/n1"), Pod: podJSON(t, `{metadata: {name: web}, spec: {containers: [
			{name: app, image: app, livenessProbe: {httpGet: {path: /, port: 80}}},
			{name: istio-proxy, image: auto, env: [{name: ISTIO_META_CLUSTER_ID, value: own}, {name: ISTIO_KUBE_APP_PROBERS, value: own}, {name: POD_NAME, value: own}]}]}}`)}
		first, err := in.Inject(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Pod = applied(t, r.Pod, first.Patch)
		if again, err := in.Inject(r); err != nil || len(again.Patch) > 0 {
			t.Errorf("injected again, it changes by %v, %v", again.Patch, err)
		}
		if text := string(r.Pod); strings.Count(text, `"name":"ISTIO_KUBE_APP_PROBERS"`) != 1 || !strings.Contains(text, "/app-health/app/livez") {
			t.Errorf("the agent is not told of the probe, or twice: %s", text)
		}
	})
	in := compile(t, testSources(t), inject.Options{})
	for name, c := range map[string]struct {
		pod, want string
		native    bool
	}{
		"a sidecar where templates have an ordinary container": {
			pod:  `{metadata: {name: web}, spec: {containers: [{name: app, image: app}], initContainers: [{name: istio-proxy, image: auto, restartPolicy: Always, tty: true}]}}`,
			want: `{tty: true}`,
		},
		"an ordinary container with a policy of its own": {
			pod:  `{metadata: {name: web}, spec: {containers: [{name: app, image: app}, {name: istio-proxy, image: auto, restartPolicy: Never, tty: true}]}}`,
			want: `{tty: true, restartPolicy: Never}`,
		},
		"an ordinary container with a policy of its own, which becomes a sidecar": {
			pod:    `{metadata: {name: web}, spec: {containers: [{name: app, image: app}, {name: istio-proxy, image: auto, restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [1]}}]}]}}`,
			want:   `{restartPolicy: Always}`,
			native: true,
		},
		"the templates' user under TPROXY": {
			pod:  `{metadata: {name: web, annotations: {sidecar.istio.io/interceptionMode: TPROXY}}, spec: {containers: [{name: app, image: app}]}}`,
			want: `{securityContext: {runAsUser: 1337, runAsGroup: 1337}}`,
		},
		"a user of its own under TPROXY": {
			pod:  `{metadata: {name: web, annotations: {sidecar.istio.io/interceptionMode: TPROXY}}, spec: {containers: [{name: app, image: app}, {name: istio-proxy, image: auto, securityContext: {runAsUser: 1000}}]}}`,
			want: `{securityContext: {runAsUser: 0, runAsGroup: 1337}, args: ["-u", "1000", "-m", TPROXY]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := inject.Request{Pod: podJSON(t, c.pod), Namespace: "shop", NativeSidecars: c.native}
			for i := range 3 {
				result, err := in.Inject(r)
				if err != nil {
					t.Fatal(err)
				}
				r.Pod = applied(t, r.Pod, result.Patch)
				_, _, proxy := pod.FindProxy(parsed(t, r.Pod))
				want := parsed(t, podJSON(t, c.want))
				for _, field := range []string{"tty", "restartPolicy", "restartPolicyRules"} {
					if !tree.Equal(proxy.Get(field), want.Get(field)) {
						t.Errorf("injected %d times, its %s is %s, want %s", i+1, field, proxy.Get(field).JSON(), want.Get(field).JSON())
					}
				}
				if args := want.Get("args"); args != nil {
					init := pod.Find(pod.List(parsed(t, r.Pod), "initContainers"), pod.InitContainer)
					if !tree.Equal(init.Get("args"), args) {
						t.Errorf("injected %d times, istio-init has %s, want %s", i+1, init.Get("args").JSON(), args.JSON())
					}
				}
				if user := want.Get("securityContext"); user != nil && !tree.Equal(proxy.Get("securityContext"), user) {
					t.Errorf("injected %d times, its securityContext is %s, want %s", i+1, proxy.Get("securityContext").JSON(), user.JSON())
				}
			}
		})
	}
}
