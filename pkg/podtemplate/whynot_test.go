package podtemplate

import (
	"fmt"
	"strings"
	"testing"
)

const absences = `spec:
  containers:
  - name: istio-proxy
    image: {{ .Values.text }}
    {{- if .Values.no }}
    lifecycle:
      {{- if .Values.yes }}
      postStart:
        exec: {}
      {{- end }}
    {{- else if .Values.none }}
    lifecycle: {}
    {{- end }}
    {{- with .Values.none }}
    resources:
      {{ toYaml . | nindent 6 }}
    {{- end }}
    env:
    - name: A
      value: |
        tty: true
    {{- range .Values.none }}
    - name: LOOPED
      value: {{ . }}
    {{- end }}
    {{- if .Values.yes }}
    - name: B
      value: b
    {{- else }}
    - name: C
      value: c
    {{- end }}
    args: ["x"]
  volumes:
  - emptyDir: {}
    name: one
  {{- if .Values.no }}
  - emptyDir: {}
    name: two
  {{- end }}
`

// Of a field that a template did not write, the conditions are told that kept it out.
func TestWhyNot(t *testing.T) {
	in, err := goTemplate.Parse("t", absences)
	if err != nil {
		t.Fatal(err)
	}
	trace, err := in.Trace(tracedData(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"spec/containers/istio-proxy/lifecycle":                "5 (6): if .Values.no [no=false]; 11 (12): if .Values.none [none missing]",
		"spec/containers/istio-proxy/lifecycle/postStart":      "5 (8): if .Values.no [no=false]",
		"spec/containers/istio-proxy/lifecycle/postStart/exec": "5 (9): if .Values.no [no=false]",
		"spec/containers/istio-proxy/resources/limits/cpu":     "14 (15): with .Values.none [none missing]",
		"spec/containers/istio-proxy/env/LOOPED":               "22 (23): range .Values.none [none missing]",
		"spec/containers/istio-proxy/env/LOOPED/value":         "22 (24): range .Values.none [none missing]",
		"spec/containers/istio-proxy/env/C/value":              "26 (31): else of if .Values.yes [yes=true]",
		"spec/volumes/two/emptyDir":                            "37 (38): if .Values.no [no=false]",
		"spec/containers/istio-proxy/env/B/value":              "",
		"spec/containers/istio-proxy/tty":                      "",
		"spec/containers/other/lifecycle":                      "",
		"spec/volumes/three":                                   "",
		"metadata":                                             "",
	} {
		var got []string
		for _, c := range trace.WhyNot(strings.Split(path, "/")) {
			var reads []string
			for _, r := range c.Reads {
				read := r.Path + "=" + r.Value
				if r.Missing {
					read = r.Path + " missing"
				}
				reads = append(reads, read)
			}
			got = append(got, fmt.Sprintf("%d (%d): %s [%s]", c.Line, c.Writes, c.Text, strings.Join(reads, ", ")))
		}
		if got := strings.Join(got, "; "); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
