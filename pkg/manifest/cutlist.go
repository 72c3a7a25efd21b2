package manifest

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// cutList is the text of a large List, cut between its items: each is read, changed
// and written on its own, so that a List costs no more memory than documents in a row.
type cutList struct {
	// frame is what is not an item: the list without any.
	frame head
	// before and after are the text around the items, one behind the other.
	before, after []byte
	items         []cutItem
	json          bool
	// unit is what JSON is indented by from level to level.
	unit string
}

// cutItem is an item's piece of the text.
type cutItem struct {
	// between is what stands between it and the one before.
	between []byte
	text    []byte
	// begin is where in the text the item itself begins, behind what stands left of it.
	// That is only for its style.
	begin int
	// line is that of the document's text on which the piece begins, from 0.
	line int
}

// largeList is the size from which on a List is cut.
const largeList = 256 << 10

// cutYAML cuts a List in block style. It returns nil for any other text, and where
// items cannot be read by themselves.
func cutYAML(text []byte) *cutList {
	c := &cutList{}
	if !c.cutLines(text) {
		return nil
	}
	frame := decode(append(bytes.Clone(c.before), c.after...))
	if frame.err != nil || frame.root == nil || frame.root.Kind != yaml.MappingNode {
		return nil
	}
	var checks checks
	if c.frame = headOf(frame.root); c.frame.merges || c.frame.sops > 0 || checks.look(frame.root) > 0 || len(checks.duplicates) > 0 {
		return nil
	}
	if !strings.HasSuffix(c.frame.kind, "List") {
		return nil
	}
	for key, value := range pairs(frame.root) {
		if key.Value == "items" && value.Tag != "!!null" {
			return nil // there are others than those that were cut out
		}
	}
	var a arena
	for _, item := range c.items {
		// An item by itself is a sequence of one. Where an alias leads out of it, or
		// what looks like an item's beginning is none, it cannot be read.
		a.reset()
		d, y := readYAML(item.text, &a)
		if d != nil && len(d.root.entries) == 1 {
			continue
		}
		if d != nil || y.err != nil || y.root == nil || y.root.Kind != yaml.SequenceNode || len(y.root.Content) != 1 {
			return nil
		}
	}
	return c
}

// cutLines finds the lines at which the items begin.
func (c *cutList) cutLines(text []byte) bool {
	const before, first, within, after = 0, 1, 2, 3
	state, column, begin, number := before, 0, 0, 0
	pos := 0
	for line := range bytes.Lines(text) {
		content := bytes.TrimLeft(line, " ")
		indent := len(line) - len(content)
		content = bytes.TrimRight(content, " \r\n")
		blank := len(content) == 0 || content[0] == '#'
		dash := len(content) > 0 && content[0] == '-' && (len(content) == 1 || content[1] == ' ')
		switch {
		case state == before && indent == 0 && string(content) == "items:":
			state = first
		case state == first && !blank:
			if !dash {
				return false
			}
			state, column, begin = within, indent, pos
			c.before = text[:pos]
			c.items = append(c.items, cutItem{line: number})
		case state == within && !blank && indent == column && dash:
			c.items[len(c.items)-1].text = text[begin:pos]
			begin = pos
			c.items = append(c.items, cutItem{line: number})
		case state == within && !blank && indent <= column:
			if indent > 0 {
				return false
			}
			state = after
			c.items[len(c.items)-1].text = text[begin:pos]
			c.after = text[pos:]
		}
		pos += len(line)
		number++
	}
	if state == within {
		c.items[len(c.items)-1].text = text[begin:]
	}
	return state >= within
}

// mayCut tells whether a List that was cut is one of workloads.
func (rw *rewriter) mayCut(c *cutList) bool {
	return c != nil && rw.list == nil && rw.holds(c.frame.apiVersion, c.frame.kind)
}

// changeCut handles a List that was cut.
func (rw *rewriter) changeCut(c *cutList) error {
	line := rw.line
	if err := rw.pass(c.before); err != nil {
		return err
	}
	item, typed := rw.kinds.listed(c.frame.apiVersion, c.frame.kind)
	apiVersion := c.frame.apiVersion
	if rw.isList(c.frame.apiVersion, c.frame.kind) || !typed {
		apiVersion, item = "", ""
	}
	for i, piece := range c.items {
		if err := rw.pass(piece.between); err != nil {
			return err
		}
		rw.text, rw.line = piece.text, line+piece.line
		rw.arena.reset()
		d, err := rw.readPiece(c, piece)
		if err != nil {
			continue // noted
		}
		d.of = &listPlace{apiVersion: apiVersion, kind: item, path: []string{"items", strconv.Itoa(i)}}
		if err := rw.change(d); err != nil {
			return err
		}
	}
	return rw.pass(c.after)
}

// listPlace is where in a List the one item stands that a document is.
type listPlace struct {
	// apiVersion and kind are those that the list gives its items.
	apiVersion, kind string
	path             []string
}

// findAll collects the pod templates in a document.
func (rw *rewriter) findAll(d *document) []found {
	var list []found
	switch {
	case d.of == nil:
		rw.find(d, d.root, nil, "", "", d.root.start, &list)
	case d.json:
		rw.find(d, d.root, nil, d.of.apiVersion, d.of.kind, d.root.start, &list)
	default: // a sequence of one
		item := d.root.entries[0]
		rw.find(d, item.value, []string{"0"}, d.of.apiVersion, d.of.kind, item.at, &list)
	}
	return list
}

// pathInList is an object's path from the root of the document that the text is.
func (d *document) pathInList(path []string) []string {
	if d.of == nil {
		return path
	}
	if !d.json {
		path = path[1:]
	}
	return slices.Concat(d.of.path, path)
}

func (rw *rewriter) readPiece(c *cutList, piece cutItem) (*document, error) {
	if c.json {
		d := &document{json: true, arena: rw.arena, text: piece.text, begin: piece.begin, unit: c.unit}
		root, _, duplicates, err := readJSON(piece.text[piece.begin:], true, d.arena)
		if err != nil {
			rw.fail(piece.begin, "", err)
			return nil, errNoted
		}
		d.root = root
		shift(d.root, piece.begin)
		d.head = d.headOf(d.root)
		d.noteDuplicates(duplicates, piece.begin)
		return d, nil
	}
	plain, y := readYAML(piece.text, rw.arena)
	if plain != nil {
		plain.head = plain.headOf(plain.root.entries[0].value)
		return plain, nil
	}
	var checks checks
	at := checks.look(y.root)
	if found := templated(y.root); at == 0 && found != nil {
		at = found.Line
	}
	if at > 0 {
		rw.failLine(rw.line+at-1, "", errTemplate)
		return nil, errNoted
	}
	lent := lentBreak(piece.text)
	d, err := place(append(piece.text[:len(piece.text):len(piece.text)], lent...), y.root, rw.arena)
	if err != nil {
		rw.failLine(rw.line, "", err)
		return nil, errNoted
	}
	d.head = headOf(y.root.Content[0])
	d.lent, d.duplicates = len(lent), checks.duplicates
	return d, nil
}
