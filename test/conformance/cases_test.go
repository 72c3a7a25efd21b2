package conformance

import (
	"os"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// root is the folder of the cases.
func root(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("CONFORMANCE_DIR")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "conformance")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("SKIPPED: the conformance cases are not here (%v); set CONFORMANCE_DIR to their folder", err)
	}
	return dir
}

// conformanceCase is a case.yaml.
type conformanceCase struct {
	dir           string
	Config        string `json:"config"`
	CLI           bool   `json:"cli"`
	Webhook       bool   `json:"webhook"`
	NativeSidecar bool   `json:"nativeSidecars"`
	Platform      string `json:"platform"`
	Namespace     struct {
		Metadata struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	} `json:"namespace"`
	Error string `json:"error"`
}

func (c *conformanceCase) file(name string) string { return filepath.Join(c.dir, name) }

// injector compiles the case's configuration for a revision.
func (c *conformanceCase) injector(t testing.TB, revision string) *inject.Injector {
	t.Helper()
	config := filepath.Join(c.dir, "..", "..", "configs", c.Config)
	in, err := inject.Compile(inject.Sources{
		Config: read(t, filepath.Join(config, "config.yaml")),
		Values: readIfThere(t, filepath.Join(config, "values.json")),
		Mesh:   read(t, filepath.Join(config, "mesh.yaml")),
	}, inject.Options{Revision: revision, OpenShift: c.Platform == "openshift"})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func (c *conformanceCase) request() inject.Request {
	return inject.Request{NativeSidecars: c.NativeSidecar, NamespaceAnnotations: c.Namespace.Metadata.Annotations}
}

// eachCase runs a test for every case of a generation and prints how many agree.
func eachCase(t *testing.T, generation string, run func(*testing.T, *conformanceCase)) {
	files, err := filepath.Glob(filepath.Join(root(t), generation, "cases", "*", "case.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases of %s: %v", generation, err)
	}
	agree := 0
	for _, file := range files {
		dir := filepath.Dir(file)
		ok := t.Run(filepath.Base(dir), func(t *testing.T) {
			c := &conformanceCase{dir: dir}
			if err := yaml.Unmarshal(read(t, file), c); err != nil {
				t.Fatal(err)
			}
			run(t, c)
		})
		if ok {
			agree++
		}
	}
	t.Logf("%s: %d of %d agree", generation, agree, len(files))
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// readIfThere returns nil for a file that is not there.
func readIfThere(t testing.TB, file string) []byte {
	t.Helper()
	if _, err := os.Stat(file); os.IsNotExist(err) {
		return nil
	}
	return read(t, file)
}
