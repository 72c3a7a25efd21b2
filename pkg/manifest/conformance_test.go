package manifest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/outrigger-io/outrigger/internal/shared"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestRewriteConformanceInputs puts a sidecar of sorts into every input of the
// conformance cases.
func TestRewriteConformanceInputs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shared.Need(t, "conformance"), "*", "cases", "*", "input.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no inputs: %v", err)
	}
	sidecar := func(raw []byte) tree.Patch {
		var pod struct {
			Metadata map[string]any
			Spec     map[string]any
		}
		if err := json.Unmarshal(raw, &pod); err != nil {
			t.Fatal(err)
		}
		var patch tree.Patch
		add := func(path, value string) {
			patch = append(patch, tree.NewOperation("add", path, json.RawMessage(value)))
		}
		if pod.Metadata == nil {
			add("/metadata", `{}`)
		}
		if _, ok := pod.Metadata["annotations"].(map[string]any); !ok {
			add("/metadata/annotations", `{}`)
		}
		add("/metadata/annotations/sidecar.istio.io~1status", `"{\"containers\":[\"istio-proxy\"]}"`)
		for _, list := range []string{"initContainers", "containers", "volumes"} {
			if _, ok := pod.Spec[list].([]any); !ok {
				add("/spec/"+list, `[]`)
			}
			add("/spec/"+list+"/0", `{"name":"istio-proxy","args":["proxy","a: b"],"env":[{"name":"A","value":"{\n}\n"}],"emptyDir":{}}`)
		}
		return patch
	}
	taken := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			if checkRewrite(t, text, sidecar) != nil {
				taken++
			}
		})
	}
	t.Logf("%d of %d inputs taken", taken, len(files))
}
