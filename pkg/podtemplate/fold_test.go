package podtemplate

import (
	"bytes"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/mesh"
)

// TestFoldedTemplatesRenderAlike holds each folded template against itself as it
// was written.
func TestFoldedTemplatesRenderAlike(t *testing.T) {
	config, err := mesh.Parse(nil, mesh.Since122())
	if err != nil {
		t.Fatal(err)
	}
	data := View{
		Values: Values{"yes": true, "no": false, "text": "a \"b\"\n", "number": 3, "empty": "", "map": map[string]any{"k": "v", "n": nil}, "list": []any{"x", 1}},
		// Two pods, and nothing of them, are laid over it below.
		MeshConfig: config.Data(), ProxyConfig: config.Proxy().Data(), Revision: "canary",
	}
	pods := []View{data, data, data}
	pods[1].ObjectMeta = metav1.ObjectMeta{Name: "p", Annotations: map[string]string{"a": "1"}}
	pods[2].Spec = corev1.PodSpec{Hostname: "h", Containers: []corev1.Container{{Name: "c"}, {Name: "d"}}}
	for text, folds := range map[string]bool{
		`{{ .Values.text }}{{ .Values.number }}{{ .Values.none }}`:                                                                                   true,
		`{{ if .Values.yes }}a{{ else }}b{{ end }}{{ if .Values.no }}c{{ else if .Values.empty }}d{{ else }}{{ .ObjectMeta.Name }}{{ end }}`:         true,
		`{{ if .Values.no }}{{ fail "never" }}{{ end }}`:                                                                                             true,
		`{{ if .ObjectMeta.Name }}{{ fail "at times" }}{{ end }}`:                                                                                    false,
		`{{ toYaml (omitNil .Values.map) | indent 3 }}{{ .Values.map.k | quote | default "z" }}`:                                                     true,
		`{{ annotation .ObjectMeta "a" .Values.text }}{{ annotation .ObjectMeta "b" .Values.yes }}`:                                                  true,
		`{{ eq (annotation .ObjectMeta "a" .Values.yes) "true" }}{{ eq .Values.number 3 }}`:                                                          true,
		`{{ $x := 1 }}{{ if .Values.yes }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}`:                                                                    true,
		`{{ $x := 1 }}{{ if .Values.yes }}{{ $x = 2 }}{{ end }}{{ $x }}`:                                                                             true,
		`{{ range .Spec.Containers }}{{ .Name }}{{ $.Values.text }}{{ if $.Values.no }}x{{ end }}{{ end }}`:                                          true,
		`{{ with .Spec.Hostname }}{{ . }}{{ $.Revision }}{{ end }}{{ with .Values.none }}{{ .x }}{{ else }}{{ .Revision }}{{ end }}`:                 true,
		`{{ range $k, $v := .Values.map }}{{ $k }}{{ $v }}{{ end }}{{ range .Values.list }}{{ . }}{{ end }}`:                                         false,
		`{{ define "d" }}{{ .Revision }}{{ .ObjectMeta.Name }}{{ end }}{{ template "d" . }}{{ with .Spec.Hostname }}{{ template "d" $ }}{{ end }}`:   true,
		`{{ define "e" }}{{ .k }}{{ end }}{{ template "e" .Values.map }}`:                                                                            false,
		`{{ define "f" }}{{ .Values }}{{ end }}{{ range .Spec.Containers }}{{ template "g" $ }}{{ end }}{{ define "g" }}{{ .Values.text }}{{ end }}`: true,
		`{{ .Values.number.x }}`:                            false,
		`{{ index .Values.list 7 }}`:                        false,
		`{{ (index .Values.list 0) }}{{ (.Values.map).k }}`: true,
		`{{ .MeshConfig.TrustDomain }}{{ .MeshConfig.GetRootNamespace }}{{ .MeshConfig.DefaultConfig.GetStatusPort }}`: true,
		`{{ printf "%s-%s" .Revision .ObjectMeta.Name }}{{ .Revision | printf "%s-%s" "x" }}`:                          true,
		`{{ and .Values.yes .ObjectMeta.Name }}{{ or .Values.no .ObjectMeta.Name "none" }}{{ not .Values.no }}`:        true,
		`{{ $_ := set .Values "number" 4 }}{{ .Values.number }}`:                                                       false,
		`{{ randAlphaNum 3 | trunc 0 }}{{ .Values.text }}`:                                                             false,
	} {
		funcs := Functions(nil)
		plain, err := dialect(funcs).Parse("t", text)
		if err != nil {
			t.Fatal(err)
		}
		folded, _ := dialect(funcs).Parse("t", text)
		folded.same, folded.constant = &data, []string{"Values", "MeshConfig", "Revision"}
		folded.fold()
		if changed := plain.text.Tree.Root.String() != folded.text.Tree.Root.String() || definitions(plain) != definitions(folded); changed != folds {
			t.Errorf("%s\nfolded is %s", text, folded.text.Tree.Root)
		}
		for i := range pods {
			var want, got bytes.Buffer
			wantErr, gotErr := plain.text.Execute(&want, &pods[i]), folded.text.Execute(&got, &pods[i])
			if want.String() != got.String() || (wantErr == nil) != (gotErr == nil) {
				t.Errorf("%s\nfolded to %s\ngives %q, %v, want %q, %v", text, folded.text.Tree.Root, &got, gotErr, &want, wantErr)
			}
		}
	}
}

func definitions(t *Template) string {
	var b strings.Builder
	for _, name := range []string{"d", "e", "f", "g"} {
		if body := t.text.Lookup(name); body != nil {
			b.WriteString(body.Tree.Root.String())
		}
	}
	return b.String()
}
