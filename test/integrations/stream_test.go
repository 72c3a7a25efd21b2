package integrations_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/resource"
)

// TestJoinedStreams: what inject makes of a folder means to kubectl, whose own reader
// reads it here, what the files mean to it one by one.
func TestJoinedStreams(t *testing.T) {
	const streams, files = 50, 60
	random := rand.New(rand.NewPCG(1, 2))
	for range streams {
		dir := t.TempDir()
		var want []string
		for i := range files {
			text, objects := readableMix(t, random)
			write(t, filepath.Join(dir, fmt.Sprintf("%02d.yaml", i)), text)
			want = append(want, objects...)
		}
		joined := injectedBy(t, dir)
		got, err := readByKubectl(joined)
		if err != nil {
			t.Fatalf("%v\n%s", err, joined)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("-one by one +joined\n%s\n%s", diff, joined)
		}
	}
}

// readableMix is one that kubectl reads by itself, with the objects that it finds.
func readableMix(t *testing.T, random *rand.Rand) (text string, objects []string) {
	t.Helper()
	for range 100 {
		text = mix(random)
		if objects, err := readByKubectl(text); err == nil {
			return text, objects
		}
	}
	t.Fatal("kubectl reads none of 100 mixes")
	return "", nil
}

// mix is a file of objects in YAML, in JSON, or in both.
func mix(random *rand.Rand) string {
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	texts := []string{`a/b`, `"\/"`, "x\u0085y", "\u2028", "😀", `\ud83d\ude00`, "---", "line"}
	inYAML := func() string {
		head := fmt.Sprintf("apiVersion: v1\nkind: %s\nmetadata:\n  name: n%d\n", pick("ConfigMap", "Service", "Secret"), random.IntN(1000))
		if random.IntN(3) == 0 {
			head = fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: p%d}\nspec:\n  containers: [{name: a, image: b}]\n", random.IntN(1000))
		}
		return head + pick("data:\n  a: |\n    text", "data:\n  a: |+\n    text\n\n", "data: {a: b}", "# the end", "data:\n  a: >-\n    text\n")
	}
	inJSON := func() string {
		text := strings.Trim(pick(texts...), `"`)
		if !json.Valid([]byte(`"` + text + `"`)) {
			text = "text"
		}
		return fmt.Sprintf(`{"apiVersion":%s"v1","kind":"ConfigMap",%s"metadata":{"name":"j%d"},"data":{"a":"%s"}}`, pick("", " ", "\n"), pick("", "\n\t"), random.IntN(1000), text)
	}
	var b strings.Builder
	if random.IntN(2) == 0 {
		for range 1 + random.IntN(3) {
			b.WriteString(inJSON() + pick("", "\n", " "))
		}
		return b.String()
	}
	for i := range 1 + random.IntN(3) {
		if i > 0 {
			b.WriteString("\n---\n")
		}
		if random.IntN(4) == 0 && i > 0 {
			b.WriteString(inJSON())
		} else {
			b.WriteString(inYAML())
		}
	}
	return b.String()
}

func injectedBy(t *testing.T, path string) string {
	t.Helper()
	inject := exec.Command(filepath.Join(bin, "outrigger", "outrigger"), "inject", "-q", "-f", path)
	inject.Stderr = os.Stderr
	text, err := inject.Output()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return string(text)
}

// readByKubectl is the JSON of the objects that kubectl finds in a stream, of Pods their
// names alone: what is injected into them is not what this is about.
func readByKubectl(text string) ([]string, error) {
	infos, err := resource.NewLocalBuilder().Unstructured().Stream(bytes.NewReader([]byte(text)), "stream").Do().Infos()
	if err != nil {
		return nil, err
	}
	var objects []string
	for _, info := range infos {
		if info.Object.GetObjectKind().GroupVersionKind().Kind == "Pod" {
			objects = append(objects, "Pod "+info.Name)
			continue
		}
		object, err := json.Marshal(info.Object)
		if err != nil {
			return nil, err
		}
		objects = append(objects, string(object))
	}
	return objects, nil
}
