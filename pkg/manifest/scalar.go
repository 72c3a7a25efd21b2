package manifest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// scalar is a value that is no collection, as Kubernetes reads it.
type scalar struct {
	// text is the string itself, or the JSON of a number, true, false or null.
	text     string
	isString bool
	// quote is the quotation mark of the string that stood in this one's place, which it
	// gets too; 0 for none.
	quote byte
}

// key is what a mapping's key of this value becomes in JSON.
func (s scalar) key() string {
	if !s.isString && strings.ContainsAny(s.text, ".e") && s.text != "true" && s.text != "false" {
		f, err := strconv.ParseFloat(s.text, 64)
		if err == nil {
			return strconv.FormatFloat(f, 'g', -1, 32)
		}
	}
	return s.text
}

func (s scalar) isNull() bool { return !s.isString && s.text == "null" }

var null = scalar{text: "null"}

func stringScalar(s string) scalar { return scalar{text: s, isString: true} }

var floatForm = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)

var errNotJSON = errors.New("infinity and not-a-number have no place in an object")

// words are the plain scalars that YAML 1.1 reads as something else than text.
var words = map[string]string{
	"": "null", "~": "null", "null": "null", "Null": "null", "NULL": "null",
	"y": "true", "Y": "true", "yes": "true", "Yes": "true", "YES": "true",
	"true": "true", "True": "true", "TRUE": "true", "on": "true", "On": "true", "ON": "true",
	"n": "false", "N": "false", "no": "false", "No": "false", "NO": "false",
	"false": "false", "False": "false", "FALSE": "false", "off": "false", "Off": "false", "OFF": "false",
	".nan": "", ".NaN": "", ".NAN": "",
	".inf": "", ".Inf": "", ".INF": "", "+.inf": "", "+.Inf": "", "+.INF": "",
	"-.inf": "", "-.Inf": "", "-.INF": "",
}

// resolvePlain reads a plain scalar the way sigs.k8s.io/yaml does, which is
// YAML 1.1 less sexagesimal numbers and timestamps.
func resolvePlain(s string) (scalar, error) {
	if s == "" {
		return null, nil
	}
	switch c := s[0]; {
	case c == '.' || c == '+' || c == '-' || (c >= '0' && c <= '9'):
		if _, special := words[s]; special {
			return scalar{}, errNotJSON
		}
		if n, ok := resolveNumber(s); ok {
			return n, nil
		}
		return stringScalar(s), nil
	case len(s) <= 5 && strings.IndexByte("yYnNtTfFoO~", c) >= 0:
		if word, ok := words[s]; ok {
			return scalar{text: word}, nil
		}
	}
	return stringScalar(s), nil
}

func resolveNumber(s string) (scalar, bool) {
	if s[0] == '.' {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return scalar{}, false
		}
		return floatScalar(f), true
	}
	plain := strings.ReplaceAll(s, "_", "")
	if n, err := strconv.ParseInt(plain, 0, 64); err == nil {
		text := strconv.FormatInt(n, 10)
		return scalar{text: text}, true
	}
	if n, err := strconv.ParseUint(plain, 0, 64); err == nil {
		text := strconv.FormatUint(n, 10)
		return scalar{text: text}, true
	}
	if floatForm.MatchString(plain) {
		if f, err := strconv.ParseFloat(plain, 64); err == nil {
			return floatScalar(f), true
		}
	}
	return scalar{}, false
}

func floatScalar(f float64) scalar {
	text, _ := json.Marshal(f) // the callers have no infinities and no NaN
	return scalar{text: string(text)}
}

// resolveTagged reads a scalar that carries a tag.
func resolveTagged(tag, value string) (scalar, error) {
	switch tag {
	case "!!bool", "!!int", "!!float", "!!null":
		s, err := resolvePlain(value)
		if err != nil {
			return s, err
		}
		is := "!!str"
		switch {
		case s.isString:
		case s.isNull():
			is = "!!null"
		case s.text == "true" || s.text == "false":
			is = "!!bool"
		case strings.ContainsAny(s.text, ".e"):
			is = "!!float"
		default:
			is = "!!int"
		}
		if is != tag && (tag != "!!float" || is != "!!int") {
			return s, fmt.Errorf("%q is no %s", clip(value), tag)
		}
		return s, nil
	case "!!binary":
		data, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return scalar{}, fmt.Errorf("!!binary: %w", err)
		}
		return stringScalar(string(data)), nil
	default:
		return stringScalar(value), nil
	}
}

// clip keeps what an error quotes short.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}

// appendJSONString appends s as a JSON string, with nothing escaped that need not be.
func appendJSONString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := 0; ; {
		if i += tree.PlainRun(s[i:]); i == len(s) {
			break
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(append(b, s[from:i]...), `\ufffd`...)
				from = i + 1
			}
			i += size
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	return append(append(b, s[from:]...), '"')
}
