package configuration

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Kind is one of Kubernetes' kinds, of any version. The core group is empty.
type Kind struct{ Group, Name string }

// stream is what a text has of a kind.
type stream struct {
	objects []Object
	// bare is what the text means that is one document and no manifest, else nil.
	bare *tree.Value
}

// readObjects reads a stream of documents in YAML or JSON. Where there are several,
// only those are read that may be of the kind: what else is in an installation's
// manifests takes long to read and need not even be right.
func readObjects(text []byte, kind Kind) (stream, error) {
	documents := splitDocuments(text)
	if len(documents) == 0 {
		return stream{bare: tree.NewObject()}, nil
	}
	mayHave := regexp.MustCompile(`kind["']?\s*:\s*["']?((Resource)?List|` + regexp.QuoteMeta(kind.Name) + `)`)
	var s stream
	for _, d := range documents {
		if len(documents) > 1 && !mayHave.Match(d.text) {
			continue
		}
		values, err := d.values()
		if err != nil {
			return stream{}, err
		}
		for _, v := range values {
			if isManifest(v) {
				for _, o := range objectsOf(v, kind) {
					s.objects = append(s.objects, Object{o, d.line()})
				}
			} else if len(documents) == 1 && len(values) == 1 {
				s.bare = v
			}
		}
	}
	return s, nil
}

func isManifest(v *tree.Value) bool {
	return v.Get("apiVersion").Kind() == tree.String && v.Get("kind").Kind() == tree.String
}

// objectsOf lists the objects of a kind in a manifest: itself, or what a List has.
func objectsOf(manifest *tree.Value, kind Kind) []*tree.Value {
	group, _, grouped := strings.Cut(manifest.Get("apiVersion").Text(), "/")
	if !grouped {
		group = ""
	}
	switch name := manifest.Get("kind").Text(); {
	case group == kind.Group && name == kind.Name:
		return []*tree.Value{manifest}
	case group == kind.Group && name == kind.Name+"List":
		// Its items need not say what they are.
		return manifest.Get("items").Items()
	case group == "" && name == "List", group == "config.kubernetes.io" && name == "ResourceList":
		var list []*tree.Value
		for _, item := range manifest.Get("items").Items() {
			list = append(list, objectsOf(item, kind)...)
		}
		return list
	}
	return nil
}

// document is one of a stream's, without the line that divides it from others.
type document struct {
	text []byte
	// before is how many lines stand above it.
	before int
}

// splitDocuments cuts a stream where YAML does. Documents with nothing but comments
// and directives are left out.
func splitDocuments(text []byte) []document {
	var documents []document
	begin, beginLine := 0, 0
	end := func(at int) {
		if d := (document{text[begin:at], beginLine}); d.hasContent() {
			documents = append(documents, d)
		}
	}
	at, line := 0, 0
	for l := range bytes.Lines(text) {
		if isDivider(l, "---") || isDivider(l, "...") {
			end(at)
			begin, beginLine = at+len("---"), line
		}
		at += len(l)
		line++
	}
	end(len(text))
	return documents
}

func isDivider(line []byte, divider string) bool {
	rest, ok := bytes.CutPrefix(line, []byte(divider))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0)
}

func (d document) hasContent() bool { return d.line() > 0 }

// line is that of the stream in which the document's content begins, 0 where it has
// none.
func (d document) line() int {
	n := d.before
	for line := range bytes.Lines(d.text) {
		n++
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' && line[0] != '%' {
			return n
		}
	}
	return 0
}

// values reads the document: one value, or in JSON any number of them.
func (d document) values() ([]*tree.Value, error) {
	if bytes.HasPrefix(bytes.TrimSpace(d.text), []byte("{")) {
		if values := readJSON(d.text); values != nil {
			return values, nil
		}
		// Perhaps a flow mapping of YAML.
	}
	v, err := tree.ParseYAML(d.text)
	if err != nil {
		// Once more with the lines above it, which the error is to count.
		_, err = tree.ParseYAML(append(bytes.Repeat([]byte("\n"), d.before), d.text...))
		return nil, err
	}
	return []*tree.Value{v}, nil
}

// readJSON reads one JSON value behind the other, nil where the text is not that.
func readJSON(text []byte) []*tree.Value {
	var values []*tree.Value
	decoder := json.NewDecoder(bytes.NewReader(text))
	for {
		var raw json.RawMessage
		switch err := decoder.Decode(&raw); {
		case errors.Is(err, io.EOF):
			return values
		case err != nil:
			return nil
		}
		v, err := tree.Parse(raw)
		if err != nil {
			return nil
		}
		values = append(values, v)
	}
}
