package podtemplate

import (
	"bytes"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/internal/podtest"
	"github.com/outrigger-io/outrigger/pkg/mesh"
)

func printed(expression string) string { return "{{ " + expression + " }}" }

// templateDrawer draws templates as people write them, from what they have in them: some of it
// fails, or only does with some pods.
type templateDrawer struct {
	*rapid.T
	loops int
}

func (d templateDrawer) of(list ...string) string { return rapid.SampledFrom(list).Draw(d.T, "of") }

// text is an expression that mostly gives text; as an argument it stands in brackets.
func (d templateDrawer) text(depth int) string {
	if depth == 0 || d.of("leaf", "call") == "leaf" {
		return d.of(`"s"`, `""`, `"a%"`, "`b\"`", ".ObjectMeta.Name", "$.ObjectMeta.Name", ".Name", "$x", "$y", ".Revision", "$.Revision", ".Values.text", "$.Values.text", "$.Values.map.k",
			"$.DeploymentMeta.Name", ".TypeMeta.Kind", ".Spec.Hostname", "$.Spec.ServiceAccountName", "$.Spec.RestartPolicy", "$.ProxyConfig.ServiceCluster", "$.MeshConfig.TrustDomain",
			"$.ProxyConfig.InterceptionMode", "$.ProxyConfig.InterceptionMode.String", "$.ProxyConfig.GetConcurrency.GetValue", "$.ProxyConfig.Concurrency.Value", "$.ProxyConfig.Tracing.GetTlsSettings",
			"$.ProxyUID", "$.NativeSidecars", ".", "$.Values.none", "$.Values.null", "$.Values.null.x", "$.Values.none.x", "$.ObjectMeta.Labels.app", "$.ObjectMeta.Labels.none", "nil", "$.Values.number",
			"$.Spec.SecurityContext.RunAsUser", "$.Spec.SecurityContext.FSGroup", ".Ports", ".ContainerPort", ".Protocol", "$.Values.float", "1", "-2", "300", "1.5", "'a'", "0x10", "true", "false", "(now | date \"2006\" | trunc 0)")
	}
	of := func() string { return d.text(depth - 1) }
	return "(" + d.of(
		"quote "+of(), of()+" | quote", "default "+of()+" "+of(), of()+" | default "+of(), "valueOrDefault "+of()+" "+of(), "annotation $.ObjectMeta "+d.of(`"a"`, `"b"`, "$.Revision")+" "+of(),
		"annotation .ObjectMeta `a` "+of(), "index $.ObjectMeta.Annotations "+d.of(`"a"`, `"b"`)+" | default "+of(), "index $.ObjectMeta.Labels "+of(), "index $.Values.map "+of(), "index $.Values.list "+d.of("0", "1", "7", of()),
		"index .Spec.Containers 0", "index $z 0", "or "+of()+" "+of(), "and "+of()+" "+of()+" "+of(), "not "+of(), "eq "+of()+" "+of(), "ne "+of()+" "+of(), "lt "+of()+" "+of(), "ge (len "+of()+") 1", "len "+of(),
		"eq "+of()+" "+of()+" "+of(), "printf \"%s-%v\" "+of()+" "+of(), "printf \"%d%%\" "+of(), "printf \"x\"", "print "+of()+" "+of(), "print "+of(), of()+" | trunc 3", "trimSuffix \"-\" "+of(), "toLower "+of(), "contains \"a\" "+of(),
		"isset $.ObjectMeta.Annotations "+of(), "toJson "+of(), "structToJSON "+of(), "fromJSON `{\"a\":[1,null,\"b\"]}`", "(fromJSON `{\"a\":{\"b\":1}}`).a.b", "omitNil "+of(), "toYaml "+of()+" | nindent 2", "protoToJSON $.ProxyConfig", "protoToJSON "+of(),
		"append $z "+of(), "concat (list "+of()+") $z", "list "+of()+" "+of(), "dict \"k\" "+of(), "strdict \"k\" "+of(), "mergeMaps (strdict `a` "+of()+") $.ObjectMeta.Labels", "omit $.ObjectMeta.Labels "+of(), "toJsonMap $.ObjectMeta.Labels", "join \",\" "+of(),
		"excludeInboundPort "+of()+" "+of(), "applicationPorts $.Spec.Containers", "appendMultusNetwork "+of()+" \"n\"", "atoi "+of(), "first "+of(), "fail "+of(), "slice "+of()+" 1", "html "+of(), "call "+of(), "ternary "+of()+" "+of()+" true", "kindOf "+of(),
		"formatDuration $.MeshConfig.ConnectTimeout", "$.Spec.Containers", "$.ObjectMeta.Annotations", "$.Values.map", "$.Values.list", "$.ObjectMeta", "$.Spec", "$.ObjectMeta.GetName", "$.ObjectMeta.GetLabels", "$", "include "+of(), "hasPrefix \"a\" "+of()) + ")"
}

func (d templateDrawer) condition() string {
	return strings.TrimSuffix(strings.TrimPrefix(d.text(2), "("), ")")
}

func (d templateDrawer) list() string {
	return d.of("$.Spec.Containers", ".Ports", "$.ObjectMeta.Labels", "$.Values.list", "$.Values.map", "$.Values.nulls", "$z", "$x", "(fromJSON `{\"b\":1,\"a\":[2]}`)", "(fromJSON `[1,null]`)", "(list 1 2)", "3", "$.Values.none", "$.Spec.Volumes", "(dict \"k\" 1)", "$.ProxyConfig.ProxyMetadata", "(strdict \"b\" \"1\" \"a\" \"2\")", "$.ObjectMeta.Name", "$.Values.text")
}

