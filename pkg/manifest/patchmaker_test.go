package manifest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"gomodules.xyz/jsonpatch/v2"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// patchMaker makes patches that apply, steered by bytes.
type patchMaker struct{ steer []byte }

func (m *patchMaker) pick(n int) int {
	if len(m.steer) == 0 || n <= 0 {
		return 0
	}
	b := m.steer[0]
	m.steer = m.steer[1:]
	return int(b) % n
}

var patchValues = []string{
	`"x"`, `"yes"`, `"a: b"`, `" lead"`, `"tail "`, `"1_000"`, `"0o7"`, `"1e3"`, `"~"`, `""`, `"2001-01-01"`, `"- x"`, `"#c"`, `"a #c"`,
	`"line\nline"`, `"line\nline\n"`, `"line\n\n\n"`, `"\n"`, `" a\nb"`, `"a\n b\n"`, `"a\n  \nb"`, `"a\r\nb"`, `"tab\there"`, `"it's"`, `"say \"x\""`,
	`"é ü"`, `"\u0000\u0085\u2028\ufeff"`, `"back\\slash"`, `"\u007f"`, `"😀"`, `"*a"`, `"&a"`, `"!a"`, `"{a}"`, `"[a"`, `"a,b"`, `"a]b"`, `"--- x"`, `"---"`, `"..."`, `"--flag"`, `"?x"`, `":x"`, `"x:"`, `"12:30"`,
	`0`, `-1`, `1.5`, `1e21`, `true`, `null`, `{}`, `[]`,
	`{"b":1,"a":"x"}`, `{"name":"istio-proxy","args":["a","b: c"],"env":[{"name":"A","value":"1"},{"name":"B","valueFrom":{"fieldRef":{"fieldPath":"x"}}}],"r":{}}`,
	`[1,[2,[3,"x"]],{"a":[{"b":[]}]}]`, `[{"name":"v","emptyDir":{}},{"name":"w","script":"a\nb\n"}]`, `{"a":{"b":{"c":"d\ne"}}}`, `{"":{"yes":"no"},"x: y":"a\n\n"}`, `[[],{}]`, `["a\nb"]`,
}

var patchNames = []string{"new", "a", "name", "sidecar.istio.io~1status", "x y", "yes", "1", "", "a: b", "é", "#", "istio.io~1rev", "- x", "{", "line\nbreak", "til~0de", "<<", "\"q\"", "*a"}

// patch makes up to a handful of operations on a pod.
func (m *patchMaker) patch(pod []byte) tree.Patch {
	var patch tree.Patch
	for range 1 + m.pick(4) {
		op, ok := m.operation(pod)
		if !ok {
			continue
		}
		next, err := patchJSON(pod, tree.Patch{op})
		if err != nil {
			continue
		}
		var spec struct{ Spec, Metadata any }
		if json.Unmarshal(next, &spec) != nil || spec.Spec == nil {
			continue
		}
		pod, patch = next, append(patch, op)
	}
	return patch
}

func (m *patchMaker) operation(pod []byte) (jsonpatch.Operation, bool) {
	var v any
	if err := json.Unmarshal(pod, &v); err != nil {
		return jsonpatch.Operation{}, false
	}
	path := ""
	top := v.(map[string]any)
	if _, ok := top["metadata"]; !ok && m.pick(3) == 0 {
		return tree.NewOperation("add", "/metadata", json.RawMessage(`{"annotations":{"a":"b"}}`)), true
	}
	for depth := m.pick(6); ; depth-- {
		switch at := v.(type) {
		case map[string]any:
			names := make([]string, 0, len(at))
			for name := range at {
				names = append(names, name)
			}
			slices.Sort(names)
			name := "new"
			if len(names) > 0 {
				name = names[m.pick(len(names))]
			}
			child := path + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
			if depth > 0 || path == "" {
				switch at[name].(type) {
				case map[string]any, []any:
					v, path = at[name], child
					continue
				}
			}
			if path == "" {
				return jsonpatch.Operation{}, false
			}
			choice := m.pick(4)
			if len(names) == 0 {
				choice = 0
			}
			switch choice {
			case 0:
				return tree.NewOperation("add", path+"/"+patchNames[m.pick(len(patchNames))], m.value()), true
			case 1:
				return tree.NewOperation("replace", child, m.value()), true
			case 2:
				return tree.NewOperation("remove", child, nil), true
			default:
				return tree.NewOperation("add", path+"/new", m.value()), true
			}
		case []any:
			i := m.pick(len(at) + 1)
			if depth > 0 && i < len(at) {
				switch at[i].(type) {
				case map[string]any, []any:
					v, path = at[i], path+"/"+strconv.Itoa(i)
					continue
				}
			}
			child := path + "/" + strconv.Itoa(i)
			if i == len(at) {
				return tree.NewOperation("add", child, m.value()), true
			}
			switch m.pick(3) {
			case 0:
				return tree.NewOperation("add", child, m.value()), true
			case 1:
				return tree.NewOperation("replace", child, m.value()), true
			default:
				return tree.NewOperation("remove", child, nil), true
			}
		default:
			return jsonpatch.Operation{}, false
		}
	}
}

func (m *patchMaker) value() json.RawMessage {
	return json.RawMessage(patchValues[m.pick(len(patchValues))])
}
