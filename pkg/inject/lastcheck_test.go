package inject_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// TestRefusedByLine holds that a refusal names the template and the line that wrote what
// Kubernetes does not take.
func TestRefusedByLine(t *testing.T) {
	for _, c := range []struct{ name, template, want string }{
		{name: "a field", template: "spec:\n  containers:\n  - name: proxy\n    image: p\n    imagePullPolicy: Sometimes\n", want: `template "own", line 5: pod.spec.containers[proxy].imagePullPolicy: `},
		{name: "a field that is missing", template: "spec:\n  containers:\n  - name: other\n    image: p\n  - name: proxy\n    args: [a]\n", want: `template "own", line 5: pod.spec.containers[proxy].image: it is missing`},
		{name: "a field that Kubernetes does not have", template: "spec:\n  containers:\n  - name: proxy\n    image: p\n    securityContext:\n      runAsUsr: 1\n", want: `template "own", line 6: pod.spec.containers[proxy].securityContext.runAsUsr: `},
		{name: "a value of another type", template: "spec:\n  containers:\n  - name: proxy\n    image: 1\n", want: `template "own", line 4: pod.spec.containers[proxy].image: a string is wanted`},
		{name: "an element without a name", template: "spec:\n  containers:\n  - name: proxy\n    image: p\n  - image: q\n", want: `template "own", line 5: pod.spec.containers[1]: it has no name to merge by`},
		{name: "two of one kind", template: "spec:\n  containers:\n  - name: proxy\n    image: p\n    env:\n    - {name: A, value: b}\n    - name: B\n      value: c\n      valueFrom: {fieldRef: {fieldPath: metadata.name}}\n", want: `template "own", line 7: pod.spec.containers[proxy].env[B]: value and valueFrom are set`},
		{name: "a key", template: "metadata:\n  labels:\n    a: b\n    c d: e\n", want: `template "own", line 4: pod.metadata.labels["c d"]: the key`},
		{name: "out of a loop", template: "spec:\n  volumes:\n  {{- range list \"a\" \"B\" }}\n  - name: {{ . }}\n  {{- end }}\n", want: `template "own", line 4: pod.spec.volumes[B].name: `},
		{name: "out of a definition", template: "{{ define \"policy\" }}\n    imagePullPolicy: Sometimes\n{{ end }}spec:\n  containers:\n  - name: proxy\n    image: p\n{{ template \"policy\" }}\n", want: `template "own", line 2: pod.spec.containers[proxy].imagePullPolicy: `},
		{name: "in the list of the pod's own", template: "spec:\n  initContainers:\n  - name: app\n    env:\n    - name: A=\n", want: `template "own", line 5: pod.spec.containers[app].env["A="].name: `},
		{name: "a volume that is not there", template: "spec:\n  containers:\n  - name: proxy\n    image: p\n    volumeMounts:\n    - {name: tls, mountPath: /tls}\n", want: `template "own", line 6: pod.spec.containers[proxy].volumeMounts[/tls].name: the pod has no volume "tls"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := "policy: enabled\ndefaultTemplates: [own]\ntemplates:\n  own: |\n    " + strings.ReplaceAll(c.template, "\n", "\n    ") + "\n"
			in, err := inject.Compile(inject.Sources{Config: []byte(config)}, inject.Options{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = in.Inject(inject.Request{Pod: []byte(`{"spec":{"containers":[{"name":"app","image":"i"}]}}`)})
			if refused, ok := errors.AsType[*inject.RefusedError](err); !ok || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v (%v), want %s", err, refused, c.want)
			}
		})
	}
}

// TestTemplatesBesideTheInstallers holds that in a control plane's own configuration the
// installer's templates do as they do there, and others as they are meant.
func TestTemplatesBesideTheInstallers(t *testing.T) {
	const config = `
template: of before 1.9
policy: enabled
defaultTemplates: [sidecar, %s]
templates:
  sidecar: |
    spec: {initContainers: [{name: istio-proxy, image: p, restartPolicy: Always}]}
  %s: |
    spec: {containers: [{name: %s, env: [{name: GREETING, value: hello}]}]}
`
	for _, c := range []struct{ template, container, warned, refused string }{
		{template: "greeting", container: "istio-proxy"},
		{template: "spire", container: "istio-proxy", warned: "so does the control plane that wrote this configuration make it"},
		{template: "greeting", container: "other", refused: `template "greeting", line 1: pod.spec.containers[other].image: it is missing`},
		{template: "spire", container: "other", warned: "pod.spec.containers[other].image: it is missing"},
	} {
		t.Run(c.template+" "+c.container, func(t *testing.T) {
			in, err := inject.Compile(inject.Sources{Config: fmt.Appendf(nil, config, c.template, c.template, c.container)}, inject.Options{})
			if err != nil {
				t.Fatal(err)
			}
			result, err := in.Inject(inject.Request{NativeSidecars: true, Pod: []byte(`{"spec":{"containers":[{"name":"app","image":"i"}]}}`)})
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("got %v, want %s", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if warned := strings.Join(result.Warnings, "\n"); (c.warned == "") != (warned == "") || !strings.Contains(warned, c.warned) {
				t.Errorf("warned %q, want %q", warned, c.warned)
			}
		})
	}
}
