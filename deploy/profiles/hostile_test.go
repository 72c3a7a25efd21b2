package profiles_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/internal/conformance"
	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Each site is first given a harmless text, the first of these that is accepted
// there: the pod that it gives, with every occurrence of it replaced, is the pod
// that hostile text must give.
var harmless = []string{"harmless", "12345", "10.1.2.0/24"}

var hostile = []string{
	"line\nbreak", "\nspec: {hostNetwork: true}", "x\r\n- --flag", "x\n    - name: y\n      image: z", "\ttab\t", " x ",
	`a "quoted" 'word'`, `"`, `'`, `\`, `\n`, `"}, {"name": "y`,
	"key: value", "value #comment", "- item", "*alias", "!!str x", "%!s(MISSING)%d", "@x", "|-\n  x",
	"{{ .Values }}", "[[ .MeshConfig ]]", `{"a": ["b"]}`, "}", "]", ",",
	"null", "yes", "0b1", "1e3", "<<", "--- x", "$patch",
	"żółć 🦭", "\u0085\u00a0\u2028\ufeff\ue000", "\x01\x1b[31m", "\x7f",
}

// A site is a place in a pod that templates read.
type site struct {
	name string
	put  func(p *pod, text string)
	// lowered says that the text arrives in lower case.
	lowered bool
}

// pod is as much of one as sites need.
type pod struct {
	Metadata metadata `json:"metadata"`
	Spec     struct {
		ServiceAccountName string      `json:"serviceAccountName,omitempty"`
		Containers         []container `json:"containers"`
	} `json:"spec"`
}

type metadata struct {
	Name            string            `json:"name,omitempty"`
	GenerateName    string            `json:"generateName,omitempty"`
	Labels          map[string]string `json:"labels"`
	Annotations     map[string]string `json:"annotations"`
	OwnerReferences []owner           `json:"ownerReferences,omitempty"`
}

type owner struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Controller bool   `json:"controller"`
}

type container struct {
	Name  string `json:"name"`
	Image string `json:"image"`
	Ports []port `json:"ports,omitempty"`
}

type port struct {
	Name          string `json:"name"`
	ContainerPort int    `json:"containerPort"`
}

// annotationSite says how a pod annotates itself with the text. Some values must
// have a form for their text to be put anywhere.
func annotationSite(key string) site {
	form := func(text string) string { return text }
	switch key {
	case "sidecar.istio.io/proxyImage":
		form = func(text string) string { return "hub/" + text }
	case "k8s.v1.cni.cncf.io/networks":
		form = func(text string) string { return "net" + text }
	case "sidecar.istio.io/userVolume":
		form = func(text string) string {
			return marshal(map[string]any{"v": map[string]any{"configMap": map[string]any{"name": text}}})
		}
	case "sidecar.istio.io/userVolumeMount":
		form = func(text string) string { return marshal(map[string]any{"v": map[string]any{"mountPath": text}}) }
	}
	return site{name: "annotation " + key, put: func(p *pod, text string) { p.Metadata.Annotations[key] = form(text) }}
}

func labelSite(key string) site {
	return site{name: "label " + key, put: func(p *pod, text string) { p.Metadata.Labels[key] = text }}
}

func ownedBy(o owner) func(*metadata) {
	return func(m *metadata) {
		m.GenerateName, o.Controller = "web-", true
		m.OwnerReferences = []owner{o}
	}
}

var otherSites = []site{
	{name: "name", put: func(p *pod, text string) { p.Metadata.Name = text }},
	{name: "owner's name", put: func(p *pod, text string) { ownedBy(owner{APIVersion: "v1", Kind: "Job", Name: text})(&p.Metadata) }},
	{name: "owner's kind", lowered: true, put: func(p *pod, text string) {
		ownedBy(owner{APIVersion: "v1", Kind: text, Name: "web"})(&p.Metadata)
	}},
	{name: "owner's apiVersion", put: func(p *pod, text string) {
		ownedBy(owner{APIVersion: text, Kind: "Job", Name: "web"})(&p.Metadata)
	}},
	{name: "container's name", put: func(p *pod, text string) { p.Spec.Containers[0].Name = text }},
	{name: "port's name", put: func(p *pod, text string) { p.Spec.Containers[0].Ports[0].Name = text }},
	{name: "service account", put: func(p *pod, text string) { p.Spec.ServiceAccountName = text }},
	{name: "annotation's key", put: func(p *pod, text string) { p.Metadata.Annotations["example.com/"+text] = "x" }},
	{name: "label's key", put: func(p *pod, text string) { p.Metadata.Labels["example.com/"+text] = "x" }},
	{name: "proxy metadata's value", put: func(p *pod, text string) {
		p.Metadata.Annotations["proxy.istio.io/config"] = marshal(map[string]any{"proxyMetadata": map[string]string{"KEY": text}})
	}},
	{name: "proxy metadata's key", put: func(p *pod, text string) {
		p.Metadata.Annotations["proxy.istio.io/config"] = marshal(map[string]any{"proxyMetadata": map[string]string{"K" + text: "x"}})
	}},
	{name: "userVolume's name", put: func(p *pod, text string) {
		p.Metadata.Annotations["sidecar.istio.io/userVolume"] = marshal(map[string]any{"v" + text: map[string]any{"emptyDir": map[string]any{}}})
	}},
	{name: "OpenTelemetry's service version", put: func(p *pod, text string) { p.Metadata.Annotations["resource.opentelemetry.io/service.version"] = text }},
}

var (
	readAnnotation = regexp.MustCompile(`(?:ObjectMeta|nnotations) "([^"]+)"`)
	readLabel      = regexp.MustCompile(`abels "([^"]+)"`)
)

