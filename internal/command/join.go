package command

import (
	"bufio"
	"bytes"
	"io"
)

// joiner writes streams of manifests one behind the other, as one valid stream. To
// kubectl it means what they mean one by one: a stream that begins with a JSON object
// is JSON, with no separators between its objects, and any other is YAML. What is
// joined is YAML.
type joiner struct {
	w io.Writer
	// many tells that there is more than one stream.
	many bool
	// tail is the end of what was written.
	tail []byte
	// begun tells that something was written.
	begun bool
}

func (j *joiner) Write(b []byte) (int, error) {
	n, err := j.w.Write(b)
	if n > 0 {
		j.begun = true
		j.tail = append(j.tail, b[max(0, n-2):n]...)
		j.tail = j.tail[max(0, len(j.tail)-2):]
	}
	return n, err
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// next begins another stream, to be written to what it returns. It writes what has to
// stand between it and the one before, and takes off what may stand only at a file's
// beginning.
func (j *joiner) next(r *bufio.Reader) (io.WriteCloser, error) {
	head, err := r.Peek(4 << 10)
	if err != nil && err != io.EOF {
		return nopCloser{j}, nil //nolint:nilerr // who reads the stream meets the error again
	}
	isJSON := j.many && bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(head, byteOrderMark)), []byte("{"))
	if len(head) == 0 || !j.begun && !isJSON {
		return nopCloser{j}, nil
	}
	if bytes.HasPrefix(head, byteOrderMark) {
		if _, err := r.Discard(len(byteOrderMark)); err != nil {
			return nil, err
		}
		head = head[len(byteOrderMark):]
	}
	eol := "\n"
	if bytes.Equal(j.tail, []byte("\r\n")) {
		eol = "\r\n"
	}
	between := separator(head)
	if between != "" {
		between += eol
	}
	if j.begun && !bytes.HasSuffix(j.tail, []byte("\n")) {
		between = eol + between
	}
	if _, err := io.WriteString(j, between); err != nil || !isJSON {
		return nopCloser{j}, err
	}
	return &jsonAsYAML{w: bufio.NewWriter(j), eol: eol}, nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// separator is the line that has to stand above a stream's documents where
// others come before them, empty for none.
func separator(head []byte) string {
	blank := false
	for line := range bytes.Lines(head) {
		switch line = bytes.TrimSpace(line); {
		case len(line) == 0:
			blank = true
		case line[0] == '#':
		case isSeparator(line) && !blank: // a literal above would take the blank lines
			return ""
		case line[0] == '%': // a directive ends the document before it by "..." only
			return "..."
		default:
			return "---"
		}
	}
	return "---"
}

// isSeparator tells a separator, and not what only begins like one.
func isSeparator(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("---"))
	return ok && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t')
}
