package manifest

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

func (p *placer) blockSequence(n *node, y *yaml.Node) error {
	n.column = p.column(n.body)
	pos := n.body
	n.entries = make([]*entry, 0, len(y.Content))
	for _, item := range y.Content {
		pos = p.blank(pos)
		if p.byteAt(pos) != '-' || !p.endsWord(pos+1) {
			return errPlace
		}
		e := p.doc.entry()
		e.at, e.after = pos, pos+1
		value, err := p.node(item, e.after, n.column)
		if err != nil {
			return err
		}
		e.value, e.was = value, value
		n.add(e)
		pos = e.end()
	}
	n.end = pos
	n.placed()
	return nil
}

func (p *placer) blockMapping(n *node, y *yaml.Node) error {
	if len(y.Content) == 0 {
		return errPlace
	}
	n.column = p.column(n.body)
	n.entries = make([]*entry, 0, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, err := p.node(y.Content[i], -1, n.column)
		if err != nil {
			return err
		}
		e := p.doc.entry()
		e.at, e.key, e.wasKey, e.merge = key.start, key, key, isMerge(key)
		colon := p.blanksOnLine(key.end)
		if p.byteAt(colon) != ':' || p.column(key.start) != n.column {
			n.odd = true
			colon = p.blank(key.end)
		}
		e.after = key.end
		if p.byteAt(colon) == ':' && p.endsWord(colon+1) {
			e.after = colon + 1
		}
		if e.value, err = p.node(y.Content[i+1], e.after, n.column); err != nil {
			return err
		}
		e.was = e.value
		n.merges = n.merges || e.merge
		n.add(e)
		n.end = e.end()
	}
	n.placed()
	return nil
}

func (p *placer) flow(n *node, y *yaml.Node, indent int) error {
	opening, closing := byte('{'), byte('}')
	if n.form == arrayForm {
		opening, closing = '[', ']'
	}
	braces := p.byteAt(n.body) == opening
	if !braces && n.form == arrayForm {
		return errPlace
	}
	// A pair in a sequence ("[key: value]") is a mapping without braces.
	n.odd = !braces
	pos := n.body
	if braces {
		pos++
	}
	for i := 0; i < len(y.Content); i++ {
		e := p.doc.entry()
		e.after = -1
		item := y.Content[i]
		if n.form == objectForm {
			key, err := p.node(item, -1, indent)
			if err != nil {
				return err
			}
			e.key, e.wasKey, e.merge = key, key, isMerge(key)
			n.merges = n.merges || e.merge
			if key.start < pos || bytes.IndexByte(p.text[pos:key.start], '?') >= 0 {
				n.odd = true
			}
			e.at = key.start
			if colon := p.blank(key.end); p.byteAt(colon) == ':' {
				e.after = colon + 1
			}
			i++
			item = y.Content[i]
		}
		value, err := p.node(item, max(e.after, pos), indent)
		if err != nil {
			return err
		}
		if e.key == nil {
			e.at, e.after = value.start, value.start
		} else if e.after < 0 {
			// A key over lines may stand alone, but not in front of a colon.
			n.odd = n.odd || bytes.ContainsAny(p.text[e.key.start:e.key.end], "\r\n")
			value.start, value.body, value.end = e.key.end, e.key.end, e.key.end
		}
		e.value, e.was = value, value
		n.add(e)
		pos = e.end()
	}
	n.placed()
	if !braces {
		n.end = pos
		return nil
	}
	for {
		pos = p.blank(pos)
		switch p.byteAt(pos) {
		case closing:
			n.end = pos + 1
			return nil
		case ',', '?', ':':
			if p.byteAt(pos) != ',' {
				n.odd = true
			}
			pos++
		default:
			return errPlace
		}
	}
}

func isMerge(key *node) bool {
	return key.form == scalarForm && key.scalar.isString && key.scalar.text == "<<" && key.end == key.body+2
}
