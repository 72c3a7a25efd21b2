package conformance

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/internal/shared"
	"github.com/outrigger-io/outrigger/pkg/inject"
)

// Dir returns the folder of the cases, and skips the test where there is none.
func Dir(t testing.TB) string {
	t.Helper()
	return shared.Need(t, "conformance")
}

// Case is a case.yaml and the folder it stands in.
type Case struct {
	Dir            string `json:"-"`
	Config         string `json:"config"`
	CLI            bool   `json:"cli"`
	Webhook        bool   `json:"webhook"`
	NativeSidecars bool   `json:"nativeSidecars"`
	Platform       string `json:"platform"`
	Namespace      struct {
		Metadata struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	} `json:"namespace"`
	// Error is the text with which the reference refused the case's manifest.
	Error string `json:"error"`
}

// Cases reads the cases of a generation: "current", "v1.0".
func Cases(t testing.TB, generation string) []*Case {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(Dir(t), generation, "cases", "*", "case.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases of %s: %v", generation, err)
	}
	cases := make([]*Case, len(files))
	for i, file := range files {
		cases[i] = &Case{Dir: filepath.Dir(file)}
		text := Read(t, file)
		if err := yaml.Unmarshal(text, cases[i]); err != nil {
			t.Fatal(err)
		}
		if name := configName.FindSubmatch(text); name != nil {
			cases[i].Config = string(name[1])
		}
	}
	return cases
}

// configName is the name of a configuration, which may look like a number, as 12e4.
var configName = regexp.MustCompile(`(?m)^config: ['"]?([^'"\s]+)`)

// Each runs a test for every case of a generation that is wanted (nil: all), and
// prints how many agree.
func Each(t *testing.T, generation string, wanted func(*Case) bool, run func(*testing.T, *Case)) {
	t.Helper()
	agree, total := 0, 0
	for _, c := range Cases(t, generation) {
		if wanted != nil && !wanted(c) {
			continue
		}
		total++
		if t.Run(c.Name(), func(t *testing.T) { run(t, c) }) {
			agree++
		}
	}
	if total == 0 {
		t.Fatalf("no case of %s is wanted", generation)
	}
	t.Logf("%s: %d of %d agree", t.Name(), agree, total)
}

// Name is the case's, that of its folder.
func (c *Case) Name() string { return filepath.Base(c.Dir) }

// File returns the path of one of the case's files.
func (c *Case) File(name string) string { return filepath.Join(c.Dir, name) }

// Sources reads the case's configuration.
func (c *Case) Sources(t testing.TB) inject.Sources {
	t.Helper()
	config := filepath.Join(c.Dir, "..", "..", "configs", c.Config)
	return inject.Sources{
		Config: Read(t, filepath.Join(config, "config.yaml")),
		Values: readIfThere(t, filepath.Join(config, "values.json")),
		Mesh:   Read(t, filepath.Join(config, "mesh.yaml")),
	}
}

// Injector compiles a configuration on the case's platform. The command line's
// results are of revision "", the webhook's of "default".
func (c *Case) Injector(t testing.TB, s inject.Sources, revision string) *inject.Injector {
	t.Helper()
	in, err := inject.Compile(s, inject.Options{Revision: revision, OpenShift: c.Platform == "openshift"})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// Pod is one call of the webhook.
type Pod struct {
	// Name is the path of the pod's file without its ending.
	Name    string
	Request inject.Request
	// Expected is the pod as it should become. Nil where it is to be refused.
	Expected []byte
}

// Pods reads the calls of the webhook.
func (c *Case) Pods(t testing.TB) []Pod {
	t.Helper()
	files, err := filepath.Glob(c.File("webhook/*.pod.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no pods: %v", c.Dir, err)
	}
	pods := make([]Pod, len(files))
	for i, file := range files {
		stem := strings.TrimSuffix(file, ".pod.yaml")
		r := c.Request(ToJSON(t, Read(t, file)))
		r.Namespace = strings.TrimSpace(string(readIfThere(t, stem+".namespace.txt")))
		if path := readIfThere(t, stem+".path.txt"); path != nil {
			r.Params = inject.ParsePath(strings.TrimSpace(string(path)))
		}
		pods[i] = Pod{Name: stem, Request: r}
		if readIfThere(t, stem+".error.txt") == nil {
			pods[i].Expected = Read(t, stem+".expected.yaml")
		}
	}
	return pods
}

// Request is a request for one of the case's pods.
func (c *Case) Request(pod []byte) inject.Request {
	return inject.Request{Pod: pod, NativeSidecars: c.NativeSidecars, NamespaceAnnotations: c.Namespace.Metadata.Annotations}
}

// ToJSON returns the JSON of a YAML document.
func ToJSON(t testing.TB, text []byte) []byte {
	t.Helper()
	out, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Read returns a file's text.
func Read(t testing.TB, file string) []byte {
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
	return Read(t, file)
}
