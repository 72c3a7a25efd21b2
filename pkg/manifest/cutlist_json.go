package manifest

import (
	"bytes"
	"encoding/json"
	"strings"
)

// cutJSON cuts a List in JSON, which ends the text but for white space. It returns nil
// for any other text.
func cutJSON(text []byte) *cutList {
	s := jsonScanner{text: text}
	if !s.list() || len(s.items) == 0 {
		return nil
	}
	end := leadingBlank(text[s.pos:]) + s.pos
	var frame struct {
		APIVersion string          `json:"apiVersion"`
		Kind       string          `json:"kind"`
		Sops       json.RawMessage `json:"sops"`
	}
	first, last := s.items[0][0], s.items[len(s.items)-1][1]
	around := append(bytes.Clone(text[leadingBlank(text):first]), text[last:s.pos]...)
	if end < len(text) || json.Unmarshal(around, &frame) != nil || frame.Sops != nil || !strings.HasSuffix(frame.Kind, "List") {
		return nil
	}
	c := &cutList{json: true, frame: head{apiVersion: frame.APIVersion, kind: frame.Kind}, unit: s.unit}
	c.before = text[:first]
	line, from := bytes.Count(c.before, []byte("\n")), first
	for _, item := range s.items {
		begin, end := item[0], item[1]
		if !json.Valid(text[begin:end]) {
			return nil
		}
		line += bytes.Count(text[from:begin], []byte("\n"))
		margin := marginLeft(text, begin)
		c.items = append(c.items, cutItem{between: text[from:begin], text: text[margin:end], begin: begin - margin, line: line})
		line += bytes.Count(text[begin:end], []byte("\n"))
		from = end
	}
	c.after = text[last:]
	return c
}

// marginLeft is where the line of a position begins, or the position itself where that
// is far away: it only matters for the style.
func marginLeft(text []byte, pos int) int {
	const farthest = 4 << 10
	near := max(0, pos-farthest)
	i := bytes.LastIndexByte(text[near:pos], '\n')
	if i < 0 {
		return pos
	}
	return near + i + 1
}

// jsonScanner goes over JSON without making anything of it.
type jsonScanner struct {
	text []byte
	pos  int
	// items are where those of the member items begin and end.
	items [][2]int
	// unit is the white space in front of the first member.
	unit string
}

func (s *jsonScanner) space() byte {
	for s.pos < len(s.text) && isSpace(s.text[s.pos]) {
		s.pos++
	}
	if s.pos == len(s.text) {
		return 0
	}
	return s.text[s.pos]
}

// list goes over an object, and notes its items.
func (s *jsonScanner) list() bool {
	s.pos = leadingBlank(s.text)
	if s.space() != '{' {
		return false
	}
	s.pos++
	begin := s.pos
	for {
		if s.space() != '"' {
			return false
		}
		if s.unit == "" {
			s.unit = string(s.text[bytes.LastIndexByte(s.text[begin:s.pos], '\n')+1+begin : s.pos])
		}
		nameAt := s.pos
		if !s.str() {
			return false
		}
		name := string(s.text[nameAt:s.pos])
		if s.space() != ':' {
			return false
		}
		s.pos++
		switch {
		case name != `"items"`:
			if s.space(); !s.value() {
				return false
			}
		case s.items != nil || s.space() != '[' || !s.array():
			return false
		}
		switch s.space() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			return true
		default:
			return false
		}
	}
}

func (s *jsonScanner) array() bool {
	s.pos++
	if s.space() == ']' {
		s.pos++
		return true
	}
	for {
		s.space()
		begin := s.pos
		if !s.value() {
			return false
		}
		s.items = append(s.items, [2]int{begin, s.pos})
		switch s.space() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			return true
		default:
			return false
		}
	}
}

// value goes over a value. That it is right JSON inside is seen when it is read.
func (s *jsonScanner) value() bool {
	begin, depth := s.pos, 0
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case '"':
			if !s.str() {
				return false
			}
			if depth == 0 {
				return true
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return s.pos > begin
			}
			if depth--; depth == 0 {
				s.pos++
				return true
			}
		case ',':
			if depth == 0 {
				return s.pos > begin
			}
		}
		s.pos++
	}
	return false
}

func (s *jsonScanner) str() bool {
	for s.pos++; s.pos < len(s.text); s.pos++ {
		switch s.text[s.pos] {
		case '\\':
			s.pos++
		case '"':
			s.pos++
			return true
		}
	}
	return false
}
