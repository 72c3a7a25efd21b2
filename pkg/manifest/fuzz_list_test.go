package manifest

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// FuzzResourceList gives any text for the ResourceList of a KRM function. Where
// nothing is to be changed it comes back byte for byte; where something is wrong
// nothing comes.
func FuzzResourceList(f *testing.F) {
	for _, text := range []string{
		"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a} # a\n  spec: {containers: []}\n",
		"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {}\nresults: []\nitems: []\n",
		`{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[{"apiVersion":"v1","kind":"Pod","spec":{}}],"results":[{"message":"m"}]}`,
		"kind: ResourceList\nitems: null\n", "", "[]", "a: &a [*a]\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 8<<10 || bytes.Count(text, []byte("*")) > 30 {
			return
		}
		var out bytes.Buffer
		none := func(Workload) (tree.Patch, error) { return nil, nil }
		err := RewriteResourceList(&out, text, Options{File: "list"}, none, func() []json.RawMessage { return nil })
		switch {
		case err != nil && out.Len() > 0:
			t.Errorf("with the error %v it wrote %q", err, out.Bytes())
		case err == nil && !bytes.Equal(out.Bytes(), text):
			t.Errorf("%q comes back as %q", text, out.Bytes())
		}
		out.Reset()
		result := []json.RawMessage{json.RawMessage(`{"message":"said: \"x\""}`)}
		if err := AddResults(&out, text, "list", result); err != nil {
			return
		}
		var again bytes.Buffer
		if err := AddResults(&again, out.Bytes(), "list", nil); err != nil || !bytes.Equal(again.Bytes(), out.Bytes()) {
			t.Errorf("with a result %q becomes %q, which comes back as %q: %v", text, out.Bytes(), again.Bytes(), err)
		}
	})
}

// FuzzRewriteBack gives any text, and anything for what a workload has recorded of
// it.
func FuzzRewriteBack(f *testing.F) {
	pod := "kind: Pod\napiVersion: v1\nmetadata:\n  name: a\nspec:\n  containers: [] # none\n"
	for _, fix := range []string{"", "{}", "[]", `[[0,1,"x"]]`, "x", "H4sIAAAAAAAA"} {
		f.Add([]byte(pod), fix)
	}
	f.Fuzz(func(t *testing.T, text []byte, fix string) {
		if len(text) > 8<<10 || bytes.Count(text, []byte("*")) > 30 {
			return
		}
		var out bytes.Buffer
		err := RewriteBack(&out, bytes.NewReader(text), Options{File: "text"},
			func(Workload, bool) (Back, error) { return Back{Fix: fix}, nil }, func(Workload) {})
		if err != nil && out.Len() > 0 && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}

// FuzzParseKind takes any text for that of --workload.
func FuzzParseKind(f *testing.F) {
	for _, text := range []string{"Worker.example.com=spec.template", "Worker=spec", "=", "a=b.c.d", ".=.", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kind, err := ParseKind(text)
		if err == nil && (kind.Name == "" || len(kind.Metadata) == 0 || len(kind.Spec) == 0) {
			t.Errorf("%q is taken, as %+v", text, kind)
		}
	})
}
