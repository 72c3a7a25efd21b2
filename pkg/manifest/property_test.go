package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// reporter is what a test of testing and one of rapid have in common.
type reporter interface {
	Helper()
	Logf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// documents cuts a text as Rewrite does.
func documents(t reporter, text []byte) [][]byte {
	t.Helper()
	var all [][]byte
	docs := newSplitter(bytes.NewReader(text))
	for {
		doc, _, err := docs.next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes.Clone(doc))
	}
}

// asJSON reads a document as Kubernetes' tools do: line by line, and the last has a
// break, too.
func asJSON(doc []byte) (any, error) {
	if len(doc) > 0 && doc[len(doc)-1] != '\n' {
		doc = append(bytes.Clone(doc), '\n')
	}
	raw := doc
	if !json.Valid(bytes.TrimPrefix(doc, byteOrderMark)) {
		var err error
		if raw, err = yaml.YAMLToJSON(doc); err != nil {
			return nil, err
		}
	} else {
		raw = bytes.TrimPrefix(doc, byteOrderMark)
	}
	var v any
	err := json.Unmarshal(raw, &v)
	return v, err
}

// podPlace tells where a pod is in a document, for the test's own account of it.
type podPlace struct {
	metadata, spec string
	// shared is set where metadata elsewhere counts, too.
	shared bool
}

// podPlaces finds the pod templates of a decoded document, in order.
func podPlaces(v any, at, apiVersion, kind string) []podPlace {
	object, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	if s, ok := object["apiVersion"].(string); ok && s != "" {
		apiVersion = s
	}
	if s, ok := object["kind"].(string); ok && s != "" {
		kind = s
	}
	all := newKinds(nil)
	if of := all.find(apiVersion, kind); of != nil {
		var list []podPlace
		for _, k := range of {
			if k.leftAlone == "" {
				list = append(list, everyPlace(v, at, k)...)
			}
		}
		return list
	}
	item, typed := all.listed(apiVersion, kind)
	if !typed && !(&rewriter{}).isList(apiVersion, kind) {
		return nil
	}
	if !typed {
		apiVersion = ""
	}
	items, _ := object["items"].([]any)
	var list []podPlace
	for i, v := range items {
		list = append(list, podPlaces(v, at+"/items/"+strconv.Itoa(i), apiVersion, item)...)
	}
	return list
}

// everyPlace follows a kind's paths into the items and members that they stand for.
func everyPlace(v any, at string, k Kind) []podPlace {
	for i, step := range k.Spec {
		var steps []string
		switch each := lookupPath(v, "/"+strings.Join(k.Spec[:i], "/")).(type) {
		case []any:
			for i := range each {
				steps = append(steps, strconv.Itoa(i))
			}
		case map[string]any:
			steps = slices.Sorted(maps.Keys(each))
		}
		if step != EachItem && step != EachMember {
			continue
		}
		var list []podPlace
		for _, step := range steps {
			one := k
			one.Metadata, one.Spec = slices.Clone(k.Metadata), slices.Clone(k.Spec)
			one.Metadata[i], one.Spec[i] = step, step
			list = append(list, everyPlace(v, at, one)...)
		}
		return list
	}
	place := podPlace{metadata: at + "/" + strings.Join(k.Metadata, "/"), spec: at + "/" + strings.Join(k.Spec, "/")}
	for _, name := range []string{"labels", "annotations"} {
		if _, ok := lookupPath(v, "/"+strings.Join(append(slices.Clone(k.Outer), name), "/")).(map[string]any); ok && k.Outer != nil {
			place.shared = true
		}
	}
	return []podPlace{place}
}

