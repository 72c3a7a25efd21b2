package replica

import (
	"encoding/binary"
	"maps"
)

// dictionary packs texts that are mostly the same, as the patches of one
// configuration are: it keeps one of each sort whole, and of the others what is
// different. Nothing changes one: it learns by becoming another, with which what was
// packed before can be unpacked too.
type dictionary struct {
	text string
	// at is where windows of the text begin, for every stride of it.
	at map[[window]byte]uint32
}

const (
	window = 16
	stride = 8
	// maxDictionary is how large the text may grow, in bytes.
	maxDictionary = 256 << 10
)

// with is the dictionary with a text more, which is not like those in it. One that is
// full stays as it is.
func (d *dictionary) with(text []byte) *dictionary {
	if len(d.text)+len(text) > maxDictionary {
		return d
	}
	more := &dictionary{text: d.text + string(text), at: maps.Clone(d.at)}
	if more.at == nil {
		more.at = map[[window]byte]uint32{}
	}
	for from := len(d.text); from+window <= len(more.text); from += stride {
		more.at[[window]byte([]byte(more.text[from:from+window]))] = uint32(from)
	}
	return more
}

// pack returns the text as literals and copies in turn: the length of a literal
// and its bytes, the length of a copy and where in the dictionary it begins.
func (d *dictionary) pack(text []byte) string {
	var packed []byte
	literal := 0 // where it begins
	for i := 0; i+window <= len(text); i++ {
		at, ok := d.at[[window]byte(text[i:])]
		if !ok {
			continue
		}
		from, n := int(at), window
		for i > literal && from > 0 && text[i-1] == d.text[from-1] {
			i, from, n = i-1, from-1, n+1
		}
		for i+n < len(text) && from+n < len(d.text) && text[i+n] == d.text[from+n] {
			n++
		}
		packed = appendLiteral(packed, text[literal:i])
		packed = binary.AppendUvarint(packed, uint64(n))
		packed = binary.AppendUvarint(packed, uint64(from))
		i += n
		literal = i
		i-- // the loop's step
	}
	return string(appendLiteral(packed, text[literal:]))
}

func appendLiteral(packed, text []byte) []byte {
	packed = binary.AppendUvarint(packed, uint64(len(text)))
	return append(packed, text...)
}

// unpack returns what was packed with the dictionary, or with one that it was before.
func (d *dictionary) unpack(packed string) []byte {
	size := 0
	d.eachPart(packed, func(part string) { size += len(part) })
	text := make([]byte, 0, size)
	d.eachPart(packed, func(part string) { text = append(text, part...) })
	return text
}

func (d *dictionary) eachPart(packed string, do func(part string)) {
	for {
		n := number(&packed)
		do(packed[:n])
		if packed = packed[n:]; len(packed) == 0 {
			return
		}
		n, from := number(&packed), number(&packed)
		do(d.text[from : from+n])
	}
}
