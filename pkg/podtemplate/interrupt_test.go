package podtemplate

import (
	"context"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/outrigger-io/outrigger/internal/podtest"
)

// TestLoopsEnd has templates that would take hours, and write nothing meanwhile.
func TestLoopsEnd(t *testing.T) {
	view := &View{Spec: corev1.PodSpec{Containers: make([]corev1.Container, 2_000)}}
	for name, text := range map[string]string{
		"loops in loops": `{{ range .Spec.Containers }}{{- range $.Spec.Containers }}{{- range $.Spec.Containers }}{{- range $.Spec.Containers }}{{- end }}{{- end }}{{- end }}{{- end }}`,
		"a definition":   `{{ define "d" }}{{- range .Spec.Containers }}{{- range $.Spec.Containers }}{{- range $.Spec.Containers }}{{- end }}{{- end }}{{- end }}{{ end }}{{ template "d" . }}`,
		"definitions that call each other": `{{ define "a" }}{{ template "b" . }}{{ template "b" . }}{{ end }}{{ define "b" }}{{ template "c" . }}{{ template "c" . }}{{ end }}` +
			`{{ define "c" }}{{ template "d" . }}{{ template "d" . }}{{ end }}{{ define "d" }}{{ template "a" . }}{{ template "a" . }}{{ end }}{{ template "a" . }}`,
		"what has no value": `a: {{ .Values.none }}{{ range .Spec.Containers }}{{- range $.Spec.Containers }}{{- range $.Spec.Containers }}{{- range $.Spec.Containers }}{{- end }}{{- end }}{{- end }}{{- end }}`,
	} {
		ctx := &podtest.Countdown{Context: t.Context(), Left: 1_000}
		_, err := parsed(t, text, goTemplate).Render(ctx, view)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		if ctx.Left < -1 {
			t.Errorf("%s: it went on for %d rounds", name, -ctx.Left)
		}
	}
}

// TestRoundsAreNotReading: what ends a loop does not make the template one that reads
// all of the pod.
func TestRoundsAreNotReading(t *testing.T) {
	tmpl := parsed(t, `a: "{{ range .Spec.Containers }}{{ .Name }}{{ end }}"`, goTemplate)
	before := tmpl.Reads
	v, err := tmpl.Render(t.Context(), &View{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "x"}, {Name: "y"}}}})
	if err != nil || string(v.JSON()) != `{"a":"xy"}` {
		t.Errorf("%s, %v", v.JSON(), err)
	}
	if before.Meets([]string{"metadata", "name"}) || !before.Meets([]string{"spec", "containers", AnyElement, "name"}) {
		t.Error("it reads something else")
	}
	if _, err := goTemplate.Parse("sidecar", `{{ goOn . }}`); err == nil {
		t.Error("a template can name the function")
	}
}
