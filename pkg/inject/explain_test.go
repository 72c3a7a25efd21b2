package inject_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// What wrote a field is told by its path in the injected pod.
func TestExplain(t *testing.T) {
	in := compile(t, testSources(t), inject.Options{})
	request := inject.Request{Namespace: "shop", Pod: podJSON(t, `
metadata: {name: web, labels: {app: web}}
spec:
  containers:
  - {name: istio-proxy, image: auto, env: [{name: OWN, value: "1"}], resources: {requests: {cpu: 7m}}}
  - {name: web, image: web, readinessProbe: {httpGet: {port: 80}}}
`)}
	result, account, err := in.Explain(request)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := in.Inject(request)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plain, result); diff != "" {
		t.Errorf("explained, the result is another: %s", diff)
	}
	for _, c := range []struct {
		path string
		kind inject.WriterKind
		by   string
	}{
		{"/spec/initContainers/0/image", inject.ByTemplate, "sidecar"},
		{"/spec/containers/0/readinessProbe/httpGet/port", inject.ByRule, "probes"},
		{"/metadata/annotations/sidecar.istio.io~1status", inject.ByRule, "status"},
		{"/metadata/annotations/proxy.istio.io~1overrides", inject.ByRule, "overrides"},
		{"/spec/containers/1/image", inject.ByTemplate, "sidecar"},
		{"/spec/containers/1/resources/requests/cpu", "", ""},
		{"/spec/containers/1/name", "", ""},
		{"/spec/containers/0/image", "", ""},
	} {
		w := account.Writers[c.path]
		if by := w.Template + w.Rule; w.Kind != c.kind || by != c.by {
			t.Errorf("%s: written by %s %q, not %s %q", c.path, w.Kind, by, c.kind, c.by)
		}
	}
}
