package manifest

// joins tells whether the lines at a position would become part of a literal
// written above them, in a collection of a column.
func (r *renderer) joins(pos, column int) bool {
	for ; pos < len(r.text); pos = r.nextLine(pos) {
		indent, blank, comment := r.lineAt(pos)
		if !blank {
			return comment && indent > column
		}
		if indent > column {
			return true
		}
	}
	return false
}

// emitAbove writes with literals where what stands at pos allows.
func (r *renderer) emitAbove(pos, column int, write func(w *emitter, b []byte) []byte) []byte {
	w := r.emitter(pos)
	w.quoted = r.joins(pos, column)
	b := write(w, nil)
	if w.openEnd { // a removal may leave blank lines below
		w.quoted = true
		b = write(w, nil)
	}
	return b
}

// guardKept takes out the blank lines that a removal would leave below a literal
// that keeps its trailing line breaks: they would become part of it. The splices
// are in order.
func (r *renderer) guardKept() {
	open := -1 // where such a literal's text ends, removals included
	for i := range r.splices {
		s := &r.splices[i]
		if len(s.text) > 0 || (s.start != open && !r.d.keeps[s.start]) {
			continue
		}
		for s.end < len(r.text) {
			if _, blank, _ := r.lineAt(s.end); !blank {
				break
			}
			s.end = r.nextLine(s.end)
		}
		open = s.end
	}
}
