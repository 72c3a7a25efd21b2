package configuration

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"unicode/utf16"

	"github.com/outrigger-io/outrigger/pkg/textfile"
	"github.com/outrigger-io/outrigger/pkg/tree"
)

// file is what one file holds: ConfigMaps, or the bare text of a key.
type file struct {
	name string // as errors call it
	text []byte
	bare bool
	maps []*configMap
}

func (f *Files) open(name string) (*file, error) {
	text, err := f.text(name)
	if err != nil {
		return nil, err
	}
	shown := shownName(name)
	text = decoded(text)
	read, err := readObjects(text, Kind{Name: "ConfigMap"})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shown, err)
	}
	if k := read.bare.Kind(); read.bare != nil && k != tree.Object && k != tree.Null {
		return nil, fmt.Errorf("%s: it holds neither ConfigMaps nor the text of a ConfigMap's key, which is a YAML mapping", shown)
	}
	opened := &file{name: shown, text: text, bare: read.bare != nil}
	for _, object := range read.objects {
		opened.maps = append(opened.maps, newConfigMap(shown, object.Value))
	}
	return opened, nil
}

// Object is an object among manifests.
type Object struct {
	*tree.Value
	// Line is where the document begins that it stands in.
	Line int
}

// Objects reads the objects of a kind that stand in the manifests of a file, also
// those in Lists. What else is in them may be anything.
func (f *Files) Objects(name string, kind Kind) ([]Object, error) {
	text, err := f.text(name)
	if err != nil {
		return nil, err
	}
	read, err := readObjects(decoded(text), kind)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", shownName(name), err)
	case len(read.objects) == 0:
		return nil, fmt.Errorf("%s: there is no %s in it", shownName(name), kind.Name)
	}
	return read.objects, nil
}

func shownName(name string) string {
	if name == StandardInput {
		return "stdin"
	}
	return name
}

// text reads a file, or the standard input. Of what is no regular file the text is
// kept: a pipe can be read but once.
func (f *Files) text(name string) ([]byte, error) {
	if text, ok := f.streams[name]; ok {
		return text, nil
	}
	if name == StandardInput {
		if f.Stdin == nil {
			return nil, errors.New("- stands for the standard input, of which there is none here to read a configuration from")
		}
		text, err := textfile.ReadFrom(f.Stdin, "stdin", "configuration")
		return f.keep(name, text, err)
	}
	opened, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	text, err := textfile.ReadFrom(opened, name, "configuration")
	if info, statErr := opened.Stat(); statErr == nil && info.Mode().IsRegular() {
		return text, err
	}
	return f.keep(name, text, err)
}

func (f *Files) keep(name string, text []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	if f.streams == nil {
		f.streams = map[string][]byte{}
	}
	f.streams[name] = text
	return text, nil
}

// decoded is a text as UTF-8 without a byte order mark. Redirected output of
// Windows' shells is UTF-16.
func decoded(text []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return text[3:]
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return text
	}
	units := make([]uint16, 0, len(text)/2)
	for text = text[2:]; len(text) >= 2; text = text[2:] {
		units = append(units, order.Uint16(text))
	}
	return []byte(string(utf16.Decode(units)))
}
