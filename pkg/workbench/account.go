package workbench

import "github.com/outrigger-io/outrigger/pkg/inject"

// account says of the fields of a pod, by their JSON pointers, what wrote them.
// It is empty while the engine's results do not tell.
type account map[string]Writer

// accountOf is the one place that knows how the engine tells.
func accountOf(inject.Result) account { return nil }

// writer is what wrote a field, with its places in the panes, nil where that is
// not known. line is where the workload begins in the manifest.
func (a account) writer(path string, p *places, line int) *Writer {
	w, ok := a[path]
	if !ok {
		return nil
	}
	if w.Kind == ByTemplate {
		w.At = p.template(w.Template, w.Line)
	}
	reads := make([]Read, len(w.Reads))
	for i, r := range w.Reads {
		r.At = p.read(r, line)
		reads[i] = r
	}
	w.Reads = reads
	return &w
}
