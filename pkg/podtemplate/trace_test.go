package podtemplate

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/mesh"
)

func tracedData(t rapid.TB) *View {
	t.Helper()
	config, err := mesh.Parse([]byte("trustDomain: example.org"), mesh.Since122())
	if err != nil {
		t.Fatal(err)
	}
	return &View{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Labels: map[string]string{"app": "web"}, Annotations: map[string]string{"a": "1"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web"}, {Name: "log"}}},
		Values: Values{
			"yes": true, "no": false, "text": "a", "map": map[string]any{"k": "v", "l": "w"}, "list": []any{"x", 1}, "empty": "",
			"global": map[string]any{"hub": "example.com", "tag": "1"}, "token": "eyJhbGciOiJIUzI1NiJ9aGk4c2VjcmV0",
		},
		MeshConfig: config.Data(), ProxyConfig: config.Proxy().Data(), Revision: "canary",
	}
}

// A template that is traced gives the text that it gives otherwise, or fails as it does.
func tracedIsPlain(t *rapid.T) {
	text := "{{ define \"d\" }}" + podtest.Template(t, 1, printed) + "{{ end }}{{ $x := .Spec.Containers }}" + podtest.Template(t, 3, printed)
	in, err := goTemplate.Parse("t", text)
	if err != nil {
		t.Skip(err) // such as a variable that is not there in "d"
	}
	data := tracedData(t)
	want, wantErr := in.Text(data)
	trace, err := in.Trace(data, nil)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%s\ntraced: %v, want %v", text, err, wantErr)
	}
	if err == nil && trace.Text() != want {
		t.Fatalf("%s\ntraced gives %q, want %q", text, trace.Text(), want)
	}
}

func TestTracedIsPlain(t *testing.T) { rapid.Check(t, tracedIsPlain) }

func FuzzTracedIsPlain(f *testing.F) { f.Fuzz(rapid.MakeFuzz(tracedIsPlain)) }

