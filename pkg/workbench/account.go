package workbench

import "github.com/outrigger-io/outrigger/pkg/inject"

// account is the engine's, as the page has it.
type account struct{ inject.Account }

// writer is what wrote a field of the pod, with its places in the panes, nil where it
// came with the pod. line is where the workload begins in the manifest.
func (a account) writer(path string, p *places, line int) *Writer {
	w, ok := a.Writers[path]
	if !ok {
		return nil
	}
	told := &Writer{Kind: string(w.Kind), Template: w.Template, Line: w.Line, Rule: w.Rule}
	if w.Kind == inject.ByTemplate {
		told.At = p.template(w.Template, w.Line)
	}
	for _, r := range w.Reads {
		read := Read{Kind: string(r.Kind), Path: r.Path, Value: r.Value, From: r.From}
		if r.Missing {
			read.Value = nothing
		}
		read.At = p.read(read, line)
		told.Reads = append(told.Reads, read)
	}
	return told
}

// nothing is the Value of a Read where there was none.
const nothing = "(not set)"
