package podtemplate

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/outrigger-io/outrigger/pkg/mesh"
)

// TestCompiledTemplatesRenderAlike holds each compiled template against text/template,
// and says what is left to it.
func TestCompiledTemplatesRenderAlike(t *testing.T) {
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
	for text, left := range map[string]string{
		`{{ .Values.text }}{{ .Values.number }}{{ .Values.none }}`:                                                                                   "",
		`{{ if .Values.yes }}a{{ else }}b{{ end }}{{ if .Values.no }}c{{ else if .Values.empty }}d{{ else }}{{ .ObjectMeta.Name }}{{ end }}`:         "",
		`{{ if .Values.no }}{{ fail "never" }}{{ end }}`:                                                                                             "",
		`{{ if .ObjectMeta.Name }}{{ fail "at times" }}{{ end }}`:                                                                                    `fail "at times"`,
		`{{ toYaml (omitNil .Values.map) | indent 3 }}{{ .Values.map.k | quote | default "z" }}`:                                                     "",
		`{{ annotation .ObjectMeta "a" .Values.text }}{{ annotation .ObjectMeta "b" .Values.yes }}`:                                                  "",
		`{{ eq (annotation .ObjectMeta "a" .Values.yes) "true" }}{{ eq .Values.number 3 }}`:                                                          "",
		`{{ $x := 1 }}{{ if .Values.yes }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}`:                                                                    "",
		`{{ $x := 1 }}{{ if .Values.yes }}{{ $x = 2 }}{{ end }}{{ $x }}`:                                                                             "",
		`{{ range .Spec.Containers }}{{ .Name }}{{ $.Values.text }}{{ if $.Values.no }}x{{ end }}{{ end }}`:                                          "",
		`{{ with .Spec.Hostname }}{{ . }}{{ $.Revision }}{{ end }}{{ with .Values.none }}{{ .x }}{{ else }}{{ .Revision }}{{ end }}`:                 "",
		`{{ range $k, $v := .Values.map }}{{ $k }}{{ $v }}{{ end }}{{ range .Values.list }}{{ . }}{{ end }}`:                                         "",
		`{{ define "d" }}{{ .Revision }}{{ .ObjectMeta.Name }}{{ end }}{{ template "d" . }}{{ with .Spec.Hostname }}{{ template "d" $ }}{{ end }}`:   "",
		`{{ define "e" }}{{ .k }}{{ end }}{{ template "e" .Values.map }}`:                                                                            "",
		`{{ define "f" }}{{ .Values }}{{ end }}{{ range .Spec.Containers }}{{ template "g" $ }}{{ end }}{{ define "g" }}{{ .Values.text }}{{ end }}`: "",
		`{{ .Values.number.x }}`:                            `.Values.number.x`,
		`{{ index .Values.list 7 }}`:                        `index .Values.list 7`,
		`{{ (index .Values.list 0) }}{{ (.Values.map).k }}`: "",
		`{{ .MeshConfig.TrustDomain }}{{ .MeshConfig.GetRootNamespace }}{{ .MeshConfig.DefaultConfig.GetStatusPort }}`: "",
		`{{ printf "%s-%s" .Revision .ObjectMeta.Name }}{{ .Revision | printf "%s-%s" "x" }}`:                          "",
		`{{ and .Values.yes .ObjectMeta.Name }}{{ or .Values.no .ObjectMeta.Name "none" }}{{ not .Values.no }}`:        "",
		`{{ $_ := set .Values "number" 4 }}{{ .Values.number }}`:                                                       "all",
		`{{ randAlphaNum 3 | trunc 0 }}{{ .Values.text }}`:                                                             "",
	} {
		in, err := goTemplate.Parse("t", text)
		if err != nil {
			t.Fatal(err)
		}
		plain, _ := goTemplate.Parse("t", text)
		in.Fix(&data, "Values", "MeshConfig", "Revision")
		for i := range pods {
			var want bytes.Buffer
			wantErr := plain.text.Execute(&want, &pods[i])
			got, err := in.Text(&pods[i])
			if want.String() != got && err == nil || fmt.Sprint(wantErr) != fmt.Sprint(err) {
				t.Errorf("%s\ngives %q, %v, want %q, %v", text, got, err, &want, wantErr)
			}
		}
		got := "all"
		if in.program != nil {
			got = strings.Join(in.program.Left(), "; ")
		}
		if got != left {
			t.Errorf("%s\nleft are %q, want %q", text, got, left)
		}
	}
}
