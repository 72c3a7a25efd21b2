package inject_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/pod"
	"github.com/outrigger-io/outrigger/pkg/rule"
)

// FuzzAnnotation gives any value to the annotations that injection reads: ports, ranges,
// quantities, documents. Whatever is refused is refused for a reason, and whatever is
// not is injected to the same pod twice.
func FuzzAnnotation(f *testing.F) {
	names := slices.Sorted(maps.Keys(rule.CurrentChecks))
	names = append(names,
		pod.ProxyConfigKey, pod.OverridesKey, "inject.istio.io/templates", "sidecar.istio.io/userVolume", "sidecar.istio.io/userVolumeMount",
		"sidecar.istio.io/proxyImage", "sidecar.istio.io/logLevel", "sidecar.istio.io/inject", "sidecar.istio.io/nativeSidecar",
		"readiness.status.sidecar.istio.io/applicationPorts", "prometheus.io/port", "prometheus.io/path", "proxy.istio.io/unheard-of",
	)
	for n := range names {
		f.Add(uint8(n), "*")
	}
	for n, value := range []string{
		"", "*", "80", "80, 443", "65536", "-1", "10.0.0.0/8,fd00::/8", "100m", "1e400Gi", "REDIRECT", "true", "sidecar,grpc",
		`{"holdApplicationUntilProxyStarts": true, "drainDuration": "5s"}`, `[{"name": "v", "mountPath": "/v"}]`, `{"v": {"emptyDir": {}}}`,
		`{"containers": [{"name": "istio-proxy", "image": "own:1"}]}`, "concurrency: 9999999999999999999", "a\nb", "\x00", "{{ .Values }}",
	} {
		f.Add(uint8(n), value)
		f.Add(uint8(n+len(names)/2), value)
	}
	all := injectors(f)
	f.Fuzz(func(t *testing.T, which uint8, value string) {
		annotation, err := json.Marshal(map[string]string{names[int(which)%len(names)]: value})
		if err != nil {
			t.Skip(err)
		}
		text := []byte(`{"metadata":{"name":"web","annotations":` + string(annotation) + `},"spec":{"containers":[{"name":"web","image":"web:1"}]}}`)
		for _, in := range all {
			r := inject.Request{Pod: text, Namespace: "shop"}
			result, err := in.Inject(r)
			if err != nil {
				if _, ok := errors.AsType[*inject.RefusedError](err); !ok {
					t.Errorf("it is refused for no reason: %v", err)
				}
				if len(err.Error()) > 16<<10 && len(err.Error()) > 4*len(value) || strings.Contains(err.Error(), "\x00") {
					t.Errorf("an error nobody can read: %.300q", err.Error())
				}
				continue
			}
			once := applied(t, text, result.Patch)
			again, err := in.Inject(r)
			if err != nil {
				t.Fatalf("it is refused when it comes again: %v", err)
			}
			if string(once) != string(applied(t, text, again.Patch)) {
				t.Error("the same pod is injected in two ways")
			}
		}
	})
}
