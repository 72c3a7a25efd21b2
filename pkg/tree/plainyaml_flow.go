package tree

// flow reads a quoted scalar, or what is between brackets, over any lines.
func (r *plainReader) flow(depth int) *Value {
	if depth > maxPlainDepth {
		return r.fail()
	}
	switch r.peek(0) {
	case '"':
		return r.slab.string(r.doubleQuoted())
	case '\'':
		return r.slab.string(r.singleQuoted())
	case '[':
		return r.flowList(depth + 1)
	case '{':
		return r.flowMapping(depth + 1)
	default:
		return r.plain(true)
	}
}

// flowSpace goes over white space, line breaks and comments in a flow.
func (r *plainReader) flowSpace() {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == ' ':
			r.at++
		case c == '\n', c == '#' && r.text[r.at-1] == ' ':
			if r.line(); r.indent <= 0 {
				r.fail() // at the margin a flow is not sure to go on
			}
		default:
			return
		}
	}
}

// flowEnd goes over a comma, and says whether the flow ends here.
func (r *plainReader) flowEnd(closing byte) bool {
	r.flowSpace()
	switch r.peek(0) {
	case ',':
		r.at++
		r.flowSpace()
		if r.peek(0) != closing {
			return false
		}
	case closing:
	default:
		r.fail()
		return true
	}
	r.at++
	return true
}

func (r *plainReader) flowList(depth int) *Value {
	mark := len(r.slab.openItems)
	r.at++
	if r.flowSpace(); r.peek(0) == ']' {
		r.at++
		return emptyArray
	}
	for {
		r.slab.openItems = append(r.slab.openItems, r.flow(depth))
		if r.failed || r.flowEnd(']') {
			return r.slab.array(mark)
		}
	}
}

func (r *plainReader) flowMapping(depth int) *Value {
	mark := len(r.slab.openMembers)
	var known keys
	r.at++
	if r.flowSpace(); r.peek(0) == '}' {
		r.at++
		return emptyObject
	}
	for {
		var key string
		quoted := r.peek(0) == '"'
		if quoted {
			key = r.doubleQuoted()
		} else if r.isKey() {
			key = r.key()
		} else {
			return r.fail()
		}
		if len(key) > maxKey || r.peek(0) != ':' || !quoted && !blank(r.peek(1)) || known.have(r.slab.openMembers[mark:], key) {
			return r.fail()
		}
		r.at++
		r.flowSpace()
		if c := r.peek(0); r.failed || c == ',' || c == '}' {
			return r.fail()
		}
		value := r.flow(depth)
		r.slab.openMembers = append(r.slab.openMembers, Member{key, value})
		if r.failed || r.flowEnd('}') {
			return r.slab.object(mark)
		}
	}
}
