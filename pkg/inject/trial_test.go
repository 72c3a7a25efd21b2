package inject

import (
	"strings"
	"testing"
)

// TestConfigurationsAreTried has configurations that compile and refuse every pod.
func TestConfigurationsAreTried(t *testing.T) {
	for _, c := range []struct{ name, config, want string }{
		{"a field that the data does not have", `templates: {sidecar: "spec: {containers: [{name: istio-proxy, image: '{{ .ProxyInitImag }}'}]}"}`, "injector config: template: sidecar:1:51: there is no .ProxyInitImag; did you mean .ProxyInitImage?"},
		{"a function that refuses", `templates: {sidecar: "{{ fromJSON \"{\" }}"}`, "it cannot inject a bare pod: template: sidecar:1:3"},
		{"no YAML", `templates: {sidecar: "a: [ {{ .ObjectMeta.Name }}"}`, `template "sidecar" does not render to YAML`},
		{"only Jobs", `templates: {sidecar: "{{ range .Spec.InitContainers }}{{ fromJSON \"{\" }}{{ end }}"}`, "it cannot inject a pod of a Job with an init container"},
		{"only native sidecars", `templates: {sidecar: "{{ if .NativeSidecars }}{{ fromJSON \"{\" }}{{ end }}"}`, "it cannot inject a bare pod"},
		{"the gateway's template", `templates: {sidecar: "", gateway: "{{ .Nope }}"}`, "it cannot inject a gateway"},
		{"a default template that is not there", `{defaultTemplates: [none], templates: {sidecar: ""}}`, `template "none" is unknown`},
		{"of 1.0", `template: "containers: [[ .Nope ]]"`, "template: template:1:15: there is no .Nope"},
		{"a field on a way that no trial takes", `templates: {sidecar: "{{ if .Spec.HostPID }}{{ .Revsion }}{{ end }}"}`, "template: sidecar:1:25: there is no .Revsion; did you mean .Revision?"},
		{"a template that nobody asks for may be broken", `templates: {sidecar: "", own: "{{ .Nope }}"}`, ""},
		{"a template may refuse pods by itself", `templates: {sidecar: "{{ fail \"ask the mesh's people\" }}"}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Sources{Config: []byte("policy: enabled\n" + c.config)}
			if strings.HasPrefix(c.config, "{") {
				s.Config = []byte("{policy: enabled, " + c.config[1:])
			}
			if _, err := Compile(s, Options{}); err != nil {
				t.Fatal(err)
			}
			_, err := Compile(s, Options{Try: true})
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}
