package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

const keptKey = "example.com/kept"

// kept is what the tests' workloads keep: the pod as it was, and the fix.
type kept struct {
	Pod json.RawMessage
	Fix string
}

func parsePod(t testing.TB, pod []byte) *tree.Value {
	t.Helper()
	v, err := tree.Parse(pod)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func keptIn(t testing.TB, pod *tree.Value) (k kept, ok bool) {
	t.Helper()
	text, ok := pod.Get("metadata", "annotations", keptKey).Str()
	if ok {
		if err := json.Unmarshal([]byte(text), &k); err != nil {
			t.Fatal(err)
		}
	}
	return k, ok
}

// backwards takes pods back to what they kept.
func backwards(t testing.TB, w Workload) (tree.Patch, string, error) {
	t.Helper()
	pod := parsePod(t, w.Pod)
	k, ok := keptIn(t, pod)
	if !ok {
		return nil, "", nil
	}
	return tree.Diff(pod, parsePod(t, k.Pod)), k.Fix, nil
}

func reverseInTest(t testing.TB) Reverse {
	return Reverse{
		Back: func(w Workload) (tree.Patch, error) {
			patch, _, err := backwards(t, w)
			return patch, err
		},
		Keep: func(w Workload, patch tree.Patch, fix string) (tree.Patch, error) {
			before := parsePod(t, w.Pod)
			after, err := tree.Apply(before, patch)
			if err != nil {
				return nil, err
			}
			text, err := json.Marshal(kept{before.JSON(), fix})
			if err != nil {
				return nil, err
			}
			return tree.Diff(before, after.WithAt(tree.NewString(string(text)), "metadata", "annotations", keptKey)), nil
		},
	}
}

func back(t testing.TB, text []byte, stale func(Workload)) ([]byte, error) {
	t.Helper()
	var out bytes.Buffer
	err := RewriteBack(&out, bytes.NewReader(text), Options{File: "in"}, func(w Workload, _ bool) (Back, error) {
		patch, fix, err := backwards(t, w)
		return Back{Patch: patch, Fix: fix}, err
	}, stale)
	return out.Bytes(), err
}

func notStale(t testing.TB) func(Workload) {
	return func(w Workload) { t.Errorf("the fix of %s %s is stale", w.Kind, w.Name) }
}

// TestRewriteReversibly takes patches of every kind back from every sample.
func TestRewriteReversibly(t *testing.T) {
	samples, err := filepath.Glob("testdata/samples/*")
	if err != nil || len(samples) == 0 {
		t.Fatal("no samples", err)
	}
	rapid.Check(t, func(r *rapid.T) {
		text, err := os.ReadFile(rapid.SampledFrom(samples).Draw(r, "sample"))
		if err != nil {
			r.Fatal(err)
		}
		m := &patchMaker{steer: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(r, "steer")}
		patch := func(w Workload) (tree.Patch, error) { return m.patch(w.Pod), nil }
		if rapid.Bool().Draw(r, "again") && !bytes.Contains(text, []byte("%YAML")) { // documents that come again, with the same patches or others
			between := []byte("\n---\n")
			if text[0] == '{' {
				between = []byte("\n")
			}
			text = slices.Concat(text, between, text, between, text)
			if rapid.Bool().Draw(r, "the same") {
				patch = samePatch(patch)
			}
		}
		var there bytes.Buffer
		if err := RewriteReversibly(&there, bytes.NewReader(text), Options{File: "in"}, patch, reverseInTest(t)); err != nil {
			skipPatches(r, err)
			r.Fatal(err)
		}
		got, err := back(t, there.Bytes(), notStale(t))
		if err != nil {
			r.Fatal(err)
		}
		if !bytes.Equal(got, text) {
			r.Fatalf("--- was\n%s\n--- became\n%s\n--- came back\n%s", text, &there, got)
		}
	})
}

// samePatch gives equal workloads equal patches.
func samePatch(patch func(Workload) (tree.Patch, error)) func(Workload) (tree.Patch, error) {
	made := map[string]tree.Patch{}
	return func(w Workload) (tree.Patch, error) {
		if made[string(w.Pod)] == nil {
			made[string(w.Pod)], _ = patch(w)
		}
		return made[string(w.Pod)], nil
	}
}

// TestRewriteReversiblyAgain: what comes again becomes what it became before, and what
// differs in anything is not taken for it.
func TestRewriteReversiblyAgain(t *testing.T) {
	rewritten := func(text string) string {
		var out strings.Builder
		if err := RewriteReversibly(&out, strings.NewReader(text), Options{File: "in"}, replaceX, reverseInTest(t)); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	other := strings.Replace(reversible, "# why", "# why not", 1)
	want := rewritten(reversible) + "---\n" + rewritten(other) + "---\n" + rewritten(reversible)
	if got := rewritten(reversible + "---\n" + other + "---\n" + reversible); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var s seen[int]
	for i := range 3 * mostSeen {
		s.put(identityOf([]byte{byte(i)}), i)
		if made, ok := s.get(identityOf([]byte{byte(i)})); !ok || made != i || len(s.made) > mostSeen {
			t.Fatalf("%d, %v of %d, of %d", made, ok, i, len(s.made))
		}
	}
	if identityOf([]byte("a"), []byte("bc")) == identityOf([]byte("ab"), []byte("c")) {
		t.Error("what is joined the same is taken for the same")
	}
}

// skipPatches leaves out draws that take the images off a workload, which then reads
// like a patch of kustomize's, and is refused.
func skipPatches(r *rapid.T, err error) {
	if _, ok := errors.AsType[*patchError](err); ok {
		r.Skip("what came out looks like a patch")
	}
}

const reversible = `# a comment
kind: Pod
metadata:
  name: a
spec:
  containers:
    - {name: app, image: "one"}   # beside
    # below
---
kind: List
apiVersion: v1
items:
- kind: Pod
  metadata: {name: b}
  spec: {x: 'y'}
- kind: Pod
  metadata: {name: c}
  spec:
      x: "y" # why
`

// replaceX is an edit that loses comments and style.
func replaceX(w Workload) (tree.Patch, error) {
	if w.Name == "a" {
		return nil, nil
	}
	return tree.Patch{tree.NewOperation("remove", "/spec/x", nil), tree.NewOperation("add", "/spec/z", json.RawMessage(`1`))}, nil
}

func TestRewriteBackOfChangedText(t *testing.T) {
	var there bytes.Buffer
	if err := RewriteReversibly(&there, strings.NewReader(reversible), Options{File: "in"}, replaceX, reverseInTest(t)); err != nil {
		t.Fatal(err)
	}
	fixes := 0
	err := Rewrite(new(bytes.Buffer), bytes.NewReader(there.Bytes()), Options{}, func(w Workload) (tree.Patch, error) {
		k, ok := keptIn(t, parsePod(t, w.Pod))
		if ok != (w.Name != "a") {
			t.Errorf("%s keeps something: %v", w.Name, ok)
		}
		if k.Fix != "" {
			fixes++
		}
		return nil, nil
	})
	if err != nil || fixes != 1 {
		t.Errorf("%d workloads keep a fix, want one of the document (%v)", fixes, err)
	}
	for _, c := range []struct {
		name, old, new, want string
		stale                []string
	}{
		{name: "not changed", want: reversible},
		{name: "another document changed", old: "one", new: "two", want: strings.Replace(reversible, "one", "two", 1)},
		{name: "its own document changed", old: "apiVersion: v1", new: "apiVersion: v1 # new", stale: []string{"b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := bytes.Replace(there.Bytes(), []byte(c.old), []byte(c.new), 1)
			var stale []string
			got, err := back(t, text, func(w Workload) { stale = append(stale, w.Name) })
			if err != nil {
				t.Fatal(err)
			}
			if strings.Join(stale, " ") != strings.Join(c.stale, " ") {
				t.Errorf("stale: %q, want %q", stale, c.stale)
			}
			if c.want != "" && string(got) != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestRewriteReversiblyErrors(t *testing.T) {
	broken := errors.New("broken")
	edit := func(w Workload) (tree.Patch, error) {
		if w.Name == "b" || w.Name == "a" {
			return nil, broken
		}
		return nil, nil
	}
	err := RewriteReversibly(new(bytes.Buffer), strings.NewReader(reversible), Options{File: "in"}, edit, reverseInTest(t))
	if err == nil || err.Error() != "in:2: Pod \"a\": broken\nin:13: Pod \"b\": broken" {
		t.Errorf("error %v", err)
	}
	for _, fix := range []string{"x", "%s\n1 1", "%s\n1 1 9\n", "%s\n9 1 0\n", "%s\n1 -1 0\n", "%s\n2 1 0\n1 1 0\n"} {
		text := []byte("a\nb\nc\n")
		fix = strings.Replace(fix, "%s", digest(text), 1)
		if _, _, err := applyFix(text, fix); !errors.Is(err, errFix) {
			t.Errorf("%q: error %v", fix, err)
		}
	}
}

// TestFix makes fixes from any text to any other.
func TestFix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.Map(rapid.SliceOf(rapid.SampledFrom([]string{"a\n", "b\n", "c", "\r\n", "# d\n"})), func(l []string) []byte { return []byte(strings.Join(l, "")) })
		from, to := text.Draw(t, "from"), text.Draw(t, "to")
		got, ok, err := applyFix(from, fixOf(from, to))
		if err != nil || !ok || !bytes.Equal(got, to) {
			t.Fatalf("got %q, %v, %v", got, ok, err)
		}
		if _, ok, _ := applyFix(append(from, 'x'), fixOf(from, to)); ok {
			t.Fatal("a fix of another text was applied")
		}
	})
}
