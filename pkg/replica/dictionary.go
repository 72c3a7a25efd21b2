package replica

import (
	"bytes"
	"encoding/binary"
)

// dictionary packs texts that are mostly the same, as the patches of one
// configuration are: it keeps one of each sort whole, and of the others what is
// different. What was packed with it can be unpacked with any later state of it.
type dictionary struct {
	text []byte
	// at is where windows of the text begin, for every stride of it.
	at map[[window]byte]uint32
}

const (
	window = 16
	stride = 8
	// maxDictionary is how large the text may grow, in bytes.
	maxDictionary = 256 << 10
)

// learn adds a text that is not like those in the dictionary.
func (d *dictionary) learn(text []byte) {
	if len(d.text)+len(text) > maxDictionary {
		return
	}
	if d.at == nil {
		d.at = map[[window]byte]uint32{}
	}
	from := len(d.text)
	d.text = append(d.text, text...)
	for ; from+window <= len(d.text); from += stride {
		d.at[[window]byte(d.text[from:])] = uint32(from)
	}
}

// pack returns the text as literals and copies in turn: the length of a literal
// and its bytes, the length of a copy and where in the dictionary it begins.
func (d *dictionary) pack(text []byte) []byte {
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
	return bytes.Clone(appendLiteral(packed, text[literal:]))
}

func appendLiteral(packed, text []byte) []byte {
	packed = binary.AppendUvarint(packed, uint64(len(text)))
	return append(packed, text...)
}

// unpack appends what was packed, given the dictionary's text.
func unpack(text, dictionary, packed []byte) []byte {
	for {
		n, size := binary.Uvarint(packed)
		packed = packed[size:]
		text = append(text, packed[:n]...)
		if packed = packed[n:]; len(packed) == 0 {
			return text
		}
		n, size = binary.Uvarint(packed)
		packed = packed[size:]
		from, size := binary.Uvarint(packed)
		packed = packed[size:]
		text = append(text, dictionary[from:from+n]...)
	}
}
