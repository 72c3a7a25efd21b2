package conformance

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/api/resource"
	kyaml "sigs.k8s.io/yaml"

	"github.com/outrigger-io/outrigger/pkg/inject"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Releases are the names of the releases whose golden files are there, the oldest first.
func Releases(t testing.TB) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(Dir(t), "releases", "1.*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no releases: %v", err)
	}
	names := make([]string, len(dirs))
	for i, dir := range dirs {
		names[i] = filepath.Base(dir)
	}
	minor := func(name string) int {
		n, _ := strconv.Atoi(strings.Split(name, ".")[1])
		return n
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(minor(a), minor(b)) })
	return names
}

// ReleaseCases reads the cases of a release.
func ReleaseCases(t testing.TB, release string) []*Case {
	t.Helper()
	return Cases(t, filepath.Join("releases", release))
}

// ReleaseSources reads the ConfigMaps of a release's case.
func (c *Case) ReleaseSources(t testing.TB) inject.Sources {
	t.Helper()
	var s inject.Sources
	for document := range bytes.SplitSeq(Read(t, filepath.Join(c.Dir, "..", "..", "configs", c.Config+".yaml")), []byte("\n---")) {
		var configMap struct{ Data map[string]string }
		if err := kyaml.Unmarshal(document, &configMap); err != nil {
			t.Fatal(err)
		}
		for key, text := range map[string]*[]byte{"config": &s.Config, "values": &s.Values, "mesh": &s.Mesh} {
			if data, ok := configMap.Data[key]; ok {
				*text = []byte(data)
			}
		}
	}
	return s
}

// ReleaseNamespaces are the annotations of the namespaces that the cases stand in.
func ReleaseNamespaces(t testing.TB) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	for document := range bytes.SplitSeq(Read(t, filepath.Join(Dir(t), "releases", "namespaces.yaml")), []byte("\n---")) {
		var namespace struct {
			Metadata struct {
				Name        string
				Annotations map[string]string
			}
		}
		if err := kyaml.Unmarshal(document, &namespace); err != nil {
			t.Fatal(err)
		}
		found[namespace.Metadata.Name] = namespace.Metadata.Annotations
	}
	return found
}

// FirstDifference compares two streams of manifests by meaning, and shows the first
// place where they differ, "" for none. Set aside are nulls, what is empty, the names of
// the proxy's images and the revision and version of a status, quantities and JSON in
// strings are compared by what they say.
func FirstDifference(t testing.TB, want, got []byte) string {
	t.Helper()
	w, g := saidBy(t, want), saidBy(t, got)
	for _, document := range append(slices.Clone(w), g...) {
		metadataTogether(document)
	}
	return firstDifference(w, g, "")
}

// metadataTogether takes the metadata of a CronJob's job and of its pods together: the
// reference writes the one, and Outrigger, which is wanted, the other.
func metadataTogether(document any) {
	at := func(v any, path ...string) map[string]any {
		for _, key := range path {
			object, _ := v.(map[string]any)
			v = object[key]
		}
		object, _ := v.(map[string]any)
		return object
	}
	if at(document)["kind"] != "CronJob" {
		return
	}
	job, template := at(document, "spec", "jobTemplate"), at(document, "spec", "jobTemplate", "spec", "template")
	both := map[string]any{}
	for _, metadata := range []map[string]any{at(job, "metadata"), at(template, "metadata")} {
		for key, value := range metadata {
			if have := at(both, key); have != nil {
				maps.Copy(have, at(value))
				continue
			}
			both[key] = value
		}
	}
	delete(job, "metadata")
	if template != nil {
		template["metadata"] = both
	}
}

func saidBy(t testing.TB, text []byte) []any {
	t.Helper()
	var list []any
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var node yaml.Node
		if err := decoder.Decode(&node); err != nil {
			if err.Error() == "EOF" {
				return list
			}
			t.Fatalf("%v in %s", err, text)
		}
		v, err := tree.FromYAML(&node)
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if v.Kind() != tree.Null {
			document := said(v)
			joinCronJobs(document)
			list = append(list, document)
		}
	}
}

