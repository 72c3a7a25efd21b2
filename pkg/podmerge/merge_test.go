package podmerge

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"pgregory.net/rapid"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// TestMergeEqualsKubernetes holds the merge against Kubernetes' own, over random
// values of the pod's shape and patches with every directive. It differs in two
// ways, which are done to what Kubernetes is given: a patch takes away what cannot
// stand beside what it sets, and what Kubernetes always writes is there.
func TestMergeEqualsKubernetes(t *testing.T) {
	t.Run("pod", func(t *testing.T) { mergesLike[corev1.Pod](t, Pod(), 6) })
	t.Run("container", func(t *testing.T) { mergesLike[corev1.Container](t, Pod().At("spec", "containers"), 4) })
	t.Run("volume", func(t *testing.T) { mergesLike[corev1.Volume](t, Pod().At("spec", "volumes"), 3) })
}

// mergesLike compares merges of one type of Kubernetes', drawn to a depth.
func mergesLike[T any](t *testing.T, s *Schema, depth int) {
	compared := 0
	rapid.Check(t, func(t *rapid.T) {
		original := drawField(t, s, "original", depth, false)
		patch := drawField(t, s, "patch", depth, true)
		if bytes.Contains(encode(t, patch), []byte(`"limits"`)) {
			// Where the list is new too, Kubernetes drops what a directive in it has
			// to say, and keeps it in a list that is there.
			original = withContainers(s, original)
		}
		a, b := encode(t, original), encode(t, patch)
		want, wantErr := strategicpatch.StrategicMergePatch(
			encode(t, withWhatIsAlways(s, original)), encode(t, withRoomMade(s, patch)), *new(T))
		got, err := s.Merge(parseValue(t, a), parseValue(t, b), "pod")
		if wantErr != nil && strings.Contains(wantErr.Error(), "no elements in any of the given slices") {
			return // Kubernetes cannot order an empty list; there is nothing to order in it
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%s\nover %s:\n%v, Kubernetes: %v", b, a, err, wantErr)
		}
		if err != nil {
			return
		}
		compared++
		// Kubernetes leaves nulls and directives in what is new to a list, where they
		// mean nothing.
		want = s.WithoutDirectives(parseValue(t, want)).JSON()
		if g, w := typed[T](t, got.JSON()), typed[T](t, want); g != w {
			t.Fatalf("%s\nover %s:\ngot  %s\nwant %s", b, a, g, w)
		}
	})
	if compared == 0 {
		t.Fatal("no merge succeeded, so nothing was compared")
	}
}

// typed is a value as its type is written.
func typed[T any](t *rapid.T, text []byte) string {
	var v T
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	if p, ok := any(&v).(*corev1.Pod); ok && len(p.Spec.Containers) == 0 {
		p.Spec.Containers = nil // the one list that is written when it is empty
	}
	return string(encode(t, v))
}

// withRoomMade is a patch with a null for each field that cannot stand beside
// those that it sets.
func withRoomMade(s *Schema, patch any) any {
	return overObjects(s, patch, func(s *Schema, o map[string]any) {
		for _, u := range s.unions {
			var set, others []string
			for _, field := range u.fields {
				if value, ok := o[field]; ok && value != nil && value != "" {
					set = append(set, field)
				} else {
					others = append(others, field)
				}
			}
			for _, field := range others {
				if _, stands := o[field]; !stands && len(set) > 0 {
					o[field] = nil
				}
			}
		}
	})
}

// withWhatIsAlways is a pod with the objects that stand in every one once
// Kubernetes has written it, and the lists: in what is new to one a directive
// replaces nothing, in a new list Kubernetes drops what stands beside it.
func withWhatIsAlways(s *Schema, pod any) any {
	return overObjects(s, pod, func(s *Schema, o map[string]any) {
		for name, field := range s.fields.named {
			if field.always && field.kind == fieldObject && o[name] == nil {
				o[name] = map[string]any{}
			}
		}
	})
}

// withContainers is a value with both lists of containers, empty where it had none.
func withContainers(s *Schema, v any) any {
	return overObjects(s, withWhatIsAlways(s, v), func(s *Schema, o map[string]any) {
		for _, list := range []string{"containers", "initContainers"} {
			if s.fields.get(list) != nil && o[list] == nil {
				o[list] = []any{}
			}
		}
	})
}

// overObjects returns a copy of v, of a schema, in which each object is changed.
func overObjects(s *Schema, v any, change func(*Schema, map[string]any)) any {
	switch v := v.(type) {
	case map[string]any:
		o := map[string]any{}
		for key, value := range v {
			o[key] = value
			if field := s.Field(key); field != nil {
				o[key] = overObjects(field, value, change)
			}
		}
		if _, directive := o["$patch"]; s.kind == fieldObject && (!directive || o["$patch"] == "replace" && s.mergeKey == "") {
			change(s, o)
		}
		return o
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = overObjects(s.elem, item, change)
		}
		return list
	default:
		return v
	}
}