// A trace says the line of a value, and what its line and the conditions around it read.
func TestTraceAt(t *testing.T) {
	for _, c := range []struct{ name, template, path, want string }{
		{"text", "a: 1\nb: 2\n", "b", "2"},
		{"action", "a: 1\nb: {{ .Values.text }}\n", "b", "2 values text=a"},
		{"action in text", "a: x-{{ .Values.text }}-{{ .Revision }}\n", "a", "1 values text=a, setting revision=canary"},
		{"nothing in quotes", "a: \"{{ .Values.empty }}\"\n", "a", "1 values empty="},
		{"nothing there", "a: \"{{ .Values.none.of.it }}\"\n", "a", "1 values none.of.it missing"},
		{"the next line's condition", "a: {{ .Values.text }}\n{{- if .Values.yes }}\nb: 2\n{{- end }}\n", "a", "1 values text=a"},
		{"condition", "{{- if .Values.yes }}\n{{ with .Values.map }}\na: {{ .k }}\n{{- end }}{{ end }}\n", "a", "3 values map.k=v, values map={\"k\":\"v\",\"l\":\"w\"}, values yes=true"},
		{"else", "{{ if .Values.no }}\na: 1\n{{ else if .Values.yes }}\na: 2\n{{ end }}", "a", "4 values yes=true, values no=false"},
		{"trimmed", "a: 1\n\n\n{{- /* c */ -}}\n\n\n{{ if .Values.yes }}\nb: 2\n{{- end }}", "b", "8 values yes=true"},
		{"block", "a: |\n  x\n  {{ .Values.text }}\nb: 1\n", "a", "1 values text=a"},
		{"after a block", "a: |\n  x\n  {{ .Values.text }}\nb: 1\n", "b", "4"},
		{"many lines of one action", "a:\n{{ toYaml .Values.map | nindent 2 }}\n", "a.l", "2 values map={\"k\":\"v\",\"l\":\"w\"}"},
		{"flow", "a: [{{ .Values.text }}, {{ .Revision }}]\n", "a.1", "1 setting revision=canary"},
		{"flow over lines", "a: [x,\n  {{ .Values.text }}, {b: {{ .Revision }}}]\n", "a.2.b", "2 setting revision=canary"},
		{"list", "a:\n- b: 1\n- b: {{ .Values.text }}\n", "a.1.b", "3 values text=a"},
		{"loop", "a:\n{{- range .Spec.Containers }}\n- {{ .Name }}\n{{- end }}\n", "a.1", "3 pod spec.containers[].name=log, pod spec.containers=*"},
		{"loop with variables", "a:\n{{- range $k, $v := .Values.map }}\n- {{ $k }}\n- {{ $v }}\n{{- end }}\n", "a.1", "4 values map.[]=v, values map={\"k\":\"v\",\"l\":\"w\"}"},
		{"variable", "{{ $m := .Values.map }}\na: {{ $m.k }}\n", "a", "2 values map.k=v, values map={\"k\":\"v\",\"l\":\"w\"}"},
		{"variable of an expression", "{{ $m := or .Values.none .Values.text }}\na: {{ $m }}\n", "a", "2 values none missing, values text=a"},
		{"variable assigned", "{{ $m := .Values.text }}{{ if .Values.yes }}{{ $m = .Revision }}{{ end }}\na: {{ $m }}\n", "a", "2 values text=a, setting revision=canary"},
		{"annotation", "a: {{ annotation .ObjectMeta \"a\" .Values.text }}\n", "a", "1 annotation a=1, values text=a"},
		{"annotation that is not there", "a: {{ annotation .ObjectMeta \"b\" .Values.text }}\n", "a", "1 annotation b missing, values text=a"},
		{"isset", "{{ if isset .ObjectMeta.Annotations \"a\" }}a: 1{{ end }}\n", "a", "1 annotation a=1"},
		{"index", "a: {{ index .ObjectMeta.Labels \"app\" }}\n", "a", "1 label app=web"},
		{"index by an expression", "{{ $k := \"app\" }}a: {{ index .ObjectMeta.Labels $k }}\n", "a", "1 label app=web"},
		{"image", "a: {{ .ProxyImage }}x\n", "a", "1 values global.hub=example.com, values global.tag=1"},
		{"mesh", "a: {{ .MeshConfig.GetTrustDomain }}\n", "a", "1 mesh trustDomain=example.org"},
		{"proxy", "a: {{ .ProxyConfig.StatusPort }}\n", "a", "1 proxyconfig statusPort=15020"},
		{"workload", "a: {{ .TypeMeta.APIVersion }}x{{ .DeploymentMeta.Name }}\n", "a", "1 workload apiVersion=, workload name="},
		{"secret", "a: {{ .Values.token }}\n", "a", "1 values token=(it looks like a key and is not shown)"},
		{"defined", "{{ define \"d\" }}\nb: {{ .Values.text }}\n{{ end }}\na:{{ if .Values.yes }}{{ template \"d\" . }}{{ end }}\nc: 1\n", "b", "2 values text=a, values yes=true"},
		{"after what is defined", "{{ define \"d\" }}\nb: {{ .Values.text }}\n{{ end }}\na:{{ if .Values.yes }}{{ template \"d\" . }}{{ end }}\nc: 1\n", "c", "5"},
		{"defined for a part", "{{ define \"d\" }}\nb: {{ .k }}\n{{ end }}\n{{ template \"d\" .Values.map }}\n", "b", "2 values map={\"k\":\"v\",\"l\":\"w\"}"},
		{"anchor", "a: &x\n  b: {{ .Values.text }}\nc: *x\nd:\n  <<: *x\n", "d.b", "2 values text=a"},
		{"key twice", "a: 1\na: 2\n", "a", "2"},
		{"wide characters", "a: {b: äöü€, c: {{ .Values.text }}}\n", "a.c", "1 values text=a"},
		{"other line breaks", "a: 1\r\nb: 2\r\nc: {{ .Values.text }}\r\n", "c", "3 values text=a"},
		{"JSON", "{\"a\": {\"b\": [1,\n {{ .Values.text | quote }}]}}\n", "a.b.1", "2 values text=a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, err := goTemplate.Parse("t", c.template)
			if err != nil {
				t.Fatal(err)
			}
			trace, err := in.Trace(tracedData(t), nil)
			if err != nil {
				t.Fatal(err)
			}
			o, ok := trace.At(strings.Split(c.path, "."))
			if !ok {
				t.Fatalf("there is no %s in %q", c.path, trace.Text())
			}
			if got := told(o); got != c.want && !(strings.HasSuffix(c.want, "*") && strings.HasPrefix(got, strings.TrimSuffix(c.want, "*"))) {
				t.Errorf("%s\nis of line %s, want %s", trace.Text(), got, c.want)
			}
		})
	}
}

func told(o Origin) string {
	var reads []string
	for _, r := range o.Reads {
		text := fmt.Sprintf("%s %s=%s", r.Kind, r.Path, r.Value)
		if r.Missing {
			text = fmt.Sprintf("%s %s missing", r.Kind, r.Path)
		}
		reads = append(reads, text)
	}
	return strings.TrimSpace(fmt.Sprint(o.Line, " ", strings.Join(reads, ", ")))
}