func lookupPath(v any, path string) any {
	for _, segment := range strings.Split(path, "/")[1:] {
		switch at := v.(type) {
		case map[string]any:
			v = at[segment]
		case []any:
			i, _ := strconv.Atoi(segment)
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

// patchJSON applies a patch as the API server does.
func patchJSON(doc []byte, patch tree.Patch) ([]byte, error) {
	raw, err := json.Marshal(patch)
	if err != nil {
		return nil, err
	}
	p, err := jsonpatch.DecodePatch(raw)
	if err != nil {
		return nil, err
	}
	return p.Apply(doc)
}

// checkRewrite rewrites a text with the patches that make gives and checks that
// what the result says is what the text said, with the patches applied. It
// returns the result, nil where Rewrite refuses the text.
func checkRewrite(t reporter, text []byte, makePatch func(pod []byte) tree.Patch) []byte {
	t.Helper()
	var same bytes.Buffer
	if err := Rewrite(&same, bytes.NewReader(text), Options{File: "in"}, func(Workload) (tree.Patch, error) { return nil, nil }); err != nil {
		t.Logf("refused: %v", err)
		return nil
	}
	if !bytes.Equal(same.Bytes(), text) {
		t.Fatalf("an empty patch changed the text\n--- in\n%s\n--- out\n%s", text, &same)
	}
	var out bytes.Buffer
	var patches []tree.Patch
	var pods [][]byte
	err := Rewrite(&out, bytes.NewReader(text), Options{File: "in"}, func(w Workload) (tree.Patch, error) {
		p := makePatch(w.Pod)
		patches, pods = append(patches, p), append(pods, bytes.Clone(w.Pod))
		return p, nil
	})
	describe := func() string {
		all, _ := json.MarshalIndent(patches, "", " ")
		return fmt.Sprintf("--- in\n%s\n--- patches\n%s\n--- out\n%s\n--- quoted\n%q\n%q", text, all, &out, text, &out)
	}
	if err != nil {
		t.Fatalf("Rewrite with a patch: %v\n%s", err, describe())
	}
	before, after := documents(t, text), documents(t, out.Bytes())
	if len(before) != len(after) {
		t.Fatalf("%d documents became %d\n%s", len(before), len(after), describe())
	}
	next := 0
	for i, doc := range before {
		was, err := asJSON(doc)
		if err != nil {
			if bytes.Equal(doc, after[i]) {
				continue // no workload; Kubernetes' reader does not like it, either
			}
			return out.Bytes() // JSON in a row, or text that only one of the readers takes
		}
		want, err := json.Marshal(was)
		if err != nil {
			t.Fatal(err)
		}
		for _, place := range podPlaces(was, "", "", "") {
			if lookupPath(was, place.spec) == nil {
				continue // an object that may stand without a template
			}
			if next == len(pods) {
				t.Fatalf("a workload was not handed out\n%s", describe())
			}
			if place.shared {
				return out.Bytes() // TestRewriteCronJobs has those
			}
			pod := map[string]any{"spec": lookupPath(was, place.spec)}
			var handed map[string]any
			if err := json.Unmarshal(pods[next], &handed); err != nil {
				t.Fatalf("pod %d: %v\n%s", next, err, describe())
			}
			if _, ok := handed["metadata"]; ok {
				pod["metadata"] = lookupPath(was, place.metadata)
			}
			if !reflect.DeepEqual(pod, handed) {
				t.Fatalf("pod %d was handed out as\n%s\n%s", next, pods[next], describe())
			}
			moved := slices.Clone(patches[next])
			for j, op := range moved {
				if rest, ok := strings.CutPrefix(op.Path, "/metadata"); ok {
					moved[j].Path = place.metadata + rest
				} else {
					moved[j].Path = place.spec + strings.TrimPrefix(op.Path, "/spec")
				}
			}
			next++
			if want, err = patchJSON(want, moved); err != nil {
				t.Fatalf("the test's own patching: %v\n%s", err, describe())
			}
		}
		got, err := asJSON(after[i])
		if err != nil {
			t.Fatalf("the result does not parse: %v\n%s", err, describe())
		}
		var wanted any
		if err := json.Unmarshal(want, &wanted); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, wanted) {
			gotText, _ := json.MarshalIndent(got, "", " ")
			wantText, _ := json.MarshalIndent(wanted, "", " ")
			t.Fatalf("the result says something else\n--- got\n%s\n--- want\n%s\n%s", gotText, wantText, describe())
		}
	}
	// The result can be read by this package again.
	if err := Rewrite(io.Discard, bytes.NewReader(out.Bytes()), Options{}, func(Workload) (tree.Patch, error) { return nil, nil }); err != nil {
		t.Fatalf("the result is refused: %v\n%s", err, describe())
	}
	if plainText(text) && onlyAdds(patches, pods) && !subsequence(lines(text), lines(out.Bytes())) {
		t.Fatalf("a line of the text is gone\n%s", describe())
	}
	return out.Bytes()
}

func lines(text []byte) []string {
	return strings.SplitAfter(string(text), "\n")
}

func subsequence(part, whole []string) bool {
	for _, line := range whole {
		if len(part) > 0 && part[0] == line {
			part = part[1:]
		}
	}
	return len(part) == 0
}

// plainText tells a text in which every collection has lines of its own.
func plainText(text []byte) bool {
	return !bytes.ContainsAny(text, "{}[]&*?\r<") && bytes.HasSuffix(text, []byte("\n"))
}

// onlyAdds tells patches that only put new members and items into collections
// that were there and not empty.
func onlyAdds(patches []tree.Patch, pods [][]byte) bool {
	for i, patch := range patches {
		var pod any
		if json.Unmarshal(pods[i], &pod) != nil {
			return false
		}
		if len(patch) != 1 && len(patch) != 0 {
			return false // an operation may build on one before it
		}
		for _, op := range patch {
			if op.Operation != "add" {
				return false
			}
			parent := op.Path[:strings.LastIndexByte(op.Path, '/')]
			if parent == "" {
				continue
			}
			if strings.Contains(op.Path, "~") {
				return false
			}
			switch at := lookupPath(pod, parent).(type) {
			case map[string]any:
				if _, there := at[op.Path[len(parent)+1:]]; there || len(at) == 0 {
					return false
				}
			case []any:
				if len(at) == 0 || op.Path[len(parent)+1:] == "0" {
					return false // behind a dash there may be another
				}
			default:
				return false
			}
		}
	}
	return true
}
