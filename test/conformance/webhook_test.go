package conformance

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// TestWebhook calls the engine as the admission server does.
func TestWebhook(t *testing.T) {
	for _, generation := range []string{"current", "v1.0"} {
		t.Run(generation, func(t *testing.T) { eachCase(t, generation, webhookCase) })
	}
}

func webhookCase(t *testing.T, c *conformanceCase) {
	if !c.Webhook {
		return
	}
	in := c.injector(t, "default")
	pods, err := filepath.Glob(c.file("webhook/*.pod.yaml"))
	if err != nil || len(pods) == 0 {
		t.Fatalf("no pods: %v", err)
	}
	for _, file := range pods {
		stem := strings.TrimSuffix(file, ".pod.yaml")
		pod, err := yaml.YAMLToJSON(read(t, file))
		if err != nil {
			t.Fatal(err)
		}
		r := c.request()
		r.Pod = pod
		r.Namespace = strings.TrimSpace(string(readIfThere(t, stem+".namespace.txt")))
		if path := readIfThere(t, stem+".path.txt"); path != nil {
			r.Params = inject.ParsePath(strings.TrimSpace(string(path)))
		}
		result, err := in.Inject(r)
		if refusal := readIfThere(t, stem+".error.txt"); refusal != nil {
			if err == nil {
				t.Errorf("%s: injected, want it refused: %s", stem, refusal)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", stem, err)
			continue
		}
		comparePods(t, applied(t, pod, result), read(t, stem+".expected.yaml"))
	}
}

// applied applies a patch as the API server does, to the bytes that came.
func applied(t *testing.T, pod []byte, result inject.Result) []byte {
	t.Helper()
	text, err := json.Marshal(result.Patch)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Patch) == 0 {
		return pod
	}
	patch, err := jsonpatch.DecodePatch(text)
	if err != nil {
		t.Fatal(err)
	}
	out, err := patch.Apply(pod)
	if err != nil {
		t.Fatalf("the patch does not apply to what came: %v\n%s", err, text)
	}
	return out
}
