package manifest

import (
	"bytes"
	"errors"
	"io"
	"iter"
)

// source is one document of a stream, read as YAML already unless it looks like
// JSON.
type source struct {
	text []byte
	line int // of the stream, that the text begins on
	yaml *decoded
}

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
			for {
				text, line, err := docs.next()
				next := read{source{text: bytes.Clone(text), line: line}, err}
				if lead := leadingBlank(text); err == nil && (lead == len(text) || text[lead] != '{') {
					next.yaml = decode(next.text)
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
