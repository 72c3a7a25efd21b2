package manifest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// cutAndWhole rewrites a List item by item and as a whole. cut is nil where it is not
// to be cut.
func cutAndWhole(t reporter, text string, edit func(Workload) (tree.Patch, error)) (cut, whole []string) {
	t.Helper()
	c := cutYAML([]byte(text))
	if strings.HasPrefix(text, "{") {
		c = cutJSON([]byte(text))
	}
	run := func(c *cutList) []string {
		var out bytes.Buffer
		var told []string
		rw := &rewriter{w: &out, file: "f", line: 1, kinds: newKinds(nil), arena: &arena{}}
		rw.remark = func(r Remark) { told = append(told, fmt.Sprint(r.Line, r.Kind, r.Name, r.Text)) }
		rw.edit = func(w Workload) (tree.Patch, error) {
			told = append(told, fmt.Sprint(w.Line, w.APIVersion, w.Kind, w.Name, w.Path, string(w.Pod)))
			return edit(w)
		}
		var err error
		if c != nil {
			err = rw.changeCut(c)
		} else {
			err = rw.document(source{text: []byte(text), line: 1})
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range rw.errs {
			told = append(told, err.Error())
		}
		if len(rw.errs) > 0 {
			out.Reset()
		}
		return append(told, out.String())
	}
	if c != nil {
		cut = run(c)
	}
	return cut, run(nil)
}

// TestCutLists: a List that is changed item by item becomes what it becomes as a whole.
func TestCutLists(t *testing.T) {
	pod := func(name string) string {
		return "apiVersion: v1\n  kind: Pod\n  metadata:\n    name: " + name + "\n  spec:\n    containers:\n    - name: app\n      args:\n      - |\n        - a\n        items:\n"
	}
	tests := map[string]struct {
		in  string
		cut bool
	}{
		"as kubectl writes it":    {"apiVersion: v1\nitems:\n- " + pod("a") + "- " + pod("b") + "kind: List\nmetadata:\n  resourceVersion: \"\"\n", true},
		"with comments":           {"---\n# list\nkind: List\napiVersion: v1\nitems: \n# a\n- " + pod("a") + "# b\n\n- # here\n  " + pod("b") + "\n# end", true},
		"indented":                {"kind: List\napiVersion: v1\nitems:\n  - " + strings.ReplaceAll(pod("a"), "\n", "\n  ") + "\n  - " + strings.ReplaceAll(pod("b"), "\n", "\n  ") + "\nx: y\n", true},
		"typed":                   {"kind: PodList\napiVersion: v1\nitems:\n- metadata: {name: a}\n  spec: {a: b}\n- metadata: {name: b}\n  spec: {}", true},
		"other kinds":             {"kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Service, a: 1}\n- apiVersion: x/v1\n  kind: Y\n  z: {spec: {containers: [{name: a}]}}\n", true},
		"with errors":             {"kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Pod, a: 1, a: 2, spec: {}}\n- {apiVersion: v1, kind: Pod}\n- 1\n- {kind: Pod, apiVersion: v1, spec: {a: '{{ .Values.x }}', b: .nan}}\n", true},
		"a list in the list":      {"kind: List\napiVersion: v1\nitems:\n- kind: List\n  apiVersion: v1\n  items:\n  - " + strings.ReplaceAll(pod("a"), "\n", "\n  ") + "\n", true},
		"an alias to elsewhere":   {"kind: List\napiVersion: v1\nitems:\n- " + pod("a") + "    x: &x {y: z}\n- " + pod("b") + "    x: *x\n", false},
		"text that looks like it": {"kind: List\napiVersion: v1\nitems:\n- kind: Pod\n  apiVersion: v1\n  spec: {}\n  metadata:\n    name: \"a\n- b\"\n", false},
		"flow style":              {"kind: List\napiVersion: v1\nitems: [{kind: Pod, apiVersion: v1, spec: {}}]\n", false},
		"no list":                 {"kind: Pod\napiVersion: v1\nitems:\n- a\nspec: {}\n", false},
		"keys that stand twice":   {"kind: List\napiVersion: v1\nitems:\n- " + pod("a") + "kind: List\n", false},
		"JSON":                    {"{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n        {\n            \"apiVersion\": \"v1\",\n            \"kind\": \"Pod\",\n            \"metadata\": {\"name\": \"a\"},\n            \"spec\": {}\n        },\n        {\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": {\"a\": \"]}\\\"\"}}\n    ],\n    \"kind\": \"List\"\n}\n", true},
		"JSON on one line":        {`{"kind":"List","items":[{"kind":"Pod","apiVersion":"v1","spec":{"a":1}},{"kind":"Pod","apiVersion":"v1","spec":{}}],"apiVersion":"v1"}`, true},
		"JSON with errors":        {"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"items\":[{\n\"spec\":{\"a\":1,\"a\":2}},\n{},\n1]}", true},
		"JSON in a row":           {`{"kind":"List","apiVersion":"v1","items":[{}]}{}`, false},
	}
	edit := func(Workload) (tree.Patch, error) {
		return tree.Patch{add("/spec/new", `{"b":[1,{"c":"d"}]}`)}, nil
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, text := range []string{test.in, strings.ReplaceAll(test.in, "\n", "\r\n")} {
				cut, whole := cutAndWhole(t, text, edit)
				if (cut != nil) != test.cut {
					t.Fatalf("it is cut: %v, want %v", cut != nil, test.cut)
				}
				if cut != nil && whole[len(whole)-1] == "" && cut[len(cut)-1] == "" {
					continue // each item is looked at, and so more of them is told
				}
				if diff := cmp.Diff(whole, cut); cut != nil && diff != "" {
					t.Errorf("-whole +cut\n%s", diff)
				}
			}
		})
	}
}

