package manifest

import "bytes"

// flowAt reads a collection in flow style that is on one line. It returns false where
// it is not, or has something in it that is rare.
func (r *plainReader) flowAt(n *node) bool {
	if r.depth++; r.depth > deepest {
		return false
	}
	defer func() { r.depth-- }()
	closing := byte('}')
	n.form, n.flow = objectForm, true
	if r.text[n.body] == '[' {
		n.form, closing = arrayForm, ']'
	}
	seen := names{hashed: r.glance != nil}
	for pos := r.spaces(n.body + 1); ; {
		if r.text[pos] == closing && len(n.entries) == 0 {
			n.end = pos + 1
			break
		}
		e := r.doc.entry()
		e.at, e.after = pos, pos
		if n.form == objectForm {
			name, colon, ok := r.key(pos)
			if !ok || r.text[colon+1] != ' ' {
				return false
			}
			key := r.doc.node()
			key.start, key.body, key.end, key.scalar = pos, pos, colon, name
			e.key, e.wasKey, e.after = key, key, colon+1
			if !seen.add(e.name()) {
				return false
			}
			pos = r.spaces(e.after)
		}
		value := r.doc.node()
		value.start, value.body = pos, pos
		if !r.flowValue(value) {
			return false
		}
		e.value, e.was = value, value
		n.add(e)
		pos = r.spaces(value.end)
		if r.text[pos] == closing {
			n.end = pos + 1
			break
		}
		if r.text[pos] != ',' || r.text[pos+1] != ' ' {
			return false
		}
		pos = r.spaces(pos + 1)
	}
	n.placed()
	return true
}

func (r *plainReader) flowValue(n *node) bool {
	switch c := r.text[n.body]; {
	case c == '{' || c == '[':
		return r.flowAt(n)
	case c == '"' || c == '\'':
		value, end, ok := r.quoted(n.body)
		n.end, n.scalar = end, stringScalar(value)
		return ok
	case !isKeyByte(c) || c == '-':
		return false
	}
	length := bytes.IndexAny(r.text[n.body:], ",[]{}:?#\"'&*!|>%@`\n")
	n.end = n.body + len(bytes.TrimRight(r.text[n.body:n.body+length], " "))
	n.scalar, n.flaw = resolvePlain(r.said(n.body, n.end))
	return true
}
