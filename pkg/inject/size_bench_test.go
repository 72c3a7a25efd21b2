package inject_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// BenchmarkPodSize is the cost of pods of growing size, never seen and seen
// before, under the engine's testdata: ns/KB should not grow with them.
func BenchmarkPodSize(b *testing.B) {
	for _, size := range []struct {
		name                string
		containers, env, kb int
	}{
		{"1x1", 1, 1, 0},
		{"3x3", 3, 3, 0},
		{"10x10", 10, 10, 0},
		{"30x30", 30, 30, 0},
		{"60x60", 60, 60, 0},
		{"100x100", 100, 100, 0},
		{"200x200", 200, 200, 0},
		{"1MiB", 1, 1, 1024},
	} {
		pod := podOf(b, size.containers, size.env, size.kb)
		for name, limit := range map[string]int{"first-sight": 0, "replica": 64 << 20} {
			b.Run(size.name+"/"+name, func(b *testing.B) {
				in := injectors(b)[0].Remembering(limit)
				injectOne := func() {
					if _, err := in.Inject(inject.Request{Pod: pod, Namespace: "shop"}); err != nil {
						b.Fatal(err)
					}
				}
				injectOne()
				b.ReportAllocs()
				for b.Loop() {
					injectOne()
				}
				b.ReportMetric(float64(len(pod))/1024, "KB")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(pod))*1024, "ns/KB")
			})
		}
	}
}

// podOf is a pod with so many containers, so many variables in each, and an
// annotation of so many KB.
func podOf(t testing.TB, containers, env, kb int) []byte {
	var list []any
	for i := range containers {
		var variables []any
		for j := range env {
			variables = append(variables, object{"name": fmt.Sprintf("VARIABLE_%d", j), "value": fmt.Sprintf("value-%d-%d", i, j)})
		}
		list = append(list, object{
			"name": fmt.Sprintf("app%d", i), "image": "example.com/app", "env": variables,
			"ports":          []any{object{"containerPort": 1000 + i}},
			"readinessProbe": object{"httpGet": object{"path": "/", "port": 1000 + i}},
		})
	}
	pod, err := json.Marshal(object{
		"metadata": object{"annotations": object{"example.com/large": strings.Repeat("0123456789abcdef", kb*64)}},
		"spec":     object{"containers": list},
	})
	if err != nil {
		t.Fatal(err)
	}
	return pod
}