// TestCutListsTellOfEachItem: what is wrong is told by item, with its line.
func TestCutListsTellOfEachItem(t *testing.T) {
	const text = "kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Pod, a: 1, a: 2, spec: {}}\n- {apiVersion: v1, kind: Pod}\n- 1\n" +
		"- {kind: Service, apiVersion: v1, b: 1,\n b: 2}\n- kind: Pod\n  apiVersion: v1\n  spec:\n    a: a{{ .Values.x }}\n- {kind: Pod, apiVersion: v1, spec: {b: .nan}}\n"
	cut, _ := cutAndWhole(t, text, func(Workload) (tree.Patch, error) { return nil, nil })
	want := []string{
		`7Serviceline 8: duplicate key "b", of which the last counts; it is passed on as it is`,
		`f:4: duplicate key "a"`,
		`f:5: Pod: there is no spec`,
		`f:12: this is a template, not a manifest; render it first, e.g. with helm template`,
		`f:13: infinity and not-a-number have no place in an object`,
		"",
	}
	if diff := cmp.Diff(want, cut); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestCutListsMeanTheSame has Lists of all styles.
func TestCutListsMeanTheSame(t *testing.T) {
	pieces := rapid.SampledFrom([]string{
		"{apiVersion: v1, kind: Pod, spec: {a: b}}", "apiVersion: v1\n  kind: Pod\n  spec:\n    a: |\n      - b\n\n", "apiVersion: v1\n  kind: Pod\n  spec:\n    a: \"b\n      - c\"",
		"apiVersion: v1\n  kind: Pod\n  spec:\n    a: \"b\n- c\"", "# c\n  apiVersion: v1\n  kind: Pod\n  spec: {}\n# d", "&a {kind: X}", "*a", "- x", "'y'", "", "apiVersion: v1\n  kind: Pod\n  spec: >+\n    a\n\n",
	})
	rapid.Check(t, func(t *rapid.T) {
		text := "kind: List\napiVersion: v1\nitems:\n"
		for _, piece := range rapid.SliceOfN(pieces, 1, 5).Draw(t, "pieces") {
			text += rapid.SampledFrom([]string{"- ", "- ", "- ", "\n- ", "# c\n- ", "  - "}).Draw(t, "dash") + piece + "\n"
		}
		text += rapid.SampledFrom([]string{"", "x: y\n", "# end\n"}).Draw(t, "end")
		maker := patchMaker{steer: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "steer")}
		patches := map[string]tree.Patch{}
		cut, whole := cutAndWhole(t, text, func(w Workload) (tree.Patch, error) {
			id := fmt.Sprint(w.Line)
			if _, ok := patches[id]; !ok {
				patches[id] = maker.patch(w.Pod)
			}
			return patches[id], nil
		})
		if cut == nil {
			return
		}
		last := len(whole) - 1
		if whole[last] == "" && cut[len(cut)-1] == "" {
			return // both have errors
		}
		if diff := cmp.Diff(whole[:last], cut[:max(0, len(cut)-1)]); diff != "" {
			t.Fatalf("-whole +cut\n%s\n%s", diff, text)
		}
		want, err := asJSON([]byte(whole[last]))
		if err != nil {
			return // an error of the text's, or keys that JSON lacks
		}
		got, err := asJSON([]byte(cut[last]))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("%v\n-whole +cut\n%s\n%s\n%s", err, diff, text, cut[last])
		}
	})
}
