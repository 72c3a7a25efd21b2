package podtemplate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/internal/shared"
	"github.com/outrigger-io/outrigger/pkg/mesh"
)

func dataOf(t testing.TB, of *mesh.Defaults) *View {
	t.Helper()
	m, err := mesh.Parse(nil, of)
	if err != nil {
		t.Fatal(err)
	}
	return &View{MeshConfig: m.Data(), ProxyConfig: m.Proxy().Data()}
}

func TestCheckNamesWhatIsNotThere(t *testing.T) {
	for text, want := range map[string]string{
		"a: b\nc: {{ .ProxyInitImag }}":                                                                    "template: sidecar:2:6: there is no .ProxyInitImag; did you mean .ProxyInitImage?",
		"{{ range .Spec.Containers }}{{ $.Revsion }}{{ end }}":                                             "template: sidecar:1:32: there is no .Revsion; did you mean .Revision?",
		"{{ range .Spec.Containers }}{{ .Nme }}{{ end }}":                                                  "template: sidecar:1:31: there is no .Nme; did you mean .Name?",
		"{{ with .Spec }}{{ .Hostnam }}{{ end }}":                                                          "template: sidecar:1:19: there is no .Hostnam; did you mean .Hostname?",
		"{{ .ProxyConfig.GetTracing.GetZipkn }}":                                                           "template: sidecar:1:15: .ProxyConfig.GetTracing.GetZipkn: v1alpha1.Tracing has no .GetZipkn; did you mean .GetZipkin?",
		"{{ .ProxyConfig.StatusPrt }}":                                                                     "template: sidecar:1:15: .ProxyConfig.StatusPrt: mesh.ProxyConfig has no .StatusPrt; did you mean .StatusPort?",
		"{{ .MeshConfig.DefaultConfig.Nothing }}":                                                          "template: sidecar:1:14: .MeshConfig.DefaultConfig.Nothing: mesh.ProxyConfig has no .Nothing",
		"{{ $c := index .Spec.Containers 0 }}{{ $c.Images }}":                                              "template: sidecar:1:41: $c.Images: v1.Container has no .Images; did you mean .Image?",
		"{{ define \"x\" }}{{ .Revisions }}{{ end }}{{ template \"x\" . }}":                                "template: sidecar:1:19: there is no .Revisions; did you mean .Revision?",
		"{{ if false }}{{ .Never }}{{ end }}{{ .Never }}":                                                  "template: sidecar:1:17: there is no .Never\ntemplate: sidecar:1:38: there is no .Never",
		"{{ (.ObjectMeta).Nam }}":                                                                          "template: sidecar:1:16: (.ObjectMeta).Nam: v1.ObjectMeta has no .Nam; did you mean .Name?",
		"{{ .Values.a.b.c }}{{ .ObjectMeta.Labels.app }}{{ (fromJSON `{}`).x }}":                           "",
		"{{ .ProxyConfig.GetTracing.GetTlsSettings.GetCaCertificates }}":                                   "",
		"{{ $x := .Spec }}{{ if .Revision }}{{ $x = .ObjectMeta }}{{ end }}{{ $x.Name }}{{ $x.Hostname }}": "",
		"{{ $ = .Spec }}{{ $.Hostname }}":                                                                  "",
		"{{ define \"x\" }}{{ .Name }}{{ end }}{{ range .Spec.Containers }}{{ template \"x\" . }}{{ end }}{{ template \"x\" .ObjectMeta }}": "",
		"{{ define \"r\" }}{{ template \"r\" .Spec }}{{ end }}{{ template \"r\" . }}":                                                       "template: sidecar:1:32: there is no .Spec",
		"{{ range $k, $v := .ObjectMeta.Labels }}{{ $v }}{{ end }}{{ .DeploymentMeta.Name }}{{ .TypeMeta.Kind }}":                           "",
	} {
		err := parsed(t, text, goTemplate).Check(dataOf(t, mesh.Since122()))
		if got := errorText(err); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	// Up to 1.6, concurrency was a number, and Lightstep had more fields.
	old := "{{ gt .ProxyConfig.Concurrency 0 }}{{ .ProxyConfig.GetTracing.GetLightstep.GetCacertPath }}"
	if err := parsed(t, old, goTemplate).Check(dataOf(t, mesh.Since11())); err != nil {
		t.Error(err)
	}
	if err := parsed(t, old, goTemplate).Check(dataOf(t, mesh.Since122())); err == nil {
		t.Error("today's Lightstep has no CA certificate")
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestMethodsThatChangeMessagesAreRefused(t *testing.T) {
	for _, text := range []string{"{{ .ProxyConfig.ProtoReflect }}", "{{ .ProxyConfig.UnmarshalJSON .ProxyConfig.MarshalJSON }}", "{{ $.MeshConfig.Reset }}", "{{ (.MeshConfig).ProtoReflect.Interface }}"} {
		if _, err := goTemplate.Parse("t", text); err == nil || !strings.Contains(err.Error(), "template: t:1:") || !strings.Contains(err.Error(), "can change what pods share") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// gatewayTemplates are for gateways that the control plane deploys itself. They are
// never rendered for a pod that asks for injection, and see other data.
var gatewayTemplates = map[string]bool{"waypoint": true, "kube-gateway": true, "agentgateway": true, "agentgateway-waypoint": true}

// TestTemplatesOfTheReleasesFindTheirFields: all templates of all releases compile,
// and what they name is there.
func TestTemplatesOfTheReleasesFindTheirFields(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared.Need(t, "conformance/releases"), "*", "configs", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no configurations: %v", err)
	}
	plain, today := dataOf(t, mesh.Since11()), dataOf(t, mesh.Since122())
	seen := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for document := range strings.SplitSeq(string(text), "\n---\n") {
			var configMap struct {
				Data struct{ Config, Values string }
			}
			var config struct {
				Template  string
				Templates map[string]string
			}
			if err := yaml.Unmarshal([]byte(document), &configMap); err != nil {
				t.Fatal(err)
			}
			if err := yaml.Unmarshal([]byte(configMap.Data.Config), &config); err != nil {
				t.Fatal(err)
			}
			if config.Templates == nil { // else the template only says to look there
				config.Templates = map[string]string{"template": config.Template}
			}
			values, err := ParseValues([]byte(configMap.Data.Values))
			if err != nil {
				t.Fatal(err)
			}
			in := dialect(Functions(nil))
			in.NoEnvironment, in.Settings = true, map[string]string{NativeSidecarsVariable: "NativeSidecars"}
			in.Renders, in.Values = true, values
			if strings.Contains(config.Template, "[[") {
				in.Left, in.Right = "[[", "]]"
			}
			for name, text := range config.Templates {
				if seen[text] {
					continue
				}
				seen[text] = true
				tmpl, err := in.Parse(name, text)
				if err != nil {
					t.Errorf("%s: %v", file, err)
					continue
				}
				if gatewayTemplates[name] {
					continue
				}
				data := today
				if strings.Contains(text, "gt .ProxyConfig.Concurrency 0") {
					data = plain
				}
				if err := tmpl.Check(data); err != nil {
					t.Errorf("%s: %v", file, err)
				}
				if tmpl.Reads.Unrepeatable {
					t.Errorf("%s: %s is not repeatable", file, name)
				}
			}
		}
	}
	t.Logf("%d templates", len(seen))
}
