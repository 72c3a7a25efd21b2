package podtemplate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/template"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"github.com/outrigger-io/outrigger/pkg/mesh"
)

// jsonFunctions are those that write JSON: the injector's own, and sprig's.
var jsonFunctions = template.FuncMap{
	"toJSON":           toJSON,
	"toJsonMap":        func(all ...map[string]string) (string, error) { return toJSON(mergeMaps(all...)) },
	"structToJSON":     structToJSON,
	"protoToJSON":      protoToJSON,
	"toJson":           func(v any) string { text, _ := marshal(v, true, ""); return text },
	"mustToJson":       func(v any) (string, error) { return marshal(v, true, "") },
	"toRawJson":        func(v any) (string, error) { return marshal(v, false, "") },
	"mustToRawJson":    func(v any) (string, error) { return marshal(v, false, "") },
	"toPrettyJson":     func(v any) string { text, _ := marshal(v, true, "  "); return text },
	"mustToPrettyJson": func(v any) (string, error) { return marshal(v, true, "  ") },
}

// marshal writes JSON that can stand in YAML, with HTML's characters escaped or not.
func marshal(v any, escapeHTML bool, indent string) (string, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(escapeHTML)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return "", err
	}
	return inYAML(strings.TrimSuffix(text.String(), "\n")), nil
}

func toJSON(m map[string]string) (string, error) {
	if m == nil {
		return "{}", nil
	}
	return marshal(m, true, "")
}

func structToJSON(v any) (string, error) {
	if v == nil {
		return "{}", nil
	}
	return marshal(v, true, "")
}

func protoToJSON(m proto.Message) (string, error) {
	text, err := mesh.JSON(m)
	return inYAML(text), err
}

// inYAML is JSON as a template can put it into YAML, plain, in a block or between
// single quotes: with escapes for the characters that end a quoted text, and for
// those that YAML refuses or takes for line breaks. They mean the same in both.
func inYAML(text string) string {
	if !strings.ContainsFunc(text, endsInYAML) {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		if endsInYAML(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

func endsInYAML(r rune) bool {
	switch {
	case r == '\'', r >= 0x7f && r < 0xa0, r == '\u2028', r == '\u2029', r == '\ufeff', r == '\ufffe', r == '\uffff':
		return true
	}
	return r == utf8.RuneError
}

// squote is a text between single quotes, one of its own written twice.
func squote(texts ...any) string {
	var quoted []string
	for _, text := range texts {
		if text != nil {
			quoted = append(quoted, "'"+strings.ReplaceAll(fmt.Sprint(text), "'", "''")+"'")
		}
	}
	return strings.Join(quoted, " ")
}
