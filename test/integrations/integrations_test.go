package integrations_test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

// TestDocument runs the examples of docs/integrations.md: the files that a
// section's blocks name are written, its commands run, and what a text block says
// is looked for in what the command above it told.
func TestDocument(t *testing.T) {
	// By section, the folders of programs that it needs, and for each of its
	// commands the workloads that it prints, nil where it prints something else.
	// Those with the sidecar have a star.
	type example struct {
		tools  []string
		prints [][]string
	}
	both := []string{"Deployment web *", "Job migrate *"}
	tests := map[string]example{
		"Helm 4":    {[]string{"helm4"}, [][]string{nil, both, nil}},
		"Helm 3":    {[]string{"helm3"}, [][]string{{"Deployment web *", "Job migrate"}}},
		"kustomize": {[]string{"kustomize", "kubectl"}, [][]string{both, both}},
		"kubectl":   {[]string{"kubectl"}, [][]string{nil}},
	}
	document := sections(t, filepath.Join(root, "docs", "integrations.md"))
	for section, tt := range tests {
		t.Run(section, func(t *testing.T) {
			dir := workplace(t)
			var ran [][]string
			var told string
			for _, b := range document[section] {
				switch {
				case b.language == "sh":
					var manifests []byte
					manifests, told = run(t, dir, tt.tools, b.text)
					var printed []string
					if i := len(ran); i < len(tt.prints) && tt.prints[i] != nil {
						printed = workloads(t, manifests)
					}
					ran = append(ran, printed)
				case b.language == "text":
					holds(t, told, b.text)
				case b.file != "":
					write(t, filepath.Join(dir, b.file), b.text)
				}
			}
			if diff := cmp.Diff(tt.prints, ran); diff != "" {
				t.Errorf("workloads that the commands print (-want +got):\n%s", diff)
			}
		})
	}
	for section, blocks := range document {
		if _, known := tests[section]; !known && slices.ContainsFunc(blocks, func(b block) bool { return b.language == "sh" }) {
			t.Errorf("section %s has commands that are not run", section)
		}
	}
}

// holds fails a test where a command told something else than the document.
func holds(t *testing.T, told, document string) {
	t.Helper()
	if !strings.Contains(told, strings.TrimSpace(document)) {
		t.Errorf("the document says\n%s\nand the command told\n%s", document, told)
	}
}

// workplace is a folder with the chart and the manifests of the examples.
func workplace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run runs a script. What it writes to the standard output comes back as
// manifests, what to the standard error as told.
func run(t *testing.T, dir string, tools []string, script string, env ...string) (manifests []byte, told string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := command(t, dir, tools, env, "bash", "-euo", "pipefail", "-c", script)
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("%s\n%v\n%s", script, err, stderr.String())
	}
	return stdout.Bytes(), stderr.String()
}

// command is one whose programs and settings are those of the test alone.
func command(t *testing.T, dir string, tools, env []string, program string, args ...string) *exec.Cmd {
	t.Helper()
	checkout, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	path := []string{filepath.Join(bin, "outrigger")}
	for _, tool := range tools {
		path = append(path, filepath.Join(bin, tool))
	}
	// By env, which looks for the program on the PATH that it is given.
	c := exec.Command("env", append([]string{program}, args...)...)
	c.Dir = dir
	c.Env = append([]string{
		"HOME=" + dir,
		"PATH=" + strings.Join(append(path, os.Getenv("PATH")), string(filepath.ListSeparator)),
		"OUTRIGGER=" + checkout,
	}, env...)
	return c
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestHelm4HidesWhatAPostRendererSays is why the document tells another way to
// see it: once Helm shows it, the document can do without.
func TestHelm4HidesWhatAPostRendererSays(t *testing.T) {
	dir := workplace(t)
	run(t, dir, []string{"helm4"}, `helm plugin install "$OUTRIGGER/deploy/integrations/helm-postrenderer"`)
	text, err := command(t, dir, []string{"helm4"}, nil, "helm", "template", "shop", "./shop",
		"--post-renderer", "outrigger", "--post-renderer-args", "--profile=none-such").CombinedOutput()
	if err == nil {
		t.Errorf("a post-renderer that failed was taken for one that did not:\n%s", text)
	}
	if strings.Contains(string(text), "none-such") {
		t.Errorf("Helm 4 shows it now:\n%s", text)
	}
}

// TestKustomizeLeavesTheRest has kustomize build with and without the
// transformer: the sidecar and nothing else is the difference.
func TestKustomizeLeavesTheRest(t *testing.T) {
	dir := workplace(t)
	for _, b := range sections(t, filepath.Join(root, "docs", "integrations.md"))["kustomize"] {
		if b.file != "" {
			write(t, filepath.Join(dir, b.file), b.text)
		}
	}
	built, _ := run(t, dir, []string{"kustomize"}, "kustomize build --enable-alpha-plugins --enable-exec .")
	piped, _ := run(t, dir, []string{"kustomize"}, "kustomize build shop-manifests | outrigger inject -q -n shop -f - > piped.yaml; "+
		"printf 'namespace: shop\nresources: [piped.yaml]\n' > kustomization.yaml; kustomize build .")
	if diff := cmp.Diff(string(piped), string(built)); diff != "" {
		t.Errorf("(-pipe +transformer):\n%s", diff)
	}
}

// TestKustomizeTellsWhy has an error of the function reach who runs kustomize.
func TestKustomizeTellsWhy(t *testing.T) {
	dir := workplace(t)
	for _, b := range sections(t, filepath.Join(root, "docs", "integrations.md"))["kustomize"] {
		if b.file != "" {
			write(t, filepath.Join(dir, b.file), strings.ReplaceAll(b.text, "profile:", "profil:"))
		}
	}
	text, err := command(t, dir, []string{"kustomize"}, nil, "kustomize", "build", "--enable-alpha-plugins", "--enable-exec", ".").CombinedOutput()
	if want := `functionConfig: spec: unknown key "profil"`; err == nil || !strings.Contains(string(text), want) {
		t.Errorf("kustomize ends with %v, and in what it says there is no %s:\n%s", err, want, text)
	}
}

// TestPrograms keeps the list of programs and the folders on the PATH of one mind.
func TestPrograms(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(programs)) {
		text, err := exec.Command(filepath.Join(bin, name), "--help").CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}
