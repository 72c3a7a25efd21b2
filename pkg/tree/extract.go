package tree

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxExtract is how many characters of a text from outside an error shows.
const maxExtract = 64

// concealed stands in errors for what might be a secret.
const concealed = "(it looks like a key and is not shown)"

// Extract is a text from outside as an error shows it: quoted, its first 64
// characters at most, and nothing of what looks like a key. Errors end up in logs,
// events and reports, which more people read than the file with the text.
func Extract(text string) string {
	short, cut := firstCharacters(text, maxExtract)
	if looksSecret(text) {
		return concealed
	}
	if !cut {
		return strconv.Quote(short)
	}
	return strconv.Quote(short) + "..."
}

// Concealed is a text from outside with nothing in it that looks like a key. Paths and
// digests of images, which people look for, are left.
func Concealed(text string) string {
	text = pemBlock.ReplaceAllLiteralString(text, concealed)
	return lettersAndDigits.ReplaceAllStringFunc(text, func(run string) string {
		if isRandom(run) && !imageDigest.MatchString(run) {
			return concealed
		}
		return run
	})
}

// imageDigest is 64 digits, which say what an image is, not what opens it.
var (
	lettersAndDigits = regexp.MustCompile(`[A-Za-z0-9+]{20,}`)
	imageDigest      = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Abridged is an error with extracts in the place of longer texts that it quotes,
// for errors of libraries, which quote what they could not read, and with nothing in
// it that steers a terminal. Other errors come back as they are.
func Abridged(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if short := abridge(text); short != text {
		return &abridged{short, err}
	}
	return err
}

type abridged struct {
	text string
	error
}

func (e *abridged) Error() string { return e.text }

func (e *abridged) Unwrap() error { return e.error }

var (
	pemBlock = regexp.MustCompile(`(?s)-----BEGIN.*?(-----END[^-]*-----|$)`)
	quoted   = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`")
)

func abridge(text string) string {
	text = harmless(text)
	text = pemBlock.ReplaceAllLiteralString(text, concealed)
	text = quoted.ReplaceAllStringFunc(text, func(q string) string {
		inside := q[1 : len(q)-1]
		if looksSecret(inside) {
			return concealed
		}
		short, cut := firstCharacters(inside, maxExtract)
		if !cut {
			return q
		}
		return q[:1] + strings.TrimRight(short, `\`) + q[:1] + "..."
	})
	// What is left is words, of which only those of files may be long.
	var out strings.Builder
	for text != "" {
		end := strings.IndexFunc(text, unicode.IsSpace)
		if end < 0 {
			end = len(text)
		}
		out.WriteString(abridgedWord(text[:end]))
		_, size := utf8.DecodeRuneInString(text[end:])
		out.WriteString(text[end : end+size])
		text = text[end+size:]
	}
	return out.String()
}

// harmless is a text in which nothing steers a terminal: control characters other
// than breaks of lines, and those that turn the direction of writing, are escaped.
func harmless(text string) string {
	steers := func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
	}
	if !strings.ContainsFunc(text, steers) {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		if steers(r) {
			out.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// maxPath is how much of a word an error shows that may be the path of a file or
// of a field.
const maxPath = 4 * maxExtract

func abridgedWord(word string) string {
	isPath := strings.ContainsAny(word, "/.[")
	limit := maxExtract
	if isPath {
		limit = maxPath
	}
	if !isPath && looksSecret(word) {
		return concealed
	}
	short, cut := firstCharacters(word, limit)
	if !cut {
		return word
	}
	return short + "..."
}

func firstCharacters(text string, n int) (short string, cut bool) {
	for i := range text {
		if n == 0 {
			return text[:i], true
		}
		n--
	}
	return text, false
}

// minSecret is how long an unbroken run of letters and digits has to be to be taken
// for a key. Names that people and Kubernetes make have dashes and dots in them.
const minSecret = 20

// looksSecret tells text with something like a key in it: PEM, or a long run of the
// characters of base64 or hexadecimal digits that is no word.
func looksSecret(text string) bool {
	if strings.Contains(text, "-----BEGIN") {
		return true
	}
	for rest := text; rest != ""; {
		end := strings.IndexFunc(rest, func(r rune) bool { return classOf(r) == 0 })
		if end < 0 {
			end = len(rest)
		}
		if run := withoutWords(rest[:end]); len(run) >= minSecret && isRandom(run) {
			return true
		}
		_, size := utf8.DecodeRuneInString(rest[end:])
		rest = rest[end+size:]
	}
	return false
}

// withoutWords is a run without what stands between slashes and is a word, as in the
// path of a URL: "1/apis/apps" is no key.
func withoutWords(run string) string {
	if !strings.Contains(run, "/") {
		return run
	}
	isWord := func(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return classOf(r) != 'a' }) }
	return strings.Join(slices.DeleteFunc(strings.Split(run, "/"), isWord), "/")
}

// classOf is the class of a character of base64: 'a', 'A', '1' or '+', 0 for all
// others.
func classOf(r rune) byte {
	switch {
	case 'a' <= r && r <= 'z':
		return 'a'
	case 'A' <= r && r <= 'Z':
		return 'A'
	case '0' <= r && r <= '9':
		return '1'
	case r == '+' || r == '/':
		return '+'
	}
	return 0
}

// isRandom tells a run of characters that goes from one class to another more often
// than words do, be they written together as inCamelCase.
func isRandom(run string) bool {
	changes, words, digits := 0, true, false
	for i := range len(run) {
		class := classOf(rune(run[i]))
		digits = digits || class == '1'
		if i > 0 && class != classOf(rune(run[i-1])) {
			changes++
		} else if class != 'a' && i > 0 {
			words = false
		}
	}
	if digits {
		return 8*changes >= len(run)
	}
	return !words && 3*changes >= len(run)
}

// Snippet is Extract for a value of a configuration, which people know unquoted.
func Snippet(text string) string {
	if looksSecret(text) {
		return concealed
	}
	short, cut := firstCharacters(harmless(text), maxExtract)
	if cut {
		short += "..."
	}
	return short
}
