package inject_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// FuzzInject gives injectors any text for a pod. One that is refused is refused for
// a reason; of another the patch applies, says the same when it is asked again, and
// is taken off again from what it made.
func FuzzInject(f *testing.F) {
	for _, pod := range []string{
		`{"metadata":{"name":"web"},"spec":{"containers":[{"name":"web","image":"web:1"}]}}`,
		`{"metadata":{"generateName":"web-","labels":{"app":"web","pod-template-hash":"x"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-x","controller":true}]},"spec":{"containers":[{"name":"web","ports":[{"containerPort":8080}],"readinessProbe":{"httpGet":{"port":8080,"path":"/"}}}],"initContainers":[{"name":"first"}]}}`,
		`{"metadata":{"annotations":{"sidecar.istio.io/proxyCPU":"100m","inject.istio.io/templates":"sidecar","proxy.istio.io/config":"concurrency: 2","traffic.sidecar.istio.io/includeInboundPorts":"*"}},"spec":{"containers":[{"name":"istio-proxy","image":"auto"}]}}`,
		`{"metadata":{"annotations":{"sidecar.istio.io/status":"{\"initContainers\":[\"istio-init\"],\"containers\":[\"istio-proxy\"],\"volumes\":[],\"imagePullSecrets\":null,\"revision\":\"default\"}","proxy.istio.io/overrides":"{\"containers\":[{\"name\":\"istio-proxy\"}]}"}},"spec":{"containers":[{"name":"web"},{"name":"istio-proxy"}],"initContainers":[{"name":"istio-init"}]}}`,
		`{"spec":{"hostNetwork":true,"containers":null}}`, `{"metadata":null,"spec":[]}`, `[]`, ``, `{"spec":{"containers":[null,{"name":1}]}}`,
	} {
		f.Add([]byte(pod), uint8(0))
		f.Add([]byte(pod), uint8(2))
	}
	all := injectors(f)
	f.Fuzz(func(t *testing.T, pod []byte, which uint8) {
		in := all[int(which)%len(all)]
		r := inject.Request{Pod: pod, Namespace: "shop", Earlier: inject.Earlier(which/4) % 3}
		result, err := in.Inject(r)
		if err != nil {
			if _, ok := errors.AsType[*inject.RefusedError](err); !ok {
				t.Errorf("it is refused for no reason: %v", err)
			}
			return
		}
		injected := applied(t, pod, result.Patch)
		again, err := in.Inject(r)
		if err != nil {
			t.Fatalf("it is refused when it comes again: %v", err)
		}
		if !bytes.Equal(patchText(t, result.Patch), patchText(t, again.Patch)) {
			t.Errorf("asked again, it says\n%s\nnot\n%s", patchText(t, again.Patch), patchText(t, result.Patch))
		}
		back, err := inject.Uninject(injected, nil)
		if err != nil {
			return // what stands in the pod is no injection that can be read
		}
		applied(t, injected, back.Patch)
	})
}

func patchText(t *testing.T, patch tree.Patch) []byte {
	t.Helper()
	text, err := json.Marshal(patch)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// FuzzUninject gives any text for a pod that is said to be injected.
func FuzzUninject(f *testing.F) {
	for _, pod := range []string{
		`{"metadata":{"annotations":{"sidecar.istio.io/status":"{\"containers\":[\"istio-proxy\"]}"}},"spec":{"containers":[{"name":"web"},{"name":"istio-proxy"}]}}`,
		`{"metadata":{"annotations":{"sidecar.istio.io/status":"{}","sidecar.outrigger.io/record":"x"}},"spec":{}}`,
		`{"metadata":{"annotations":{"sidecar.istio.io/status":"[]"}},"spec":{"containers":[]}}`,
	} {
		f.Add([]byte(pod))
	}
	f.Fuzz(func(t *testing.T, pod []byte) {
		back, err := inject.Uninject(pod, nil)
		if err != nil {
			return
		}
		if !back.Injected && len(back.Patch) > 0 {
			t.Errorf("it is not injected, and would be changed by %s", patchText(t, back.Patch))
		}
		applied(t, pod, back.Patch)
	})
}

// FuzzCompile gives any texts for a configuration. What is compiled was tried, so it
// injects an ordinary pod.
func FuzzCompile(f *testing.F) {
	for _, name := range []string{"config.yaml", "config-1.0.yaml"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, []byte("global: {}"), []byte("defaultConfig: {concurrency: 2}"))
	}
	f.Add([]byte("policy: enabled\ntemplates: {sidecar: '{{ .Values.a }}'}"), []byte("a: b"), []byte(""))
	f.Add([]byte("policy: enabled\ntemplates: {sidecar: 'spec: {containers: [{name: {{ .ObjectMeta.Name | quote }}}]}'}\nneverInjectSelector: [{matchLabels: {a: b}}]"), []byte(""), []byte(""))
	ordinary := []byte(`{"metadata":{"name":"web"},"spec":{"containers":[{"name":"web","image":"web:1"}]}}`)
	f.Fuzz(func(t *testing.T, config, values, mesh []byte) {
		for _, endless := range []string{"until", "seq", "repeat", "indent", "gen", "rand", "derive", "bcrypt", "htpasswd", "define", "range"} {
			if bytes.Contains(config, []byte(endless)) {
				return // these may take any time, which is up to the template's author
			}
		}
		in, err := inject.Compile(inject.Sources{Config: config, Values: values, Mesh: mesh}, inject.Options{})
		if err != nil {
			if len(err.Error()) > 4<<10 {
				t.Errorf("an error of %d bytes: %.300s ...", len(err.Error()), err)
			}
			return
		}
		if _, err := in.Inject(inject.Request{Pod: ordinary, Namespace: "shop"}); err != nil {
			if _, ok := errors.AsType[*inject.RefusedError](err); !ok {
				t.Errorf("an ordinary pod is refused for no reason: %v", err)
			}
		}
	})
}

// FuzzParsePath takes any path for that of a webhook call.
func FuzzParsePath(f *testing.F) {
	for _, path := range []string{"/inject", "/inject/cluster/c1/net/n1", "/inject/:ENV:cluster=c1:ENV:net=n1", "/inject/cluster//net/--slash--", "", "inject/a%2Fb/c"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		for name := range inject.ParsePath(path).Env {
			if name == "" {
				t.Errorf("%q sets a variable without a name", path)
			}
		}
	})
}