func encode(t *rapid.T, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func parseValue(t *rapid.T, text []byte) *tree.Value {
	v, err := tree.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// drawnFields are the parts of a pod worth drawing: every way of merging is among
// them, and few enough fields that the two sides meet.
var drawnFields = map[string]bool{
	"metadata": true, "labels": true, "annotations": true, "finalizers": true, "spec": true, "containers": true, "initContainers": true,
	"volumes": true, "emptyDir": true, "medium": true, "configMap": true, "env": true, "value": true, "name": true, "ports": true,
	"containerPort": true, "protocol": true, "args": true, "securityContext": true, "runAsUser": true, "capabilities": true, "add": true, "drop": true,
	"tolerations": true, "key": true, "imagePullSecrets": true, "hostAliases": true, "ip": true, "hostnames": true, "image": true,
	"readinessProbe": true, "httpGet": true, "port": true, "volumeMounts": true, "mountPath": true, "subPath": true, "subPathExpr": true,
	"valueFrom": true, "fieldRef": true, "secretKeyRef": true, "fieldPath": true, "exec": true, "command": true, "tcpSocket": true, "resources": true,
}

// drawField draws JSON of a schema, as a patch with directives and nulls.
func drawField(t *rapid.T, s *Schema, label string, depth int, patch bool) any {
	switch s.kind {
	case fieldObject:
		o := map[string]any{}
		for _, name := range s.fields.names() {
			field := s.fields.get(name)
			if drawnFields[name] && depth > 0 && rapid.IntRange(0, 2).Draw(t, label+"."+name) == 0 {
				o[name] = drawField(t, field, name, depth-1, patch)
			}
		}
		if patch {
			drawDirectives(t, s, o, label)
		}
		return o
	case fieldMap:
		o := map[string]any{}
		for _, key := range []string{"a", "b", "c"} {
			switch rapid.IntRange(0, 3).Draw(t, label+"["+key+"]") {
			case 0:
				o[key] = rapid.SampledFrom([]string{"1", "2"}).Draw(t, "value")
			case 1:
				if patch {
					o[key] = nil
				}
			}
		}
		return o
	case fieldList:
		if s.merges && s.mergeKey == "" {
			// A set, whose elements stand once each.
			return rapid.SampledFrom([][]any{{}, {"x"}, {"y", "x"}, {"z", "y", "x"}, {"x", "z"}}).Draw(t, label)
		}
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, label+" length") {
			item := drawField(t, s.elem, label+" item", depth-1, patch)
			if o, ok := item.(map[string]any); ok && s.mergeKey != "" {
				o[s.mergeKey] = drawKey(t, s)
				if patch && rapid.IntRange(0, 9).Draw(t, "directive") == 0 {
					o = map[string]any{"$patch": rapid.SampledFrom([]string{"delete", "replace"}).Draw(t, "$patch"), s.mergeKey: o[s.mergeKey]}
				}
				item = o
			}
			list = append(list, item)
		}
		// Kubernetes merges what is new to a list as it is, with the directives in it,
		// where the patch names it a second time.
		if patch && s.mergeKey != "" && bytes.Contains(encode(t, list), []byte(`"$`)) {
			list = uniqueBy(list, s.mergeKey)
		}
		return list
	case fieldInteger, fieldInt32, fieldIntOrString:
		return rapid.SampledFrom([]int{1, 2}).Draw(t, label)
	case fieldBoolean:
		return rapid.Bool().Draw(t, label)
	default:
		return rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, label)
	}
}

func uniqueBy(list []any, key string) []any {
	seen := map[any]bool{}
	return slices.DeleteFunc(list, func(item any) bool {
		name := item.(map[string]any)[key]
		defer func() { seen[name] = true }()
		return seen[name]
	})
}

func drawKey(t *rapid.T, s *Schema) any {
	if s.elem.Field(s.mergeKey).kind == fieldInt32 {
		return rapid.SampledFrom([]int{80, 81, 82}).Draw(t, "key")
	}
	return rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "key")
}

// drawDirectives adds null, $retainKeys, $setElementOrder or
// $deleteFromPrimitiveList to an object of a patch.
func drawDirectives(t *rapid.T, s *Schema, o map[string]any, label string) {
	switch rapid.IntRange(0, 12).Draw(t, label+" directive") {
	case 0:
		if s.fields.get("image") != nil {
			o["image"] = nil
		}
	case 1:
		if s.fields.get("emptyDir") != nil {
			keys := []any{"name"}
			for key, value := range o {
				if key != "name" && value != nil {
					keys = append(keys, key)
				}
			}
			o["$retainKeys"] = keys
		}
	case 2:
		if s.fields.get("finalizers") != nil {
			delete(o, "finalizers")
			o["$deleteFromPrimitiveList/finalizers"] = []any{"x"}
		}
	case 3:
		if s.fields.get("env") != nil {
			delete(o, "env")
			o["$setElementOrder/env"] = []any{map[string]any{"name": "z"}, map[string]any{"name": "x"}}
		}
	case 4:
		if s.fields.get("resources") != nil {
			o["resources"] = map[string]any{"$patch": "replace", "limits": map[string]any{"cpu": "1"}}
		}
	}
}
