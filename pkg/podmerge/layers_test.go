package podmerge

import (
	"testing"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestContainersAreReached lays templates over a pod one after the other.
func TestContainersAreReached(t *testing.T) {
	const native = `{spec: {initContainers: [{name: istio-proxy, image: p, restartPolicy: Always}]}}`
	const adds = `{spec: {containers: [{name: istio-proxy, args: [a]}]}}`
	for _, c := range []struct {
		name, pod string
		layers    []string
		want      string
	}{
		{
			"a native sidecar", `{spec: {containers: [{name: app, image: i}]}}`,
			[]string{native, adds},
			`{spec: {containers: [{name: app, image: i}], initContainers: [{name: istio-proxy, image: p, restartPolicy: Always, args: [a]}]}}`,
		},
		{
			"what adds comes first", `{spec: {containers: [{name: app, image: i}]}}`,
			[]string{adds, native},
			`{spec: {containers: [{name: app, image: i}], initContainers: [{name: istio-proxy, image: p, restartPolicy: Always, args: [a]}]}}`,
		},
		{
			"an init container", `{spec: {containers: [{name: app, image: i}], initContainers: [{name: setup, image: i}]}}`,
			[]string{`{spec: {containers: [{name: setup, args: [a]}]}}`},
			`{spec: {containers: [{name: app, image: i}], initContainers: [{name: setup, image: i, args: [a]}]}}`,
		},
		{
			"the pod's own proxy", `{spec: {containers: [{name: app, image: i}, {name: istio-proxy, image: own}]}}`,
			[]string{native},
			`{spec: {containers: [{name: app, image: i}], initContainers: [{name: istio-proxy, image: p, restartPolicy: Always}]}}`,
		},
		{
			"the pod's own native proxy", `{spec: {containers: [{name: app, image: i}], initContainers: [{name: istio-proxy, image: auto, restartPolicy: Always}]}}`,
			[]string{`{spec: {containers: [{name: istio-proxy, image: p}]}}`},
			`{spec: {containers: [{name: app, image: i}, {name: istio-proxy, image: p}], initContainers: []}}`,
		},
		{
			"what the pod adds to istio-init", `{spec: {containers: [{name: app, image: i}, {name: istio-init, image: auto, args: [a]}]}}`,
			[]string{`{spec: {initContainers: [{name: istio-init, image: p}]}}`},
			`{spec: {containers: [{name: app, image: i}], initContainers: [{name: istio-init, image: p, args: [a]}]}}`,
		},
		{
			"another container of that name", `{spec: {containers: [{name: app, image: i}]}}`,
			[]string{`{spec: {initContainers: [{name: app, image: p}]}}`},
			`{spec: {containers: [{name: app, image: i}], initContainers: [{name: app, image: p}]}}`,
		},
		{
			"a volume of the pod's own", `{spec: {volumes: [{name: v, secret: {secretName: s}}]}}`,
			[]string{`{spec: {volumes: [{name: v, emptyDir: {}}, {name: w, emptyDir: {}}]}}`},
			`{spec: {volumes: [{name: v, secret: {secretName: s}}, {name: w, emptyDir: {}}]}}`,
		},
		{
			"a volume of another template", `{}`,
			[]string{`{spec: {volumes: [{name: v, emptyDir: {}}]}}`, `{spec: {volumes: [{name: v, csi: {driver: d}}]}}`},
			`{spec: {volumes: [{name: v, csi: {driver: d}}]}}`,
		},
		{
			"a volume of the same kind", `{spec: {volumes: [{name: v, emptyDir: {sizeLimit: 1}}]}}`,
			[]string{`{spec: {volumes: [{name: v, emptyDir: {medium: Memory}}]}}`},
			`{spec: {volumes: [{name: v, emptyDir: {sizeLimit: 1, medium: Memory}}]}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := Over(yamlValue(t, c.pod))
			for _, overlay := range c.layers {
				if err := l.Lay(yamlValue(t, overlay)); err != nil {
					t.Fatal(err)
				}
			}
			if want := yamlValue(t, c.want); !tree.Equal(l.Pod, want) {
				t.Errorf("got %s, want %s", l.Pod.JSON(), want.JSON())
			}
		})
	}
}
