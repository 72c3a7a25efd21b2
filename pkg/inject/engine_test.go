package inject_test

import (
	"encoding/json"
	"os"
	"path/filepath"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// testSources is the small mesh in testdata.
func testSources(t rapid.TB) inject.Sources {
	t.Helper()
	return inject.Sources{Config: testdata(t, "config.yaml"), Values: testdata(t, "values.yaml")}
}

func testdata(t rapid.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func compile(t rapid.TB, s inject.Sources, o inject.Options) *inject.Injector {
	t.Helper()
	in, err := inject.Compile(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// podJSON turns a pod in YAML, which is easier to read, into what comes.
func podJSON(t rapid.TB, text string) []byte {
	t.Helper()
	out, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// applied applies a patch as the API server does.
func applied(t rapid.TB, pod []byte, patch tree.Patch) []byte {
	t.Helper()
	if len(patch) == 0 {
		return pod
	}
	text, err := json.Marshal(patch)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := jsonpatch.DecodePatch(text)
	if err != nil {
		t.Fatal(err)
	}
	out, err := decoded.Apply(pod)
	if err != nil {
		t.Fatalf("%v: %s to %s", err, text, pod)
	}
	return out
}

func parsed(t rapid.TB, text []byte) *tree.Value {
	t.Helper()
	v, err := tree.Parse(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

type object = map[string]any
