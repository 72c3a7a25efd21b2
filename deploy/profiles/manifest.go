package profiles

import (
	"bytes"
	"fmt"
	"strings"
	"text/template"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// Namespace is that of the control plane in every profile.
const Namespace = "istio-system"

// Manifest returns a profile as the two ConfigMaps of a control plane, ready to
// be applied or to be made one's own: istio-sidecar-injector and istio, in the
// namespace, with -REVISION behind their names where a revision is given (spec:
// injection.md section 1). The values and the mesh are those of a control plane
// of that namespace and revision.
func Manifest(name, namespace, revision string) ([]byte, error) {
	s, err := Get(name)
	if err != nil {
		return nil, err
	}
	if wrong := validation.IsDNS1123Label(namespace); len(wrong) > 0 {
		return nil, fmt.Errorf("namespace %q: %s", namespace, strings.Join(wrong, ", "))
	}
	if revision != "" {
		if wrong := validation.IsDNS1123Label(revision); len(wrong) > 0 {
			return nil, fmt.Errorf("revision %q: %s", revision, strings.Join(wrong, ", "))
		}
		if s.Values == nil {
			return nil, fmt.Errorf("revision %q: profile %s is of the 1.0 line, which has no revisions", revision, name)
		}
	}
	var out bytes.Buffer
	err = manifest.Execute(&out, struct {
		inject.Sources
		Namespace, Suffix string
	}{placed(s, namespace, revision), namespace, suffix(revision)})
	return out.Bytes(), err
}

func suffix(revision string) string {
	if revision == "" {
		return ""
	}
	return "-" + revision
}

// placed returns a configuration for a control plane elsewhere. Profiles are
// written so that these words stand in them for nothing else: their comments
// survive where only text is replaced.
func placed(s inject.Sources, namespace, revision string) inject.Sources {
	replace := strings.NewReplacer(
		Namespace, namespace,
		"istiod."+Namespace, "istiod"+suffix(revision)+"."+namespace,
		`revision: ""`, fmt.Sprintf("revision: %q", revision),
	)
	s.Values = []byte(replace.Replace(string(s.Values)))
	s.Mesh = []byte(replace.Replace(string(s.Mesh)))
	return s
}

var manifest = template.Must(template.New("manifest").Funcs(template.FuncMap{"indented": indented}).Parse(`apiVersion: v1
kind: ConfigMap
metadata:
  name: istio-sidecar-injector{{ .Suffix }}
  namespace: {{ .Namespace }}
data:
  config: |
{{ indented .Config }}
{{- with .Values }}
  values: |
{{ indented . }}
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: istio{{ .Suffix }}
  namespace: {{ .Namespace }}
data:
  mesh: |
{{ indented .Mesh }}
`))

// indented indents text to stand under a key of data as it is.
func indented(text []byte) string {
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = "    " + line
		}
	}
	return strings.Join(lines, "\n")
}
