package podtemplate

import (
	"bytes"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/mesh"
)

func printed(expression string) string { return "{{ " + expression + " }}" }

// foldedIsPlain holds a random template, folded, against itself as it was written.
func foldedIsPlain(t *rapid.T) {
	config, err := mesh.Parse(nil, mesh.Since122())
	if err != nil {
		t.Fatal(err)
	}
	data := func() View {
		return View{
			Values:     Values{"yes": true, "no": false, "text": "a", "map": map[string]any{"k": "v"}, "list": []any{"x", 1}},
			MeshConfig: config.Data(), ProxyConfig: config.Proxy().Data(), Revision: "canary",
		}
	}
	text := "{{ define \"d\" }}" + podtest.Template(t, 1, printed) + "{{ end }}{{ $x := .Spec.Containers }}" + podtest.Template(t, 3, printed)
	folded, err := goTemplate.Parse("t", text)
	if err != nil {
		t.Skip(err) // such as a variable that is not there in "d"
	}
	plain, _ := goTemplate.Parse("t", text)
	same := data()
	folded.Fold(&same, "Values", "MeshConfig", "Revision")
	folded.fold()
	for range 2 {
		pod := data()
		pod.ObjectMeta = metav1.ObjectMeta{Name: rapid.SampledFrom([]string{"", "p", "q"}).Draw(t, "name"), Annotations: map[string]string{"a": "1"}}
		pod.Spec.Containers = make([]corev1.Container, rapid.IntRange(0, 2).Draw(t, "containers"))
		var want, got bytes.Buffer
		wantErr, gotErr := plain.text.Execute(&want, plain.own(&pod)), folded.text.Execute(&got, folded.own(&pod))
		if want.String() != got.String() || (wantErr == nil) != (gotErr == nil) {
			t.Fatalf("%s\nfolded to %s\ngives %q, %v, want %q, %v", text, folded.text.Root, &got, gotErr, &want, wantErr)
		}
	}
}

func TestFoldedIsPlain(t *testing.T) { rapid.Check(t, foldedIsPlain) }

func FuzzFoldedIsPlain(f *testing.F) { f.Fuzz(rapid.MakeFuzz(foldedIsPlain)) }
