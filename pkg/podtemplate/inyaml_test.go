package podtemplate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/mesh"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

var goTemplate = dialect(Functions(nil))

// writers are the calls by which a template writes text of a pod as JSON, and the
// way to the text in what they write.
var writers = map[string][]string{
	"toJSON .ObjectMeta.Annotations":                      {"k"},
	"toJson .ObjectMeta.Annotations":                      {"k"},
	"mustToJson .ObjectMeta.Annotations":                  {"k"},
	"toRawJson .ObjectMeta.Annotations":                   {"k"},
	"mustToRawJson .ObjectMeta.Annotations":               {"k"},
	"toPrettyJson .ObjectMeta.Annotations | nindent 4":    {"k"},
	"mustToPrettyJson .ObjectMeta.Annotations | indent 4": {"k"},
	"structToJSON .ObjectMeta":                            {"annotations", "k"},
	"toJsonMap .ObjectMeta.Annotations":                   {"k"},
	"protoToJSON .ProxyConfig":                            {"proxyMetadata", "k"},
}

// places are where what a template writes stands, and how the text there reads.
var places = map[string]func(rendered *tree.Value) (*tree.Value, error){
	"value: %s":           func(v *tree.Value) (*tree.Value, error) { return v.Get("value"), nil },
	"{value: %s, last: }": func(v *tree.Value) (*tree.Value, error) { return v.Get("value"), nil },
	"value: '%s'":         func(v *tree.Value) (*tree.Value, error) { return tree.Parse([]byte(v.Get("value").Text())) },
	"value: |\n    %s":    func(v *tree.Value) (*tree.Value, error) { return tree.Parse([]byte(v.Get("value").Text())) },
	"value: >-\n    %s":   func(v *tree.Value) (*tree.Value, error) { return tree.Parse([]byte(v.Get("value").Text())) },
}

func hostile() *rapid.Generator[string] {
	parts := []string{
		"\x00", "\x1b", "\x7f", "\u0080", "\u0085", "\u009f", "\u00a0", "\u2028", "\u2029", "\ufeff", "\ufffd", "\ufffe", "\uffff", "\U0001f600",
		"\n", "\r\n", "\t", "'", `"`, `\`, "''", "\n---\n", "\n    - name: x\n", "privileged: true", ": ", " #", "{", "}", "[", ",", "|", "&a", "*a", "<<", "%", "é", "<b>&amp;", "{{ .Spec }}",
	}
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(parts), rapid.StringN(0, 4, -1)), 0, 6).Draw(t, "parts"), "")
	})
}

// TestTextOfAPodStaysOneText: whatever a pod has in it, by whatever function a
// template writes it as JSON and wherever it stands.
func TestTextOfAPodStaysOneText(t *testing.T) {
	for name := range jsonFunctions {
		if !anyHas(writers, name+" ") {
			t.Errorf("%s writes JSON and is not drawn", name)
		}
	}
	compiled := map[string]*Template{}
	for call := range writers {
		for place := range places {
			tmpl, err := goTemplate.Parse("t", fmt.Sprintf(place, "{{ "+call+" }}"))
			if err != nil {
				t.Fatal(err)
			}
			compiled[call+place] = tmpl
		}
	}
	config, err := mesh.Parse(nil, mesh.Since122())
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := hostile().Draw(t, "text")
		quoted, _ := json.Marshal(text)
		proxy, _, err := config.ForPod(`{"proxyMetadata":{"k":`+inYAML(string(quoted))+`}}`, mesh.Selected{})
		if err != nil {
			t.Fatal(err)
		}
		view := &View{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"k": text}}, ProxyConfig: proxy.Data()}
		call := rapid.SampledFrom(slices.Sorted(maps.Keys(writers))).Draw(t, "call")
		place := rapid.SampledFrom(slices.Sorted(maps.Keys(places))).Draw(t, "place")
		rendered, err := compiled[call+place].Render(t.Context(), view)
		if err != nil {
			t.Fatalf("%s, %s: %v", call, place, err)
		}
		v, err := places[place](rendered)
		if err != nil {
			t.Fatalf("%s, %s: %v in %s", call, place, err, rendered.JSON())
		}
		var want string
		_ = json.Unmarshal(quoted, &want) // as JSON has it, without what is no UTF-8
		if got := v.Get(writers[call]...).Text(); got != want || rendered.Len() > 2 {
			t.Fatalf("%s, %s: got %q of %q, in %s", call, place, got, want, rendered.JSON())
		}
	})
}

func anyHas(calls map[string][]string, prefix string) bool {
	for call := range calls {
		if strings.HasPrefix(call, prefix) {
			return true
		}
	}
	return false
}

// TestQuotedTextStaysOneText: what a template quotes cannot become structure.
func TestQuotedTextStaysOneText(t *testing.T) {
	for _, function := range []string{"quote", "squote"} {
		tmpl, err := goTemplate.Parse("t", "a: 1\nvalue: {{ index .ObjectMeta.Annotations \"k\" | "+function+" }}\n")
		if err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(t *rapid.T) {
			text := hostile().Draw(t, "text")
			v, err := tmpl.Render(t.Context(), &View{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"k": text}}})
			if err != nil {
				return // refused is not read for something else
			}
			if v.Len() != 2 || v.Get("value").Kind() != tree.String {
				t.Fatalf("%s %q: %s", function, text, v.JSON())
			}
		})
	}
}
