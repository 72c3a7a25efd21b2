package manifest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// checkGlance holds what is passed on at a glance against what is read: it has no
// workloads, and there is nothing to say of it. It returns false for what is not passed
// on at a glance.
func checkGlance(t reporter, text []byte) bool {
	t.Helper()
	rw := &rewriter{kinds: newKinds(nil)}
	if !rw.passesOn(text) {
		return false
	}
	var out bytes.Buffer
	o := Options{Remark: func(r Remark) { t.Fatalf("there is a remark: %s\n%s", r.Text, text) }}
	err := Rewrite(&out, bytes.NewReader(text), o, func(w Workload) (tree.Patch, error) {
		t.Fatalf("there is a workload: %s\n%s", w.Kind, text)
		return nil, nil
	})
	if err != nil || !bytes.Equal(out.Bytes(), text) {
		t.Fatalf("%v\n%s", err, text)
	}
	return true
}

// TestGlance: what is passed on at a glance is what reading would pass on.
func TestGlance(t *testing.T) {
	head := rapid.SampledFrom([]string{"kind: ConfigMap\n", "kind: ConfigMap\n", "kind: Pod\n", "kind: PodList\n", "kind: List\napiVersion: v1\n", "kind: Template\napiVersion: v1\n", "kind: CustomResourceDefinition\n", "kind: A\nsops:\n  mac: x\n", "kind: 1\n", "kind: ENC[x]\n", ""})
	piece := rapid.SampledFrom(plainPieces)
	checkSome(t, "passed on", func(t *rapid.T) (passed bool) {
		text := "a: " + strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), "") + "\n" + head.Draw(t, "head")
		if rapid.Bool().Draw(t, "long") {
			text += "b: |\n  " + strings.Repeat("long ", 2*longScalar) + "\nc: \"" + strings.Repeat("\\n", longScalar) + rapid.SampledFrom([]string{"", "\\x41", "\\"}).Draw(t, "escape") + "\"\n"
		}
		if rapid.Bool().Draw(t, "last line is open") {
			text = strings.TrimSuffix(text, "\n")
		}
		for _, doc := range documents(t, []byte(text)) {
			passed = checkGlance(t, doc) || passed
		}
		return passed
	})
}

// TestGlanceOfJSON is the same of JSON.
func TestGlanceOfJSON(t *testing.T) {
	name := rapid.SampledFrom([]string{"kind", "apiVersion", "metadata", "name", "spec", "containers", "items", "sops", "mac", "a", "b", "a\n", "image", "template"})
	scalar := rapid.SampledFrom([]any{"ConfigMap", "v1", "Pod", "apps/v1", "Deployment", "List", "A", 1, nil, true, "\u2028", "x\"y", "kustomize.config.k8s.io/v1"})
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		if depth == 0 {
			return scalar
		}
		return rapid.OneOf(scalar,
			rapid.Map(rapid.MapOfN(name, value(depth-1), 0, 4), func(m map[string]any) any { return m }),
			rapid.Map(rapid.SliceOfN(value(depth-1), 0, 3), func(l []any) any { return l }))
	}
	checkSome(t, "passed on", func(t *rapid.T) (passed bool) {
		object := rapid.MapOfN(name, value(4), 0, 5).Draw(t, "object")
		if rapid.IntRange(0, 3).Draw(t, "plain kind") > 0 {
			object["kind"] = "ConfigMap"
		}
		text, err := json.MarshalIndent(object, "", rapid.SampledFrom([]string{"", "  "}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, rapid.SampledFrom([]string{"", "\n", "{}", "\n---\n", "x"}).Draw(t, "behind")...)
		if rapid.IntRange(0, 9).Draw(t, "twice") == 0 {
			text = bytes.Replace(text, []byte("{"), []byte(`{"a":1,"a":2,`), 1)
		}
		return checkGlance(t, text)
	})
}