// joinCronJobs takes the metadata of a CronJob's job and pod templates together: the
// reference's command reads and writes the former, Outrigger the latter, from which the
// pods are made.
func joinCronJobs(document any) {
	object, _ := document.(map[string]any)
	if items, ok := object["items"].([]any); ok {
		for _, item := range items {
			joinCronJobs(item)
		}
	}
	if object["kind"] != "CronJob" {
		return
	}
	at := func(o any, keys ...string) map[string]any {
		for _, key := range keys {
			m, _ := o.(map[string]any)
			o = m[key]
		}
		m, _ := o.(map[string]any)
		return m
	}
	job, pod := at(document, "spec", "jobTemplate"), at(document, "spec", "jobTemplate", "spec", "template")
	joined := map[string]any{}
	for _, metadata := range []map[string]any{at(job, "metadata"), at(pod, "metadata")} {
		for key, value := range metadata {
			if m, ok := value.(map[string]any); ok {
				both := maps.Clone(at(joined, key))
				if both == nil {
					both = map[string]any{}
				}
				maps.Copy(both, m)
				value = both
			}
			joined[key] = value
		}
	}
	delete(job, "metadata")
	pod["metadata"] = joined
}

var (
	proxyImage  = regexp.MustCompile(`(?i)proxyv2|proxy_init|proxytest|proxyinittest|proxy_debug|proxy2_debug|busybox`)
	emptyIsNone = []string{"resources", "strategy", "updateStrategy", "metadata", "data"}
	zeroIsNone  = map[string]string{"initialDelaySeconds": "0", "minReadySeconds": "0", "paused": "false", "test": "false", "value": "", "divisor": "0"}
)

// said is what a value says: scalars as their text.
func said(v *tree.Value) any {
	switch v.Kind() {
	case tree.Array:
		list := make([]any, 0, v.Len())
		for _, item := range v.Items() {
			list = append(list, said(item))
		}
		return list
	case tree.Object:
		members := map[string]any{}
		for _, m := range v.Members() {
			if value, ok := saidMember(m); ok {
				members[m.Key] = value
			}
		}
		return members
	case tree.Null:
		return "null, where members are left out"
	default:
		return v.Text()
	}
}

func saidMember(m tree.Member) (any, bool) {
	if m.Value.Kind() == tree.Null || m.Key == "creationTimestamp" || m.Key == "status" && m.Value.Kind() == tree.Object {
		return nil, false
	}
	value := said(m.Value)
	switch v := value.(type) {
	case map[string]any:
		if len(v) == 0 && slices.Contains(emptyIsNone, m.Key) {
			return nil, false
		}
		if m.Key == "limits" || m.Key == "requests" {
			for name, amount := range v {
				if q, err := resource.ParseQuantity(fmt.Sprint(amount)); err == nil {
					v[name] = q.AsApproximateFloat64()
				}
			}
		}
	case []any:
		if len(v) == 0 && (m.Key == "args" || m.Key == "command") {
			return nil, false
		}
	case string:
		if zero, ok := zeroIsNone[m.Key]; ok && v == zero {
			return nil, false
		}
		if m.Key == "image" && proxyImage.MatchString(v) {
			return "the proxy", true
		}
		return saidText(m.Key, v), true
	}
	return value, true
}

func saidText(key, text string) any {
	if key != "sidecar.istio.io/status" && key != "proxy.istio.io/overrides" && key != "value" || !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return text
	}
	inner, err := tree.Parse([]byte(text))
	if err != nil {
		return text
	}
	value := said(inner)
	if status, ok := value.(map[string]any); ok && key == "sidecar.istio.io/status" {
		maps.DeleteFunc(status, func(name string, v any) bool {
			list, _ := v.([]any)
			return name == "version" || name == "revision" || len(list) == 0
		})
	}
	return value
}

func firstDifference(want, got any, path string) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			break
		}
		keys := maps.Clone(w)
		maps.Copy(keys, g)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			switch {
			case g[key] == nil:
				return fmt.Sprintf("%s/%s: missing %.110v", path, key, fmt.Sprint(w[key]))
			case w[key] == nil:
				return fmt.Sprintf("%s/%s: extra %.110v", path, key, fmt.Sprint(g[key]))
			}
			if d := firstDifference(w[key], g[key], path+"/"+key); d != "" {
				return d
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok {
			break
		}
		for i := range min(len(w), len(g)) {
			if d := firstDifference(w[i], g[i], fmt.Sprintf("%s/%d", path, i)); d != "" {
				return d
			}
		}
		if len(w) != len(g) {
			return fmt.Sprintf("%s: want %d items, got %d", path, len(w), len(g))
		}
		return ""
	}
	if fmt.Sprint(want) == fmt.Sprint(got) {
		return ""
	}
	return fmt.Sprintf("%s: want %.90v got %.90v", path, fmt.Sprint(want), fmt.Sprint(got))
}
