package manifest

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// A document that is large and of a kind that has no pods is only looked through: it is
// passed on in the memory that its text takes. What a glance cannot tell of a document
// is left to reading it.

// glance is what is kept of a text that is looked through.
type glance struct {
	// lists is set where there are containers in it, in pods perhaps.
	lists bool
}

// longScalar is the length from which on a glance does not care what a scalar says.
const longScalar = 4 << 10

// keeps tells the members that say what a document is.
func (g *glance) keeps(e *entry, depth int) bool {
	if e.key == nil {
		return false
	}
	name := e.name()
	g.lists = g.lists || name == "containers" && e.value.form == arrayForm
	switch name {
	case "apiVersion", "kind", "metadata", "sops":
		return depth == 1
	case "name", "namespace", "mac":
		return depth == 2
	}
	return false
}

// areUsualEscapes tells whether unescaped reads a text.
func areUsualEscapes(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return true
		}
		if i+1 == len(text) || usualEscapes[text[i+1]] == 0 {
			return false
		}
		text = text[i+2:]
	}
}

// glancePlain looks through YAML. It returns nil where it is not plain.
func glancePlain(text []byte) (*document, *glance) {
	if !isPlainText(text) {
		return nil, nil
	}
	g := &glance{}
	r := &plainReader{source: sourceOf(text), glance: g}
	r.text = text
	r.doc = &document{text: text, arena: &arena{}}
	if r.doc.root = r.root(); r.doc.root == nil || r.doc.root.form != objectForm {
		return nil, nil
	}
	r.doc.head = r.doc.headOf(r.doc.root)
	return r.doc, g
}

// glanceJSON looks through an object of JSON. It returns false for what is none, and
// for what is to be told of.
func glanceJSON(text []byte) (h head, g *glance, ok bool) {
	if !json.Valid(text) || !utf8.Valid(text) {
		return h, nil, false
	}
	g = &glance{}
	l := jsonLook{jsonScanner: jsonScanner{text: text}, glance: g}
	if l.space() != '{' || !l.look(0, "") {
		return h, nil, false
	}
	return l.head, g, true
}

// jsonLook goes through what is right JSON.
type jsonLook struct {
	jsonScanner
	*glance
	head head
}

// look goes over the value that begins here. member is its name where that is of
// interest.
func (l *jsonLook) look(depth int, member string) bool {
	if depth > deepest {
		return false
	}
	switch l.space() {
	case '{':
		return l.object(depth)
	case '[':
		l.lists = l.lists || member == "containers"
		for l.pos++; l.space() != ']'; l.pass(',') {
			if !l.look(depth+1, "") {
				return false
			}
		}
		l.pos++
	case '"':
		begin := l.pos
		l.str()
		l.note(member, l.text[begin:l.pos])
	default:
		for l.pos < len(l.text) && bytes.IndexByte([]byte(",]} \t\r\n"), l.text[l.pos]) < 0 {
			l.pos++
		}
	}
	return true
}

func (l *jsonLook) object(depth int) bool {
	seen := names{hashed: true}
	for l.pos++; l.space() != '}'; l.pass(',') {
		begin := l.pos
		l.str()
		name := sourceOf(l.text[begin+1 : l.pos-1])
		if bytes.IndexByte(l.text[begin:l.pos], '\\') >= 0 || !seen.add(name) || name == "sops" && depth == 0 {
			return false
		}
		l.pass(':')
		if depth > 0 && name != "containers" {
			name = ""
		}
		if !l.look(depth+1, name) {
			return false
		}
	}
	l.pos++
	return true
}

// pass goes over a comma or colon, if it stands here.
func (l *jsonLook) pass(c byte) {
	if l.space() == c {
		l.pos++
	}
}

// note keeps what says what the document is.
func (l *jsonLook) note(member string, quoted []byte) {
	var to *string
	switch member {
	case "apiVersion":
		to = &l.head.apiVersion
	case "kind":
		to = &l.head.kind
	default:
		return
	}
	_ = json.Unmarshal(quoted, to)
}

// passesOn tells a large document that is passed on as it is, with nothing to say of
// it.
func (rw *rewriter) passesOn(text []byte) bool {
	lead := leadingBlank(text)
	if rw.list != nil || lead == len(text) {
		return false
	}
	var h head
	var g *glance
	if text[lead] == '{' {
		var ok bool
		if h, g, ok = glanceJSON(text[lead:]); !ok || g.lists {
			return false
		}
	} else {
		d, found := glancePlain(append(text, lentBreak(text)...)) // for which there is room
		if d == nil {
			return false
		}
		h, g = d.head, found
	}
	return h.kind != "" && !strings.HasPrefix(h.kind, "ENC[") && !rw.mayHold(h) && !h.mayBeWorkload(func() bool { return g.lists })
}
