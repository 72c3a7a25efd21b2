package replica

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"

	"gomodules.xyz/jsonpatch/v2"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// packedPatch is a patch as the memory keeps it.
type packedPatch struct {
	// operations say of each its verb and the lengths of its path and its value.
	operations []byte
	// text is all paths, one after the other, then all values, packed.
	text         []byte
	paths, whole uint32 // lengths in bytes, unpacked
}

// verbs are those of a patch's operations, known by their number.
var verbs = []string{"add", "remove", "replace"}

// textSize is how many bytes of text a patch has.
func textSize(patch tree.Patch) (bytes int) {
	for _, o := range patch {
		bytes += len(o.Path) + len(tree.TextOf(o))
	}
	return bytes
}

// flatten takes a patch apart. It returns the text that is yet to be packed, and
// false for a patch with a verb that no patch of injection has.
func flatten(patch tree.Patch) (p packedPatch, text []byte, ok bool) {
	operations := make([]byte, 0, 4*len(patch))
	text = make([]byte, 0, textSize(patch))
	for _, o := range patch {
		verb := slices.Index(verbs, o.Operation)
		if verb < 0 {
			return packedPatch{}, nil, false
		}
		operations = append(operations, byte(verb))
		operations = binary.AppendUvarint(operations, uint64(len(o.Path)))
		operations = binary.AppendUvarint(operations, uint64(len(tree.TextOf(o))))
		text = append(text, o.Path...)
	}
	p.operations, p.paths = bytes.Clone(operations), uint32(len(text))
	for _, o := range patch {
		text = append(text, tree.TextOf(o)...)
	}
	p.whole = uint32(len(text))
	return p, text, true
}

// packedWith packs the text. It is unlike all in the dictionary where that saves less
// than half.
func (p packedPatch) packedWith(words *dictionary, text []byte) (packed packedPatch, unlike bool) {
	p.text = words.pack(text)
	return p, len(p.text) > len(text)/2
}

// unpack needs the dictionary's text, as it was when packing or later.
func (p *packedPatch) unpack(words []byte) tree.Patch {
	if len(p.operations) == 0 {
		return nil
	}
	text := unpack(make([]byte, 0, p.whole), words, p.text)
	paths, values := string(text[:p.paths]), text[p.paths:]
	patch := make(tree.Patch, 0, len(p.operations)/3)
	texts := make([]json.RawMessage, cap(patch)) // one allocation for all
	for rest := p.operations; len(rest) > 0; {
		o := jsonpatch.Operation{Operation: verbs[rest[0]]}
		path, n := binary.Uvarint(rest[1:])
		value, k := binary.Uvarint(rest[1+n:])
		rest = rest[1+n+k:]
		o.Path, paths = paths[:path], paths[path:]
		if value > 0 {
			texts[len(patch)] = json.RawMessage(values[:value:value])
			o.Value = &texts[len(patch)]
		}
		values = values[value:]
		patch = append(patch, o)
	}
	return patch
}

func (p *packedPatch) size() int { return len(p.operations) + len(p.text) }
