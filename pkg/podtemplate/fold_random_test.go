package podtemplate

import (
	"bytes"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/mesh"
)

// drawTemplate draws a template: what it names is there, is not, or is of another type.
func drawTemplate(t *rapid.T, depth int) string {
	expression := rapid.SampledFrom([]string{
		".", "$", ".Values", ".Values.yes", ".Values.no", ".Values.text", ".Values.map", ".Values.map.k", ".Values.none", ".Values.list", "$.Values.text", "$.Values.map", "$.Revision",
		".Revision", ".ObjectMeta.Name", "$.ObjectMeta.Name", "$.ObjectMeta", ".Spec.Containers", "$.Spec.Containers", ".Name", ".k", "$x", "$x.k", "1", `"s"`, "true",
		"(index .Values.list 0)", "(.Values.map).k", ".MeshConfig.TrustDomain", "$.MeshConfig.GetRootNamespace",
		"(annotation .ObjectMeta \"a\" .Values.text)", "(annotation $.ObjectMeta \"b\" $.Values.yes)", "(not .Values.yes)", "(and .Values.yes .ObjectMeta.Name)", "(or $.Values.no .ObjectMeta.Name)",
		"(eq .Values.text \"a\")", "(len .Values.list)", "(set .Values \"text\" .ObjectMeta.Name)", "(.Values.text | quote)", "(toJson .Values.map)", "(.Values.none | default \"d\")", "(fail .ObjectMeta.Name)", "(now | date \"2006\" | trunc 0)",
	})
	var nodes string
	for range rapid.IntRange(0, 3).Draw(t, "nodes") {
		of := func() string { return expression.Draw(t, "expression") }
		body := func() string {
			if depth == 0 {
				return "-"
			}
			return drawTemplate(t, depth-1)
		}
		nodes += map[string]func() string{
			"text":     func() string { return "text\n" },
			"print":    func() string { return "{{ " + of() + " }}" },
			"pipe":     func() string { return "{{ " + of() + " | printf \"%v\" }}" },
			"assign":   func() string { return "{{ $x = " + of() + " }}" },
			"declare":  func() string { return "{{ $x := " + of() + " }}" },
			"root":     func() string { return "{{ $ = " + of() + " }}" },
			"own root": func() string { return "{{ $ := " + of() + " }}" },
			"if":       func() string { return "{{ if " + of() + " }}" + body() + "{{ else }}" + body() + "{{ end }}" },
			"if root":  func() string { return "{{ if $ = " + of() + " }}" + body() + "{{ end }}" },
			"with":     func() string { return "{{ with " + of() + " }}" + body() + "{{ else }}" + body() + "{{ end }}" },
			"range":    func() string { return "{{ range " + of() + " }}" + body() + "{{ end }}" },
			"range x":  func() string { return "{{ range $k, $x := " + of() + " }}" + body() + "{{ end }}" },
			"template": func() string { return "{{ template \"d\" " + of() + " }}" },
		}[rapid.SampledFrom([]string{"text", "print", "pipe", "assign", "declare", "root", "own root", "if", "if root", "with", "range", "range x", "template"}).Draw(t, "node")]()
	}
	return nodes
}

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
	text := "{{ define \"d\" }}" + drawTemplate(t, 1) + "{{ end }}{{ $x := .Spec.Containers }}" + drawTemplate(t, 3)
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
