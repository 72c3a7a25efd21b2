package podtemplate

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

func parsed(t testing.TB, text string, in *Dialect) *Template {
	t.Helper()
	tmpl, err := in.Parse("sidecar", text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return tmpl
}

// TestErrorsShowNoData: text/template prints all that a loop cannot go over.
func TestErrorsShowNoData(t *testing.T) {
	view := &View{Values: Values{"password": strings.Repeat("hush", 100)}}
	for _, text := range []string{`{{ range . }}{{ end }}`, `{{ range .Values.password }}{{ end }}`, `{{ range $ }}{{ end }}`} {
		_, err := parsed(t, text, goTemplate).Render(t.Context(), view)
		if err == nil || strings.Count(err.Error(), "hush") > 20 || len(err.Error()) > 250 || !strings.Contains(err.Error(), "range can't iterate over") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestLastOfEqualKeysCounts(t *testing.T) {
	v, err := parsed(t, "a:\n- name: w\n  name: x\n", goTemplate).Render(t.Context(), &View{})
	if err != nil || string(v.JSON()) != `{"a":[{"name":"x"}]}` {
		t.Errorf("%s, %v", v.JSON(), err)
	}
}

// TestWhatHasNoValueIsAnError, with the place; words of the pod that look like it
// are none.
func TestWhatHasNoValueIsAnError(t *testing.T) {
	values, err := ParseValues([]byte("{global: {hub: h, nothing: null}}"))
	if err != nil {
		t.Fatal(err)
	}
	view := &View{Values: values, ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"a": "<no value>", "n": "<nil>"}}}
	for text, want := range map[string]string{
		"a: 1\nb: {{ .Values.global.tag }}":                                                 "template: sidecar:2:6: .Values.global.tag has no value",
		"a: {{ .Values.global.nothing }}":                                                   "template: sidecar:1:6: .Values.global.nothing has no value",
		"a: {{ with .Values.global }}{{ .tag }}{{ end }}":                                   "template: sidecar:1:31: .tag has no value",
		"{{ define \"x\" }}{{ .Values.none }}{{ end }}\n\na: {{ template \"x\" . }}":        "template: sidecar:1:19: .Values.none has no value",
		"a: {{ annotation .ObjectMeta `x` .Values.none }}":                                  "template: sidecar:1:6: .Values.none has no value",
		"a: {{ .Values.global.hub }}":                                                       "",
		"a: {{ index .ObjectMeta.Annotations `a` }}{{ index .ObjectMeta.Annotations `n` }}": "",
		"a: {{ annotation .ObjectMeta `a` .Values.none }}":                                  "",
		"a: {{ if .Values.none.below }}b{{ end }}":                                          "",
		"a: {{ .Values.none | default `b` }}":                                               "",
		"a: {{ valueOrDefault .Values.none `b` }}":                                          "",
	} {
		for _, fixed := range []bool{false, true} {
			tmpl := parsed(t, text, goTemplate)
			if fixed {
				tmpl.Fix(view, "Values")
			}
			if _, err := tmpl.Render(t.Context(), view); (err == nil) != (want == "") || err != nil && err.Error() != want {
				t.Errorf("%s: %v, want %s", text, err, want)
			}
		}
	}
}

func TestNumbersOfTheValuesAreAsWritten(t *testing.T) {
	values, err := ParseValues([]byte("a: 1000650000\nb: 1.5\nc: -3\nd: 010\n"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := parsed(t, `{a: "{{ .Values.a }} {{ .Values.b }} {{ .Values.c }} {{ .Values.d }} {{ toJson .Values.a }} {{ eq .Values.c -3 }} {{ toYaml .Values.a | trim }}"}`, goTemplate).Render(t.Context(), &View{Values: values})
	if err != nil || v.Get("a").Text() != "1000650000 1.5 -3 8 1000650000 true 1000650000" {
		t.Errorf("%s, %v", v.JSON(), err)
	}
	if _, err := ParseValues([]byte("a: [")); err == nil {
		t.Error("it is no YAML")
	}
}

// TestRender: texts of the values are rendered with the template's own data, and no
// other ones.
func TestRender(t *testing.T) {
	values, err := ParseValues([]byte(`
domains: [global, '{{ valueOrDefault .DeploymentMeta.Namespace "default" }}.global', '{{ render (index .Values.domains 1) }}.x']
own: '{{ .ObjectMeta.Name }}'
again: '{{ render .Values.again }}'
bad: '{{ .Nope }}'
`))
	if err != nil {
		t.Fatal(err)
	}
	in := dialect(Functions(nil))
	in.Renders, in.Values = true, values
	view := &View{Values: values, DeploymentMeta: types.NamespacedName{Namespace: "ns"}, ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"a": "{{ .Spec }}"}}}
	v, err := parsed(t, "{{ range .Values.domains }}- {{ render . }}\n{{ end }}", in).Render(t.Context(), view)
	if err == nil {
		t.Errorf("a list is no pod: %s", v.JSON())
	}
	v, err = parsed(t, "a:\n{{ range .Values.domains }}- {{ . | render }}\n{{ end }}", in).Render(t.Context(), view)
	if err != nil || string(v.JSON()) != `{"a":["global","ns.global","ns.global.x"]}` {
		t.Errorf("%s, %v", v.JSON(), err)
	}
	for text, want := range map[string]string{
		"{{ render .Values.again }}":                       "texts render each other without an end",
		"{{ render .Values.bad }}":                         "can't evaluate field Nope",
		"{{ render (index .ObjectMeta.Annotations `a`) }}": `"{{ .Spec }}" is no text of the values`,
	} {
		if _, err := parsed(t, text, in).Render(t.Context(), view); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	// What the texts read of a pod, the template reads; what none of them reads, it does not.
	reads := parsed(t, "{{ render .Values.own }}", in).Reads
	if reads.Unrepeatable || !reads.Meets([]string{"metadata", "name"}) || reads.Meets([]string{"spec", "volumes"}) {
		t.Errorf("%+v", reads)
	}
	if reads := parsed(t, "{{ .Spec.Hostname }}", in).Reads; reads.Meets([]string{"metadata", "name"}) {
		t.Errorf("it renders nothing: %+v", reads)
	}
}

func TestEnvOfTheControlPlane(t *testing.T) {
	t.Setenv("PATH_OF_MINE", "x")
	in := dialect(Functions(nil))
	in.NoEnvironment, in.Settings = true, map[string]string{NativeSidecarsVariable: "NativeSidecars"}
	tmpl := parsed(t, `{{ define "x" }}{{ env "ENABLE_NATIVE_SIDECARS" "false" }}{{ end }}
a: {{ env "PATH_OF_MINE" "y" }} {{ env "ANY" "z" }} {{ env "ENABLE_NATIVE_SIDECARS" "false" }} {{ template "x" . }} {{ range .Spec.Containers }}{{ env "ENABLE_NATIVE_SIDECARS" "" }}{{ end }}`, in)
	if tmpl.Reads.Unrepeatable || tmpl.Reads.Meets([]string{"metadata", "name"}) {
		t.Errorf("%+v", tmpl.Reads)
	}
	v, err := tmpl.Render(t.Context(), &View{NativeSidecars: true, Spec: corev1.PodSpec{Containers: []corev1.Container{{}}}})
	if err != nil || v.Get("a").Text() != "y z true true true" {
		t.Errorf("%s, %v", v.JSON(), err)
	}
}

func TestWhatDependsOnTheClockIsNotRepeatable(t *testing.T) {
	for text, want := range map[string]bool{
		`{{ date "2006" .ObjectMeta.Name }}`:                   true,
		`{{ htmlDate "" }}`:                                    true,
		`{{ dateInZone "2006" "" "UTC" }}`:                     true,
		`{{ durationRound .Values.x }}`:                        true,
		`{{ if false }}{{ uuidv4 }}{{ end }}`:                  true,
		`{{ define "a" }}{{ now }}{{ end }}{{ template "a" }}`: true,
		`{{ set .Values "a" 1 }}`:                              false,
		`{{ .ObjectMeta.CreationTimestamp }}`:                  false,
		deep(maxTemplateDepth + 2):                             true,
	} {
		if got := parsed(t, text, goTemplate).Reads.Unrepeatable; got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// deep is a template that calls one in another, the last of which tells the time.
func deep(n int) string {
	var b strings.Builder
	for i := range n {
		next := "{{ now }}"
		if i+1 < n {
			next = "{{ template \"" + strings.Repeat("x", i+2) + "\" . }}"
		}
		b.WriteString("{{ define \"" + strings.Repeat("x", i+1) + "\" }}" + next + "{{ end }}")
	}
	return b.String() + "{{ template \"x\" . }}"
}

func TestProxyInitImage(t *testing.T) {
	for _, c := range []struct{ values, imageType, want string }{
		{`global: {hub: h, tag: "1", proxy: {image: own}}`, "", "h/proxyv2:1"},
		{`global: {hub: h, tag: "1", proxy_init: {image: init}}`, "debug", "h/init:1-debug"},
		{`global: {hub: h, tag: "1", proxy_init: {image: r/init@sha256:0}}`, "debug", "r/init@sha256:0"},
	} {
		v, err := ParseValues([]byte(c.values))
		if err != nil {
			t.Fatal(err)
		}
		if got := ProxyInitImage(v, c.imageType); got != c.want {
			t.Errorf("%s: got %s, want %s", c.values, got, c.want)
		}
	}
}

func TestEstimatedConcurrency(t *testing.T) {
	for _, c := range []struct {
		configured     int32
		limit, request string
		values         string
		want           int
	}{
		{0, "", "", "", 2},
		{3, "7", "7", "", 3},
		{0, "1500m", "7", "", 2},
		{0, "", "4100m", "", 5},
		{0, "", "", "{limits: {cpu: 6}, requests: {cpu: 7}}", 6},
		{0, "", "", "{requests: {cpu: 100m}}", 1},
		{0, "much", "0", "", 2},
	} {
		v, err := ParseValues([]byte("global: {proxy: {resources: " + c.values + "}}"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := tree.ParseYAML(fmt.Appendf(nil, "{metadata: {annotations: {sidecar.istio.io/proxyCPULimit: %q, sidecar.istio.io/proxyCPU: %q}}}", c.limit, c.request))
		if err != nil {
			t.Fatal(err)
		}
		if got := EstimatedConcurrency(c.configured, p, v); got != c.want {
			t.Errorf("%+v: got %d", c, got)
		}
	}
}

func TestServiceVersionOfAnImage(t *testing.T) {
	for image, want := range map[string]string{
		"i:1": "1", "i@sha256:a": "sha256:a", "i:1@sha256:a": "1@sha256:a", "r:5000/i:2": "2", "r:5000/i": "", "i": "",
	} {
		if got := imageVersion(image); got != want {
			t.Errorf("%s: got %s, want %s", image, got, want)
		}
	}
}
