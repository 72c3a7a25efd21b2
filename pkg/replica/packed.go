package replica

import (
	"encoding/binary"
	"encoding/json"
	"slices"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// verbs are those of a patch's operations, known by their number.
var verbs = []string{"add", "remove", "replace"}

// textSize is how many bytes of text a patch has.
func textSize(patch tree.Patch) (bytes int) {
	for _, o := range patch {
		bytes += len(o.Path) + len(tree.TextOf(o))
	}
	return bytes
}

// flatten writes a patch as one text, which is yet to be packed: how many operations
// there are and how long the next two parts are, of each operation its verb and the
// lengths of its path and its value, all paths, and all values. It is false for a patch
// with a verb that no patch of injection has.
func flatten(patch tree.Patch) (text []byte, ok bool) {
	if len(patch) == 0 {
		return nil, true
	}
	operations, paths := make([]byte, 0, 4*len(patch)), 0
	for _, o := range patch {
		verb := slices.Index(verbs, o.Operation)
		if verb < 0 {
			return nil, false
		}
		operations = append(operations, byte(verb))
		operations = binary.AppendUvarint(operations, uint64(len(o.Path)))
		operations = binary.AppendUvarint(operations, uint64(len(tree.TextOf(o))))
		paths += len(o.Path)
	}
	text = make([]byte, 0, 3*binary.MaxVarintLen32+len(operations)+textSize(patch))
	for _, n := range []int{len(patch), len(operations), paths} {
		text = binary.AppendUvarint(text, uint64(n))
	}
	text = append(text, operations...)
	for _, o := range patch {
		text = append(text, o.Path...)
	}
	for _, o := range patch {
		text = append(text, tree.TextOf(o)...)
	}
	return text, true
}

// unflatten makes a patch of a text, which it keeps.
func unflatten(text []byte) tree.Patch {
	if len(text) == 0 {
		return nil
	}
	patch := make(tree.Patch, number(&text))
	texts := make([]json.RawMessage, len(patch)) // one allocation for all
	inOperations, inPaths := number(&text), number(&text)
	operations, paths, values := text[:inOperations], string(text[inOperations:inOperations+inPaths]), text[inOperations+inPaths:]
	for i := range patch {
		o := &patch[i]
		o.Operation, operations = verbs[operations[0]], operations[1:]
		path, value := number(&operations), number(&operations)
		o.Path, paths = paths[:path], paths[path:]
		if value > 0 {
			texts[i] = json.RawMessage(values[:value:value])
			o.Value = &texts[i]
		}
		values = values[value:]
	}
	return patch
}

// number takes one off the beginning of a text.
func number[T string | []byte](text *T) (n int) {
	for i := 0; ; i++ {
		c := (*text)[i]
		n |= int(c&0x7f) << (7 * i)
		if c < 0x80 {
			*text = (*text)[i+1:]
			return n
		}
	}
}
