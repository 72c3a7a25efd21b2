package command

import (
	"bytes"
	"fmt"
	"io"
)

// maxStream is more than all manifests of a large cluster.
const maxStream = 256 << 20

// stream is an input that may have no end, as a pipe or a device has none. It ends with
// the first zero byte, of which whoever reads the text says that it is none.
type stream struct {
	from io.Reader
	left int
	done bool
}

func newStream(from io.Reader) *stream { return &stream{from: from, left: maxStream} }

func (s *stream) Read(b []byte) (int, error) {
	if s.done {
		return 0, io.EOF
	}
	n, err := s.from.Read(b)
	if i := bytes.IndexByte(b[:n], 0); i >= 0 {
		n, err, s.done = i+1, nil, true
	}
	if s.left -= n; s.left < 0 {
		return 0, fmt.Errorf("it is larger than %d MiB, which is the most that is read from anything but a file; write it to a file first", maxStream>>20)
	}
	return n, err
}
