package profiles_test

import (
	"testing"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// BenchmarkProfiles injects a small pod: what is counted is the templates' cost,
// and that of laying over what they render.
func BenchmarkProfiles(b *testing.B) {
	for _, v := range variants(b) {
		b.Run(v.name, func(b *testing.B) {
			b.ReportAllocs()
			r := inject.Request{Namespace: "shop", NativeSidecars: v.native, Pod: []byte(`{
				"metadata": {"generateName": "web-", "labels": {"app": "web"}, "annotations": {"inject.istio.io/templates": "` + v.template + `"}},
				"spec": {"containers": [{"name": "app", "image": "app", "ports": [{"containerPort": 80}]}]}}`)}
			for b.Loop() {
				if _, err := v.injector.Inject(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
