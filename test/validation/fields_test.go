package validation

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// placed has a template for the fields of each section of testdata/fields.txt.
var placed = map[string]string{
	"a container":               `spec: {containers: [{name: p, image: i, FIELDS}]}`,
	"a volume":                  `spec: {containers: [{name: p, image: i}], volumes: [{name: v, FIELDS}]}`,
	"a mount of volume v":       `spec: {containers: [{name: p, image: i, volumeMounts: [{name: v, FIELDS}]}], volumes: [{name: v, emptyDir: {}}]}`,
	"the pod":                   `spec: {containers: [{name: p, image: i}], FIELDS}`,
	"an init container":         `spec: {containers: [{name: p, image: i}], initContainers: [{name: s, image: i, FIELDS}]}`,
	"a container and its image": `spec: {containers: [{name: p, FIELDS}]}`,
	"metadata":                  `{metadata: {FIELDS}, spec: {containers: [{name: p, image: i}]}}`,
}

// leftToServers are fields that Kubernetes refuses and injection does not: of volumes that
// hardly any cluster has, of Windows, what no template is known to write, and an absolute
// path, which the reference lets an annotation ask for.
var leftToServers = []string{
	"items: [{key: a, path: /b}]",
	"windowsOptions:", "overhead:", "finalizers:", "generateName:",
	"iscsi:", "azureDisk:", "quobyte:", "fc:", "storageos:", `clusterTrustBundle: {path: a, name: "A B"}`,
}

// TestFieldsOfTemplates holds the last check against Kubernetes, field by field.
func TestFieldsOfTemplates(t *testing.T) {
	file, err := os.Open("testdata/fields.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	pod := []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"app","image":"app"}]}}`)
	section, refused, taken := "", 0, 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := lines.Text()
		if name, ok := strings.CutPrefix(line, "-- "); ok {
			section = strings.TrimSuffix(name, " --")
			continue
		}
		if section == "" || line == "" {
			continue
		}
		template := strings.Replace(placed[section], "FIELDS", line, 1)
		in, err := inject.Compile(inject.Sources{Config: []byte("policy: enabled\ndefaultTemplates: [own]\ntemplates:\n  own: |\n    " + template + "\n")}, inject.Options{})
		if err != nil {
			t.Errorf("%s: %s: %v", section, line, err)
			continue
		}
		result, err := in.Inject(inject.Request{Pod: pod, Namespace: "shop"})
		if err != nil {
			refused++
			if !strings.Contains(err.Error(), `template "own", line 1: pod.`) {
				t.Errorf("%s: %s: refused without its place: %v", section, line, err)
			}
			if bad := problems(asPod(t, template)); len(bad) == 0 {
				t.Errorf("%s: %s: Kubernetes takes it, and it is refused: %v", section, line, err)
			}
			continue
		}
		taken++
		isLeft := slices.ContainsFunc(leftToServers, func(field string) bool { return strings.Contains(line, field) })
		if bad := problems(conformance.Apply(t, pod, result.Patch)); len(bad) > 0 && !isLeft {
			t.Errorf("%s: %s: it is injected, and Kubernetes refuses it: %s", section, line, indented(bad))
		}
	}
	t.Logf("%d refused, %d taken", refused, taken)
}

// asPod is what a template renders as a pod of its own.
func asPod(t *testing.T, template string) []byte {
	p, err := tree.ParseYAML([]byte(template))
	if err != nil {
		t.Fatal(err)
	}
	if p.Get("metadata", "name") == nil {
		p = p.WithAt(tree.NewString("web"), "metadata", "name")
	}
	return p.JSON()
}
