package podmerge

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// saysUnion is how the API's comments say that fields exclude each other.
var saysUnion = regexp.MustCompile(`(?i)\+union\b|\+oneOf=|\bonly one of|no more than one of the following|exactly one of|exactly one field|one and only one|must not be set (for any other|if)|mutually exclusive`)

// noUnions are the types of a pod that the test would take for unions.
var noUnions = map[string]string{
	"Affinity":                  "its three kinds add up",
	"Lifecycle":                 "a container may have both hooks",
	"SecurityContext":           "each of its structs is about a thing of its own",
	"PodSecurityContext":        "each of its structs is about a thing of its own",
	"PersistentVolumeClaimSpec": "dataSource and dataSourceRef are kept alike by the API server",
	"PodSpec":                   "restartPolicy takes one of several values",
	"Container":                 "its probes stand beside each other",
	"EphemeralContainerCommon":  "its probes stand beside each other",
	"PodStatus":                 "injection writes none",
	"ContainerState":            "injection writes no status",
	"ContainerStatus":           "injection writes no status",
	"PodAffinityTerm":           "the selectors of pods and of namespaces add up",
}

// TestUnionsAreTheAPIs holds the table of unions against the API: every type of
// a pod that has several optional structs, or whose comments speak of a union,
// is in the table or said not to be one.
func TestUnionsAreTheAPIs(t *testing.T) {
	comments := commentsOfTypes(t)
	seen, needed := map[reflect.Type]bool{}, map[string]bool{}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || seen[typ] || namedKinds[typ] != 0 || !strings.HasPrefix(typ.PkgPath(), "k8s.io/api/") {
			return
		}
		seen[typ] = true
		optional := 0
		for f := range typ.Fields() {
			visit(f.Type)
			if f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct && namedKinds[f.Type.Elem()] == 0 {
				optional++
			}
		}
		_, isUnion := unionTypes[typ]
		said := saysUnion.FindString(comments[typ.Name()])
		taken := optional > 1 || said != ""
		if noUnions[typ.Name()] != "" && taken {
			needed[typ.Name()] = true
		} else if taken && !isUnion {
			t.Errorf("%s has %d optional structs and its comments say %q, and it is neither a union nor said not to be one", typ, optional, said)
		}
	}
	visit(reflect.TypeFor[corev1.Pod]())
	for typ := range unionTypes {
		if !seen[typ] {
			t.Errorf("%s is no type of a pod's", typ)
		}
		u, _ := unionOf(typ)
		for _, field := range append(slices.Clone(u.fields), u.tag) {
			if field != "" && !slices.ContainsFunc(slices.Collect(typ.Fields()), func(f reflect.StructField) bool { return jsonName(f) == field }) {
				t.Errorf("%s has no field %s", typ, field)
			}
		}
	}
	for name := range noUnions {
		if !needed[name] {
			t.Errorf("nothing takes %s for a union", name)
		}
	}
}

// commentsOfTypes returns what the source of the API says of each of its types
// and of their fields.
func commentsOfTypes(t *testing.T) map[string]string {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "k8s.io/api/core/v1").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "types.go"), nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{}
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range d.Specs {
			typ, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			text := d.Doc.Text() + rawText(d.Doc)
			if s, ok := typ.Type.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					text += rawText(f.Doc)
				}
			}
			comments[typ.Name.Name] = text
		}
	}
	if !strings.Contains(comments["SeccompProfile"], "+union") {
		t.Fatal("no comments were read")
	}
	return comments
}

// rawText is a comment with its markers, which Text leaves out.
func rawText(group *ast.CommentGroup) string {
	if group == nil {
		return ""
	}
	var lines []string
	for _, c := range group.List {
		lines = append(lines, strings.TrimSpace(strings.TrimPrefix(c.Text, "//")))
	}
	return strings.Join(lines, " ")
}

func TestOneOfReplacesTheOther(t *testing.T) {
	for _, c := range []struct {
		name, path, original, patch, want string
	}{
		{"a value over a source", "env", `{name: A, valueFrom: {fieldRef: {fieldPath: x}}}`, `{name: A, value: b}`, `{name: A, value: b}`},
		{"a source over a value", "env", `{name: A, value: b}`, `{name: A, valueFrom: {fieldRef: {fieldPath: x}}}`, `{name: A, valueFrom: {fieldRef: {fieldPath: x}}}`},
		{"no value over a source", "env", `{name: A, valueFrom: {fieldRef: {fieldPath: x}}}`, `{name: A}`, `{name: A, valueFrom: {fieldRef: {fieldPath: x}}}`},
		{"a source over another", "env", `{name: A, valueFrom: {fieldRef: {fieldPath: x}}}`, `{name: A, valueFrom: {secretKeyRef: {key: k}}}`, `{name: A, valueFrom: {secretKeyRef: {key: k}}}`},
		{"the same source", "env", `{name: A, valueFrom: {secretKeyRef: {key: k, name: n}}}`, `{name: A, valueFrom: {secretKeyRef: {key: l}}}`, `{name: A, valueFrom: {secretKeyRef: {key: l, name: n}}}`},
		{"a probe's action", "readinessProbe", `{periodSeconds: 1, httpGet: {port: 1}}`, `{exec: {command: [a]}}`, `{periodSeconds: 1, exec: {command: [a]}}`},
		{"a grpc probe", "livenessProbe", `{grpc: {port: 1}}`, `{tcpSocket: {port: 2}}`, `{tcpSocket: {port: 2}}`},
		{"a hook's action", "lifecycle", `{preStop: {exec: {command: [a]}}, postStart: {sleep: {seconds: 1}}}`, `{preStop: {sleep: {seconds: 2}}}`, `{preStop: {sleep: {seconds: 2}}, postStart: {sleep: {seconds: 1}}}`},
		{"a path in a volume", "volumeMounts", `{mountPath: /a, name: v, subPath: x}`, `{mountPath: /a, subPathExpr: $(Y)}`, `{mountPath: /a, name: v, subPathExpr: $(Y)}`},
		{"a profile of another type", "securityContext", `{seccompProfile: {type: Localhost, localhostProfile: p}}`, `{seccompProfile: {type: RuntimeDefault}}`, `{seccompProfile: {type: RuntimeDefault}}`},
		{"a profile of the same type", "securityContext", `{seccompProfile: {type: Localhost, localhostProfile: p}}`, `{seccompProfile: {type: Localhost}}`, `{seccompProfile: {type: Localhost, localhostProfile: p}}`},
		{"null is no choice", "readinessProbe", `{httpGet: {port: 1}}`, `{exec: null}`, `{httpGet: {port: 1}}`},
	} {
		s := Pod().At("spec", "containers", c.path)
		got, err := s.Merge(yamlValue(t, c.original), yamlValue(t, c.patch), c.path)
		if want := yamlValue(t, c.want); err != nil || !tree.Equal(got, want) {
			t.Errorf("%s: got %s, %v, want %s", c.name, got.JSON(), err, want.JSON())
		}
	}
	volume := Pod().At("spec", "volumes")
	got, err := volume.Merge(yamlValue(t, `{name: v, emptyDir: {}}`), yamlValue(t, `{name: v, csi: {driver: d}}`), "volume")
	if want := yamlValue(t, `{name: v, csi: {driver: d}}`); err != nil || !tree.Equal(got, want) {
		t.Errorf("got %s, %v, want %s", got.JSON(), err, want.JSON())
	}
}

func yamlValue(t testing.TB, text string) *tree.Value {
	t.Helper()
	v, err := tree.ParseYAML([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