// sites are the others, and every annotation and label that a template names.
func sites(t testing.TB, template string) []site {
	t.Helper()
	found := slices.Clone(otherSites)
	add := func(read *regexp.Regexp, of func(string) site) {
		seen := map[string]bool{}
		for _, match := range read.FindAllStringSubmatch(template, -1) {
			if key := match[1]; !seen[key] {
				seen[key] = true
				found = append(found, of(key))
			}
		}
		if len(seen) == 0 {
			t.Fatalf("the template reads nothing that %s finds", read)
		}
	}
	add(readAnnotation, annotationSite)
	add(readLabel, labelSite)
	return found
}

// A variant is a template, set so that more of it is in force.
type variant struct {
	name     string
	text     string
	injector *inject.Injector
	// template is the name by which pods choose it.
	template string
	native   bool
}

func variants(t testing.TB) []variant {
	t.Helper()
	compile := func(s inject.Sources) *inject.Injector {
		in, err := inject.Compile(s, inject.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	istio, old := profile(t, "istio"), profile(t, "istio-1.0")
	other := istio
	other.Values = withValues(t, istio.Values, map[string]any{
		"global": map[string]any{"mountMtlsCerts": true},
		"pilot":  map[string]any{"cni": map[string]any{"enabled": true, "provider": "multus"}},
	})
	other.Mesh = []byte(`
defaultConfig: {proxyMetadata: {ISTIO_META_ENABLE_HBONE: "true"}}
extensionProviders:
- name: otel
  opentelemetry: {service: otel.example.com, port: 4317, serviceAttributeEnrichment: OTEL_SEMANTIC_CONVENTIONS}
`)
	var config, oldConfig struct {
		Templates map[string]string `json:"templates"`
		Template  string            `json:"template"`
	}
	if err := errors.Join(yaml.Unmarshal(istio.Config, &config), yaml.Unmarshal(old.Config, &oldConfig)); err != nil {
		t.Fatal(err)
	}
	return []variant{
		{"sidecar", config.Templates["sidecar"], compile(istio), "sidecar", true},
		{"sidecar with CNI", config.Templates["sidecar"], compile(other), "sidecar", false},
		{"gateway", config.Templates["gateway"], compile(other), "gateway", false},
		{"istio-1.0", oldConfig.Template, compile(old), "", false},
	}
}

// inject returns the pod that the text in its site gives.
func (v variant) inject(t conformance.Failer, at site, text string) (any, error) {
	t.Helper()
	var p pod
	p.Metadata.Labels, p.Metadata.Annotations = map[string]string{}, map[string]string{}
	if v.template != "" {
		p.Metadata.Annotations["inject.istio.io/templates"] = v.template
	}
	p.Spec.Containers = []container{{Name: "app", Image: "app", Ports: []port{{"web", 80}}}}
	at.put(&p, text)
	r := inject.Request{Pod: []byte(marshal(p)), Namespace: "shop", NativeSidecars: v.native}
	result, err := v.injector.Inject(r)
	if err != nil {
		return nil, err
	}
	if !result.Decision.Inject {
		t.Fatalf("not injected: %s", result.Decision.Detail)
	}
	return unmarshal(conformance.Apply(t, r.Pod, result.Patch))
}

// expectation is what harmless text gives in a site. No text is accepted there
// where the pod is nil.
type expectation struct {
	variant
	site
	harmless string
	pod      any
}

func (v variant) expect(t conformance.Failer, at site) expectation {
	t.Helper()
	for _, text := range harmless {
		if pod, err := v.inject(t, at, text); err == nil {
			return expectation{v, at, text, pod}
		}
	}
	return expectation{variant: v, site: at}
}

// check says what is wrong with the pod that hostile text gives.
func (e expectation) check(t conformance.Failer, text string) error {
	t.Helper()
	if e.lowered {
		text = strings.ToLower(text)
	}
	got, err := e.inject(t, e.site, text)
	var refused *inject.RefusedError
	switch {
	case errors.As(err, &refused) && refused.Reason == inject.InvalidAnnotation:
		return nil // the engine knows better values for this
	case errors.As(err, &refused) && strings.Contains(err.Error(), "a quantity is wanted"):
		return nil // nor does the API server take every text for one; it came where it belongs
	case errors.As(err, &refused) && strings.Contains(e.site.name, "userVolume") && strings.Contains(text, "\x7f"):
		return nil // the pod's own JSON is put in whole, and YAML holds no such character
	case errors.As(err, &refused) && refused.Reason == inject.InvalidResult:
		if quoted := strconv.Quote(text); !strings.Contains(err.Error(), quoted[1:len(quoted)-1]) && !strings.Contains(err.Error(), "looks like a key") {
			return fmt.Errorf("refused, and not for that text as it is: %w", err)
		}
		return nil // it came where it belongs, as one string, and Kubernetes takes none like it there
	case err != nil:
		return err
	case e.pod == nil:
		return errors.New("injected, though harmless text is refused")
	}
	return same("pod", e.pod, got, strings.NewReplacer(e.harmless, text))
}

// same compares what harmless and hostile text gave, also where it is inside
// JSON that is itself text.
func same(path string, want, got any, hostile *strings.Replacer) error {
	different := func() error {
		return fmt.Errorf("%s: want %.200q with hostile text, got %.200q", path, want, got)
	}
	switch want := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(want) {
			return different()
		}
		for key, value := range want {
			other, ok := g[hostile.Replace(key)]
			if !ok {
				return different()
			}
			if err := same(path+"."+key, value, other, hostile); err != nil {
				return err
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(want) {
			return different()
		}
		for i := range want {
			if err := same(fmt.Sprintf("%s[%d]", path, i), want[i], g[i], hostile); err != nil {
				return err
			}
		}
	case string:
		g, ok := got.(string)
		if ok && g == hostile.Replace(want) {
			return nil
		}
		inside, err := unmarshal([]byte(want))
		if !ok || err != nil || reflect.TypeOf(inside).Kind() == reflect.String {
			return different()
		}
		insideGot, err := unmarshal([]byte(g))
		if err != nil {
			return different()
		}
		return same(path+" (JSON)", inside, insideGot, hostile)
	case float64:
		n, err := strconv.Atoi(hostile.Replace(fmt.Sprint(want)))
		if err != nil || got != float64(n) {
			return different()
		}
	default:
		if got != want {
			return different()
		}
	}
	return nil
}

func TestHostileTextStaysOneString(t *testing.T) {
	for _, v := range variants(t) {
		for _, at := range sites(t, v.text) {
			t.Run(v.name+"/"+at.name, func(t *testing.T) {
				t.Parallel()
				expected := v.expect(t, at)
				for _, text := range hostile {
					if err := expected.check(t, text); err != nil {
						t.Errorf("%q: %v", text, err)
					}
				}
			})
		}
	}
}

func TestAnyTextStaysOneString(t *testing.T) {
	var all []expectation
	for _, v := range variants(t) {
		for _, at := range sites(t, v.text) {
			if e := v.expect(t, at); e.pod != nil {
				all = append(all, e)
			}
		}
	}
	nasty := rapid.SampledFrom([]rune("\n\r\t \"'\\:#-{}[],&*!|>%@`?<=~$0aé\u0080\u0085\u009f\u2028\ufeff\x00\x7f🦭"))
	texts := rapid.StringOfN(rapid.OneOf(nasty, rapid.Rune()), 1, 12, 50)
	rapid.Check(t, func(t *rapid.T) {
		expected := rapid.SampledFrom(all).Draw(t, "site")
		text := texts.Filter(func(s string) bool {
			// A name is trimmed of what a truncated label must not end with, and a list of
			// ports of what is empty; a status port of 0 is none.
			return utf8.ValidString(s) && strings.TrimRight(s, "-_.") == s && strings.TrimSpace(s) != "" && s != "0"
		}).Draw(t, "text")
		if err := expected.check(t, text); err != nil {
			t.Fatalf("%s, %s: %v", expected.variant.name, expected.site.name, err)
		}
	})
}

// TestGoQuotesAreYAML shows for every character that what Go's %q writes, which
// is all that templates of the 1.0 line have to quote with, YAML reads alike.
func TestGoQuotesAreYAML(t *testing.T) {
	const block = 0x800
	for first := rune(0); first <= utf8.MaxRune; first += block {
		var text strings.Builder
		for r := first; r < first+block; r++ {
			if utf8.ValidRune(r) {
				text.WriteRune(r)
			}
		}
		v, err := tree.ParseYAML(fmt.Appendf(nil, "value: %q", text.String()))
		if err != nil {
			t.Fatalf("from %U: %v", first, err)
		}
		if v.Get("value").Text() != text.String() {
			t.Errorf("from %U: not the same text", first)
		}
	}
}

func withValues(t testing.TB, values []byte, over map[string]any) []byte {
	t.Helper()
	var base map[string]any
	if err := yaml.Unmarshal(values, &base); err != nil {
		t.Fatal(err)
	}
	lay(base, over)
	return []byte(marshal(base))
}

func lay(base, over map[string]any) {
	for key, value := range over {
		if inner, ok := value.(map[string]any); ok {
			lay(base[key].(map[string]any), inner)
		} else {
			base[key] = value
		}
	}
}

// marshal writes JSON in ASCII, which is also YAML of the same meaning.
func marshal(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var ascii strings.Builder
	for _, r := range string(text) {
		if r < 0x7f {
			ascii.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&ascii, `\u%04x`, unit)
		}
	}
	return ascii.String()
}

func unmarshal(text []byte) (any, error) {
	var v any
	err := json.Unmarshal(text, &v)
	return v, err
}
