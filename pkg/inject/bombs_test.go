package inject_test

import (
	"encoding/json"
	"testing"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/pod"
)

// most is what may be set aside for a text of 100 KB, of which aliases stand for 4 MiB at
// most, while several pods are tried.
const most = 300 << 20

// TestBombsInAnnotations: whatever of a pod is read as a document.
func TestBombsInAnnotations(t *testing.T) {
	for name, in := range growing(t) {
		for _, key := range []string{
			pod.ProxyConfigKey, pod.OverridesKey, pod.StatusKey, pod.RecordKey, pod.NetworksKey, pod.TemplatesKey,
			"sidecar.istio.io/userVolume", "sidecar.istio.io/userVolumeMount", "traffic.sidecar.istio.io/excludeInboundPorts",
		} {
			for bomb, text := range podtest.Bombs {
				annotations, err := json.Marshal(map[string]string{key: text})
				if err != nil {
					t.Fatal(err)
				}
				r := inject.Request{Pod: []byte(`{"metadata":{"name":"p","annotations":` + string(annotations) + `},"spec":{"containers":[{"name":"c","image":"i"}]}}`)}
				if got := allocated(func() {
					_, _ = in.Forgetful().Inject(r)
					_, _ = inject.Uninject(r.Pod, nil)
				}); got > most {
					t.Errorf("%s, %s in %s: %.0f MB", name, bomb, key, got/(1<<20))
				}
			}
		}
	}
}

// TestBombsInConfigurations: and whatever there is of a configuration, or the pod itself.
func TestBombsInConfigurations(t *testing.T) {
	in := growing(t)["istio"]
	for bomb, text := range podtest.Bombs {
		for what, do := range map[string]func(){
			"the config": func() { _, _ = inject.Compile(inject.Sources{Config: []byte(text)}, inject.Options{Try: true}) },
			"the values": func() {
				_, _ = inject.Compile(inject.Sources{Config: []byte("templates: {sidecar: '{a: {{ .Values }}}'}"), Values: []byte(text)}, inject.Options{Try: true})
			},
			"the mesh": func() {
				_, _ = inject.Compile(inject.Sources{Config: []byte("templates: {sidecar: '{}'}"), Mesh: []byte(text)}, inject.Options{Try: true})
			},
			"what a template renders": func() {
				quoted, _ := json.Marshal(text)
				_, _ = inject.Compile(inject.Sources{Config: []byte("templates: {sidecar: " + string(quoted) + "}\n")}, inject.Options{Try: true})
			},
			"the pod": func() { _, _ = in.Inject(inject.Request{Pod: []byte(text)}) },
		} {
			if got := allocated(do); got > most {
				t.Errorf("%s as %s: %.0f MB", bomb, what, got/(1<<20))
			}
		}
	}
}
