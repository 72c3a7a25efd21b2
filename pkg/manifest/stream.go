package manifest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"
)

// splitter cuts a stream into documents without looking into them: "---" and
// "..." at the start of a line separate documents wherever they stand, in quoted
// and literal text too.
type splitter struct {
	r    *bufio.Reader
	held []byte // the separator line that begins the next document
	line int    // the number of lines handed out so far
	buf  []byte
	err  error
	// left is how much of the stream is to come, 0 where nobody knows.
	left func() int
}

// Measured is a stream that knows how much of it is left to read, as those in memory do:
// a large document is then read into the memory that it takes.
type Measured interface{ Len() int }

// splitters are those of streams that have been read: a folder has thousands of them.
var splitters = sync.Pool{New: func() any { return &splitter{r: bufio.NewReaderSize(nil, 64<<10)} }}

func newSplitter(r io.Reader) *splitter {
	s := splitters.Get().(*splitter)
	s.r.Reset(r)
	s.left = func() int { return 0 }
	if m, ok := r.(Measured); ok {
		s.left = m.Len
	}
	return s
}

// release ends the splitter.
func (s *splitter) release() {
	s.r.Reset(nil)
	*s = splitter{r: s.r, buf: s.buf[:0], held: s.held[:0]}
	if cap(s.buf) < largeText {
		splitters.Put(s)
	}
}

// next returns one document with the separator above it, and the line (from 1)
// it begins on. The text is only good until the next call. The texts of all
// calls joined are the stream, as far as that is text. It ends with io.EOF.
func (s *splitter) next() (text []byte, line int, err error) {
	line = s.line + 1
	s.buf = append(s.buf[:0], s.held...)
	if len(s.held) > 0 {
		s.line++
	}
	s.held = s.held[:0]
	bare := len(s.buf) == 0 // nothing here yet that a separator would end
	for s.err == nil {
		begin := len(s.buf)
		var part []byte
		for {
			part, s.err = s.r.ReadSlice('\n')
			if i := bytes.IndexByte(part, 0); i >= 0 { // no text: whoever reads the document says so
				part, s.err = part[:i+1], io.EOF
			}
			s.grow(len(part))
			s.buf = append(s.buf, part...)
			if !errors.Is(s.err, bufio.ErrBufferFull) {
				break
			}
		}
		read := s.buf[begin:]
		if len(read) == 0 {
			break
		}
		switch marker(read) {
		case '-':
			// Comments and directives above a first separator go with it.
			if !bare || !preamble(s.buf[:begin]) {
				s.held = append(s.held, read...)
				s.buf = s.buf[:begin]
				return s.buf, line, nil
			}
			bare = false
		case '.':
			s.line++
			return s.buf, line, nil
		}
		s.line++
	}
	if !errors.Is(s.err, io.EOF) {
		return nil, line, s.err
	}
	if len(s.buf) == 0 {
		return nil, line, io.EOF
	}
	return s.buf, line, nil
}

// grow makes room for a part. Memory grows fourfold until a document is large, and is
// then given room for all that is left, once, and for a line break behind it.
func (s *splitter) grow(part int) {
	const large = 4 << 20
	if len(s.buf)+part <= cap(s.buf) {
		return
	}
	more := 3 * len(s.buf)
	if len(s.buf) >= large {
		if more = s.left(); more > 0 {
			more += s.r.Buffered() + 1
		} else {
			more = len(s.buf)
		}
	}
	s.buf = slices.Grow(s.buf, part+more)
}

// largeText is the size from which on a text is not copied.
const largeText = 1 << 20

// keep is the text of the last call, to be kept. A large one is not copied.
func (s *splitter) keep(text []byte) []byte {
	if len(text) < largeText || len(text) < cap(text)/2 {
		return bytes.Clone(text)
	}
	s.buf = nil
	return text
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// marker tells a line that is a document's separator ('-') or end ('.').
func marker(line []byte) byte {
	line = bytes.TrimPrefix(line, byteOrderMark)
	if len(line) < 3 || (line[0] != '-' && line[0] != '.') || line[1] != line[0] || line[2] != line[0] {
		return 0
	}
	if len(line) > 3 && line[3] != ' ' && line[3] != '\t' && line[3] != '\n' && line[3] != '\r' {
		return 0
	}
	return line[0]
}

// preamble tells whether text is but blank lines, comments and directives.
func preamble(text []byte) bool {
	text = bytes.TrimPrefix(text, byteOrderMark)
	for line := range bytes.Lines(text) {
		line = bytes.TrimLeft(line, " \t\r\n")
		if len(line) > 0 && line[0] != '#' && line[0] != '%' {
			return false
		}
	}
	return true
}
