package manifest

import (
	"errors"
	"io"
	"iter"
)

// source is one document of a stream, read as YAML already unless it looks like
// JSON.
type source struct {
	text []byte
	line int // of the stream, that the text begins on
	// plain is the document where it could be read without the parser. It can be
	// changed but once.
	plain *document
	yaml  *decoded
}

// read reads the text as YAML.
func (s *source) read(a *arena) { s.plain, s.yaml = readYAML(s.text, a) }

// readYAML reads a text without the parser, or with it.
func readYAML(text []byte, a *arena) (*document, *decoded) {
	lent := lentBreak(text)
	if d := readPlain(append(text[:len(text):len(text)], lent...), a); d != nil {
		d.lent = len(lent)
		return d, nil
	}
	return nil, decode(text)
}

// again is the same document, to be changed once more.
func (s *source) again() source { return source{text: s.text, line: s.line, yaml: s.yaml} }

// readAhead is the documents of a stream, each until the next. While one is at
// hand, those behind it are read on another core: reading YAML takes two fifths of
// the whole work. An error of reading ends it.
func readAhead(r io.Reader) iter.Seq2[source, error] {
	type read struct {
		source
		err error
	}
	return func(yield func(source, error) bool) {
		// A few documents, so that a large one does not stop either side.
		ahead, stop := make(chan read, 8), make(chan struct{})
		defer close(stop)
		go func() {
			defer close(ahead)
			docs := newSplitter(r)
			defer docs.release()
			for {
				text, line, err := docs.next()
				next := read{source{text: docs.keep(text), line: line}, err}
				// A large one is looked through first, by whoever rewrites it.
				if lead := leadingBlank(next.text); err == nil && len(text) < largeList && (lead == len(text) || next.text[lead] != '{') {
					a := arenas.Get().(*arena)
					a.reset()
					if next.read(a); next.plain == nil {
						arenas.Put(a)
					}
				}
				select {
				case ahead <- next:
				case <-stop:
					return
				}
				if err != nil {
					return
				}
			}
		}()
		for next := range ahead {
			if errors.Is(next.err, io.EOF) || !yield(next.source, next.err) {
				return
			}
		}
	}
}