func (d templateDrawer) nodes(depth int) string {
	var nodes strings.Builder
	for range rapid.IntRange(0, 4).Draw(d.T, "nodes") {
		nodes.WriteString(d.node(depth))
	}
	return nodes.String()
}

func (d templateDrawer) node(depth int) string {
	kind := d.of("text", "print", "print", "declare", "assign", "append", "if", "with", "range", "define", "root", "break")
	if depth == 0 && kind != "declare" && kind != "assign" {
		kind = "print"
	}
	body := func() string { return d.nodes(depth - 1) }
	inLoop := func() string { d.loops++; return d.nodes(depth - 1) }
	switch kind {
	case "print":
		return d.of("{{ ", "{{- ") + d.text(3) + d.of(" }}", " -}}\n")
	case "declare":
		return "{{ $" + d.of("x", "y", "z", "w") + " := " + d.text(2) + " }}"
	case "assign":
		return "{{ $" + d.of("x", "z") + " = " + d.text(2) + " }}"
	case "append":
		return "{{ $z = append $z " + d.text(1) + " }}"
	case "if":
		return "{{ if " + d.of("", "", "$y := ", "$x = ") + d.condition() + " }}" + body() + d.of("", "{{ else if "+d.condition()+" }}"+body()) + "{{ else }}" + body() + "{{ end }}"
	case "with":
		return "{{ with " + d.of("", "$y := ") + d.condition() + " }}" + body() + d.of("", "{{ else with "+d.condition()+" }}"+body()) + "{{ else }}" + body() + "{{ end }}"
	case "range":
		return "{{ range " + d.of("", "$y := ", "$x, $y := ", "$y, $x := ", "$x = ") + d.list() + " }}" + inLoop() + d.of("", "{{ else }}"+body()) + "{{ end }}"
	case "define":
		return "{{ template " + d.of(`"d" .`, `"d" $`, `"e" .ObjectMeta`, `"d" .Values`, `"d"`, `"e" `+d.text(1), `"none" .`) + " }}"
	case "root":
		return d.of("text\n", "text\n", "text\n", "text\n", "text\n", "text\n", "{{ $ := "+d.text(1)+" }}", "{{ $ = "+d.text(1)+" }}")
	case "break":
		if d.loops > 0 {
			return d.of("{{ break }}", "{{ continue }}", "{{ if $y }}{{ break }}{{ end }}", "{{ if . }}{{ continue }}{{ end }}")
		}
	}
	return "text\n"
}

// compiledIsPlain holds a random template, compiled, against text/template.
func compiledIsPlain(t *rapid.T) {
	config, err := mesh.Parse(nil, mesh.Since122())
	if err != nil {
		t.Fatal(err)
	}
	same := View{
		Values: Values{
			"yes": true, "no": false, "text": "a", "number": 3, "float": 1.5, "map": map[string]any{"k": "v", "n": nil}, "list": []any{"x", 1},
			"nulls": []any{nil, map[string]any{"a": nil}}, "null": nil,
		},
		MeshConfig: config.Data(), Revision: "canary",
	}
	var text string
	if d := (templateDrawer{T: t}); d.of("own", "shared") == "own" {
		text = "{{ define \"d\" }}{{ .Name }}" + strings.ReplaceAll(d.nodes(1), "$y", "$") + "{{ end }}{{ define \"e\" }}{{ template \"d\" $ }}{{ . }}{{ end }}" +
			"{{ $x := .Spec.Containers }}{{ $y := .ObjectMeta.Name }}{{ $z := list }}" + d.nodes(3)
	} else {
		text = "{{ define \"d\" }}" + podtest.Template(t, 1, printed) + "{{ end }}{{ $x := .Spec.Containers }}" + podtest.Template(t, 3, printed)
	}
	in, err := goTemplate.Parse("t", text)
	if err != nil {
		t.Skip(err) // such as a variable that is not there in "d"
	}
	plain, _ := goTemplate.Parse("t", text)
	in.Fix(&same, "Values", "MeshConfig", "Revision")
	for range 3 {
		pod := same
		pod.ProxyConfig = config.Proxy().Data()
		pod.ObjectMeta = metav1.ObjectMeta{Name: rapid.SampledFrom([]string{"", "p", "q\"\n"}).Draw(t, "name")}
		pod.DeploymentMeta, pod.TypeMeta.Kind = types.NamespacedName{Name: pod.ObjectMeta.Name}, "Pod"
		if rapid.Bool().Draw(t, "metadata") {
			pod.ObjectMeta.Annotations, pod.ObjectMeta.Labels = map[string]string{"a": "1"}, map[string]string{"app": "w", "": "e"}
		}
		for range rapid.IntRange(0, 2).Draw(t, "containers") {
			ports := make([]corev1.ContainerPort, rapid.IntRange(0, 2).Draw(t, "ports"))
			pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: "c", Ports: ports})
		}
		if rapid.Bool().Draw(t, "security") {
			pod.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsUser: new(int64)}
		}
		var want bytes.Buffer
		wantErr := plain.text.Execute(&want, plain.own(&pod))
		got, err := in.Text(&pod)
		if (wantErr == nil) != (err == nil) || wantErr != nil && withoutData(wantErr).Error() != err.Error() || want.String() != got && err == nil {
			t.Fatalf("%s\ngives %q, %v, want %q, %v", text, got, err, &want, wantErr)
		}
	}
}

func TestCompiledIsPlain(t *testing.T) { rapid.Check(t, compiledIsPlain) }

func FuzzCompiledIsPlain(f *testing.F) { f.Fuzz(rapid.MakeFuzz(compiledIsPlain)) }
