package workbench

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	kyaml "sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/deploy/profiles"
)

// caseFile is a file of a case for `outrigger test`.
type caseFile struct{ name, text string }

// caseSettings is a case.yaml.
type caseSettings struct {
	Flags caseFlags `yaml:"flags,omitempty"`
	Error string    `yaml:"error,omitempty"`
}

// caseFlags are flags of `outrigger inject`.
type caseFlags struct {
	Profile        string   `yaml:"profile,omitempty"`
	Config         string   `yaml:"inject-config-file,omitempty"`
	Values         string   `yaml:"values-file,omitempty"`
	Mesh           string   `yaml:"mesh-config-file,omitempty"`
	Revision       string   `yaml:"revision,omitempty"`
	Namespace      string   `yaml:"namespace,omitempty"`
	NativeSidecars string   `yaml:"native-sidecars,omitempty"`
	Platform       string   `yaml:"platform,omitempty"`
	NamespaceFile  string   `yaml:"namespace-file,omitempty"`
	Workloads      []string `yaml:"workload,omitempty"`
}

// testCase makes a case of manifests and how they are injected. What the webhook
// alone is told is not part of it: `outrigger test` does as the command does.
func (b *Workbench) testCase(r InjectRequest) ([]caseFile, error) {
	r.Settings.As = AsCommand
	answer := b.inject(r).answer
	files := []caseFile{{"input.yaml", r.Manifest}}
	var settings caseSettings
	if i := slices.IndexFunc(answer.Problems, func(p Problem) bool { return p.Severity == "error" }); i >= 0 {
		settings.Error = strings.ReplaceAll(answer.Problems[i].Message, "\n", "; ")
	} else {
		files = append(files, caseFile{"golden.yaml", answer.Text})
	}
	settings.Flags = caseFlags{
		Revision: cmp.Or(r.Settings.Revision, r.Configuration.Revision), Namespace: r.Settings.Namespace, Platform: r.Settings.Platform, Workloads: b.options.Workloads,
	}
	if !r.Settings.NativeSidecars {
		settings.Flags.NativeSidecars = "false"
	}
	files = append(files, settings.Flags.configuration(r.Configuration)...)
	if r.Settings.Platform == openShift && len(r.Settings.NamespaceAnnotations) > 0 {
		text, err := namespaceFile(answer, r.Settings)
		if err != nil {
			return nil, err
		}
		settings.Flags.NamespaceFile = "namespace.yaml"
		files = append(files, caseFile{"namespace.yaml", text})
	}
	text, err := yaml.Marshal(settings)
	if err != nil {
		return nil, err
	}
	if string(text) != "{}\n" {
		files = append(files, caseFile{"case.yaml", string(text)})
	}
	return files, nil
}

// configuration says which configuration it is: a profile by its name, any other
// by files of the case.
func (f *caseFlags) configuration(c Configuration) []caseFile {
	for _, name := range profiles.Names() {
		sources, err := profiles.Get(name)
		if p := NewConfiguration(c.Name, sources); err == nil && p.Config == c.Config && p.Values == c.Values && p.Mesh == c.Mesh {
			if name != profiles.Default {
				f.Profile = name
			}
			return nil
		}
	}
	var files []caseFile
	for _, part := range []struct {
		flag       *string
		name, text string
	}{{&f.Config, "config.yaml", c.Config}, {&f.Values, "values.yaml", c.Values}, {&f.Mesh, "mesh.yaml", c.Mesh}} {
		if part.text != "" || part.flag == &f.Config {
			*part.flag = part.name
			files = append(files, caseFile{part.name, part.text})
		}
	}
	return files
}

// namespaceFile has the namespaces of all workloads, with the annotations of the
// settings.
func namespaceFile(a *Answer, s Settings) (string, error) {
	var names []string
	for _, w := range a.Workloads {
		if !slices.Contains(names, w.Namespace) {
			names = append(names, w.Namespace)
		}
	}
	var documents []string
	for _, name := range names {
		text, err := kyaml.Marshal(struct {
			metav1.TypeMeta   `json:",inline"`
			metav1.ObjectMeta `json:"metadata"`
		}{
			metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
			metav1.ObjectMeta{Name: name, Annotations: s.NamespaceAnnotations},
		})
		if err != nil {
			return "", err
		}
		documents = append(documents, string(text))
	}
	return strings.Join(documents, "---\n"), nil
}

// errTaken is that there is a case of that name.
var errTaken = errors.New("there is a case of that name already")

// checkCaseName keeps a case's folder within the folder of cases.
func checkCaseName(name string) error {
	if wrong := validation.IsDNS1123Label(name); len(wrong) > 0 {
		return fmt.Errorf("name of the test %q: %s", name, strings.Join(wrong, ", "))
	}
	return nil
}

// saveCase writes a case below the folder of cases, whole or not at all.
func saveCase(dir, name string, files []caseFile) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.Mkdir(name, 0o755); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s: %w", name, errTaken)
		}
		return err
	}
	for _, f := range files {
		if err := root.WriteFile(name+"/"+f.name, []byte(f.text), 0o644); err != nil {
			return errors.Join(err, root.RemoveAll(name))
		}
	}
	return nil
}

// zipCase is a case to download.
func zipCase(name string, files []caseFile) ([]byte, error) {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, f := range files {
		w, err := archive.Create(name + "/" + f.name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write([]byte(f.text)); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
