package manifest

// flowStyle is the manner of a collection in flow style.
type flowStyle struct {
	json bool   // strings and keys always in double quotes
	gap  string // behind commas and colons
	// unit is one step of indentation where values span lines, else empty.
	unit string
}

// flow writes a value in flow style. margin is the indentation of the line it begins on.
func (w *emitter) flow(b []byte, n *node, style flowStyle, margin string) []byte {
	if n.inText() && !n.dirty && n.start < n.end && !n.block && !(n.form != scalarForm && !n.flow && n.form != aliasForm) {
		return append(b, w.d.text[n.start:n.end]...)
	}
	if n.inText() && n.anchor != "" {
		b = append(append(append(b, '&'), n.anchor...), ' ')
	}
	switch n.form {
	case aliasForm:
		return append(append(b, '*'), n.target.anchor...)
	case scalarForm:
		return w.flowScalar(b, n.scalar, style)
	}
	opening, closing := byte('{'), byte('}')
	if n.form == arrayForm {
		opening, closing = '[', ']'
	}
	b = append(b, opening)
	for i, e := range n.entries {
		if i > 0 {
			b = append(b, ',')
		}
		if style.unit != "" {
			b = append(append(append(b, w.eol...), margin...), style.unit...)
		} else if i > 0 {
			b = append(b, style.gap...)
		}
		b = w.flowEntry(b, e, style, margin+style.unit)
	}
	if style.unit != "" && len(n.entries) > 0 {
		b = append(append(b, w.eol...), margin...)
	}
	return append(b, closing)
}

func (w *emitter) flowEntry(b []byte, e *entry, style flowStyle, margin string) []byte {
	if e.in.form == objectForm {
		switch text := w.verbatim(e.key); {
		case e.key == nil:
			b = w.flowScalar(b, stringScalar(e.label), style)
		case text != nil:
			b = append(b, text...)
			if e.key.form == aliasForm {
				b = append(b, ' ')
			}
		case e.merge:
			b = append(b, "<<"...)
		default:
			if e.key.inText() && e.key.anchor != "" {
				b = append(append(append(b, '&'), e.key.anchor...), ' ')
			}
			b = w.flowScalar(b, stringScalar(e.name()), style)
		}
		b = append(append(b, ':'), style.gap...)
	}
	return w.flow(b, e.value, style, margin)
}

func (w *emitter) flowScalar(b []byte, s scalar, style flowStyle) []byte {
	if style.json && s.isString {
		return appendQuoted(b, s.text)
	}
	return appendScalar(b, s, true)
}
